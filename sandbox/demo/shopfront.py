"""The shop's side of the demo: Perdura's API, called as any product would call it."""

import re
import uuid
from typing import Any

import httpx

from models.selling.plans import Plan
from sandbox.demo.cast import Role
from sandbox.obstacle import Obstacle

Json = dict[str, Any]


class Shopfront:
    """The API with the shop's key. Unexpected answers are obstacles that quote the API's own words."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=30)

    async def sign_up(self, role: Role) -> httpx.Response:
        """Sign up with a card; the answer may be a refusal (402)."""
        card = own_card(role.card, role.reference)
        return await self._http.post("/v1/subscriptions", json={**applicant(role), "payment_method": card})

    async def checkout(self, role: Role) -> Json:
        """Open a hosted checkout page: `subscription` and `url`."""
        back = self._http.base_url.join("/health")  # the shop's own thank-you page, if it had one
        order = {**applicant(role), "success_url": str(back), "cancel_url": str(back)}
        return await self._said("POST", "/billing/checkout", order)

    async def subscriptions(self) -> list[Json]:
        """All of them."""
        page: list[Json] = (await self._said("GET", "/v1/subscriptions?limit=200"))["data"]
        return page

    async def entitlement(self, subscription: str) -> Json:
        """What the customer may use."""
        return await self._said("GET", f"/v1/subscriptions/{subscription}/entitlement")

    async def timeline(self, subscription: str) -> list[Json]:
        """Everything that happened."""
        entries: list[Json] = (await self._said("GET", f"/v1/subscriptions/{subscription}/timeline"))["entries"]
        return entries

    async def documents(self, subscription: str) -> list[Json]:
        """Its tax documents."""
        found: Any = await self._said("GET", f"/v1/documents?subscription={subscription}")
        return list(found)

    async def portal(self, subscription: str) -> str:
        """A fresh Customer Portal link."""
        return str((await self._said("POST", f"/v1/subscriptions/{subscription}/portal"))["url"])

    async def order(self, subscription: str, command: str, **said: Any) -> Json:
        """An order of support."""
        return await self._said("POST", f"/v1/subscriptions/{subscription}/overrides/{command}", said)

    async def preview_change(self, subscription: str, plan: Plan) -> Json:
        """What another plan would do; with a `confirmation`."""
        return await self._said("POST", f"/v1/subscriptions/{subscription}/plan-changes/preview", {"plan": plan.code})

    async def confirm_change(self, subscription: str, confirmation: str) -> Json:
        """Have it done as it was shown."""
        order = {"confirmation": confirmation, "actor": "karla", "reason": "confirmed on her account's page"}
        return await self._said("POST", f"/v1/subscriptions/{subscription}/plan-changes", order)

    async def use(self, role: Role, service: str) -> Json | None:
        """Tell of one unit that was used: `used` and `left`; None where it is refused for being one too many."""
        use = {"customer_reference": role.reference, "meter": service, "key": str(uuid.uuid4())}
        answer = await self._http.post("/v1/usage", json=use)
        return None if answer.status_code == 409 else self._told(answer)

    async def used(self, role: Role) -> dict[str, int]:
        """What was counted of the customer's plan, by service."""
        meters = (await self._said("GET", f"/v1/entitlements/{role.reference}"))["meters"]
        return {meter["meter"]: meter["used"] for meter in meters if meter["used"]}

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def _said(self, method: str, path: str, body: Json | None = None) -> Json:
        return self._told(await self._http.request(method, path, json=body))

    @staticmethod
    def _told(answer: httpx.Response) -> Json:
        if not answer.is_success:
            asked = f"{answer.request.method} {answer.request.url.path}"
            raise Obstacle(f"the API answered {answer.status_code} to {asked}: {answer.text}")
        told: Json = answer.json()
        return told


def own_card(card: str, reference: str) -> str:
    """One of Stripe's test cards as this person's own.

    Attempts on one card are counted: two people who shared it would use up each other's.
    """
    return f"{card}__{re.sub('[^A-Za-z0-9]', '_', reference)}"


def applicant(role: Role) -> Json:
    """A role's signup form."""
    rfc, name, regime, postal_code = role.fiscal
    return {
        "plan": role.plan.code,
        "customer_reference": role.reference,
        "name": role.name,
        "email": role.email,
        "phone": role.phone,
        "language": role.language,
        "fiscal": {"tax_id": rfc, "legal_name": name, "tax_regime": regime, "postal_code": postal_code},
    }

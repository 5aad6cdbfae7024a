"""What can be seen and done outside the product: the mailbox, the bank behind Stripe, the PAC."""

from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.verification import Violation

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bank:
    """Charges of one customer at Stripe: how many went through per invoice, and how many were refused."""

    paid: int
    refused: int
    twice: tuple[str, ...]  # invoices that were charged more than once
    subscriptions: int
    last: int = 0  # centavos of the newest that went through


class Outside:
    """The sandbox: its Stripe API by the account's key, its pages and its controls."""

    def __init__(self, url: str, stripe_key: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
        self._auth = (stripe_key, "")

    async def mailbox(self) -> list[Json]:
        """Everything sent so far, newest first."""
        entries: list[Json] = (await self._get("/mailbox.json"))["entries"]
        return entries

    async def stamps(self) -> list[Json]:
        """Every tax invoice the PAC has stamped."""
        stamped: Any = await self._get("/_sandbox/pac/stamps")
        return list(stamped)

    async def refuse_charges(self, email: str, code: str, count: int) -> None:
        """The bank refuses the customer's next charges."""
        (customer,) = await self._customers(email)
        await self._post(
            "/_sandbox/stripe/declines", {"decline_code": code, "customer": customer["id"], "count": count}
        )

    async def pac_down(self, requests: int) -> None:
        """The PAC answers that many requests with 503."""
        await self._post("/_sandbox/pac/faults", {"kind": "unavailable", "times": requests})

    async def bank(self, email: str) -> Bank:
        """What the bank did for a customer."""
        paid: dict[str, int] = {}
        newest = (0, 0)
        refused = subscriptions = 0
        for customer in await self._customers(email):
            for charge in (await self._stripe("charges", customer=customer["id"], limit="100"))["data"]:
                if charge["status"] == "succeeded":
                    invoice = await self._invoice_of(charge)
                    paid[invoice] = paid.get(invoice, 0) + 1
                    newest = max(newest, (charge["created"], charge["amount"]))
                else:
                    refused += 1
            held = await self._stripe("subscriptions", customer=customer["id"], status="all")
            subscriptions += sum(s["status"] != "incomplete_expired" for s in held["data"])
        twice = tuple(invoice for invoice, count in paid.items() if count > 1)
        return Bank(sum(paid.values()), refused, twice, subscriptions, newest[1])

    async def _invoice_of(self, charge: Json) -> str:
        """What a charge paid: each attempt may have a payment intent of its own, so that only the invoice tells a second one."""
        query = {"payment[type]": "payment_intent", "payment[payment_intent]": charge["payment_intent"] or ""}
        found = (await self._stripe("invoice_payments", **query))["data"] if charge["payment_intent"] else []
        return str(found[0]["invoice"] if found else charge["id"])

    async def violations(self) -> list[str]:
        """What was asked of Stripe and Twilio, or said by them, against their own contracts."""
        found = await self._get("/_sandbox/violations")
        return [str(Violation(**each)) for each in found["violations"]]

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def _customers(self, email: str) -> list[Json]:
        found: list[Json] = (await self._stripe("customers", email=email))["data"]
        return found

    async def _stripe(self, what: str, **params: str) -> Json:
        answer = await self._http.get(f"/v1/{what}", params=params, auth=self._auth)
        answer.raise_for_status()
        told: Json = answer.json()
        return told

    async def _get(self, path: str) -> Json:
        answer = await self._http.get(path)
        answer.raise_for_status()
        told: Json = answer.json()
        return told

    async def _post(self, path: str, body: Json) -> None:
        (await self._http.post(path, json=body)).raise_for_status()

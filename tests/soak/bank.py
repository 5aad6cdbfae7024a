"""What the run sees of the world outside: Stripe by its own API, the PAC's stamps, the messenger, the mailbox."""

from collections.abc import AsyncIterator
from typing import Any

import httpx

Json = dict[str, Any]
PAGE = 100


class Bank:
    """The sandbox, spoken to with the merchant's key and behind everybody's back. It is never killed: it is the world."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=60)
        self._auth = (key, "")

    async def order(self, what: str, body: Json) -> None:
        await self._said(lambda: self._http.post(f"/_sandbox/{what}", json=body))

    async def lift(self, *what: str) -> None:
        """Take back every order of these kinds."""
        for each in what:
            await self._said(lambda path=each: self._http.delete(f"/_sandbox/{path}"))

    async def customer(self, email: str) -> Json:
        return dict((await self._get("/v1/customers", email=email))["data"][0])

    async def refuse(self, customer: str, count: int | None) -> None:
        """The bank refuses so many of the customer's next charges; None: all; 0: no more."""
        await self.order(
            "stripe/declines", {"decline_code": "insufficient_funds", "customer": customer, "count": count}
        )

    async def new_card(self, customer: str, card: str) -> None:
        """As the Customer Portal does it: attached and made the default."""
        card = (await self._post(f"/v1/payment_methods/{card}/attach", customer=customer))["id"]
        await self._post(f"/v1/customers/{customer}", **{"invoice_settings[default_payment_method]": card})

    async def open_invoices(self, customer: str) -> list[Json]:
        return [i async for i in self.all("invoices", customer=customer, status="open") if i["attempted"]]

    async def all(self, what: str, **params: str) -> AsyncIterator[Json]:
        """Every object of a kind, newest first."""
        after: Json = {}
        while True:
            page = await self._get(f"/v1/{what}", limit=str(PAGE), **params, **after)
            for each in page["data"]:
                yield each
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    async def stamps(self) -> list[Json]:
        return list((await self._http.get("/_sandbox/pac/stamps")).json())

    async def letters(self) -> list[Json]:
        """Every message sent, by WhatsApp or mail."""
        entries = (await self._http.get("/mailbox.json")).json()["entries"]
        return [e for e in entries if e["channel"] == "email" or e["direction"].startswith("outbound")]

    async def close(self) -> None:
        await self._http.aclose()

    async def _get(self, path: str, **params: str) -> Json:
        return await self._said(lambda: self._http.get(path, params=params, auth=self._auth))

    async def _post(self, path: str, **data: str) -> Json:
        return await self._said(lambda: self._http.post(path, data=data, auth=self._auth))

    async def _said(self, ask: Any) -> Json:
        """The faults ordered for Perdura hit our own calls as well: they are repeated."""
        for patience in range(20):
            try:
                answer = await ask()
                if answer.status_code < 429:
                    answer.raise_for_status()
                    return dict(answer.json()) if answer.content else {}
            except httpx.TransportError:
                if patience == 19:
                    raise
        raise RuntimeError(f"the sandbox does not answer {answer.url}: {answer.status_code}")

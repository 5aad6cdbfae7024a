"""What each side says of the drilled shop: ours by the API, theirs by Stripe and the PAC. A restore has lost nothing when both agree."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from models.cfdi.documents import DocumentKind
from models.collecting.cases import Outcome
from models.subscribing.entitlements import Access
from sandbox.demo.shopfront import Shopfront

Json = dict[str, Any]
_BY_HAND = (Outcome.PAID_OUTSIDE, Outcome.WRITTEN_OFF)


@dataclass(frozen=True, slots=True)
class Books:
    """Settled charges, stamped tax invoices, unpaid invoices in dunning, statuses; `deeds` are transfers, write-offs, refunds and stops."""

    charges: frozenset[str]
    invoices: frozenset[str]
    unpaid: frozenset[str]
    deeds: frozenset[str]
    statuses: Mapping[str, str]

    def missing(self, other: "Books") -> list[str]:
        """What the other side has and this one lacks, or has and the other lacks, in words."""
        lines = []
        for what, mine, theirs in (
            ("charge", self.charges, other.charges),
            ("tax invoice", self.invoices, other.invoices),
            ("unpaid invoice", self.unpaid, other.unpaid),
            ("deed", self.deeds, other.deeds),
        ):
            lines += [f"{what} {each} is missing" for each in sorted(theirs - mine)]
            lines += [f"{what} {each} is nobody's" for each in sorted(mine - theirs)]
        for name, status in other.statuses.items():
            if self.statuses.get(name) != status:
                lines.append(f"{name} is {self.statuses.get(name, 'unknown')}, not {status}")
        return lines

    def row(self, when: str) -> str:
        """All of it in numbers."""
        return (
            f"{when:>17}: {len(self.charges)} charges, {len(self.invoices)} tax invoices, {len(self.unpaid)} unpaid in dunning,"
            f" {len(self.deeds)} deeds, {sum(s == 'canceled' for s in self.statuses.values())} canceled"
        )


async def ours(shop: Shopfront, stopped: str) -> Books:
    """By the API. `stopped` is the customer whose service support has stopped."""
    charges, invoices, unpaid, deeds = set(), set(), set(), set()
    views = await shop.subscriptions()
    for view in views:
        name, customer = view["id"], view["customer_reference"]
        for entry in await shop.timeline(name):
            if entry["kind"] == "payment" and entry["about"].startswith("ch_"):
                charges.add(entry["about"])
            elif entry["kind"] == "case" and entry["what"] == "dunning began":
                unpaid.add(entry["about"])
        for entry in await shop.timeline(name):
            what, _, outcome = entry["what"].partition(": ")
            if entry["kind"] == "case" and what == "dunning ended":
                unpaid.discard(entry["about"])
                if outcome in _BY_HAND:
                    deeds.add(f"{entry['about']} {outcome}")
        for document in await shop.documents(name):
            if document["uuid"]:
                invoices.add(document["uuid"])
                if document["kind"] == DocumentKind.CREDIT:
                    deeds.add(f"{document['key'].partition('/')[0]} refunded")
        if customer == stopped and (await shop.entitlement(name))["access"] == Access.BLOCKED:
            deeds.add(f"{customer} stopped")
    statuses = {view["customer_reference"]: view["status"] for view in views}
    return Books(frozenset(charges), frozenset(invoices), frozenset(unpaid), frozenset(deeds), statuses)


async def theirs(outside: httpx.AsyncClient, stopped: str) -> Books:
    """By Stripe and the PAC; that service of `stopped` has stopped, only whoever ordered it knows."""
    charges = [c for c in await stripe(outside, "charges") if c["status"] == "succeeded"]
    stamps: Any = (await outside.get("/_sandbox/pac/stamps")).json()
    subscriptions = await stripe(outside, "subscriptions", status="all")
    invoices = await stripe(outside, "invoices")
    # What somebody still owes whom we have given up is collected by nobody.
    alive = {held["customer"] for held in subscriptions if held["status"] != "canceled"}
    due = [i for i in invoices if i["status"] == "open" and i["attempted"] and i["customer"] in alive]
    owed = {i["customer"] for i in due}
    by_card = charged(charges, await stripe(outside, "invoice_payments"))
    deeds = {f"{r['id']} refunded" for r in await stripe(outside, "refunds")} | (
        {f"{stopped} stopped"} if stopped else set()
    )
    for invoice in invoices:
        if invoice["status"] == "uncollectible":
            deeds.add(f"{invoice['id']} {Outcome.WRITTEN_OFF}")
        elif invoice["status"] == "paid" and invoice["total"] > 0 and invoice["id"] not in by_card:
            deeds.add(f"{invoice['id']} {Outcome.PAID_OUTSIDE}")
    people = {c["id"]: c["email"].partition("@")[0] for c in await stripe(outside, "customers")}
    # How long a debt is borne before service stops is our policy's word; that it is open, the provider's.
    statuses = {people[h["customer"]]: h["status"] for h in subscriptions if h["customer"] not in owed}
    statuses.pop(stopped, None)
    return Books(
        frozenset(c["id"] for c in charges),
        frozenset(s["uuid"] for s in stamps),
        frozenset(i["id"] for i in due),
        frozenset(deeds),
        statuses,
    )


def charged(charges: Iterable[Json], payments: Iterable[Json]) -> Mapping[str, int]:
    """How often each invoice was charged. Each attempt may have a payment intent of its own: only the invoice tells a second charge."""
    invoice_of = {p["payment"]["payment_intent"]: p["invoice"] for p in payments if "payment_intent" in p["payment"]}
    return Counter(str(invoice_of.get(c["payment_intent"], c["id"])) for c in charges if c["status"] == "succeeded")


async def stripe(outside: httpx.AsyncClient, what: str, **params: str) -> list[Json]:
    """A page of Stripe's list, which must hold all there is."""
    answer = await outside.get(f"/v1/{what}", params={"limit": "100", **params})
    answer.raise_for_status()
    assert not answer.json()["has_more"]
    found: list[Json] = answer.json()["data"]
    return found

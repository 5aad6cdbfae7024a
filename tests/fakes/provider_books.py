"""A payments provider that lists itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from activities.failures import Unavailable
from activities.ports.provider_books import Charges, Events, ProviderCustomer, Refunds, Sightings
from models.bookkeeping.statement import StatedDispute
from models.records import InboxEvent
from models.selling.plans import Plan
from models.subscribing.invoices import Invoice, Refund
from models.subscribing.subscriptions import ProviderSubscription
from models.watching.reconciliation import ProviderCharge, Sighting


@dataclass
class FakeProvider:
    """Lists what it was given, one thing a page."""

    events: list[InboxEvent] = field(default_factory=list)
    live: list[Sighting] = field(default_factory=list)
    unpaid: list[Sighting] = field(default_factory=list)
    charges: list[ProviderCharge] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    invoices: dict[str, Invoice] = field(default_factory=dict)
    disputes: list[StatedDispute] = field(default_factory=list)
    customers: dict[str, ProviderCustomer] = field(default_factory=dict)
    outage: int = 0  # that many pages fail first

    def _page(self, things: Sequence[Any], cursor: str) -> tuple[Sequence[Any], str]:
        if self.outage:
            self.outage -= 1
            raise Unavailable("the provider does not answer")
        at = int(cursor or 0)
        return things[at : at + 1], str(at + 1) if at + 1 < len(things) else ""

    async def events_since(self, since: datetime, cursor: str = "") -> Events:
        return Events(*self._page(self.events, cursor))

    async def ensure_price(self, plan: Plan) -> str:
        return f"price_{plan.code}_{plan.price.centavos}"

    async def live_subscriptions(self, cursor: str = "") -> Sightings:
        return Sightings(*self._page(self.live, cursor))

    async def open_invoices(self, cursor: str = "") -> Sightings:
        return Sightings(*self._page(self.unpaid, cursor))

    async def charges_since(self, since: datetime, cursor: str = "") -> Charges:
        page, following = self._page([c for c in self.charges if c.created >= since], cursor)
        # A list does not tell which invoice a charge paid; looking it up does.
        return Charges([replace(c, invoice="", provider_subscription="") for c in page], following)

    async def refunds_since(self, since: datetime, cursor: str = "") -> Refunds:
        return Refunds(*self._page(self.refunds, cursor))

    async def look_up_charge(self, charge: str) -> ProviderCharge:
        return next(known for known in self.charges if known.id == charge)

    async def look_up_invoice(self, invoice: str) -> Invoice:
        return self.invoices[invoice]

    async def look_up_refund(self, refund: str) -> Refund:
        return next(known for known in self.refunds if known.id == refund)

    async def disputes_since(self, since: datetime) -> Sequence[StatedDispute]:
        return [dispute for dispute in self.disputes if dispute.created >= since]

    async def look_up_dispute(self, dispute: str) -> StatedDispute:
        return next(known for known in self.disputes if known.id == dispute)

    async def look_up_customer(self, customer: str) -> ProviderCustomer:
        return self.customers[customer]

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        seen = next(each for each in self.live if each.id == provider_id)
        assert seen.period_start is not None
        assert seen.period_end is not None
        return ProviderSubscription(seen.id, seen.status, seen.period_start, seen.period_end, seen.customer)

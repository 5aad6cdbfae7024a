"""The payments provider as it lists itself, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.bookkeeping.statement import StatedDispute
from models.records import InboxEvent
from models.selling.plans import Plan
from models.speaking.notices import Language
from models.subscribing.invoices import Invoice, Refund
from models.subscribing.subscriptions import ProviderSubscription
from models.watching.reconciliation import ProviderCharge, Sighting


@dataclass(frozen=True, slots=True)
class Events:
    """One page of the provider's events as they would have come to the inbox. `cursor` leads to the next; empty: there is none."""

    events: Sequence[InboxEvent]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Sightings:
    """One page of live subscriptions, or of open invoices."""

    seen: Sequence[Sighting]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Charges:
    """One page of charges, newest first."""

    charges: Sequence[ProviderCharge]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Refunds:
    """One page of refunds, newest first; which invoice each was of is not told."""

    refunds: Sequence[Refund]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class ProviderCustomer:
    """Who pays, as the provider knows it. `tenant` and `customer` are what our metadata claim: to be checked."""

    id: str
    tenant: str
    customer: str
    name: str
    email: str
    phone: str
    language: Language = Language.ES


class ProviderBooks(Protocol):
    """The payments provider as it lists itself, a hundred at a time. Raises Throttled, Unavailable, Barred."""

    async def events_since(self, since: datetime, cursor: str = "") -> Events:
        """What it told, or should have told, by webhook since then, newest first. Stripe keeps thirty days."""
        ...

    async def live_subscriptions(self, cursor: str = "") -> Sightings:
        """Those that are not canceled. `tenant` and `subscription` are what our metadata claim: to be checked."""
        ...

    async def open_invoices(self, cursor: str = "") -> Sightings:
        """`subscription` is the provider's id here; `overdue`: charged in vain."""
        ...

    async def charges_since(self, since: datetime, cursor: str = "") -> Charges: ...

    async def refunds_since(self, since: datetime, cursor: str = "") -> Refunds: ...

    async def look_up_charge(self, charge: str) -> ProviderCharge:
        """With the invoice it paid and that invoice's subscription, where it paid one."""
        ...

    async def look_up_invoice(self, invoice: str) -> Invoice: ...

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription: ...

    async def disputes_since(self, since: datetime) -> Sequence[StatedDispute]:
        """All that were opened since then: there are few."""
        ...

    async def ensure_price(self, plan: Plan) -> str:
        """The provider's price of a plan, whatever it costs others by now."""
        ...

    async def look_up_refund(self, refund: str) -> Refund: ...

    async def look_up_dispute(self, dispute: str) -> StatedDispute: ...

    async def look_up_customer(self, customer: str) -> ProviderCustomer: ...

"""Effects of a change of plan at the payments provider. Each may run twice: the keys, and a look before, make the second run harmless."""

from dataclasses import dataclass
from datetime import datetime

from temporalio import activity

from activities.failures import Refused
from activities.ports.payments import Payments
from activities.ports.store import Store
from models.changing.change_records import Arrival
from models.changing.stay_offers import OfferKind, StayOffer
from models.money import Money


@dataclass(frozen=True, slots=True)
class PriceChange:
    """The provider's subscription and price, and the idempotency key. At once: reckoned for `at` (UTC), and `due` is charged."""

    id: str
    price: str
    key: str
    at: datetime | None = None
    due: Money | None = None


@dataclass(frozen=True, slots=True)
class OfferTaken:
    """The provider's subscription and what it is given; a pause lasts until `until` (UTC)."""

    id: str
    offer: StayOffer
    key: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Awaited:
    """Messages that something waits for, one of which is enough: what their keys begin with."""

    tenant: str
    notices: str


class PlanChanging:
    """The payments provider's verbs for changes of mind. What follows from them is read by `Billing.look_up_subscription`."""

    def __init__(self, payments: Payments, store: Store) -> None:
        self._payments = payments
        self._store = store

    @activity.defn
    async def change_plan_now(self, change: PriceChange) -> None:
        """Charge the other price from now on, and the difference at once: as shown, or not at all."""
        if change.at is None or change.due is None:
            raise Refused("a change at once needs its instant and its amount", "incomplete")
        await self._payments.change_now(change.id, change.price, at=change.at, due=change.due, key=change.key)

    @activity.defn
    async def change_plan_later(self, change: PriceChange) -> None:
        """Charge the other price from the next period on."""
        await self._payments.change_later(change.id, change.price, change.key)

    @activity.defn
    async def undo_plan_change(self, change: PriceChange) -> None:
        """Go on charging the price that it was."""
        await self._payments.undo_change(change.id, change.price, change.key)

    @activity.defn
    async def keep_subscription(self, change: PriceChange) -> None:
        """Take the cancellation back."""
        await self._payments.keep(change.id, change.key)

    @activity.defn
    async def give_offer(self, taken: OfferTaken) -> None:
        """What was offered so that the customer stays."""
        if taken.offer.kind is OfferKind.DISCOUNT:
            offer = taken.offer
            await self._payments.discount(taken.id, percent=offer.percent, months=offer.months, key=taken.key)
        elif taken.until is not None:
            await self._payments.pause_until(taken.id, taken.until, taken.key)

    @activity.defn
    async def arrival(self, awaited: Awaited) -> Arrival | None:
        """How the first of them reached the customer; None while none has."""
        return await self._store.arrived(awaited.tenant, awaited.notices)

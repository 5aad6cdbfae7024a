"""Handing over what providers told us. The event was stored before it was acknowledged; here it finds its process.

An event is never believed, only passed on as "look": order and repetition do no harm. What is nobody's is kept as unmatched.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from temporalio import activity

from activities.failures import Failure, Unavailable
from activities.late_money import LateMoney
from activities.ports.processes import Processes
from activities.ports.store import Store
from activities.replying import RECEIVED, Replying
from models.periods import REAL_DAY, Calendar
from models.records import Delivery, InboxEvent, InboxStatus, Provider
from models.subscribing.provider_news import ProviderNews

TENANT, SUBSCRIPTION = "perdura_tenant", "perdura_subscription"  # metadata we write on the provider's objects

_OF_A_CUSTOMER = frozenset({"customer", "payment_intent"})  # objects that name no subscription or invoice of theirs
YOUNG = timedelta(seconds=5)  # whoever received it is probably handing it over right now
PATIENCE = timedelta(minutes=2)  # a callback may overtake the answer to the send that caused it
BATCH = 200
PORTERS = 8
ROUND = 60.0  # seconds of one round, within the two minutes that the sweep may take


class Inbox:
    """Delivers stored events, whoever asks: the webhook that received one, or the sweep that finds one left behind."""

    def __init__(
        self, store: Store, processes: Processes, late: LateMoney | None = None, *, day_seconds: float = REAL_DAY
    ) -> None:
        """`late` writes down money whose process is over; without one it stays unmatched."""
        self._late = late
        self._store = store
        self._processes = processes
        self._day_seconds = day_seconds
        self._replying = Replying(store, processes, day_seconds=day_seconds)

    async def deliver(self, event: InboxEvent) -> InboxStatus:
        """Hand one event over and note what became of it. Still pending when the processes are out of reach.

        Raises:
            Unavailable: SQL did not answer; the event stays pending.
        """
        now = datetime.now(UTC)
        owner = ("", "")
        try:
            if event.provider is Provider.STRIPE:
                status, owner = await self._tell_subscription(event)
            else:
                status, owner = await self._tell_notice(event, now)
        except Unavailable:
            status = InboxStatus.PENDING
        await self._store.settle_event(event, status, at=now, tenant=owner[0], subscription=owner[1])
        return status

    @activity.defn
    async def sweep_inbox(self) -> int:
        """Deliver what was left pending: Temporal was down, or we were stopped in between. Returns how many found their process.

        A backlog is worked off as long as this round lasts; what could not be delivered waits behind what was not tried yet.
        """
        delivered, began = 0, time.monotonic()
        while time.monotonic() - began < ROUND:
            batch = await self._store.pending_events(datetime.now(UTC) - YOUNG, BATCH)
            handed_over = await self._deliver_all(batch)
            delivered += handed_over
            if len(batch) < BATCH or not handed_over:
                break
        return delivered

    async def replay(self, events: Sequence[InboxEvent]) -> dict[InboxStatus, int]:
        """Deliver stored events again, whatever became of them. It does no harm: an event only says "look"."""
        became: dict[InboxStatus, int] = {}
        for event in events:
            status = await self.deliver(event)
            became[status] = became.get(status, 0) + 1
        return became

    async def _deliver_all(self, events: Sequence[InboxEvent]) -> int:
        turns = asyncio.Semaphore(PORTERS)

        async def one(event: InboxEvent) -> bool:
            async with turns:
                try:
                    return await self.deliver(event) is InboxStatus.DELIVERED
                except Exception as error:  # one event that cannot be delivered must not hold up everybody else's
                    activity.logger.error(
                        "event not delivered", extra={"event": event.event, "failure": type(error).__name__}
                    )
                    with contextlib.suppress(Failure):
                        await self._store.settle_event(event, InboxStatus.PENDING, at=datetime.now(UTC))
                    return False

        return sum(await asyncio.gather(*(one(event) for event in events)))

    async def _tell_subscription(self, event: InboxEvent) -> tuple[InboxStatus, tuple[str, str]]:
        owner = await self._owner(_object(event))
        if owner is None:
            return InboxStatus.UNMATCHED, ("", "")
        news = ProviderNews(event.event, event.type, event.object)
        if news.refund:
            tenant = await self._store.tenant(owner[0])
            await self._processes.report_refund(*owner, news.object, Calendar(self._day_seconds, tenant.zone))
            return InboxStatus.DELIVERED, owner
        if not news.worth_a_look:
            return InboxStatus.KEPT, owner
        reached = await self._processes.report_news(*owner, news)
        for other in await self._others(_object(event), owner):
            reached = await self._processes.report_news(*other, news) or reached
        if not reached and self._late is not None:
            reached = await self._late.record(*owner, news)
        return (InboxStatus.DELIVERED if reached else InboxStatus.UNMATCHED), owner

    async def _owner(self, thing: Mapping[str, Any]) -> tuple[str, str] | None:
        """Whose object it is: by the metadata we wrote on it, else by the ids we know."""
        for metadata in _metadata(thing):
            tenant, subscription = str(metadata.get(TENANT, "")), str(metadata.get(SUBSCRIPTION, ""))
            # Anybody may write metadata in a dashboard: it counts only if there is such a subscription.
            if tenant and subscription and await self._store.subscription(tenant, subscription) is not None:
                return tenant, subscription
        kind, name = thing.get("object"), _id(thing)
        details = _mapping(_mapping(thing.get("parent")).get("subscription_details"))
        return await self._store.owner_of(
            provider_customer=name if kind == "customer" else _id(thing.get("customer")),
            provider_subscription=name
            if kind == "subscription"
            else _id(thing.get("subscription")) or _id(details.get("subscription")),
            checkout=name if kind == "checkout.session" else "",
        )

    async def _others(self, thing: Mapping[str, Any], owner: tuple[str, str]) -> list[tuple[str, str]]:
        """What else the object may be about: of a customer, or of what one pays with, who has several subscriptions or bills."""
        if thing.get("object") not in _OF_A_CUSTOMER or any(SUBSCRIPTION in each for each in _metadata(thing)):
            return []
        customer = _id(thing) if thing.get("object") == "customer" else _id(thing.get("customer"))
        return [each for each in await self._store.living_accounts(customer) if each != owner] if customer else []

    async def _tell_notice(self, event: InboxEvent, now: datetime) -> tuple[InboxStatus, tuple[str, str]]:
        if event.type == RECEIVED:
            wrote = await self._replying.take(event, now)
            owner = (wrote.tenant, wrote.subscription) if wrote else ("", "")
            return (InboxStatus.DELIVERED if wrote else InboxStatus.UNMATCHED), owner
        notice = await self._store.notice_by_reference(event.object)
        if notice is None:
            waiting = event.type.startswith(DELIVERY) and now - event.received_at < PATIENCE
            return (InboxStatus.PENDING if waiting else InboxStatus.UNMATCHED), ("", "")
        owner = (notice.tenant, notice.subscription)
        delivery = delivery_of(event)
        if delivery is None:
            return InboxStatus.UNMATCHED, owner
        if delivery is Delivery.SENT:
            return InboxStatus.DELIVERED, owner  # its process knows that much: it sent the message
        error = parse_qs(event.payload).get("ErrorCode", [""])[0] if delivery is Delivery.FAILED else ""
        reached = await self._processes.report_delivery(notice.tenant, notice.key, delivery, error, notice.channel)
        return (InboxStatus.DELIVERED if reached else InboxStatus.UNMATCHED), owner


DELIVERY = "delivery."  # the type of a messenger's report: `delivery.delivered`


def delivery_of(event: InboxEvent) -> Delivery | None:
    """What a messenger's event says about a message of ours; None for anything else, such as a customer's own message."""
    return Delivery(event.type.removeprefix(DELIVERY)) if event.type.startswith(DELIVERY) else None


def _object(event: InboxEvent) -> Mapping[str, Any]:
    return _mapping(_mapping(_mapping(json.loads(event.payload)).get("data")).get("object"))


def _metadata(thing: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """An object's own metadata, and its subscription's, which an invoice carries as a copy."""
    yield _mapping(thing.get("metadata"))
    yield _mapping(_mapping(_mapping(thing.get("parent")).get("subscription_details")).get("metadata"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any) -> str:
    """A reference, whether it came as an id or expanded."""
    return value if isinstance(value, str) else str(_mapping(value).get("id") or "")

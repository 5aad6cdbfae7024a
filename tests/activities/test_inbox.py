"""Handing over what providers told us: to whom, when, and what is kept of the rest."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.failures import Unavailable
from activities.inbox import Inbox
from models.records import Delivery, InboxEvent, InboxStatus, NoticeRecord, Provider, SubscriptionRecord
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from tests.fakes.processes import FakeProcesses
from tests.fakes.store import FakeStore

NOW = datetime.now(UTC)
MINE = {"metadata": {"perdura_tenant": "acme", "perdura_subscription": "s_1"}}


@dataclass
class Shelf(FakeStore):
    """A store that remembers how each event was settled."""

    settled: dict[str, tuple[InboxStatus, str]] = field(default_factory=dict)
    waiting: list[InboxEvent] = field(default_factory=list)

    async def settle_event(
        self, event: InboxEvent, status: InboxStatus, *, at: datetime, tenant: str = "", subscription: str = ""
    ) -> None:
        self.settled[event.event] = (status, subscription)

    async def pending_events(self, older_than: datetime, limit: int) -> list[InboxEvent]:
        return [event for event in self.waiting if event.received_at < older_than][:limit]


@pytest.fixture
def store() -> Shelf:
    record = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW)
    return Shelf(subscriptions={"s_1": record})


def stripe(kind: str, thing: dict[str, Any], event: str = "evt_1") -> InboxEvent:
    payload = json.dumps({"id": event, "type": kind, "data": {"object": thing}})
    return InboxEvent(Provider.STRIPE, event, kind, payload, NOW - timedelta(minutes=1), object="in_1")


async def test_an_event_finds_its_process_by_the_metadata_we_wrote(store: Shelf) -> None:
    processes = FakeProcesses()
    assert await Inbox(store, processes).deliver(stripe("invoice.paid", MINE)) is InboxStatus.DELIVERED
    assert [news.type for news in processes.news] == ["invoice.paid"]
    assert store.settled["evt_1"] == (InboxStatus.DELIVERED, "s_1")


async def test_an_invoice_finds_it_by_the_copy_of_its_subscriptions_metadata(store: Shelf) -> None:
    invoice = {"object": "invoice", "parent": {"subscription_details": MINE}}
    assert await Inbox(store, FakeProcesses()).deliver(stripe("invoice.paid", invoice)) is InboxStatus.DELIVERED


async def test_metadata_somebody_made_up_moves_nobody(store: Shelf) -> None:
    forged = {"metadata": {"perdura_tenant": "acme", "perdura_subscription": "s_other"}}
    processes = FakeProcesses()
    assert await Inbox(store, processes).deliver(stripe("invoice.paid", forged)) is InboxStatus.UNMATCHED
    assert processes.news == []


async def test_what_shows_nothing_new_is_kept_and_wakes_nobody(store: Shelf) -> None:
    processes = FakeProcesses()
    assert await Inbox(store, processes).deliver(stripe("invoice.finalized", MINE)) is InboxStatus.KEPT
    assert processes.news == []


async def test_while_temporal_is_down_the_event_waits_and_the_sweep_delivers_it(store: Shelf) -> None:
    class Down(FakeProcesses):
        async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
            raise Unavailable("Temporal cannot be reached")

    event = stripe("invoice.paid", MINE)
    assert await Inbox(store, Down()).deliver(event) is InboxStatus.PENDING
    store.waiting = [event, replace(event, event="evt_young", received_at=datetime.now(UTC))]
    assert await Inbox(store, FakeProcesses()).sweep_inbox() == 1
    assert store.settled["evt_1"] == (InboxStatus.DELIVERED, "s_1")


def whatsapp(delivery: str, age: timedelta = timedelta(0)) -> InboxEvent:
    payload = "ErrorCode=63016" if delivery == "failed" else ""
    return InboxEvent(
        Provider.TWILIO, f"SM1:{delivery}", f"delivery.{delivery}", payload, datetime.now(UTC) - age, object="SM1"
    )


def noted() -> NoticeRecord:
    return NoticeRecord(
        "acme", "in_1/suspended", Channel.WHATSAPP, NoticeKind.SUSPENDED, "s_1", Delivery.SENT, "", NOW, reference="SM1"
    )


@pytest.mark.parametrize("delivery", ["delivered", "failed"])
async def test_a_delivery_report_reaches_its_notice(store: Shelf, delivery: str) -> None:
    await store.save_notice(noted())
    processes = FakeProcesses()
    assert await Inbox(store, processes).deliver(whatsapp(delivery)) is InboxStatus.DELIVERED
    assert processes.deliveries == [("in_1/suspended", Delivery(delivery))]


async def test_a_report_that_overtook_the_send_waits_for_it_but_not_for_ever(store: Shelf) -> None:
    inbox = Inbox(store, FakeProcesses())
    assert await inbox.deliver(whatsapp("delivered")) is InboxStatus.PENDING
    assert await inbox.deliver(whatsapp("delivered", timedelta(hours=1))) is InboxStatus.UNMATCHED


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.CANCELED])
async def test_a_refund_has_a_process_of_its_own_even_when_the_subscription_is_over(
    store: Shelf, status: Status
) -> None:
    store.subscriptions["s_1"] = replace(store.subscriptions["s_1"], status=status)
    processes = FakeProcesses()
    event = replace(stripe("refund.created", MINE), object="re_1")
    assert await Inbox(store, processes).deliver(event) is InboxStatus.DELIVERED
    assert await Inbox(store, processes).deliver(replace(event, event="evt_2", type="refund.updated"))
    assert (processes.refunds, processes.news) == ([("acme", "s_1", "re_1")] * 2, [])


async def test_a_strangers_refund_starts_nothing(store: Shelf) -> None:
    processes = FakeProcesses()
    stranger = stripe("refund.created", {"object": "refund", "customer": "cus_stranger"})
    assert await Inbox(store, processes).deliver(stranger) is InboxStatus.UNMATCHED
    assert processes.refunds == []


async def test_a_backlog_of_thousands_is_worked_off_in_one_round(store: Shelf) -> None:
    class Draining(Shelf):
        async def settle_event(self, event: InboxEvent, status: InboxStatus, **told: Any) -> None:
            await super().settle_event(event, status, **told)
            self.waiting = [known for known in self.waiting if known.event != event.event]

    backlog = [replace(stripe("invoice.paid", MINE), event=f"evt_{number}") for number in range(1_000)]
    draining = Draining(subscriptions=store.subscriptions, waiting=backlog)
    assert await Inbox(draining, FakeProcesses()).sweep_inbox() == 1_000
    assert draining.waiting == []


async def test_an_event_that_breaks_us_is_tried_once_a_round_and_holds_up_nobody(store: Shelf) -> None:
    broken = InboxEvent(Provider.STRIPE, "evt_broken", "invoice.paid", "not json", NOW - timedelta(minutes=1))
    store.waiting = [broken, stripe("invoice.paid", MINE)]
    assert await Inbox(store, FakeProcesses()).sweep_inbox() == 1
    assert store.settled == {
        "evt_broken": (InboxStatus.PENDING, ""),
        "evt_1": (InboxStatus.DELIVERED, "s_1"),
    }


async def test_an_event_replayed_finds_the_process_that_was_missing_when_it_came(store: Shelf) -> None:
    class Gone(FakeProcesses):
        async def report_news(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
            return False

    event = stripe("invoice.paid", MINE)
    assert await Inbox(store, Gone()).replay([event]) == {InboxStatus.UNMATCHED: 1}
    processes = FakeProcesses()
    assert await Inbox(store, processes).replay([event, event]) == {InboxStatus.DELIVERED: 2}
    assert store.settled["evt_1"] == (InboxStatus.DELIVERED, "s_1")

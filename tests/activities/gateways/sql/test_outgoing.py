"""Events are written with what they tell of, numbered without a gap, and sent again under the same id. SQLite and PostgreSQL alike."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from activities.failures import Missing
from activities.gateways.sql import cases, subscriptions
from activities.gateways.store_sql import SqlStore
from activities.ports.outgoing import Replay
from models.cfdi.documents import DocumentState
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import Payment, Tenant
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.telling.deliveries import DeliveryState, EventDelivery, Reply, judged
from models.telling.endpoints import Disabled, Endpoint, rotated
from models.telling.outgoing import EventType
from tests.activities.gateways.sql.lived import CASE, DOCUMENT, GRACIELA, NOW, OTTO, SUB, Plan

OPEN = replace(CASE, stage=Stage.GRACE, outcome=None, paid_at=None, closed_at=None)
DUE = replace(SUB, status=Status.PAST_DUE)
PAYMENT = Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.CREDIT, NOW)
ALL = Endpoint("acme", "we_all", "https://acme.example/hooks", NOW, "whsec_c2VjcmV0")
LATER = NOW + timedelta(days=3650)


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    """Two subscriptions, and an endpoint that hears of everything."""
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.sign_up(GRACIELA, SUB)
    await store.sign_up(OTTO, replace(SUB, id="s_2", customer="c_2"))
    await store.add_endpoint(ALL)
    return store


async def told(store: SqlStore, subscription: str = "s_1") -> list[str]:
    return [event.type for event, _ in await store.events("acme", subscription=subscription)]


async def due(store: SqlStore, endpoint: str = ALL.id) -> Sequence[EventDelivery]:
    return await store.due_deliveries("acme", endpoint, LATER, 100)


async def test_each_change_is_told_once_however_often_it_is_written(acme: SqlStore) -> None:
    for _ in range(2):
        await acme.save_subscription(DUE)
        await acme.save_case(OPEN)
        await acme.record_payment(PAYMENT)
        await acme.save_case(CASE)
    await acme.save_subscription(SUB)
    await acme.keep_sealed(replace(DOCUMENT, uuid="", state=DocumentState.SEALED), b"<xml/>")
    for state in (DocumentState.STAMPED, DocumentState.DELIVERED, DocumentState.CANCELLED):
        await acme.save_document(replace(DOCUMENT, state=state))
    found = await acme.events("acme", subscription="s_1")
    assert [event.type for event, _ in found] == [
        EventType.PAST_DUE,
        EventType.PAYMENT_FAILED,
        EventType.INVOICE_PAID,
        EventType.RESTORED,
        EventType.CFDI_STAMPED,
        EventType.CFDI_CANCELED,
    ]
    assert [event.sequence for event, _ in found] == [1, 2, 3, 4, 5, 6]
    assert len({event.id for event, _ in found}) == 6
    assert {(owner.customer, owner.reference) for _, owner in found} == {("c_1", "u_1")}
    assert await told(acme, "s_2") == []
    assert [event.sequence for event, _ in await acme.events("acme", subscription="s_1", after=4)] == [5, 6]


async def test_neither_record_nor_event_is_written_where_the_transaction_fails(
    acme: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError("in the middle of it")

    monkeypatch.setattr(subscriptions, "tell", crash)
    monkeypatch.setattr(cases, "tell", crash)
    for writing in (acme.save_subscription(DUE), acme.save_case(OPEN)):
        with pytest.raises(RuntimeError):
            await writing
    monkeypatch.undo()
    assert await acme.subscription("acme", "s_1") == SUB
    assert await acme.cases("acme", "s_1") == []
    assert await told(acme) == []

    await acme.save_subscription(DUE)  # the number that was taken in the failed one was given back
    assert [event.sequence for event, _ in await acme.events("acme", subscription="s_1")] == [1]


async def test_writers_at_one_instant_leave_no_gap_and_tell_nothing_twice(acme: SqlStore) -> None:
    numbers = range(8)
    await asyncio.gather(
        *(acme.save_case(replace(OPEN, invoice=f"in_{number}")) for number in numbers),
        *(acme.save_case(replace(OPEN, invoice=f"in_{number}")) for number in numbers),
        *(acme.record_payment(replace(PAYMENT, charge=f"ch_{number}")) for number in numbers),
        *(acme.save_subscription(DUE) for _ in numbers),
    )
    found = await acme.events("acme", subscription="s_1")
    assert [event.sequence for event, _ in found] == list(range(1, 18))
    types = [event.type for event, _ in found]
    assert [types.count(each) for each in (EventType.PAYMENT_FAILED, EventType.INVOICE_PAID, EventType.PAST_DUE)] == [
        8,
        8,
        1,
    ]


async def test_what_a_late_writer_says_of_what_is_over_is_not_told(acme: SqlStore) -> None:
    await acme.save_subscription(replace(SUB, status=Status.CANCELED))
    await acme.save_subscription(replace(SUB, status=Status.ACTIVE))
    await acme.save_case(OPEN)
    await acme.save_case(replace(CASE, outcome=Outcome.WRITTEN_OFF))
    await acme.save_case(replace(CASE, outcome=Outcome.VOIDED))
    assert await told(acme) == [EventType.CANCELED, EventType.PAYMENT_FAILED, EventType.WRITTEN_OFF]


async def test_an_endpoint_hears_of_the_types_it_names_from_then_on(acme: SqlStore) -> None:
    await acme.save_subscription(DUE)
    some = replace(ALL, id="we_some", types=frozenset({EventType.RESTORED}), secret="whsec_YW5vdGhlcg==")
    await acme.add_endpoint(some)
    assert await acme.endpoints("acme") == [ALL, some]
    await acme.save_subscription(SUB)
    await acme.save_subscription(DUE)
    assert [each.event.sequence for each in await due(acme, "we_some")] == [2]
    assert await acme.waiting("acme", ALL.id) == (3, (await due(acme))[0].due_at)
    assert set(await acme.endpoints_waited_for(LATER)) == {("acme", "we_all"), ("acme", "we_some")}
    assert await acme.endpoints_waited_for(LATER, {"other"}) == []
    assert await acme.events_recorded(0) == {"acme"}
    assert await acme.events_recorded(0) == frozenset()


async def test_a_line_waits_behind_its_first_and_no_other_does(acme: SqlStore) -> None:
    for status in (Status.PAST_DUE, Status.SUSPENDED):
        await acme.save_subscription(replace(SUB, status=status))
    await acme.save_subscription(replace(DUE, id="s_2"))
    first, other = await due(acme)
    assert [(each.event.line, each.event.sequence) for each in (first, other)] == [("s_1", 1), ("s_2", 1)]

    refused = judged(first, Reply(500), NOW)
    await acme.settle_delivery(refused)
    assert await acme.next_delivery("acme", ALL.id, "s_1") == refused
    early = await acme.due_deliveries("acme", ALL.id, NOW + timedelta(seconds=4), 100)
    assert "s_1" not in [each.event.line for each in early]

    await acme.settle_delivery(judged(refused, Reply(204), NOW))
    after = await acme.next_delivery("acme", ALL.id, "s_1")
    assert after is not None
    assert after.event.type is EventType.SUSPENDED
    endpoint = await acme.endpoint("acme", ALL.id)
    assert endpoint is not None
    assert endpoint.last_success_at == NOW
    (delivered,) = await acme.event_deliveries("acme", state=DeliveryState.DELIVERED)
    assert (delivered.attempts, delivered.status, delivered.event.id) == (2, 204, first.event.id)
    assert len(await acme.event_deliveries("acme", subscription="s_1", endpoint=ALL.id)) == 2


async def test_a_disabled_endpoint_is_sent_what_it_missed_when_somebody_asks(acme: SqlStore) -> None:
    await acme.save_subscription(DUE)
    (first,) = await due(acme)
    await acme.settle_delivery(judged(first, Reply(200), NOW))
    await acme.save_subscription(SUB)
    assert await acme.disable_endpoint("acme", ALL.id, Disabled.FAILING, NOW)
    assert not await acme.disable_endpoint("acme", ALL.id, Disabled.GONE, NOW)
    await acme.save_subscription(DUE)  # nobody hears of it
    assert await due(acme) == []
    held = await acme.endpoint("acme", ALL.id)
    assert held is not None
    assert (held.disabled_at, held.disabled_for) == (NOW, Disabled.FAILING)

    await acme.save_endpoint(replace(held, disabled_at=None, disabled_for=None))
    assert await acme.replay_events(Replay("acme", ALL.id), NOW) == 2
    assert [each.sequence for each in await lines(acme)] == [2, 3]
    assert await acme.replay_events(Replay("acme", ALL.id, events=(first.event.id,), delivered=True), NOW) == 1
    (again, *_) = await due(acme)
    assert (again.event, again.attempts) == (first.event, 0)  # the same id
    assert await acme.replay_events(Replay("acme", ALL.id, since=LATER), NOW) == 0
    assert await acme.replay_events(Replay("acme", "we_none"), NOW) == 0
    assert await acme.replay_events(Replay("acme", ALL.id, subscription="s_2"), NOW) == 0


async def lines(store: SqlStore) -> list[object]:
    found = await store.event_deliveries("acme", state=DeliveryState.PENDING)
    return [each.event for each in reversed(found)]


async def test_a_test_goes_to_one_endpoint_and_counts_in_no_subscription(acme: SqlStore) -> None:
    await acme.add_endpoint(replace(ALL, id="we_2"))
    told = await acme.test_endpoint("acme", "we_2", NOW)
    (delivery,) = await due(acme, "we_2")
    assert (delivery.event.id, delivery.event.type, delivery.event.subscription) == (told, EventType.TEST, "")
    assert await due(acme) == []
    assert await acme.replay_events(Replay("acme", ALL.id), NOW) == 0
    with pytest.raises(Missing):
        await acme.test_endpoint("acme", "we_none", NOW)


async def test_secrets_are_sealed_and_a_removed_endpoint_is_forgotten(acme: SqlStore) -> None:
    changed = rotated(ALL, NOW, timedelta(hours=1))
    await acme.save_endpoint(changed)
    assert await acme.endpoint("acme", ALL.id) == changed
    assert await acme.endpoint("other", ALL.id) is None
    ((secret, previous),) = await acme._db.figures(_held())
    assert secret.startswith("v1:")
    assert previous.startswith("v1:")
    await acme.save_subscription(DUE)
    await acme.remove_endpoint("acme", ALL.id)
    assert await acme.endpoints("acme") == []
    assert await acme.event_deliveries("acme") == []
    assert await told(acme) == [EventType.PAST_DUE]
    for missing in (acme.remove_endpoint("acme", ALL.id), acme.save_endpoint(ALL)):
        with pytest.raises(Missing):
            await missing


def _held() -> object:
    from sqlalchemy import select

    from models.tables.outgoing import EndpointRow

    return select(EndpointRow.secret, EndpointRow.previous_secret)


async def test_events_are_forgotten_once_they_have_arrived_and_undelivered_ones_never(acme: SqlStore) -> None:
    await acme.save_subscription(DUE)
    await acme.save_subscription(replace(SUB, status=Status.SUSPENDED))
    await acme.save_subscription(SUB)
    delivered, given_up, waiting = [each.event for each in await acme.event_deliveries("acme")][::-1]
    for _ in range(2):
        (first,) = await due(acme)
        reply = Reply(200) if first.event == delivered else Reply(410)
        await acme.settle_delivery(replace(judged(first, reply, NOW), due_at=NOW))
        if first.event == given_up:
            settled = replace(judged(first, reply, NOW), state=DeliveryState.FAILED)
            await acme.settle_delivery(settled)
    assert await acme.prune_events(NOW - timedelta(days=90), 100) == 0
    assert await acme.prune_events(LATER, 100) == 2  # a delivery, and its event
    assert [event.id for event, _ in await acme.events("acme", subscription="s_1")] == [given_up.id, waiting.id]
    assert await acme.prune_events(LATER, 100) == 0
    assert await acme.replay_events(Replay("acme", ALL.id), NOW) == 2
    await acme.remove_endpoint("acme", ALL.id)
    assert await acme.prune_events(LATER, 1) == 1  # nobody waits for them any more; a few in each round
    assert await acme.prune_events(LATER, 100) == 1
    await acme.save_subscription(DUE)
    (newest,) = [event for event, _ in await acme.events("acme", subscription="s_1")]
    assert newest.sequence == 4  # numbers go on

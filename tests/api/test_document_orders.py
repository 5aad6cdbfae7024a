"""Orders about one tax invoice: who may give them, what is checked at the door, and what reaches its process."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.ports.processes import CommandRefused, ProcessNotFound
from models.bookkeeping.ledger import Fact, Kind
from models.cfdi.cancellation import Motive
from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.fiscal import Issuer, Receiver
from models.messages import Command
from models.money import Money
from tests.api.conftest import World
from tests.api.credentials import person, session
from tests.api.tax_documents import XENON, documented, rejected

WHO = {"actor": "ana", "reason": "constancia received"}
SUBSTITUTE = "5e2a9f0c-6f0e-4a73-9a35-1f4d6b1f9b11"


async def order(world: World, command: str, source: str = "ch_1", **body: Any) -> Any:
    return await world.post(f"/v1/documents/{source}/{command}", {**WHO, **body})


async def test_corrected_data_are_kept_on_the_customer_before_the_process_is_told(world: World) -> None:
    subscription = await documented(world)
    answer = await order(world, "correct_receiver", fiscal=XENON)
    assert answer.status_code == 200, answer.text
    customer = await world.store.customer_of("acme", subscription)
    assert customer.receiver == Receiver("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343")
    ((process, command, said),) = world.door.orders
    assert (process, command, said.actor, said.reason) == ("ch_1", "correct_receiver", "api/ana", "constancia received")


async def test_wrong_tax_data_name_their_field_and_change_nothing(world: World) -> None:
    subscription = await documented(world)
    answer = await order(world, "correct_receiver", fiscal={**XENON, "postal_code": "00000"})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["fiscal.postal_code"]
    assert (await world.store.customer_of("acme", subscription)).receiver is None
    assert world.door.orders == []


@pytest.mark.parametrize("state", [DocumentState.DELIVERED, DocumentState.SENDING, DocumentState.NEEDS_RECONCILIATION])
async def test_data_of_a_document_that_may_be_stamped_are_left_alone(world: World, state: DocumentState) -> None:
    subscription = await documented(world, state)
    answer = await order(world, "correct_receiver", fiscal=XENON)
    assert (answer.status_code, answer.json()["detail"]) == (409, f"nothing to correct: the document is {state}")
    assert (await world.store.customer_of("acme", subscription)).receiver is None


async def test_a_global_invoice_names_nobody_to_correct(world: World) -> None:
    await documented(world, kind=DocumentKind.GLOBAL, source="global-2026-11", subscription="")
    assert (await order(world, "correct_receiver", "global-2026-11", fiscal=XENON)).status_code == 409
    assert (await order(world, "retry", "global-2026-11")).status_code == 200


async def test_while_temporal_is_down_no_data_are_changed_either(world: World) -> None:
    subscription = await documented(world)
    world.door.up = False
    assert (await order(world, "correct_receiver", fiscal=XENON)).status_code == 503
    assert (await world.store.customer_of("acme", subscription)).receiver is None
    assert (await order(world, "retry")).status_code == 503


async def test_a_retry_goes_to_the_process_and_its_refusal_comes_back_in_words(world: World) -> None:
    await documented(world)
    assert (await order(world, "retry")).status_code == 200
    assert [(process, command) for process, command, _ in world.door.orders] == [("ch_1", "retry")]
    world.door.refusal = CommandRefused("nothing to retry: the document is sending")
    answer = await order(world, "retry")
    assert (answer.status_code, answer.json()["detail"]) == (409, "nothing to retry: the document is sending")
    world.door.refusal = ProcessNotFound()
    assert (await order(world, "retry")).status_code == 409


async def test_the_stamped_version_is_the_one_taken_back(world: World) -> None:
    subscription = await documented(world)
    await world.store.save_document(
        replace(
            (await world.store.documents_of("acme", "ch_1"))[0],
            version=2,
            state=DocumentState.DELIVERED,
            uuid="UUID-2",
            seal="seal-2",
        )
    )
    answer = await order(world, "cancel", motive="03")
    assert (answer.status_code, answer.json()["status"]) == (202, "delivered")
    (start,) = world.door.cancellations
    assert (start.document, start.motive, start.subscription) == (
        "ch_1/income/v2",
        Motive.NOT_CARRIED_OUT,
        subscription,
    )
    assert (start.order.actor, start.order.reason, start.substitute) == ("api/ana", "constancia received", "")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "motive"),
        ({"motive": "05"}, "motive"),
        ({"motive": "01"}, "substitute"),
        ({"motive": "02", "substitute": SUBSTITUTE}, "substitute"),
        ({"motive": "01", "substitute": "the other one"}, "substitute"),
        ({"motive": "02", "reason": " "}, "reason"),
    ],
)
async def test_what_the_sat_would_not_take_is_named_at_the_door(world: World, body: Any, field: str) -> None:
    await documented(world, DocumentState.DELIVERED, uuid="UUID-1", seal="seal-1")
    answer = await order(world, "cancel", **body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert world.door.cancellations == []


@pytest.mark.parametrize(
    ("state", "uuid", "why"),
    [(DocumentState.REJECTED, "", "never stamped"), (DocumentState.CANCELLED, "UUID-1", "cancelled already")],
)
async def test_what_cannot_be_taken_back_is_told(world: World, state: DocumentState, uuid: str, why: str) -> None:
    await documented(world, state, uuid=uuid, seal=uuid)
    answer = await order(world, "cancel", motive="02")
    assert answer.status_code == 409
    assert why in answer.json()["detail"]


@pytest.mark.parametrize("command", ["correct_receiver", "retry", "cancel"])
async def test_another_tenants_document_is_as_absent_as_one_that_never_was(world: World, command: str) -> None:
    await documented(world, tenant="other")
    body = {"correct_receiver": {"fiscal": XENON}, "retry": {}, "cancel": {"motive": "02"}}[command]
    for source in ("ch_1", "ch_never", "ch 1"):
        assert (await order(world, command, source, **body)).status_code == 404
    assert (world.door.orders, world.door.cancellations) == ([], [])


async def test_a_stamped_invoice_is_substituted_with_the_corrected_data(world: World) -> None:
    subscription = await documented(world, DocumentState.DELIVERED, uuid="UUID-1", seal="seal-1")
    answer = await order(world, "substitute", fiscal=XENON)
    assert (answer.status_code, answer.json()["next_action"]) == (202, "make the substitute")
    (start,) = world.door.substitutions
    assert (start.document, start.order.actor) == ("ch_1/income/v1", "api/ana")
    receiver = (await world.store.customer_of("acme", subscription)).receiver
    assert receiver is not None
    assert receiver.rfc == XENON["tax_id"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": DocumentState.REJECTED}, "nothing to substitute"),
        ({"state": DocumentState.CANCELLED, "uuid": "UUID-1", "seal": "s"}, "nothing to substitute"),
        ({"state": DocumentState.DELIVERED, "kind": DocumentKind.CREDIT, "uuid": "U", "seal": "s"}, "only an invoice"),
    ],
)
async def test_what_cannot_be_substituted_is_told_and_changes_nothing(
    world: World, changes: dict[str, Any], why: str
) -> None:
    subscription = await documented(world, **changes)
    answer = await order(world, "substitute", fiscal=XENON)
    assert answer.status_code == 409
    assert why in answer.json()["detail"]
    assert (await world.store.customer_of("acme", subscription)).receiver is None
    assert world.door.substitutions == []


async def test_a_complement_is_not_told_another_rfc_than_its_invoice(world: World) -> None:
    subscription = await documented(
        world, DocumentState.DELIVERED, kind=DocumentKind.PAYMENT, uuid="U", seal="s", receiver_rfc="CUSC850516316"
    )
    answer = await order(world, "substitute", fiscal=XENON)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "fiscal.tax_id")
    assert (await world.store.customer_of("acme", subscription)).receiver is None
    assert world.door.substitutions == []


async def test_an_invoice_on_which_a_credit_note_stands_stays(world: World) -> None:
    subscription = await documented(world, DocumentState.DELIVERED, uuid="UUID-1", seal="seal-1")
    credit = replace(
        rejected(subscription),
        source="re_1",
        kind=DocumentKind.CREDIT,
        state=DocumentState.DELIVERED,
        uuid="UUID-2",
        seal="seal-2",
        replaces="UUID-1",
    )
    await world.store.save_document(credit)
    assert "credit note re_1" in (await order(world, "substitute", fiscal=XENON)).json()["detail"]
    await world.store.save_document(replace(credit, state=DocumentState.CANCELLED))
    assert (await order(world, "substitute", fiscal=XENON)).status_code == 202


async def test_a_sale_without_rfc_is_claimed_with_the_customer_s_data(world: World) -> None:
    subscription = await documented(world, DocumentState.GENERAL_PUBLIC)
    answer = await order(world, "claim", fiscal=XENON)
    assert answer.status_code == 202, answer.text
    assert [start.document for start in world.door.claims] == ["ch_1/income/v1"]
    assert (await world.store.customer_of("acme", subscription)).receiver is not None


async def test_a_claim_whose_refund_is_not_in_the_books_is_told_until_it_is(world: World) -> None:
    told = {"state": DocumentState.IN_GLOBAL, "replaces": "global-2026-11/global/v1"}
    subscription = await documented(world, **told)
    (sale,) = await world.store.documents_of("acme", "ch_1")
    await world.store.save_document(replace(sale, source="ch_2"))
    given = replace(sale, source="re_1", kind=DocumentKind.CREDIT, total=Money(4_900))
    await world.store.save_document(given)
    answer = await order(world, "claim", fiscal=XENON)
    assert answer.status_code == 409
    assert "re_1 over $49.00 MXN" in answer.json()["detail"]
    fact = Fact("acme", subscription, Kind.REFUNDED, "re_1", given.total, sale.issued_at, "in_1", "ch_2")
    await world.store.post(fact)
    assert (await order(world, "claim", fiscal=XENON)).status_code == 202
    assert [start.document for start in world.door.claims] == ["ch_1/income/v1"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"state": DocumentState.DELIVERED, "uuid": "UUID-1", "seal": "s"}, "nothing to claim"),
        ({"state": DocumentState.GENERAL_PUBLIC, "replaces": "global-2026-11/global/v1"}, "being made of it"),
    ],
)
async def test_what_cannot_be_claimed_is_told(world: World, changes: dict[str, Any], why: str) -> None:
    await documented(world, **changes)
    answer = await order(world, "claim", fiscal=XENON)
    assert (answer.status_code, world.door.claims) == (409, [])
    assert why in answer.json()["detail"]


async def test_a_document_of_a_year_whose_return_was_filed_cannot_be_cancelled(world: World) -> None:
    await documented(world, DocumentState.DELIVERED, uuid="U", seal="s", issued_at=datetime(2024, 6, 1, tzinfo=UTC))
    await world.store.save_issuer("acme", Issuer("EKU9003173C9", "ESCUELA KEMPER URGATE", "601", "06600"))
    answer = await order(world, "cancel", motive="02")
    assert (answer.status_code, world.door.cancellations) == (409, [])
    assert "until 2025-03-31" in answer.json()["detail"]


# What each order is given with, and the state in which a document may be given it.
ORDERS = {
    "correct_receiver": ({"fiscal": XENON}, {}),
    "retry": ({}, {}),
    "claim": ({"fiscal": XENON}, {"state": DocumentState.GENERAL_PUBLIC}),
    "substitute": ({"fiscal": XENON}, {"state": DocumentState.DELIVERED, "uuid": "UUID-1", "seal": "seal-1"}),
    "cancel": ({"motive": "03"}, {"state": DocumentState.DELIVERED, "uuid": "UUID-1", "seal": "seal-1"}),
}


def given(world: World) -> list[Command]:
    """The orders that reached processes, and those that began one."""
    door = world.door
    begun = [*door.cancellations, *door.substitutions, *door.claims]
    return [*(said for _, _, said in door.orders), *(start.order for start in begun)]


@pytest.mark.parametrize("command", ORDERS)
async def test_an_order_is_signed_by_who_is_logged_in_and_by_nobody_else(world: World, command: str) -> None:
    body, changes = ORDERS[command]
    subscription = await documented(world, **changes)
    known = (await world.store.customer_of("acme", subscription)).receiver
    ana = await person(world)
    headers, path = await session(world, ana), f"/v1/documents/ch_1/{command}"
    as_another = await world.http.post(path, json={**WHO, **body}, headers=headers)
    assert (as_another.status_code, [e["field"] for e in as_another.json()["errors"]]) == (422, ["actor"])
    assert (given(world), (await world.store.customer_of("acme", subscription)).receiver) == ([], known)
    answer = await world.http.post(path, json={"reason": "asked by phone", **body}, headers=headers)
    assert answer.status_code in (200, 202), answer.text
    assert given(world) == [Command(ana.id, "asked by phone")]


@pytest.mark.parametrize("command", ORDERS)
async def test_an_order_pressed_twice_is_one_order_and_carries_its_id(world: World, command: str) -> None:
    body, changes = ORDERS[command]
    await documented(world, **changes)
    headers = {"Authorization": f"Bearer {world.key}", "Idempotency-Key": "press-1"}
    path = f"/v1/documents/ch_1/{command}"
    first, second = [await world.http.post(path, json={**WHO, **body}, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert given(world) == [Command("api/ana", WHO["reason"])]
    assert [bool(order_id) for order_id in world.door.updates] == [True]

"""Invoices in the console: found by what is written on them, and ordered about as the API's routes allow."""

from dataclasses import replace

import pytest

from activities.ports.processes import CommandRefused
from models.access.permissions import Role
from models.cfdi.cancellation import DocumentWhy
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.money import Money
from tests.api.conftest import NOW, World
from tests.api.console.browsing import signed_in

FOLIO = "6F0E4A73-9A35-4F4D-8B1F-9B1100000001"
HERE = "/console/invoices"
FISCAL = {
    "tax_id": "XIA190128J61",
    "legal_name": "XENON",
    "tax_regime": "601",
    "postal_code": "76343",
    "cfdi_use": "G03",
}


@pytest.fixture
async def made(world: World) -> str:
    """One rejected, one delivered, one without RFC: each of a charge of its own."""
    subscription = await world.signed_up()
    rejected = TaxDocument(
        tenant="acme",
        source="ch_rejected",
        kind=DocumentKind.INCOME,
        version=1,
        subscription=subscription,
        state=DocumentState.REJECTED,
        total=Money(14_900),
        issued_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        receiver_rfc="XIA190128J61",
        field="tax_id",
        message="no está en la lista del SAT",
    )
    delivered = replace(
        rejected, source="ch_done", state=DocumentState.DELIVERED, uuid=FOLIO, seal="s", field="", message=""
    )
    public = replace(
        rejected, source="ch_public", state=DocumentState.GENERAL_PUBLIC, receiver_rfc="", total=Money(50_000)
    )
    for document in (rejected, delivered, replace(public, field="", message="")):
        await world.store.save_document(document)
    return subscription


async def test_they_are_found_by_rfc_folio_amount_state_and_month(world: World, made: str) -> None:
    browser = await signed_in(world)
    for query, found in {
        "": {"ch_rejected", "ch_done", "ch_public"},
        "q=xia190128j61": {"ch_rejected", "ch_done"},
        f"q={FOLIO.lower()}": {"ch_done"},
        "amount=500": {"ch_public"},
        "amount=$149.00&state=rejected": {"ch_rejected"},
        "month=2020-01": set(),
    }.items():
        page = await browser.page(f"{HERE}?{query}")
        assert {source for source in ("ch_rejected", "ch_done", "ch_public") if f"{HERE}/{source}" in page} == found, (
            query
        )
    for query, words in {
        "q=ana": "Escribe un RFC o un folio fiscal",
        "month=hoy": "Escríbelo como 2026-11",
        "amount=mucho": "Escríbelo como 1234.50",
    }.items():
        answer = await browser.get(f"{HERE}?{query}")
        assert answer.status_code == 422
        assert words in answer.text


async def test_the_search_box_leads_to_one_by_folio_or_charge(world: World, made: str) -> None:
    browser = await signed_in(world)
    for asked, source in ((FOLIO.lower(), "ch_done"), ("ch_public", "ch_public")):
        answer = await browser.get("/console/search", params={"q": asked})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}/{source}")
    other = await signed_in(world, tenant="other")
    assert (await other.get("/console/search", params={"q": FOLIO})).status_code == 200


async def test_one_shows_its_versions_its_files_and_why_it_was_refused(world: World, made: str) -> None:
    browser = await signed_in(world)
    page = await browser.page(f"{HERE}/ch_done")
    assert FOLIO in page
    assert page.count("/go/") == 2
    assert "no está en la lista del SAT" in await browser.page(f"{HERE}/ch_rejected")
    assert (await browser.get(f"{HERE}/ch_nobody")).status_code == 404


async def test_what_can_be_ordered_is_what_the_document_and_the_role_allow(world: World, made: str) -> None:
    owner, support, viewer = [await signed_in(world, role) for role in Role]

    async def offered(browser: object, source: str) -> set[str]:
        page = await browser.page(f"{HERE}/{source}")  # type: ignore[attr-defined]
        return {
            order for order in ("retry", "correct_receiver", "claim", "substitute", "cancel") if f'/{order}">' in page
        }

    assert await offered(owner, "ch_rejected") == {"retry", "correct_receiver"}
    assert await offered(owner, "ch_done") == {"substitute", "cancel"}
    assert await offered(owner, "ch_public") == {"claim"}
    assert await offered(support, "ch_done") == set()
    assert await offered(support, "ch_public") == {"claim"}
    assert await offered(viewer, "ch_rejected") == set()
    refused = await support.send(f"{HERE}/ch_done/money/cancel", {"reason": "x", "motive": "02"})
    assert refused.status_code == 403


async def test_an_order_is_given_once_with_its_reason(world: World, made: str) -> None:
    browser = await signed_in(world)
    where = f"{HERE}/ch_rejected"
    answer = await browser.send(f"{where}/order/retry", {"reason": "ya hay timbres"}, of=where)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    ((source, command, order),) = world.door.orders
    assert (source, command, order.actor, order.reason) == ("ch_rejected", "retry", browser.user.id, "ya hay timbres")
    assert world.door.updates[0]
    await browser.send(f"{HERE}/ch_done/money/cancel", {"reason": "error", "motive": "02"}, of=f"{HERE}/ch_done")
    assert world.door.cancellations[0].document == f"ch_done/{DocumentKind.INCOME}/v1"
    await browser.send(f"{HERE}/ch_public/order/claim", {**FISCAL, "reason": "la pidió"}, of=f"{HERE}/ch_public")
    assert world.door.claims[0].document.startswith("ch_public/")
    await browser.send(f"{HERE}/ch_done/money/substitute", {**FISCAL, "reason": "razón social"}, of=f"{HERE}/ch_done")
    assert world.door.substitutions[0].document.startswith("ch_done/")


async def test_what_is_wrong_stands_at_its_field_and_what_was_written_stays(world: World, made: str) -> None:
    browser = await signed_in(world)
    where = f"{HERE}/ch_rejected"
    form = {**FISCAL, "tax_id": "NADA", "reason": "corrige"}
    answer = await browser.send(f"{where}/order/correct_receiver", form, of=where)
    assert answer.status_code == 422
    assert 'aria-describedby="correct_receiver-tax_id-why"' in answer.text
    assert 'value="XENON"' in answer.text
    assert "<details open>" in answer.text
    world.door.refusal = CommandRefused(DocumentWhy.NOTHING_TO_RETRY(state="sending"))
    answer = await browser.send(f"{where}/order/retry", {"reason": "otra vez"}, of=where)
    assert answer.status_code == 409
    assert "no hay nada que reintentar" in answer.text
    assert "sending" not in answer.text
    assert (await browser.send(f"{where}/order/retry", {"reason": " "}, of=where)).status_code == 422
    assert (await browser.send(f"{where}/order/nothing", {"reason": "x"}, of=where)).status_code == 404


async def test_nothing_of_another_business_is_found_or_ordered(world: World, made: str) -> None:
    other = await signed_in(world, tenant="other")
    assert "ch_done" not in await other.page(f"{HERE}?q={FOLIO}")
    assert (await other.get(f"{HERE}/ch_done")).status_code == 404
    assert (await other.send(f"{HERE}/ch_done/money/cancel", {"reason": "x", "motive": "02"})).status_code == 404
    assert world.door.cancellations == []

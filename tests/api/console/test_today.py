"""The first page and what needs a person: true to the record, live, and acted upon by those who may."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.access.permissions import Role
from models.collecting.cases import Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, Payment
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.watching.attention import Finding, Rule
from tests.api.conftest import NOW, World
from tests.api.console.browsing import signed_in

CHARGED = timedelta(hours=1)  # from now; late in the evening that is tomorrow
STUCK = Finding("acme", Rule.CFDI_HELD, "ch_1/income/v1", "rejected: the RFC is not on the SAT's list", "")


async def lively(world: World) -> str:
    """A payment a moment ago, one in grace, one suspended, something held, and a charge in a minute."""
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(
        replace(
            record,
            status=Status.PAST_DUE,
            next_action="ask the provider about the next invoice",
            next_action_at=NOW + CHARGED,
        )
    )
    for number, (centavos, stage) in enumerate(
        [(14_900, Stage.GRACE), (20_050, Stage.DEGRADED), (9_900, Stage.SUSPENDED)]
    ):
        await world.store.save_case(
            CaseRecord("acme", f"in_{number}", subscription, Money(centavos), stage, "ruthless v1", NOW)
        )
    paid = Payment("acme", "ch_1", "in_9", subscription, Money(1_234_567), Funding.CREDIT, NOW)
    await world.store.record_payment(paid)
    await world.store.keep_finding(replace(STUCK, subscription=subscription), at=NOW)
    return subscription


async def test_the_first_page_tells_money_risk_findings_and_what_is_next(world: World) -> None:
    subscription = await lively(world)
    browser = await signed_in(world)
    page = await browser.page("/console")
    for figure in ("$12,345.67", "$448.50", "$349.50", "$99.00"):
        assert figure in page
    assert "Factura detenida" in page
    assert "Corrige los datos del receptor" in page
    days = {Calendar().local(at).date() for at in (datetime.now(UTC), NOW + CHARGED)}
    assert ("Cobro de la renovación" in page) == (f"/console/subscriptions/{subscription}" in page) == (len(days) == 1)
    english = await browser.page("/console", english=True)
    assert "Tax invoice held" in english
    assert "In today" in english


async def test_nothing_of_another_business_is_on_it(world: World) -> None:
    await lively(world)
    page = await (await signed_in(world, tenant="other")).page("/console")
    assert "Nada pendiente" in page
    assert "$12,345.67" not in page
    assert "Ana López" not in page


async def test_a_live_part_answers_304_until_something_changes(world: World) -> None:
    browser = await signed_in(world, Role.VIEWER)
    page = await browser.page("/console/attention")
    etag = re.search(r'hx-get="/console/attention/list" [^>]*data-etag="&quot;(\w+)&quot;"', page)
    assert etag is not None
    asked = {"HX-Request": "true", "If-None-Match": f'"{etag[1]}"'}
    again = await browser.get("/console/attention/list", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    await world.store.keep_finding(STUCK, at=NOW)
    news = await browser.get("/console/attention/list", headers=asked)
    assert news.status_code == 200
    assert "Factura detenida" in news.text
    assert "<html" not in news.text


async def test_somebody_says_that_they_look_at_it(world: World) -> None:
    await lively(world)
    support = await signed_in(world, Role.SUPPORT)
    where = f"/console/attention/{STUCK.id}"
    assert "the RFC is not on the SAT" in await support.page(where)
    answer = await support.send(f"{where}/acknowledge", {"note": "le escribí al cliente"}, of=where)
    assert (answer.status_code, answer.headers["location"]) == (303, where)
    page = await support.get(where)
    assert "Anotado: los demás ven que lo tienes." in page.text
    assert "le escribí al cliente" in page.text
    assert support.user.email in page.text
    assert "Anotado" not in (await support.get(where)).text


async def test_a_viewer_is_not_offered_it_and_cannot(world: World) -> None:
    await lively(world)
    viewer = await signed_in(world, Role.VIEWER)
    where = f"/console/attention/{STUCK.id}"
    assert "Yo lo tengo" not in await viewer.page(where)
    answer = await viewer.send(f"{where}/acknowledge", {"note": "x"}, of=where)
    assert answer.status_code == 403
    assert "Tu papel en este negocio no lo permite" in answer.text


async def test_a_note_that_cannot_be_kept_is_told_by_its_field(world: World) -> None:
    await lively(world)
    where = f"/console/attention/{STUCK.id}"
    answer = await (await signed_in(world)).send(f"{where}/acknowledge", {"note": "a\x07b"}, of=where)
    assert answer.status_code == 422
    assert "<strong>note</strong>" in answer.text


async def test_a_finding_of_another_business_is_as_absent_as_one_that_never_was(world: World) -> None:
    await lively(world)
    other = await signed_in(world, tenant="other")
    assert (await other.get(f"/console/attention/{STUCK.id}")).status_code == 404
    assert (await other.send(f"/console/attention/{STUCK.id}/acknowledge")).status_code == 404

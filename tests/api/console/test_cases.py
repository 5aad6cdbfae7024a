"""The cases at the console: the list, one of them with its ladder and all that was done, and orders shown before they are given."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from activities.ports.processes import CommandRefused
from models.access.permissions import Role
from models.collecting.cases import Case, Stage
from models.collecting.declines import Decline
from models.messages import Days, ExternalPayment
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Action
from models.policies.presets import preset
from models.records import AuditEntry, CaseRecord, Delivery, NoticeRecord
from models.refusals import OrderWhy
from models.speaking.notices import Channel, NoticeKind
from models.speaking.replies import Meaning, Reply
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in

OPENED = NOW - timedelta(hours=30)
CASE = "/console/cases/in_1"


@pytest.fixture
async def owner(world: World) -> Browser:
    """The owner of a business one of whose customers owes since thirty hours ago."""
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_case(
        CaseRecord(
            "acme",
            "in_1",
            subscription,
            Money(14_900),
            Stage.GRACE,
            f"ruthless v{preset('ruthless').version}",
            OPENED,
            decline="insufficient_funds",
            next_step="D+3 suspend",
            next_step_at=OPENED + timedelta(days=3),
        )
    )
    case = Case("in_1", Money(14_900), OPENED, preset("ruthless"), Calendar(), decline=Decline("insufficient_funds"))
    world.door.cases["in_1"] = replace(case, position=5, attempts=3)
    story = (("case opened", ""), ("D0 notify", ""), ("charge declined", "D+4h retry: insufficient_funds"))
    for number, (action, detail) in enumerate(story):
        at = OPENED + timedelta(hours=2 * number)
        key = f"in_1/{number}/{action}"
        await world.store.audit(AuditEntry("acme", subscription, key, at, "perdura", action, detail=detail))
    await world.store.save_notice(
        NoticeRecord(
            "acme",
            "in_1/payment_failed",
            Channel.WHATSAPP,
            NoticeKind.PAYMENT_FAILED,
            subscription,
            Delivery.DELIVERED,
            "Hola Ana: no pudimos cobrar $149.00",
            OPENED,
            sent_at=OPENED,
        )
    )
    body = "ya casi <b>pago</b>"
    reply = Reply("acme", "SM9", record.customer, Channel.WHATSAPP, body, Meaning.PROMISE, OPENED + timedelta(hours=1))
    await world.store.add_reply(reply)
    return await signed_in(world)


async def test_the_list_shows_who_owes_and_is_narrowed(world: World, owner: Browser) -> None:
    whole = await owner.page("/console/cases")
    assert "La tarjeta no tiene saldo suficiente" in whole
    assert f'href="{CASE}"' in whole
    assert "Suspensión del servicio" in whole
    for narrowed in ("stage=suspended", "least=1,000", "next=retry", "waiting=1"):
        assert CASE not in await owner.page(f"/console/cases?{narrowed}")
    for action in Action:  # every one may come next, and is to choose from
        assert f'<option value="{action}"' in whole, action
    for kept in ("stage=grace", "least=149", "next=suspend", "stage=nonsense&least=x"):
        assert CASE in await owner.page(f"/console/cases?{kept}")
    assert CASE not in await (await signed_in(world, tenant="other")).page("/console/cases")


async def test_a_case_is_found_by_its_invoice_and_nobody_elses_is(world: World, owner: Browser) -> None:
    found = await owner.get("/console/search?q=in_1")
    assert (found.status_code, found.headers["location"]) == (303, CASE)
    other = await signed_in(world, tenant="other")
    assert (await other.get("/console/search?q=in_1")).status_code == 200


async def test_a_case_tells_all_that_was_done_in_plain_words(owner: Browser) -> None:
    page = await owner.page(CASE)
    assert "<svg" in page
    assert "Hola Ana: no pudimos cobrar $149.00" in page
    assert re.search(r'class="pill good">Entregado', page)
    assert page.count("La tarjeta no tiene saldo suficiente") >= 2
    assert "ya casi &lt;b&gt;pago&lt;/b&gt;" in page
    assert "Empezó la cobranza" in page
    assert "Su proceso" not in page  # no address of a Temporal UI is set
    for link in re.findall(r'href="(/console/(?:customers|subscriptions)/[^"]+)"', page):
        assert (await owner.get(link)).status_code == 200, link
    english = await owner.page(CASE, english=True)
    assert "The card does not have enough funds" in english
    assert "Service suspended" in english


async def test_its_process_is_linked_where_the_temporal_ui_is_known(world: World, owner: Browser) -> None:
    settings = world.app.state.context.settings.model_copy(update={"temporal_ui_url": "https://temporal.example/"})
    world.app.state.context = replace(world.app.state.context, settings=settings)
    assert "https://temporal.example/namespaces/default/workflows/dunning%3Aacme%3Ain_1" in await owner.page(CASE)


async def test_three_more_days_are_shown_then_given_once_and_the_ladder_moves(world: World, owner: Browser) -> None:
    order = f"{CASE}/extend-grace"
    shown = await owner.page(f"{order}?days=5")
    assert "Qué pasaría" in shown
    assert 'name="days" value="5"' in shown
    assert "Corte de servicio y mensaje «servicio suspendido»" in shown
    assert world.door.orders == []
    asked = await owner.send(order, {"days": "5", "reason": "  "}, of=order)
    assert asked.status_code == 422
    assert "Di por qué" in asked.text
    wrong = await owner.send(order, {"days": "500", "reason": "llamó"}, of=order)
    assert wrong.status_code == 422
    assert "hasta 60" in wrong.text
    page = await owner.get(order)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    before = world.door.cases["in_1"]
    for _ in range(2):  # pressed twice
        done = await owner.http.post(
            order, data={**hidden, "days": "5", "reason": "llamó"}, headers={"Origin": "https://cobranza.example.mx"}
        )
        assert (done.status_code, done.headers["location"]) == (303, CASE)
    first, second = world.door.orders
    assert first == second
    assert first[0::2] == ("in_1", Days(owner.user.id, "llamó", 5.0))
    assert world.door.updates[0] == world.door.updates[1] != ""
    assert world.door.cases["in_1"].shift - before.shift == timedelta(days=5)
    assert "Hecho: Dar más días" in (await owner.get(CASE)).text


async def test_a_refusal_is_told_in_the_page_s_language(world: World, owner: Browser) -> None:
    asked = f"{CASE}/promise-to-pay?until=2100-01-01"
    assert "Ahora no se puede: Como máximo a" in await owner.page(asked)
    assert "This cannot be done now: until: at most" in await owner.page(asked, english=True)
    world.door.refusal = CommandRefused(OrderWhy.CASE_OVER(outcome="paid_outside"))
    page = f"{CASE}/extend-grace"
    answer = await owner.send(page, {"days": "5", "reason": "llamó"}, of=page)
    assert answer.status_code == 409
    assert "Este caso ya terminó: no queda nada que cambiar" in answer.text
    assert "paid_outside" not in answer.text


async def test_a_transfer_is_recorded_by_the_owner_and_support_does_not_see_the_button(
    world: World, owner: Browser
) -> None:
    order, open_ = f"{CASE}/record-external-payment", world.door.cases["in_1"]
    shown = await owner.page(order)
    assert "Escribe la clave de rastreo" in shown  # nothing can be shown of it before it is told which transfer
    shown = await owner.page(f"{order}?method=spei&reference=2026112140014BMOV")
    assert "Pagado por fuera" in shown
    form = {"method": "spei", "reference": "2026112140014BMOV", "reason": "visto en el banco"}
    assert (await owner.send(order, form, of=f"{order}?method=spei&reference=2026112140014BMOV")).status_code == 303
    assert isinstance(world.door.orders[-1][2], ExternalPayment)
    assert "Qué se puede hacer" not in await owner.page(CASE)  # the case is over
    world.door.cases["in_1"] = open_
    support = await signed_in(world, Role.SUPPORT)
    page = await support.page(CASE)
    assert "Dar más días" in page
    assert "Ya pagó por fuera" not in page
    assert (await support.get(order)).status_code == 403
    viewer = await signed_in(world, Role.VIEWER)
    assert "Qué se puede hacer" not in await viewer.page(CASE)
    assert (await viewer.get(f"{CASE}/extend-grace")).status_code == 403


@pytest.mark.parametrize(
    "order", ["promise-to-pay", "pause-dunning", "skip-to-step", "write-off", "agree-instalments", "retry-now"]
)
async def test_every_order_shows_what_it_would_do(world: World, owner: Browser, order: str) -> None:
    shown = await owner.page(f"{CASE}/{order}")
    assert "Qué pasaría" in shown
    assert "What would happen" in await owner.page(f"{CASE}/{order}?lang=en")
    assert 'name="reason"' in shown
    assert world.door.orders == []


async def test_what_cannot_be_done_as_it_stands_is_not_offered(world: World, owner: Browser) -> None:
    page = await owner.page(CASE)
    assert "Reanudar" not in page
    assert "Devolver el servicio" not in page
    assert (await owner.get(f"{CASE}/resume-dunning")).status_code == 404
    world.door.cases["in_1"] = replace(world.door.cases["in_1"], position=6, stage=Stage.SUSPENDED)
    suspended = await owner.page(CASE)
    assert "Devolver el servicio unos días" in suspended
    assert "Dar más días" not in suspended
    given = await owner.send(f"{CASE}/restore-now", {"days": "2", "reason": "promete pagar"}, of=f"{CASE}/restore-now")
    assert given.status_code == 303
    assert world.door.orders[-1][1] == "restore_now"


async def test_without_an_answer_of_its_process_the_row_is_shown_and_no_order_is_offered(
    world: World, owner: Browser
) -> None:
    world.door.up = False
    page = await owner.page(CASE)
    assert "Su proceso no contesta" in page
    assert "<svg" in page
    assert "Qué se puede hacer" not in page


async def test_the_ladder_looks_for_news_by_itself_and_is_told_when_there_is_none(world: World, owner: Browser) -> None:
    page = await owner.page(CASE)
    assert f'hx-get="{CASE}/ladder"' in page
    part = await owner.get(f"{CASE}/ladder", headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "<html" not in part.text
    world.door.cases["in_1"] = replace(world.door.cases["in_1"], position=6, stage=Stage.SUSPENDED)
    again = await owner.get(f"{CASE}/ladder", headers={"HX-Request": "true", "If-None-Match": part.headers["etag"]})
    assert again.status_code == 200
    assert datetime.fromisoformat(re.findall(r'datetime="([^"]+)"', again.text)[0]) >= OPENED


async def test_a_case_of_somebody_else_is_not_there(world: World, owner: Browser) -> None:
    other = await signed_in(world, tenant="other")
    for path in (CASE, f"{CASE}/ladder", f"{CASE}/extend-grace", "/console/cases/none", "/console/cases/%2e%2e"):
        assert (await other.get(path)).status_code == 404

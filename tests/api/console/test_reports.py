"""The pages of the business: figures with what they count, cash to come, alerts, evidence."""

import re
from dataclasses import replace
from datetime import timedelta

from models.access.permissions import Role
from models.kpis.definitions import Kpi
from models.kpis.figures import Figure
from models.periods import Calendar
from models.subscribing.subscriptions import Status
from models.watching.attention import Finding, Rule
from tests.api.conftest import NOW, World
from tests.api.console.browsing import signed_in

DAY = timedelta(days=1)


async def kept(world: World, *ago: int) -> None:
    """One of two is past due, and was on the days so long ago."""
    mine = await world.signed_up()
    await world.signed_up(customer_reference="user-2", email="beto@example.mx")
    record = await world.store.subscription("acme", mine)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.PAST_DUE))
    for each in sorted(ago, reverse=True):
        day = Calendar().local(NOW).date() - each * DAY
        await world.store.take_snapshot("acme", day, at=NOW)
        await world.store.save_figures("acme", day, [Figure(Kpi.PAST_DUE_SHARE, day, each, 10)], at=NOW)


async def test_figures_stand_beside_what_they_count(world: World) -> None:
    await kept(world, 2, 1)
    browser = await signed_in(world, Role.VIEWER)
    page = await browser.page("/console/reports")
    assert re.search(r"50\.0 %</strong>\s*<span[^>]*>1 de 2</span>", page)
    assert "suscripciones vencidas o suspendidas" in page
    english = await browser.page("/console/reports", english=True)
    assert "subscriptions that are past due or suspended" in english
    assert "$298.00 MXN" in page


async def test_a_figure_is_drawn_day_by_day_and_told_in_a_table_with_what_is_missing(world: World) -> None:
    await kept(world, 5, 4, 2)
    browser = await signed_in(world)
    page = await browser.page("/console/reports/past_due_share?days=90")
    day = Calendar().local(NOW).date()
    assert f"Sin foto diaria: {day - 3 * DAY}." in page
    assert page.count("stroke-dasharray") == 1, "the line is broken where nobody knows"
    assert re.findall(r'<td class="number">(\d+\.0 %)</td>', page) == ["20.0 %", "40.0 %", "50.0 %"]
    assert (await browser.get("/console/reports/weather")).status_code == 404
    assert "Todavía no hay días guardados" in await browser.page("/console/reports/mrr")


async def test_cash_to_come_says_the_same_as_the_api_and_scenarios_the_same_as_their_page(world: World) -> None:
    mine = await world.signed_up()
    record = await world.store.subscription("acme", mine)
    assert record is not None
    renews = replace(record, status=Status.ACTIVE, period_end=NOW + 40 * DAY)
    await world.store.save_subscription(renews)
    browser = await signed_in(world)
    page = await browser.page("/console/cashflow")
    (told,) = (await world.get("/v1/analytics/cashflow")).json()["data"]
    for month in told["months"]:
        assert month["first"][:7] in page
    assert page.count("$149.00") >= sum(month["collected"] == 14_900 for month in told["months"]) > 0
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in page
    assert "se puede gastar" in page
    scenario = await browser.page("/console/cashflow?of=conservador")
    assert "$2,980.00" in scenario, "20 × 149.00, as the source document has it"
    assert "$44,700.00" in scenario
    assert "Nadie por cobrar" in await (await signed_in(world, tenant="other")).page("/console/cashflow")


async def test_alerts_are_listed_and_set_by_an_owner_alone(world: World) -> None:
    await world.store.keep_finding(Finding("acme", Rule.PAST_DUE_HIGH, "past_due", "9.1 % (> 8 %)"), at=NOW)
    owner, viewer = await signed_in(world), await signed_in(world, Role.VIEWER)
    assert "9.1 % (&gt; 8 %)" in await viewer.page("/console/alerts")
    assert "Solo quien es dueño" in await viewer.page("/console/alerts")
    form = {
        "emails": "ana@acme.example\nbeto@acme.example",
        "webhook": "yes",
        "past_due_percent": "5",
        "on": "past_due_high",
    }
    answer = await owner.send("/console/alerts", form, of="/console/alerts")
    assert answer.status_code == 303
    settings = await world.store.alert_settings("acme")
    assert settings.emails == ("ana@acme.example", "beto@acme.example")
    assert settings.thresholds.past_due_percent == 5
    assert Rule.NEARLY_LATE in settings.off
    assert Rule.PAST_DUE_HIGH not in settings.off
    wrong = await owner.send("/console/alerts", form | {"emails": "ana", "past_due_percent": "0"}, of="/console/alerts")
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.text
    wrong = await owner.send("/console/alerts", form | {"phones": "12"}, of="/console/alerts")
    assert (wrong.status_code, "Escribe un teléfono de diez dígitos" in wrong.text) == (422, True)
    assert (await viewer.send("/console/alerts", form, of="/console/alerts")).status_code == 403
    assert await world.store.alert_settings("acme") == settings


async def test_a_round_of_evidence_is_made_listed_and_fetched(world: World) -> None:
    await world.signed_up()
    support = await signed_in(world, Role.SUPPORT)
    assert "Todavía no hay rondas" in await support.page("/console/evidence")
    wrong = await support.send("/console/evidence", {"round": "Ronda 1"}, of="/console/evidence")
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)
    wrong = await support.send("/console/evidence", {"round": "r-1", "to": "2999-01-01"}, of="/console/evidence")
    assert (wrong.status_code, 'id="from-why"' in wrong.text) == (422, True)
    made = await support.send("/console/evidence", {"round": "r-1"}, of="/console/evidence")
    assert made.status_code == 303
    assert "r-1.zip" in await support.page("/console/evidence")
    file = await support.get("/console/evidence/r-1")
    assert (file.content[:2], file.headers["content-type"]) == (b"PK", "application/zip")
    assert file.content == (await world.get("/v1/evidence/r-1")).content
    assert (await (await signed_in(world, tenant="other")).get("/console/evidence/r-1")).status_code == 404

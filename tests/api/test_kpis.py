"""The figures of the business over HTTP: as they stand, as they stood, and what they count."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from activities.measuring import Measuring
from models.kpis.definitions import DEFINITIONS, Definition
from models.subscribing.subscriptions import Status
from tests.api.conftest import World

DAY = timedelta(days=1)


async def past_due(world: World, *, of: int) -> None:
    """So many subscriptions, the first of them past due."""
    for number in range(of):
        mine = await world.signed_up(customer_reference=f"user-{number}", email=f"ana{number}@example.mx")
        record = await world.store.subscription("acme", mine)
        assert record is not None
        if number == 0:
            await world.store.save_subscription(replace(record, status=Status.PAST_DUE))


async def test_figures_are_told_with_what_they_count(world: World) -> None:
    await past_due(world, of=4)
    told = (await world.get("/v1/kpis")).json()
    found = {(each["kpi"], each["currency"]): each for each in told["data"]}
    share = found["past_due_share", ""]
    assert (share["numerator"], share["denominator"], share["value"], share["text"]) == (1, 4, 0.25, "25.0 %")
    assert (found["mrr", "MXN"]["numerator"], found["mrr", "MXN"]["text"]) == (59_600, "$596.00 MXN")
    assert found["churn_voluntary", ""]["value"] is None, "no day was kept yet"
    said = told["definitions"]["past_due_share"]
    assert said["numerator"]["es"] == "suscripciones vencidas o suspendidas"
    assert said["denominator"]["en"].startswith("the active base")
    other = replace(world, key=await world.store.issue_key("other"))
    assert {each["value"] for each in (await other.get("/v1/kpis")).json()["data"]} == {None}


async def test_past_days_are_told_and_those_that_nobody_kept_are_named(world: World) -> None:
    await past_due(world, of=2)
    keeping = Measuring(world.store, day_seconds=86_400)
    now = datetime.now(UTC)
    kept = []
    for later in (1, 2, 5):
        (order,) = [each for each in await keeping.days_due(now + later * DAY) if each.tenant == "acme"]
        kept.append((await keeping.keep_day(order)).day)
    span = f"from={kept[0]}&to={kept[2]}"
    told = (await world.get(f"/v1/kpis/history?{span}&kpi=past_due_share")).json()
    assert [(each["day"], each["value"]) for each in told["data"]] == [(str(day), 0.5) for day in kept]
    assert told["missing"] == [str(kept[1] + DAY), str(kept[1] + 2 * DAY)]
    assert [each["subscriptions"] for each in told["snapshots"]] == [2, 2, 2]
    assert len((await world.get(f"/v1/kpis/history?{span}")).json()["data"]) > 3 * 10


@pytest.mark.parametrize("query", ["from=2026-02-01&to=2026-01-01", "from=2001-01-01&to=2026-01-01", "kpi=weather"])
async def test_a_span_or_a_figure_that_makes_no_sense_is_named(world: World, query: str) -> None:
    answer = await world.get(f"/v1/kpis/history?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in ("from", "kpi")


async def test_a_day_before_all_days_is_answered(world: World) -> None:
    assert (await world.get(f"/v1/kpis/history?to={date.min}")).json()["data"] == []


def _line(definition: Definition) -> str:
    told = (definition.name.en, definition.numerator.en, definition.denominator.en, definition.window.en)
    return f"| `{definition.kpi}` | {' | '.join(told)} |"


def test_the_page_on_figures_says_what_the_product_counts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "kpis.md").read_text(encoding="utf-8")
    for definition in DEFINITIONS.values():
        assert _line(definition) in page

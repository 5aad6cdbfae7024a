"""What a plan counts, in which window, and when a limit is worth a word."""

from datetime import UTC, datetime

import pytest

from models import shipped
from models.money import Money
from models.periods import Calendar
from models.selling.catalog_file import parse
from models.selling.plans import Limit, Plan
from models.subscribing.usage import Level, Meter, crossed, meters

CALENDAR = Calendar()
NEW_YEARS_EVE = datetime(2027, 1, 1, 5, 59, tzinfo=UTC)  # 23:59 in Mexico City


def test_a_month_is_the_tenants_and_what_is_in_use_has_one_window() -> None:
    plan = Plan("acme", "p", "P", Money(0), limits=(Limit("documents", 50, monthly=True), Limit("users", None)))
    found = meters(plan, None, NEW_YEARS_EVE, CALENDAR)
    assert [(each.code, each.window, each.most) for each in found.values()] == [
        ("documents", "2026-12", 50),
        ("users", "", None),
    ]
    assert meters(plan, None, NEW_YEARS_EVE.replace(hour=6, minute=0), CALENDAR)["documents"].window == "2027-01"


def test_a_packages_units_are_those_of_the_period_that_was_paid() -> None:
    page = shipped.page("catalogs", "clinica-veterinaria") or ""
    plan = next(plan for plan in parse(page, "acme").plans if plan.code == "adulto-anual")
    found = meters(plan, datetime(2026, 3, 1, 18, tzinfo=UTC), NEW_YEARS_EVE, CALENDAR)
    assert [(each.code, each.window, each.most, each.percent_off) for each in found.values()] == [
        ("consulta", "2026-03-01", 2, 100),
        ("vacunacion", "2026-03-01", None, 100),
        ("desparasitacion", "2026-03-01", 2, 100),
        ("limpieza-dental", "2026-03-01", None, 20),
    ]
    assert [found["consulta"].left(used) for used in (0, 1, 2, 3)] == [2, 1, 0, 0]


@pytest.mark.parametrize(
    ("most", "used", "level"),
    [
        (100, 79, Level.FREE),
        (100, 80, Level.NEAR),
        (100, 99, Level.NEAR),
        (100, 100, Level.REACHED),
        (100, 101, Level.REACHED),
        (3, 2, Level.FREE),
        (1, 0, Level.FREE),
        (0, 0, Level.REACHED),
        (None, 10**9, Level.FREE),
    ],
)
def test_a_limit_is_near_at_80_per_cent_and_reached_at_100(most: int | None, used: int, level: Level) -> None:
    assert Meter("users", "", most).level(used) is level


def test_a_level_is_crossed_once_on_the_way_up() -> None:
    meter = Meter("users", "", 10)
    ways = ((7, 8), (8, 9), (9, 10), (7, 10), (10, 11), (9, 7), (10, 8))
    assert [crossed(meter, *way) for way in ways] == [80, None, 100, 100, None, None, None]

"""From when on a business is alerted, rule by rule, and how it reads."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.kpis import alerts
from models.kpis.alerts import ALERTS, HOUSE, Owing, Thresholds
from models.kpis.definitions import Kpi
from models.kpis.figures import Figure
from models.kpis.traffic import BUCKETS, Traffic, together
from models.periods import Calendar
from models.tickets.ticket import Origin, Ticket, Topic
from models.watching.attention import CHECKED, GUIDANCE, Finding, Rule

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
DAY = timedelta(days=1)
USUAL = Thresholds()


def days(*late: int | None) -> list[Figure]:
    """So many of a hundred past due on days one after the other; None: no snapshot was taken."""
    first = date(2026, 11, 10)
    return [
        Figure(Kpi.PAST_DUE_SHARE, first + n * DAY, count, 100) for n, count in enumerate(late) if count is not None
    ]


@pytest.mark.parametrize(
    ("late", "raised", "told"),
    [
        ((9, 9), False, True),
        ((8, 8), False, False),  # at the limit is not above it
        ((8, 9), False, False),
        ((9, 8), False, False),
        ((9, None, 9), False, False),  # nobody knows of the day between
        ((9, 9, None, 9), True, True),  # raised, it stays while the newest is above
        ((9, 9, 8), True, False),
        ((12, 9, 10), False, True),
        ((), False, False),
    ],
)
def test_past_due_over_its_limit_on_two_days_one_after_the_other(
    late: tuple[int | None, ...], raised: bool, told: bool
) -> None:
    found = alerts.past_due("acme", days(*late), USUAL, raised=raised)
    assert (found is not None) is told


def test_the_days_and_the_limit_are_the_tenant_s_own() -> None:
    wanted = Thresholds(past_due_percent=5, past_due_days=3)
    assert alerts.past_due("acme", days(6, 6), wanted, raised=False) is None
    found = alerts.past_due("acme", days(4, 6, 7, 8), wanted, raised=False)
    assert found is not None
    assert found.text == "2026-11-11: 6.0 %, 2026-11-12: 7.0 %, 2026-11-13: 8.0 % (> 5 %)"


@pytest.mark.parametrize(("age", "told"), [(24.9, False), (25, True), (40, True)])
def test_a_customer_is_told_of_before_they_are_30_days_late_and_after(age: float, told: bool) -> None:
    owing = Owing("acme", "c_1", "s_1", NOW - age * DAY)
    assert bool(alerts.nearly_late([owing], NOW, Calendar(), USUAL)) is told


def test_days_and_hours_are_those_of_the_business_s_clock() -> None:
    night = datetime(2026, 11, 2, 3, tzinfo=UTC)  # still the evening before in Mexico City
    ticket = Ticket("acme", "tk_1", "c_1", Topic.BILLING, Origin.PERSON, NOW, "ana", NOW, night, night, "s_1")
    (missed,) = alerts.missed([ticket], Calendar())
    assert missed.text == "2026-11-01 21:00 (America/Mexico_City)"
    (late,) = alerts.nearly_late([Owing("acme", "c_1", "s_1", night)], NOW, Calendar(), Thresholds(late_days=1))
    assert late.text == "19 d (2026-11-01)"


def test_idle_businesses_are_the_house_s_to_know() -> None:
    (found,) = alerts.idle({"acme": NOW - 7 * DAY, "other": NOW - 6 * DAY}, NOW, Calendar(), USUAL)
    assert (found.tenant, found.subject) == ("", "acme")


@pytest.mark.parametrize(
    ("requests", "errors", "told"), [(1_000, 10, False), (1_000, 11, True), (49, 49, False), (0, 0, False)]
)
def test_failing_requests_are_told_of_above_their_share_and_where_there_are_enough(
    requests: int, errors: int, told: bool
) -> None:
    assert (alerts.failing(Traffic(requests, errors), USUAL) is not None) is told


def took(**counts: int) -> Traffic:
    """Answers by the bound they took at most: `b1_0=5`."""
    named = {f"b{bound}".replace(".", "_"): place for place, bound in enumerate(BUCKETS)} | {"more": len(BUCKETS)}
    buckets = [0] * (len(BUCKETS) + 1)
    for name, count in counts.items():
        buckets[named[name]] = count
    return Traffic(sum(buckets), 0, tuple(buckets))


def test_the_95th_percentile_lies_evenly_between_two_bounds_and_never_beyond_the_last() -> None:
    # 95 of 100 is the 45th of the 90 answers between 1.0 and 2.5 s: 1.0 + 1.5 × 45 / 90
    assert took(b0_5=50, b2_5=90).quantile(95 / 140) == pytest.approx(1.75)
    assert took(more=10).quantile(0.95) == 10.0
    assert Traffic().quantile(0.95) is None


@pytest.mark.parametrize(
    ("traffic", "told"),
    [(took(b1_0=100), False), (took(b1_0=94, b2_5=6), False), (took(b1_0=90, b5_0=10), True), (took(more=49), False)],
)
def test_slow_answers_are_told_of_above_two_seconds(traffic: Traffic, told: bool) -> None:
    assert (alerts.slow(traffic, USUAL) is not None) is told


def test_traffic_of_several_processes_is_added_up_and_told_since_the_last_time() -> None:
    first, second = took(b1_0=3), took(b1_0=5, more=2)
    assert together([first, second]).requests == 10
    assert second.minus(took(b1_0=4)) == took(b1_0=1, more=2)


@pytest.mark.parametrize(("used", "limit", "told"), [(91, 100, True), (90, 100, False), (91, 0, False)])
def test_a_database_without_a_limit_is_never_full(used: int, limit: int, told: bool) -> None:
    assert (alerts.nearly_full(used * 2**20, limit * 2**20, USUAL) is not None) is told


def test_every_alert_reads_in_both_languages_and_is_checked_in_the_round() -> None:
    assert set(ALERTS) <= CHECKED
    assert set(ALERTS) <= set(GUIDANCE)
    assert set(ALERTS) > HOUSE
    for told in ALERTS.values():
        assert all((told.title.es, told.title.en, told.remedy.es, told.remedy.en))


def test_one_message_tells_of_all_of_them_spanish_first() -> None:
    found = [Finding("acme", Rule.NEARLY_LATE, f"c_{n:02d}", "26 d") for n in range(25)]
    found.append(Finding("acme", Rule.PAST_DUE_HIGH, "past_due", "9.1 %"))
    subject, body = alerts.written("Acme", found)
    assert subject == "Acme: La cartera vencida pasa del límite (+25)"
    spanish, _, english = body.partition("—")
    assert "Qué hacer: mira por qué se rechazan los cobros" in spanish
    assert "To do: see why charges fail" in english
    assert ("[c_19]" in spanish, "[c_20]" in spanish, "+ 5" in spanish) == (True, False, True)
    assert alerts.undelivered("acme", [], 3) is None

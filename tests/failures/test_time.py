"""Days, zones and month ends: a ladder is measured in time that passes, and shown in the time of the customer's clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.collecting.cases import Case
from models.periods import Calendar
from models.policies.policy import Action
from models.policies.presets import preset
from models.speaking.notices import NoticeKind
from models.subscribing.subscription_acts import Act, next_act
from models.subscribing.subscription_news import absorb
from models.subscribing.subscriptions import Subscription
from tests.samples import PRICE, provider

TIJUANA, MEXICO_CITY = "America/Tijuana", "America/Mexico_City"
# Tijuana springs forward on 8 March 2026 at 02:00 and falls back on 1 November 2026; Mexico City has not moved since October 2022.
OPENED = [
    datetime(2026, 3, 7, 1, 59, 59, tzinfo=ZoneInfo(TIJUANA)),
    datetime(2026, 3, 7, 23, 30, tzinfo=ZoneInfo(TIJUANA)),
    datetime(2026, 10, 31, 1, 30, tzinfo=ZoneInfo(TIJUANA)),
    datetime(2026, 4, 4, 23, 30, tzinfo=ZoneInfo(MEXICO_CITY)),  # when the clocks changed, until 2022
    datetime(2026, 1, 31, 12, tzinfo=ZoneInfo(MEXICO_CITY)),
    datetime(2028, 2, 29, 12, tzinfo=ZoneInfo(MEXICO_CITY)),
    datetime(2026, 12, 31, 23, 59, 59, tzinfo=ZoneInfo(MEXICO_CITY)),
]


@pytest.mark.parametrize("opened", OPENED, ids=str)
@pytest.mark.parametrize("zone", [TIJUANA, MEXICO_CITY])
def test_every_step_comes_once_in_its_order_and_no_earlier_than_it_says(opened: datetime, zone: str) -> None:
    case = Case("in_1", PRICE, opened.astimezone(UTC), preset("ruthless"), Calendar(zone=zone))
    due = [case.at(step) for step in case.policy.steps]
    assert due == sorted(due)
    for step, at in zip(case.policy.steps, due, strict=True):
        late = at - case.opened - step.offset
        assert late >= timedelta()
        assert late < timedelta(days=3), "held back over a night and a Sunday at the most"
        if step.action is Action.RETRY:
            assert late == timedelta(), "a charge waits for nobody's clock"
    suspends = next(at for step, at in zip(case.policy.steps, due, strict=True) if step.action is Action.SUSPEND)
    assert suspends - case.opened >= timedelta(days=3), "an hour that the clocks skip is not taken from anybody's grace"


def test_the_hours_of_the_clock_are_the_zones_own() -> None:
    """The same instant is another hour, at times another day, in Tijuana; and Mexico City no longer changes its clocks."""
    instant = datetime(2026, 7, 1, 6, 30, tzinfo=UTC)
    assert Calendar(zone=TIJUANA).show_day(instant) == "30 jun 2026"
    assert Calendar(zone=MEXICO_CITY).show_day(instant) == "1 jul 2026"
    offsets = {
        zone: {Calendar(zone=zone).local(datetime(2026, month, 15, tzinfo=UTC)).utcoffset() for month in (1, 7)}
        for zone in (TIJUANA, MEXICO_CITY)
    }
    assert offsets == {
        TIJUANA: {timedelta(hours=-8), timedelta(hours=-7)},
        MEXICO_CITY: {timedelta(hours=-6)},
    }


def test_a_day_over_the_change_of_clocks_is_twenty_four_hours() -> None:
    before = datetime(2026, 3, 7, 12, tzinfo=ZoneInfo(TIJUANA)).astimezone(UTC)
    calendar = Calendar(zone=TIJUANA)
    after = before + calendar.days(1)
    assert calendar.local(after).hour == 13
    assert calendar.days_between(before, after) == 1


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        # The provider anchors a period to its day and shortens it to the month's last: it comes back to the 31st.
        (datetime(2026, 1, 31, 18, tzinfo=UTC), [(2026, 2, 28), (2026, 3, 31), (2026, 4, 30), (2026, 5, 31)]),
        (datetime(2028, 1, 31, 18, tzinfo=UTC), [(2028, 2, 29), (2028, 3, 31), (2028, 4, 30), (2028, 5, 31)]),
        (datetime(2028, 2, 29, 18, tzinfo=UTC), [(2029, 2, 28), (2030, 2, 28), (2031, 2, 28), (2032, 2, 29)]),
    ],
    ids=["31 January", "31 January of a leap year", "29 February, by the year"],
)
def test_periods_that_end_on_other_days_of_the_month_are_renewed_once_each(
    start: datetime, ends: list[tuple[int, int, int]]
) -> None:
    calendar, known, began = Calendar(), Subscription(), start
    for end in (datetime(*day, 18, tzinfo=UTC) for day in ends):
        word = replace(provider(began), period_start=began, period_end=end)
        known, changes = absorb(known, word, now=began, calendar=calendar)
        assert changes.new_period is (began != start)
        due = next_act(known, calendar)
        assert (due.act, due.notice, due.at) == (Act.NOTIFY, NoticeKind.RENEWAL, end - timedelta(days=3))
        again, nothing = absorb(known, word, now=began, calendar=calendar)
        assert (nothing.new_period, again.period_end) == (False, end)
        began = end

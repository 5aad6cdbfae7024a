"""The days offered to promise payment by."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.collecting.paydays import paydays
from models.collecting.promises import Day, choices
from models.periods import Calendar

MEXICO = "America/Mexico_City"


@pytest.mark.parametrize(
    ("now", "days"),
    [
        ("2026-11-17T18:00", {Day.TOMORROW: 18, Day.FRIDAY: 20, Day.PAYDAY: 30}),  # Tuesday
        ("2026-11-19T18:00", {Day.TOMORROW: 20, Day.PAYDAY: 30}),  # Thursday: Friday is tomorrow
        ("2026-11-20T18:00", {Day.TOMORROW: 21, Day.FRIDAY: 27, Day.PAYDAY: 30}),  # Friday means the next one
        (
            "2026-11-12T05:00",
            {Day.TOMORROW: 12, Day.FRIDAY: 13},
        ),  # late on the 11th there; the 15th is a Sunday: paid on Friday 13
    ],
)
def test_buttons(now: str, days: dict[Day, int]) -> None:
    offered = choices(datetime.fromisoformat(now).replace(tzinfo=UTC), MEXICO)
    assert {name: Calendar(zone=MEXICO).local(until).day for name, until in offered.items()} == days


@given(
    st.integers(0, 1_826 * 1_440).map(lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.sampled_from([MEXICO, "America/Tijuana", "America/Cancun"]),
)
def test_every_button_is_another_evening_to_come_and_the_quincena_is_a_payday(now: datetime, zone: str) -> None:
    offered = choices(now, zone)
    assert Day.TOMORROW in offered
    assert len(set(offered.values())) == len(offered)
    for name, until in offered.items():
        local = Calendar(zone=zone).local(until)
        assert local.hour == 20
        assert now + timedelta(hours=19) < until < now + timedelta(days=20)
        if name is Day.PAYDAY:
            assert local.date() in paydays(local.year, local.month)

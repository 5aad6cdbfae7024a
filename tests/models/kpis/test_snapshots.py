"""Which day is due on whose clock, and which days nobody can take any more."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.kpis.snapshots import Due, Kept, Snapshot, due, late, missing
from models.records import Tenant

CREATED = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "last", "expected"),
    [
        # Midnight in Mexico City is six in the morning UTC.
        ("America/Mexico_City", datetime(2026, 11, 21, 5, 59, tzinfo=UTC), date(2026, 11, 19), None),
        ("America/Mexico_City", datetime(2026, 11, 21, 6, 5, tzinfo=UTC), date(2026, 11, 19), Due(date(2026, 11, 20))),
        ("America/Tijuana", datetime(2026, 11, 21, 6, 5, tzinfo=UTC), date(2026, 11, 19), None),
        ("America/Mexico_City", datetime(2026, 11, 21, 7, 5, tzinfo=UTC), date(2026, 11, 20), None),
        ("America/Mexico_City", datetime(2026, 11, 21, 7, 5, tzinfo=UTC), None, Due(date(2026, 11, 20))),
        (
            "America/Mexico_City",
            datetime(2026, 11, 21, 18, tzinfo=UTC),
            date(2026, 11, 17),
            Due(date(2026, 11, 20), (date(2026, 11, 18), date(2026, 11, 19))),
        ),
        # Entered on the evening of 31 October by its own clock: that day is its first.
        ("America/Mexico_City", datetime(2026, 11, 1, 6, 5, tzinfo=UTC), None, Due(date(2026, 10, 31))),
        ("America/Mexico_City", datetime(2026, 10, 31, 6, 5, tzinfo=UTC), None, None),
    ],
)
def test_the_day_that_has_ended_is_due(zone: str, now: datetime, last: date | None, expected: Due | None) -> None:
    assert due(Kept(Tenant("acme", "Acme", zone), CREATED, last), now) == expected


def test_days_without_a_snapshot_are_named() -> None:
    days = [date(2026, 11, day) for day in (3, 1, 6)]
    assert missing(days) == (date(2026, 11, 2), date(2026, 11, 4), date(2026, 11, 5))
    assert missing([]) == ()


@pytest.mark.parametrize(("hours", "told"), [(0.1, False), (6, False), (6.1, True)])
def test_a_snapshot_taken_long_after_its_day_says_so(hours: float, told: bool) -> None:
    midnight = datetime(2026, 11, 21, 6, tzinfo=UTC)
    snapshot = Snapshot("acme", date(2026, 11, 20), midnight + timedelta(hours=hours), 1, 1)
    assert late(snapshot, "America/Mexico_City") is told

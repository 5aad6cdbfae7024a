"""Which backups stay when older ones are thinned out."""

from datetime import UTC, datetime, timedelta

import pytest

from models.safekeeping.retention import kept

NIGHT = datetime(2026, 11, 21, 9, tzinfo=UTC)


def nightly(count: int) -> list[datetime]:
    return [NIGHT - timedelta(days=n) for n in range(count)]


def test_a_month_of_nights_is_kept_whole() -> None:
    assert kept(nightly(30)) == set(nightly(30))


def test_after_years_thirty_days_and_twelve_months_are_left() -> None:
    left = kept(nightly(900))
    assert len(left) == 30 + 12 - 2, "the newest of November and of October are among the days"
    assert min(left) == datetime(2025, 12, 31, 9, tzinfo=UTC)
    assert {at for at in left if at < NIGHT - timedelta(days=29)} == {
        datetime(2026, month, last, 9, tzinfo=UTC)
        for month, last in ((9, 30), (8, 31), (7, 31), (6, 30), (5, 31), (4, 30), (3, 31), (2, 28), (1, 31))
    } | {datetime(2025, 12, 31, 9, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("made", "left"),
    [
        pytest.param([], [], id="none"),
        pytest.param([NIGHT, NIGHT - timedelta(hours=8)], [NIGHT], id="newest of a day"),
        pytest.param([NIGHT, NIGHT], [NIGHT], id="the same instant twice"),
        pytest.param(
            [NIGHT - timedelta(days=n * 100) for n in range(3)],
            [NIGHT - timedelta(days=n * 100) for n in range(3)],
            id="days without a backup do not count",
        ),
        pytest.param(
            [NIGHT.replace(hour=0), NIGHT.replace(hour=0) - timedelta(minutes=1)],
            [NIGHT.replace(hour=0), NIGHT.replace(hour=0) - timedelta(minutes=1)],
            id="midnight UTC parts two days",
        ),
    ],
)
def test_what_is_left(made: list[datetime], left: list[datetime]) -> None:
    assert kept(made) == set(left)


def test_thinning_out_every_night_never_loses_a_month() -> None:
    """As it happens in practice: one more each night, and the rest thinned out."""
    have: frozenset[datetime] = frozenset()
    for night in reversed(nightly(500)):
        have = kept([*have, night])
    assert have == kept(nightly(500))

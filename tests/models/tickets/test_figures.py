"""Figures of first responses, against tickets counted by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.tickets.figures import FirstResponse, ResponseFigures, figures
from models.tickets.ticket import Topic

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAITS = FirstResponse(NOW, NOW + 8 * HOUR, Topic.BILLING)


def test_figures_of_a_week_counted_by_hand() -> None:
    found = figures(
        [
            replace(WAITS, answered_at=NOW + HOUR),
            replace(WAITS, answered_at=NOW + 2 * HOUR),
            replace(WAITS, answered_at=NOW + 12 * HOUR, missed_at=NOW + 8 * HOUR),
            replace(WAITS, missed_at=NOW + 8 * HOUR),  # still waiting
            replace(WAITS, settled=True),  # paid before anybody looked
            WAITS,
        ]
    )
    assert found == ResponseFigures(
        opened=6, answered=3, in_time=2, missed=2, mean_seconds=5 * 3600, median_seconds=2 * 3600
    )


def test_nothing_is_made_of_nothing() -> None:
    assert figures([]) == ResponseFigures(0, 0, 0, 0, None, None)
    assert figures([WAITS]).mean_seconds is None

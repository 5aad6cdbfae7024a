"""How soon tickets were answered: the runbook's mean time to the first response, and what was missed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median

from models.tickets.ticket import Topic


@dataclass(frozen=True, slots=True)
class FirstResponse:
    """When a ticket was opened, was to be answered and was (UTC). `settled`: it ended without anybody's answer."""

    opened_at: datetime
    due_at: datetime
    topic: Topic
    answered_at: datetime | None = None
    missed_at: datetime | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class ResponseFigures:
    """Of the tickets opened in a span. Seconds are by the clock, nights and Sundays included; None where nobody has answered yet.

    `in_time` and `missed` share those whose time was up or that were answered; who waits within their time is in neither.
    """

    opened: int
    answered: int
    in_time: int
    missed: int
    mean_seconds: float | None
    median_seconds: float | None


def figures(tickets: Iterable[FirstResponse]) -> ResponseFigures:
    """The figures of these tickets. One that was settled by itself before its time counts as opened and no more."""
    found = list(tickets)
    waits = [(each.answered_at - each.opened_at).total_seconds() for each in found if each.answered_at]
    return ResponseFigures(
        opened=len(found),
        answered=len(waits),
        in_time=sum(each.answered_at is not None and each.missed_at is None for each in found),
        missed=sum(each.missed_at is not None for each in found),
        mean_seconds=fmean(waits) if waits else None,
        median_seconds=median(waits) if waits else None,
    )

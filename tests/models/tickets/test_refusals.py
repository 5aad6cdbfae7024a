"""Why an order to a ticket is refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.messages import Command
from models.periods import Calendar
from models.tickets import desk, refusals
from models.tickets.desk import Asked
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority
from models.tickets.terms import Terms
from models.tickets.ticket import Origin, Priority, Ticket, Topic

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BY = ("ana", "because")
NEW = desk.opened(
    Asked("acme", "tk_1", "c_1", Topic.OTHER, Origin.PERSON, "ana", subscription="s_1"), Terms(), Calendar(), NOW
)
RESOLVED = desk.resolved(NEW, "ana", NOW)
CLOSED = desk.closed(RESOLVED, NOW)
ONCE = desk.answered(NEW, "eva", NOW)


@pytest.mark.parametrize(
    ("ticket", "order", "why"),
    [
        (NEW, ReplyOrder(*BY, entry="te_1"), ""),
        (NEW, ReplyOrder(*BY), "text:"),
        (NEW, ReplyOrder("ana", " ", "te_1"), "reason:"),
        (CLOSED, ReplyOrder(*BY, entry="te_1"), "reopen it first"),
        (replace(NEW, subscription=""), ReplyOrder(*BY, entry="te_1"), "no subscription"),
        (ONCE, ReplyOrder(*BY, entry="te_1"), ""),  # whoever does not say what they saw
        (ONCE, ReplyOrder(*BY, entry="te_1", seen=1), ""),
        (ONCE, ReplyOrder(*BY, entry="te_1", seen=0), "since you looked"),
        (NEW, Note(*BY, entry="te_1"), ""),
        (NEW, Note(*BY), "text:"),
        (NEW, Assign(*BY, to="u_1"), ""),
        (NEW, Assign(*BY), "nobody's already"),
        (replace(NEW, assignee="u_1"), Assign(*BY, to="u_1"), "theirs already"),
        (NEW, SetPriority(*BY, priority=Priority.HIGH), ""),
        (NEW, SetPriority(*BY), "normal already"),
        (CLOSED, SetPriority(*BY, priority=Priority.HIGH), "reopen it first"),
    ],
)
def test_orders(ticket: Ticket, order: Command, why: str) -> None:
    rules = {
        ReplyOrder: refusals.cannot_reply,
        Note: refusals.cannot_note,
        Assign: refusals.cannot_assign,
        SetPriority: refusals.cannot_set_priority,
    }
    said = rules[type(order)](ticket, order)  # type: ignore[operator]
    assert (why in said) if why else said == ""


@pytest.mark.parametrize(
    ("ticket", "resolve", "reopen", "close"),
    [(NEW, True, False, True), (RESOLVED, False, True, True), (CLOSED, False, True, False)],
)
def test_what_may_follow_what(ticket: Ticket, resolve: bool, reopen: bool, close: bool) -> None:
    order = Command(*BY)
    assert (refusals.cannot_resolve(ticket, order) == "") is resolve
    assert (refusals.cannot_reopen(ticket, order) == "") is reopen
    assert (refusals.cannot_close(ticket, order) == "") is close

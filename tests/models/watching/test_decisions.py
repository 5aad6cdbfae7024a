"""Who answers for a decision that nobody signed, and what a trial's decision came to."""

from datetime import UTC, datetime

import pytest

from models.access.permissions import Role
from models.access.users import User
from models.subscribing.subscriptions import Status
from models.watching.decisions import NOBODY, decision_id, in_charge, trial_outcome

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def user(name: str, role: Role, *, password: str = "hash", disabled: bool = False) -> User:
    return User("acme", name, f"{name}@acme.test", role, NOW, password, disabled_at=NOW if disabled else None)


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ([], NOBODY),
        ([user("u_1", Role.OWNER)], "u_1"),
        ([user("u_1", Role.OWNER), user("u_2", Role.SUPPORT)], "u_2"),
        ([user("u_1", Role.OWNER), user("u_2", Role.SUPPORT, disabled=True)], "u_1"),
        ([user("u_1", Role.SUPPORT, password=""), user("u_2", Role.SUPPORT)], "u_2"),
        ([user("u_1", Role.VIEWER)], NOBODY),
    ],
)
def test_support_answers_then_an_owner_and_only_who_can_log_in(users: list[User], expected: str) -> None:
    assert in_charge(users) == expected


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Status.TRIALING, Status.ACTIVE, "paid"),
        (Status.TRIALING, Status.PAST_DUE, "refused"),
        (Status.TRIALING, Status.PAUSED, "without a card"),
        (Status.TRIALING, Status.CANCELED, "canceled"),
    ],
)
def test_the_end_of_a_trial_is_the_outcome(before: Status, after: Status, told: str) -> None:
    assert told in trial_outcome(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Status.TRIALING, Status.TRIALING),
        (Status.ACTIVE, Status.PAST_DUE),
        (Status.INCOMPLETE, Status.CANCELED),
    ],
)
def test_what_ends_no_trial_is_no_outcome(before: Status, after: Status) -> None:
    assert trial_outcome(before, after) == ""


def test_the_same_cause_is_the_same_entry() -> None:
    assert decision_id("s_1", "x") == decision_id("s_1", "x") != decision_id("s_2", "x")

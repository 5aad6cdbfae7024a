"""How many tries, and how long the wait."""

from datetime import UTC, datetime, timedelta

import pytest

from models.access.logins import FORGOTTEN, LONGEST, Attempts, Forgiven, attempted, forgiven

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def fail(times: int, held: Attempts | None = None, now: datetime = NOW) -> tuple[Attempts, datetime]:
    """So many failures, each as soon as it is let in."""
    for _ in range(times):
        held, wait = attempted(held, now)
        if wait:
            now += wait
            held, wait = attempted(held, now)
            assert wait == timedelta()
    assert held is not None
    return held, now


def test_five_tries_are_let_in_and_the_sixth_waits_a_minute() -> None:
    held, now = fail(5)
    assert now == NOW
    assert attempted(held, now)[1] == timedelta(minutes=1)
    assert attempted(held, now + timedelta(seconds=59))[1] == timedelta(seconds=1)
    assert attempted(held, now + timedelta(minutes=1))[1] == timedelta()


@pytest.mark.parametrize(("failures", "minutes"), [(5, 1), (6, 2), (7, 4), (8, 8), (10, 32), (11, 60), (40, 60)])
def test_each_failure_more_doubles_the_lock_up_to_an_hour(failures: int, minutes: int) -> None:
    held, now = fail(failures)
    assert attempted(held, now)[1] == timedelta(minutes=minutes) <= LONGEST


def test_waiting_is_not_a_try() -> None:
    held, now = fail(5)
    for _ in range(20):
        held, wait = attempted(held, now)
        assert wait == timedelta(minutes=1)


def test_an_office_signs_in_from_one_address_within_a_minute() -> None:
    held: Attempts | None = None
    for _ in range(20):
        held, wait = attempted(held, NOW)
        assert wait == timedelta()
        held = forgiven(held, Forgiven.TRY)
    assert held is not None
    assert (held.tries, held.failures) == (0, 0)


def test_requests_that_are_no_failures_are_limited_too_but_do_not_lock() -> None:
    held: Attempts | None = None
    for _ in range(5):
        held, wait = attempted(held, NOW)
        assert wait == timedelta()
        held = forgiven(held, Forgiven.FAILURE)
    assert held is not None
    assert held.failures == 0
    assert attempted(held, NOW + timedelta(seconds=20))[1] == timedelta(seconds=40)
    assert attempted(held, NOW + timedelta(minutes=1))[1] == timedelta()


def test_a_good_account_does_not_clear_its_address_of_guesses_at_others() -> None:
    held, now = fail(4)
    held, _ = attempted(held, now)
    held = forgiven(held, Forgiven.TRY)
    assert (held.tries, held.failures) == (4, 4)
    assert forgiven(held, Forgiven.ALL).failures == 0


def test_a_day_later_all_is_forgotten() -> None:
    held, now = fail(9)
    after, wait = attempted(held, now + FORGOTTEN + timedelta(hours=1))
    assert (after.failures, wait) == (1, timedelta())

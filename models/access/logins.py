"""How often somebody may try to log in: five wrong tries a minute, and after five failures in a row a lock that doubles with each one more.

Counted for the account and for the address each. A try counts as a failure when it begins and is forgiven when it succeeds, so that
many tries at once are no way around.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

TRIES = 5
MINUTE = timedelta(minutes=1)
LONGEST = timedelta(hours=1)  # a stranger who knows an e-mail can keep its owner out no longer than this at a time
FORGOTTEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempts:
    """The tries at one account or from one address. Instants are UTC."""

    began: datetime  # of the minute in which `tries` are counted
    last: datetime
    tries: int = 0
    failures: int = 0
    locked_until: datetime | None = None


class Forgiven(StrEnum):
    """What a try that was no failure is let off."""

    ALL = "all"  # the account whose password it was
    TRY = "try"  # its address, as if it had not been made: an office may sign in within a minute, and no guess is covered by it
    FAILURE = "failure"  # it locks nobody out, and is still one of the minute's few


def attempted(held: Attempts | None, now: datetime) -> tuple[Attempts, timedelta]:
    """What to remember after one more try, and how long to wait instead: zero when the try may be made."""
    if held is None or now - held.last >= FORGOTTEN:
        held = Attempts(now, now)
    if held.locked_until is not None and now < held.locked_until:
        return held, held.locked_until - now
    if now - held.began >= MINUTE:
        held = replace(held, began=now, tries=0)
    if held.tries >= TRIES:
        return held, held.began + MINUTE - now
    failures = held.failures + 1
    # The exponent is bounded, because a lock that has reached its longest grows no more.
    lock = min(MINUTE * 2 ** min(failures - TRIES, 10), LONGEST) if failures >= TRIES else None
    until = now + lock if lock else None
    return replace(held, last=now, tries=held.tries + 1, failures=failures, locked_until=until), timedelta()


def forgiven(held: Attempts, what: Forgiven) -> Attempts:
    """What is left to remember after a try that was no failure."""
    if what is Forgiven.ALL:
        return replace(held, tries=0, failures=0, locked_until=None)
    tries = held.tries - 1 if what is Forgiven.TRY else held.tries
    return replace(held, tries=max(0, tries), failures=max(0, held.failures - 1), locked_until=None)

"""When each step of a ladder is due: offsets from its start, moved by paydays, hours of the day and what a customer must be told first.

Pure, and the same for the process that waits and for the simulator that does not.
"""

import zlib
from datetime import datetime, timedelta
from functools import lru_cache

from models.collecting.paydays import payday_from
from models.periods import Calendar
from models.policies.policy import CONSEQUENCES, Action, Policy

_DAY = timedelta(days=1)


@lru_cache(maxsize=8192)
def schedule(
    policy: Policy, start: datetime, calendar: Calendar, *, success_hour: int | None = None, seed: str = ""
) -> tuple[datetime, ...]:
    """When each of a policy's steps is due (UTC), in order. `start` is D0, with whatever the ladder was pushed back by.

    `success_hour` is the hour of the customer's clock at which a charge last went through; `seed` spreads the jitter.
    """
    nominal = [start + calendar.elapsed(step.offset) for step in policy.steps]
    due: list[datetime] = []
    held_back = timedelta()  # by how much the last warning had to wait
    for number, step in enumerate(policy.steps):
        at = nominal[number]
        if step.action is Action.RETRY:
            at = _retry(policy, number, nominal, calendar, success_hour)
            at += calendar.elapsed(policy.retry.jitter) * (zlib.crc32(f"{seed}/{number}".encode()) / 2**32)
        elif step.action in CONSEQUENCES:
            # A warning held back to the morning holds back what it warns of, by as much.
            at += held_back
            if step.notice is not None:
                at = policy.contact.allowed(at, calendar.zone)
        due.append(max(at, due[-1]) if due else at)  # steps keep their order, whatever moved them
        if step.notice is not None:
            held_back = policy.contact.allowed(due[-1], calendar.zone) - nominal[number]
    return tuple(due)


def _retry(
    policy: Policy, number: int, nominal: list[datetime], calendar: Calendar, success_hour: int | None
) -> datetime:
    step, at = policy.steps[number], nominal[number]
    if step.on_payday and step.until is not None:
        return payday_from(at, at + calendar.elapsed(step.until - step.offset), calendar.zone) or at
    hour = success_hour if policy.retry.last_success and success_hour is not None else policy.retry.hour
    if hour is None or step.offset < _DAY:
        return at
    local = calendar.local(at)
    here = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    moved = min((here + _DAY * days for days in (-1, 0, 1)), key=lambda instant: abs(instant - local))
    moved = moved.astimezone(at.tzinfo)
    # Not past the step after it: a retry is in time for what follows.
    return moved if number + 1 == len(nominal) or moved <= nominal[number + 1] else at

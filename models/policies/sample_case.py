"""One made-up case on a policy, from its first refusal to its end: how the ladder goes for somebody who never pays."""

from datetime import datetime

from models.collecting.cases import Case
from models.collecting.declines import Decline
from models.collecting.rungs import Rung, rungs
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Policy

OWED = Money(50_000)  # centavos; above what a policy usually tolerates


def sample(
    policy: Policy, calendar: Calendar, opened: datetime, *, code: str = "insufficient_funds", owed: Money = OWED
) -> tuple[Rung, ...]:
    """Every step with its instant (UTC), as a case that opens at `opened` would take it while every charge is refused with `code`."""
    case = Case("in_sample", owed, opened, policy.on(calendar), calendar, decline=Decline(code), first_decline=code)
    return rungs(case, (), opened)

"""A dunning policy as it treats a bill, which was sold once: its customer is reminded, and nothing is taken from anybody.

No card is charged, for nobody agreed to that. What blocks, suspends or threatens deletion has nothing to act on: on its day the customer is
reminded instead, so that a bill is heard of as often as a subscription's debt. A person looks at it when the policy says so. At the
end the debt is given up where the policy gives debts up; else the bill stays owed, and nobody is written to about it any more.
"""

from dataclasses import replace

from models.policies.policy import Action, Ending, Policy, Step
from models.speaking.notices import NoticeKind


def reminding(policy: Policy) -> Policy:
    """The ladder of a bill: reminders where the policy writes or takes, its escalations, and its end."""
    steps = tuple(_reminded(step) for step in policy.steps if step.action is not Action.RETRY or step.notice)
    return replace(policy, steps=_once_a_day(steps), reminders=())


def _reminded(step: Step) -> Step:
    ending = step.ending if step.ending is Ending.WRITE_OFF else Ending.PAUSE
    match step.action:
        case Action.ESCALATE:
            return replace(step, notice=None)
        case Action.CLOSE:
            return replace(step, notice=None, ending=ending, plan="")
        case _:
            when = replace(step.when, decline=(), attempts=None, plans=()) if step.when else None
            return Step(step.offset, Action.NOTIFY, NoticeKind.BILL_OVERDUE, step.channel, when)


def _once_a_day(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Without a second reminder on one day of the ladder: several steps of it may have become the same one."""
    kept: list[Step] = []
    for step in steps:
        days = {each.offset.days for each in kept if each.action is Action.NOTIFY}
        if step.action is not Action.NOTIFY or step.offset.days not in days:
            kept.append(step)
    return tuple(kept)

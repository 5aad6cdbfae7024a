"""What holds of every case that is walked, whatever its policy, luck and customer."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from models.collecting.cases import Case, Outcome
from models.collecting.declines import Decline
from models.money import Money
from models.periods import Calendar
from models.policies.policy import CONSEQUENCES, Action, Policy
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.simulating.debtor import Debtor, Memory
from models.simulating.population import Resident, behaviour, shipped_page
from models.simulating.walk import Act, walk
from models.subscribing.invoices import ChargeOutcome
from tests.models.test_alike import D0, WHOLE

MEXICO = behaviour(shipped_page())
GREEDY = (
    "name: greedy\nretries: {budget: 3}\nsteps:\n"
    + "".join(f"  - {{at: {hours}h, do: retry}}\n" for hours in range(4, 56, 4))
    + "  - {at: 3d, do: notify, notice: payment_failed}\n  - {at: 20d, do: close}\n"
)
POLICIES = [*(preset(name) for name in presets()), parse(WHOLE), parse(GREEDY)]
DAY = timedelta(days=1)


def lived(policy: Policy, number: int, memory: Memory) -> tuple[Case, Debtor, list[tuple[Case, Act]]]:
    """A case of the simulator's own people, walked to its end."""
    random = Random(number)
    opened = D0 + timedelta(hours=random.randrange(365 * 24))
    resident = Resident(number, 14_900, 1, 9, 400, 1.0, random.choice(["quincena", "month"]))
    calendar = Calendar()
    debtor = Debtor(resident, MEXICO, memory, calendar, luck=number, opened=opened)
    case = Case(f"in_{number}", Money(14_900), opened, policy, calendar, decline=Decline(debtor.code))
    acts = []
    for after, act in walk(case, debtor, opened, opened + 400 * DAY):
        acts.append((after, act))
        if act.notice is not None:
            debtor.hears(act, after, policy.contact)
        case = after
    return case, debtor, acts


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_case_ends_announced_in_time_within_the_budget_and_out_of_quiet_hours(policy: Policy) -> None:
    outcomes, withheld = set(), 0
    for number in range(400):
        memory = Memory()
        case, debtor, acts = lived(policy, number, memory)
        assert case.outcome is not None, number
        outcomes.add(case.outcome)
        spoke = False
        for _, act in acts:
            spoke = spoke or act.notice is not None
            if act.step is not None and act.step.action in CONSEQUENCES:
                assert spoke, (number, act)
        assert [act.at for _, act in acts] == sorted(act.at for _, act in acts)
        # What takes something comes only once, and nothing comes after the end.
        suspended = [act for _, act in acts if act.step is not None and act.step.action is Action.SUSPEND]
        assert len(suspended) <= 1
        for leaves in debtor.left:
            local = leaves.astimezone(Calendar().local(leaves).tzinfo)
            assert policy.contact.opens <= local.hour < policy.contact.closes
            assert policy.contact.sundays or local.weekday() != 6
        ladder = [act.at for _, act in acts if act.charge not in (None, ChargeOutcome.WITHHELD) and act.step]
        for first in (case.opened, *ladder):
            tried = [at for at in (case.opened, *ladder) if first <= at < first + 30 * DAY]
            assert len(tried) <= policy.retry.budget, number
        withheld += sum(act.charge is ChargeOutcome.WITHHELD for _, act in acts)
    assert Outcome.PAID in outcomes
    assert len(outcomes) > 1
    assert (withheld > 0) is (policy.name == "greedy")


@pytest.mark.parametrize("name", ["standard-21d", "gentle-28d", "alpha-runbook"])
def test_reminders_keep_their_distance_over_all_cases_of_a_customer(name: str) -> None:
    policy = preset(name)
    assert policy.contact.per_week is not None
    spaced = 0
    for number in range(0, 300, 3):
        memory = Memory()
        for several in range(3):
            lived(policy, number + several, memory)
        reminders = memory.reminders
        assert all(after - before >= policy.contact.apart for before, after in pairwise(reminders)), number
        for first in reminders:
            assert sum(first <= at < first + 7 * DAY for at in reminders) <= policy.contact.per_week, number
        spaced += len(reminders)
    assert spaced > 100

"""Some tens of cases on the real server whose clock skips, step by step against the simulator: the same acts, in time.

`tests/models/test_alike.py` compares thousands on a clock of its own; here it is Temporal's timers, activities and replies that are
in between.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from models.collecting.cases import Case
from models.collecting.contact import ANYTIME
from models.collecting.declines import Decline
from models.messages import DunningStart
from models.periods import Calendar
from models.policies.policy import Facts
from models.policies.presets import preset, presets
from models.simulating import walk
from models.subscribing.invoices import ChargeOutcome, ChargeResult
from tests.conftest import Stage
from tests.samples import PRICE, overdue
from workflows.dunning import DunningWorkflow

CASES = 24
CODES = ["insufficient_funds", "lost_card", "authentication_required", "do_not_honor"]
DRIFT = timedelta(minutes=10)  # what a busy machine adds to every step, and the skipping clock to those after it


@dataclass
class Script:
    """Outcomes of charges in order; then insufficient_funds, as the fake provider has it."""

    charges: list[str]
    tried: int = 0

    def next(self) -> None:
        return None

    def taken(self) -> None: ...

    def look(self, case: Case, now: datetime) -> None: ...

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]:
        code = self.charges[self.tried] if self.tried < len(self.charges) else "insufficient_funds"
        self.tried += 1
        return (ChargeOutcome.PAID, None) if code == "paid" else (ChargeOutcome.DECLINED, Decline(code))


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    async with stage.working(DunningWorkflow):
        yield stage


def drawn(number: int) -> tuple[Case, list[str]]:
    """A case of this number, and what its charges come to."""
    random_ = random.Random(number)
    policy = replace(preset(presets()[number % len(presets())]), contact=ANYTIME)
    code = random_.choice(CODES)
    facts = Facts(plan="pro", customer_since=timedelta(days=400), unpaid_cases=random_.randrange(2))
    charges = [random_.choice([*CODES, "paid"]) for _ in range(random_.randrange(4))]
    opened = datetime.now(UTC)
    case = Case(
        f"in_{number}", PRICE, opened, policy, Calendar(), decline=Decline(code), facts=facts, first_decline=code
    )
    return case, charges


class Bank:
    """The fake provider's outcomes by invoice, since all cases are alive at once."""

    def __init__(self, stage: Stage) -> None:
        self._payments, self._charge = stage.payments, stage.payments.charge_invoice
        self.charges: dict[str, list[str]] = {}
        stage.payments.charge_invoice = self.charge_invoice  # type: ignore[method-assign]
        stage.payments.card_of = self.card_of  # type: ignore[method-assign]

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        self._payments.script = self.charges[
            invoice
        ]  # the fake takes the first one off before it lets anybody else run
        return await self._charge(invoice, key)

    async def card_of(self, invoice: str) -> str:
        return f"card of {invoice}"


async def test_cases_on_the_server_do_what_the_simulator_said(at_work: Stage) -> None:
    bank = Bank(at_work)
    cases = [drawn(number) for number in range(CASES)]
    handles = []
    for case, charges in cases:
        at_work.payments.add(overdue(case.invoice, case.opened, case.first_decline))
        bank.charges[case.invoice] = list(charges)
        handles.append(
            await at_work.client.start_workflow(
                DunningWorkflow.run,
                DunningStart("acme", "s_1", "clinic-7", "pro", case),
                id=f"dunning:acme:{at_work.queue}-{case.invoice}",
                task_queue=at_work.queue,
            )
        )
    async with asyncio.timeout(110):
        await asyncio.gather(*(handle.result() for handle in handles))
    for case, charges in cases:
        mine = f"{case.invoice}/"
        said = [act for _, act in walk.walk(case, Script(charges), case.opened, case.opened + timedelta(days=400))]
        entries = [entry for entry in at_work.store.entries.values() if entry.key.startswith(mine)]
        lived = [entry for entry in entries if entry.action != "case opened"]
        assert [entry.action for entry in lived] == [act.action for act in said], case.invoice
        for entry, act in zip(lived, said, strict=True):
            assert abs(entry.at - act.at) < DRIFT, (case.invoice, act.action, entry.at, act.at)
        notices = [notice.kind for notice in at_work.processes.notices if notice.key.startswith(mine)]
        assert notices == [act.notice for act in said if act.notice], case.invoice

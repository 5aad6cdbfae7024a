"""The simulator and the workflow decide alike: the workflow's own code, run on a clock that jumps, against `models.simulating.walk`.

`DunningWorkflow.run` is driven as it is, order by order and signal by signal; only Temporal's verbs (time, waiting, activities) are
played (`tests.models.clockwork`). Both sides get the same fate; what they did, when, and what they wrote must be the same.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from models.collecting.cases import Case, Stage
from models.collecting.declines import Decline
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Facts, Policy
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.simulating import walk
from models.simulating.walk import Event, Happening
from models.subscribing.invoices import ChargeOutcome, Instalment, Invoice, InvoiceStatus
from tests.models.clockwork import Done, by_workflow, row_of

D0 = datetime(2026, 1, 1, 12, tzinfo=UTC)
HORIZON = D0 + timedelta(days=5000)

# Everything a page can say at once; conditions on all that a case learns on its way.
WHOLE = """name: whole
contact: {hours: 9-18, per_week: 2, apart: 24h}
retries: {hour: last_success, jitter: 90m, budget: 4}
tolerance: "120.00"
steps:
  - {at: 0h, do: notify, notice: payment_failed}
  - {at: 6h, do: retry, when: {decline: [soft, unknown]}}
  - {at: 2d, do: retry, wait_for: payday, until: 8d}
  - {at: 8d, do: notify, notice: update_card, channel: email, when: {attempts: 2}}
  - {at: 9d, do: degrade, notice: degraded, when: {unpaid_cases: 1}}
  - {at: 10d, do: retry}
  - {at: 11d, do: escalate, when: {amount_at_least: "300.00"}}
  - {at: 12d, do: suspend, notice: suspended}
  - {at: 13d, do: retry, when: {customer_for: 90d}}
  - {at: 15d, do: warn_deletion, notice: deletion_warning}
  - {at: 18d, do: request_deletion}
  - {at: 20d, do: close, then: write_off}
"""
POLICIES = [*(preset(name) for name in presets()), parse(WHOLE)]
CODES = ["insufficient_funds", "lost_card", "authentication_required", "strange_new_code", "do_not_honor"]


@dataclass
class Doom:
    """A fate drawn beforehand: charges by number, events by time, and from when on a look shows the invoice paid."""

    charges: list[str]  # "paid", "withheld" or a decline code; afterwards insufficient_funds
    events: list[Event]
    paid_from: datetime | None
    in_flight: tuple[datetime, datetime | None] | None = None  # a voucher or a transfer: from when, and until when
    tried: int = 0
    happened: int = 0

    def next(self) -> Event | None:
        return self.events[self.happened] if self.happened < len(self.events) else None

    def taken(self) -> None:
        self.happened += 1

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]:
        code = self.charges[self.tried] if self.tried < len(self.charges) else "insufficient_funds"
        self.tried += 1
        if self._paid(now):
            return ChargeOutcome.PAID, None
        if self._awaited(now):
            return ChargeOutcome.PENDING, None
        if code == "paid":
            return ChargeOutcome.PAID, None
        return (ChargeOutcome.WITHHELD, None) if code == "withheld" else (ChargeOutcome.DECLINED, Decline(code))

    def look(self, case: Case, now: datetime) -> Invoice:
        if self._paid(now):
            return walk.paid(case, now)
        open_ = Invoice(case.invoice, InvoiceStatus.OPEN, case.amount, case.amount, D0, attempted=True)
        if self.in_flight is None or not self._awaited(now):
            return open_
        return replace(open_, in_flight=True, pending_until=self.in_flight[1])

    def _paid(self, now: datetime) -> bool:
        return self.paid_from is not None and now >= self.paid_from

    def _awaited(self, now: datetime) -> bool:
        if self.in_flight is None:
            return False
        begins, ends = self.in_flight
        return begins <= now and (ends is None or now < ends)


def by_simulator(case: Case, fate: Doom) -> list[Done]:
    return [
        Done(act.at, act.action, act.notice, row_of(after))
        for after, act in walk.walk(case, fate, case.opened, HORIZON)
    ]


def parts_of(centavos: int, at: datetime, random_: random.Random) -> tuple[Instalment, ...]:
    """A payment plan, now and then one that must be refused."""
    count = random_.choice([1, 2, 3, 4])
    amounts = [centavos // count] * (count - 1)
    amounts.append(centavos - sum(amounts) - random_.choice([0, 0, 0, 1]))
    return tuple(Instalment(amount, at + timedelta(days=15 * n)) for n, amount in enumerate(amounts, start=1))


def drawn(number: int) -> tuple[Case, Doom]:
    """The case and the fate of this number: always the same."""
    random_ = random.Random(number)
    policy: Policy = random_.choice(POLICIES)
    opened = D0 + timedelta(minutes=random_.randrange(365 * 24 * 60))
    success = opened - timedelta(minutes=random_.randrange(60 * 24 * 60)) if random_.random() < 0.7 else None
    facts = Facts(
        plan="pro",
        customer_since=timedelta(days=random_.randrange(400)),
        earlier_cases=random_.randrange(4),
        unpaid_cases=random_.randrange(2),
        last_success=success,
    )
    zone = random_.choice(["America/Mexico_City", "America/Tijuana", "Europe/Madrid"])
    code = random_.choice(CODES)
    case = Case(
        f"in_{number}",
        Money(random_.choice([900, 4_900, 14_900, 89_900, 600_000])),
        opened,
        policy,
        Calendar(zone=zone),
        decline=Decline(code),
        facts=facts,
        first_decline=code,
    )
    charges = [random_.choice([*CODES, "paid", "withheld", "insufficient_funds"]) for _ in range(8)]
    at, events = opened, list[Event]()
    in_flight: tuple[datetime, datetime | None] | None = None
    for _ in range(random_.choice([0, 0, 1, 2, 4, 6])):
        at += timedelta(minutes=random_.randrange(1, 9 * 24 * 60))
        what = random_.choice(list(Happening))
        until = at + timedelta(minutes=random_.randrange(60, 12 * 24 * 60))
        endless = what is Happening.PAUSED and random_.random() < 0.2
        told = None
        if what is Happening.SEEN and random_.random() < 0.7:
            in_flight = in_flight or (at, None if random_.random() < 0.3 else until)
            told = Invoice(case.invoice, InvoiceStatus.OPEN, case.amount, case.amount, D0, in_flight=True)
            told = replace(told, pending_until=in_flight[1])
        events.append(
            Event(
                at,
                what,
                None if endless else until,
                days=random_.choice([1, 3, 7.5]),
                card=f"pm_{len(events)}",
                invoice=told,
                stage=random_.choice(list(Stage)[:-1]),
                parts=parts_of(case.amount.centavos, at, random_) if what is Happening.AGREED else (),
            )
        )
    paid_from = opened + timedelta(minutes=random_.randrange(40 * 24 * 60)) if random_.random() < 0.15 else None
    return case, Doom(charges, events, paid_from, in_flight)


async def test_simulator_and_workflow_decide_alike_on_thousands_of_cases(
    monkeypatch: pytest.MonkeyPatch, in_full: bool
) -> None:
    told: set[str] = set()
    for number in range(3000 if in_full else 1000):
        case, fate = drawn(number)
        simulated = by_simulator(case, replace(fate))
        lived = await by_workflow(case, replace(fate), monkeypatch)
        assert simulated == lived, f"case {number}"
        told |= {line.action for line in lived}
    # The comparison is worth what it saw: every kind of act was among them.
    for action in ("charge paid", "charge declined", "charge withheld", "payment on its way"):
        assert action in told
    assert {
        "invoice settled",
        "dunning resumed",
        "promise to pay",
        "dunning paused",
        "instalments agreed",
        "D+11 escalate",
        "D+18 request deletion",
        "D+28 close",
    } <= told

"""The simulator and the workflow decide alike: the workflow's own code, run on a clock that jumps, against `models.walk`.

`DunningWorkflow.run` is driven as it is, order by order and signal by signal; only Temporal's verbs (time, waiting, activities) are
played by `Clockwork`. Both sides get the same fate; what they did, when, and what they wrote must be the same.
"""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from models import walk
from models.cases import Case, Stage
from models.declines import Decline
from models.invoices import ChargeOutcome, ChargeResult, Instalment, Invoice, InvoiceStatus
from models.messages import AgreeInstalments, Command, Days, DunningStart, Line, Pause, Promise
from models.money import Money
from models.notices import NoticeKind
from models.periods import Calendar
from models.policy import Facts, Policy
from models.policy_page import parse
from models.presets import preset, presets
from models.walk import Event, Happening
from workflows import case_orders, case_report, dunning

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


@dataclass
class Done:
    """What is compared of one step: the instant, the words of the story, what was written, and the case's row."""

    at: datetime
    action: str
    notice: NoticeKind | None
    row: tuple[object, ...]


@dataclass
class Clockwork:
    """Temporal's verbs for one case, on a clock that jumps to whatever comes next."""

    fate: Doom
    case: Case
    now_at: datetime
    flow: Any = None
    lines: list[Done] = field(default_factory=list)

    def now(self) -> datetime:
        return self.now_at

    def set_current_details(self, text: str) -> None: ...

    def upsert_search_attributes(self, updates: object) -> None: ...

    def current_update_info(self) -> None: ...

    def all_handlers_finished(self) -> bool:
        return True

    async def wait_condition(self, ready: Any, *, timeout: timedelta | None = None, timeout_summary: str = "") -> None:
        if ready():
            return
        deadline = None if timeout is None else self.now_at + timeout
        event = self.fate.next()
        if event is None or (deadline is not None and event.at > deadline):
            if deadline is None:
                raise asyncio.CancelledError  # nothing will ever happen: the case stands still, as it should
            self.now_at = deadline
            raise TimeoutError
        self.now_at = max(self.now_at, event.at)
        self.fate.taken()
        with contextlib.suppress(ApplicationError):  # an order that was refused
            await self._deliver(event)

    async def _deliver(self, event: Event) -> None:
        flow, days = self.flow, (event.until - self.now_at) / timedelta(days=1) if event.until else 0
        match event.what:
            case Happening.SEEN:
                flow.invoice_seen(event.invoice or walk.paid(flow.state(), self.now_at))
            case Happening.NEW_CARD:
                flow.card_updated(event.card)
            case Happening.FELL_IN | Happening.CAME_FIRST:
                flow.line_moved(Line(event.what is Happening.FELL_IN, event.stage))
            case Happening.CANCELED:
                flow.subscription_canceled()
            case Happening.PROMISED:
                await flow.promise_to_pay(Promise("ana", "said so", event.until))
            case Happening.PAUSED:
                await flow.pause_dunning(Pause("ana", "asked", days))
            case Happening.RESUMED:
                await flow.resume_dunning(Command("ana", "goes on"))
            case Happening.EXTENDED:
                await flow.extend_grace(Days("ana", "kind", event.days))
            case Happening.AGREED:
                await flow.agree_instalments(AgreeInstalments("ana", "in parts", event.parts))

    async def execute_activity_method(self, verb: Any, order: Any, **options: Any) -> Any:
        case = self.flow.state()
        match verb.__name__:
            case "charge_invoice":
                outcome, decline = self.fate.charge(case, order.key.partition("/")[2], self.now_at)
                paid = outcome is ChargeOutcome.PAID
                invoice = walk.paid(case, self.now_at) if paid else self.fate.look(case, self.now_at)
                return ChargeResult(outcome, invoice, decline)
            case "look_up_invoice":
                return self.fate.look(case, self.now_at)
            case "split_invoice":
                return None
            case "write_off":
                return replace(walk.paid(case, self.now_at), status=InvoiceStatus.UNCOLLECTIBLE)
        raise AssertionError(f"the simulator knows nothing of {verb.__name__}")

    async def execute_local_activity_method(self, verb: Any, report: Any, **options: Any) -> None:
        entry, notice = report.audit[0], report.notice
        if entry.action != "case opened":
            self.lines.append(Done(entry.at, entry.action, notice.kind if notice else None, row_of(self.flow.state())))


def row_of(case: Case) -> tuple[object, ...]:
    """Where a case stands: whatever the row, the operator and later steps see."""
    step = case.step
    return (
        case.position,
        case.stage,
        case.attempts,
        case.decline,
        case.hold,
        case.outcome,
        case.shift,
        case.last_step,
        case.escalated_at,
        case.deletion_asked_at,
        case.promises,
        case.broken,
        case.given_up,
        step.name if step else None,
        case.at(step) if step else None,
    )


async def by_workflow(case: Case, fate: Doom, monkeypatch: pytest.MonkeyPatch) -> list[Done]:
    clockwork = Clockwork(fate, case, case.opened)
    # What an operator reads is tested elsewhere, and takes longer to write than all decisions.
    monkeypatch.setattr(case_report, "details", lambda *_: "")
    monkeypatch.setattr(case_report, "attributes", lambda *_: [])
    for module in (dunning, case_orders):
        monkeypatch.setattr(module, "workflow", clockwork)
    clockwork.flow = dunning.DunningWorkflow(DunningStart("acme", "s_1", "clinic-7", "pro", case))
    try:
        await clockwork.flow.run(clockwork.flow._start)
    except asyncio.CancelledError:
        if asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise
    return clockwork.lines


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


async def test_simulator_and_workflow_decide_alike_on_thousands_of_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    told: set[str] = set()
    for number in range(3000):
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

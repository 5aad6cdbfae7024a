"""`DunningWorkflow` driven as it is, order by order and signal by signal, on a clock that jumps: only Temporal's verbs are played."""

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import pytest
from temporalio.exceptions import ApplicationError

from models.collecting.cases import Case
from models.collecting.declines import Decline
from models.commands import CaseCommand
from models.messages import AgreeInstalments, Command, Days, DunningStart, Line, Pause, Promise
from models.simulating import walk
from models.simulating.walk import Event, Happening
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import ChargeOutcome, ChargeResult, Invoice, InvoiceStatus
from workflows import case_orders, case_report, dunning


@dataclass(frozen=True)
class Ordered:
    """An order as a person gives it, at an instant."""

    at: datetime
    command: CaseCommand
    order: Command


class World(Protocol):
    """What happens around a case, and what the provider shows of its invoice."""

    def next(self) -> Event | Ordered | None: ...

    def taken(self) -> None: ...

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]: ...

    def look(self, case: Case, now: datetime) -> Invoice: ...


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

    fate: World
    case: Case
    now_at: datetime
    flow: Any = None
    lines: list[Done] = field(default_factory=list)

    def now(self) -> datetime:
        return self.now_at

    def set_current_details(self, text: str) -> None: ...

    def upsert_search_attributes(self, updates: object) -> None: ...

    def current_update_info(self) -> None: ...

    def patched(self, _: str) -> bool:
        return True  # a case of today

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

    async def _deliver(self, event: Event | Ordered) -> None:
        if isinstance(event, Ordered):
            await getattr(self.flow, event.command)(event.order)
            return
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
            case "settle_outside":
                return replace(walk.paid(case, self.now_at), charge=None)
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


async def by_workflow(
    case: Case, fate: World, monkeypatch: pytest.MonkeyPatch, now: datetime | None = None
) -> list[Done]:
    """What the process does from `now`, or from the opening of the case, until it ends or stands still."""
    clockwork = Clockwork(fate, case, now or case.opened)
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

"""A dunning case walked without waiting: the workflow's loop on a clock that jumps.

What happens next is decided by `collecting.dunning`, by the very functions that `DunningWorkflow` asks. A `Fate` answers for the world:
what a charge comes to, what the customer does by themselves, what a look at the provider shows. The tests drive the workflow's own
code and this one with the same fates and compare every step.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from models.collecting import case_orders, dunning
from models.collecting.cases import Case, HoldKind, Outcome, Stage
from models.collecting.declines import Decline, DeclineClass
from models.collecting.dunning import Do
from models.commands import CaseCommand
from models.messages import AgreeInstalments, Command, Days, Pause, Promise
from models.money import Money
from models.policies.policy import CONSEQUENCES, Ending, Step
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Charge, ChargeOutcome, Instalment, Invoice, InvoiceStatus


class Happening(StrEnum):
    """What comes to a case from outside."""

    SEEN = "seen"  # word of the provider about the invoice: paid, or money on its way
    NEW_CARD = "new_card"
    PROMISED = "promised"
    PAUSED = "paused"
    RESUMED = "resumed"
    EXTENDED = "extended"
    AGREED = "agreed"  # to pay in parts: each is an invoice of its own
    FELL_IN = "fell_in"  # behind an older debt of the same customer
    CAME_FIRST = "came_first"  # the oldest debt now
    CANCELED = "canceled"  # the customer ends the subscription


@dataclass(frozen=True, slots=True)
class Event:
    """Something from outside, at an instant (UTC).

    `until` belongs to promises and pauses, `days` to extensions, `card` to cards, `parts` to payment plans, `invoice` to what was
    seen: None is paid; `stage` is how far the case before it went, for the one that comes first now.
    """

    at: datetime
    what: Happening
    until: datetime | None = None
    days: float = 0
    card: str = ""
    invoice: Invoice | None = None
    stage: Stage = Stage.GRACE
    parts: tuple[Instalment, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done, in the words of the case's story. `step` is the ladder's, where it was one of its own."""

    at: datetime
    action: str
    step: Step | None = None
    notice: NoticeKind | None = None
    channel: Channel | None = None
    charge: ChargeOutcome | None = None


class Fate(Protocol):
    """The world around one case."""

    def next(self) -> Event | None:
        """What comes next from outside, or None where nothing is known to come. It stays until it is `taken`."""
        ...

    def taken(self) -> None:
        """The event that `next` gave has happened to the case."""
        ...

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]:
        """What one attempt comes to."""
        ...

    def look(self, case: Case, now: datetime) -> Invoice | None:
        """What a look at the provider shows; None where the invoice stands as it did, open."""
        ...


def spoken(case: Case, kind: NoticeKind) -> NoticeKind:
    """What is really written: where the bank wants the holder's approval, patience or another card would not help."""
    approve = case.decline is not None and case.decline.kind is DeclineClass.AUTHENTICATION
    return NoticeKind.AUTHENTICATE if approve and kind in _ASKS else kind


_DUE = frozenset({Do.CHARGE, Do.TAKE, Do.CLOSE})
_ASKS = frozenset({NoticeKind.PAYMENT_FAILED, NoticeKind.UPDATE_CARD})


def walk(case: Case, fate: Fate, now: datetime, until: datetime) -> Iterator[tuple[Case, Act]]:
    """Every act of a case from `now`, with the case as it stands after it, until it ends or `until` (UTC) is passed."""
    while case.outcome is None:
        case = dunning.skip(case, now)
        decision = dunning.decide(case, now)
        if decision.do in _DUE:  # what is not due yet is not late
            late = dunning.catch_up(case, now)
            if late is not case:
                case = late
                yield case, Act(now, "ladder moved back")
                decision = dunning.decide(case, now)
        step = decision.step
        if decision.do is Do.WAIT:
            event = fate.next()
            if event is not None and (decision.at is None or event.at <= decision.at):
                if event.at > until:
                    return
                now = max(now, event.at)
                fate.taken()
                case, act = _happened(case, event, fate, now)
                if act is not None:
                    yield case, act
            elif decision.at is None or decision.at > until:
                return
            else:
                now = decision.at
        elif decision.do is Do.RESUME:
            before, pending = case, case.hold is not None and case.hold.kind is HoldKind.PENDING
            case, act = _seen(case, fate.look(case, now), now) if pending else (case, None)
            if case is before:
                case, act = dunning.resumed(case, now), Act(now, "dunning resumed")
            if act is not None:
                yield case, act
        elif step is None:
            return
        elif decision.do is Do.CHARGE:
            case, act = _charged(case, fate, f"attempt-{case.attempts + 1}", step, now)
            yield case, act
        elif step.action in CONSEQUENCES and (found := _seen(case, fate.look(case, now), now))[1] is not None:
            case, act = found
            if act is not None:
                yield case, act
        elif decision.do is Do.CLOSE:
            case = _closed(case, step, now)
            yield case, Act(now, step.name, step, step.notice)
        else:
            case = dunning.taken(case, step, now)
            notice = spoken(case, step.notice) if step.notice else None
            yield case, Act(now, step.name, step, notice, step.channel)


def _happened(case: Case, event: Event, fate: Fate, now: datetime) -> tuple[Case, Act | None]:
    match event.what:
        case Happening.SEEN:
            return _seen(dunning.skip(case, now), event.invoice or paid(case, now), now)
        case Happening.CANCELED:
            ended = dunning.closed(dunning.skip(case, now), Outcome.CANCELED, now=now)
            return ended, Act(now, "case ended: the subscription was canceled")
        case Happening.FELL_IN:
            before = dunning.skip(case, now)
            after = dunning.fell_in(before, now)
            return after, Act(now, "dunning held: an older debt first") if after is not before else None
        case Happening.CAME_FIRST:
            before = dunning.skip(case, now)
            after = dunning.came_first(before, event.stage, now)
            return after, Act(now, "the oldest debt now") if after is not before else None
        case Happening.NEW_CARD:
            return _charged(dunning.skip(case, now), fate, f"card-{event.card}", None, now)
        case _:
            # An order may be refused, for the same reasons and in the same words as over the API; then nothing happened.
            return _ordered(case, event, now)


_COMMANDS = {
    Happening.PROMISED: CaseCommand.PROMISE,
    Happening.PAUSED: CaseCommand.PAUSE,
    Happening.RESUMED: CaseCommand.RESUME,
    Happening.EXTENDED: CaseCommand.EXTEND_GRACE,
    Happening.AGREED: CaseCommand.INSTALMENTS,
}


def _ordered(case: Case, event: Event, now: datetime) -> tuple[Case, Act | None]:
    command, order = _COMMANDS[event.what], _order(case, event, now)
    if case_orders.refusal(case, command, order, now):
        return case, None
    done = case_orders.carried_out(case, command, order, now)
    return done.case, Act(now, done.action)


def _order(case: Case, event: Event, now: datetime) -> Command:
    who = ("customer", event.what.value)
    match event.what:
        case Happening.PROMISED:
            return Promise(*who, event.until)
        case Happening.PAUSED:
            return Pause(*who, case.calendar.days_between(now, event.until) if event.until else 0)
        case Happening.EXTENDED:
            return Days(*who, event.days)
        case Happening.AGREED:
            return AgreeInstalments(*who, event.parts)
        case _:
            return Command(*who)


def tried(case: Case, fate: Fate, key: str, now: datetime) -> tuple[Case, Act]:
    """One charge that a person asks for, with the case after it: an attempt of theirs, and none of the ladder's."""
    return _charged(case, fate, key, None, now)


def _charged(case: Case, fate: Fate, key: str, step: Step | None, now: datetime) -> tuple[Case, Act]:
    outcome, decline = fate.charge(case, key, now)
    before = case
    awaited = fate.look(case, now) if outcome is ChargeOutcome.PENDING else None
    if awaited is not None and awaited.in_flight:
        case = dunning.seen(case, awaited, now)
        if case is before and step is not None:
            case = dunning.taken(case, step, now)
        return case, Act(now, "payment on its way", step, None, None, outcome)
    if outcome is ChargeOutcome.PAID:
        case = dunning.closed(case, Outcome.PAID, now=now)
    elif outcome is ChargeOutcome.WITHHELD:
        case = dunning.taken(case, step, now) if step else case
    else:
        case = dunning.attempted(case, step, decline, now)
    ask = dunning.asks_at_once(before, case)
    return case, Act(now, f"charge {outcome}", step, spoken(case, ask) if ask else None, None, outcome)


def _seen(case: Case, invoice: Invoice | None, now: datetime) -> tuple[Case, Act | None]:
    after = dunning.seen(case, invoice, now) if invoice else case
    if after is case:
        return case, None
    if after.outcome is not None:
        return after, Act(now, "invoice settled")
    return after, Act(now, "dunning resumed" if case.hold and not after.hold else "payment on its way")


def paid(case: Case, now: datetime) -> Invoice:
    """The invoice of a case, paid by its customer."""
    charge = Charge(f"ch_{case.invoice}", case.amount, now)
    none = Money(0, case.amount.currency)
    return Invoice(case.invoice, InvoiceStatus.PAID, case.amount, none, case.opened, charge=charge, paid_at=now)


def _closed(case: Case, step: Step, now: datetime) -> Case:
    case = dunning.given_up(case, step, now)
    forgiven = case.ending in (Ending.WRITE_OFF, Ending.DOWNGRADE)
    return dunning.closed(case, Outcome.WRITTEN_OFF if forgiven else Outcome.EXHAUSTED, now=now)

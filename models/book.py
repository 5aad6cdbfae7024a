"""The book as it is now, and what a policy would do to it: a dry run, and the preview of moving running cases. Nothing is changed.

A case is put together again from its row. What the row does not tell is said: of a case that is held it is not known since when, so
what comes after the hold is shown at the earliest.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models import dunning
from models.cases import Case, Hold, HoldKind
from models.declines import Decline
from models.invoices import ChargeOutcome
from models.money import Money
from models.notices import NoticeKind
from models.periods import Calendar
from models.policy import Action, Facts, Policy
from models.records import CaseRecord
from models.walk import Act, Event, walk


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A running case as SQL knows it: its row, whose it is (the tenant's own reference), and what is known of them."""

    record: CaseRecord
    reference: str
    plan: str
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class ComingRenewal:
    """A subscription that pays, and when it is charged next (UTC)."""

    subscription: str
    reference: str
    plan: str
    price: Money
    at: datetime
    facts: Facts = field(default_factory=Facts)


class What(StrEnum):
    """What would be done to somebody."""

    MESSAGE = "message"
    CHARGE = "charge"
    BLOCK = "block"  # service narrowed or stopped
    ESCALATE = "escalate"
    DELETION = "deletion"
    END = "end"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing a policy would do: to whom, when (UTC), and by which step."""

    at: datetime
    what: What
    step: str
    subscription: str
    reference: str
    invoice: str
    amount: Money
    notice: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands in a ladder, and when it loses service and ends (UTC)."""

    policy: str
    next_step: str
    next_step_at: datetime | None
    suspends_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What moving one case to another policy would change. `refusal`: why it cannot be moved."""

    subscription: str
    reference: str
    invoice: str
    amount: Money
    now: Place
    then: Place
    words: str
    refusal: str = ""


class Nobody:
    """The fate of a dry run: nobody pays, nobody answers, every charge is declined as the last one was."""

    def __init__(self, decline: str) -> None:
        self._decline = Decline(decline or "insufficient_funds")

    def next(self) -> Event | None:
        return None

    def taken(self) -> None: ...

    def look(self, case: Case, now: datetime) -> None: ...

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]:  # noqa: ARG002
        return ChargeOutcome.DECLINED, self._decline


def rebuilt(found: OpenCase, running: Policy | None, calendar: Calendar, now: datetime) -> Case | None:
    """The case behind a row, on the policy it runs by; None where that policy is not known any more."""
    if running is None:
        return None
    record, policy = found.record, running.on(calendar)
    case = Case(
        invoice=record.invoice,
        amount=record.amount,
        opened=record.opened_at,
        policy=policy,
        calendar=calendar,
        attempts=record.attempts,
        decline=Decline(record.decline) if record.decline else None,
        stage=record.stage,
        hold=Hold(HoldKind(record.hold), now, record.hold_until) if record.hold else None,
        facts=found.facts,
        first_decline=record.first_decline,
        last_step=record.last_step,
        promises=record.promises,
        broken=record.broken_promises,
    )
    taken = [n for n, step in enumerate(policy.steps) if step.name == record.last_step]
    coming = [n for n, step in enumerate(policy.steps) if step.name == record.next_step]
    after = [n for n in coming if not taken or n > taken[0]] or coming
    case = replace(case, position=after[0] if after else 0)
    return replace(case, shift=_shift(case, record))


def _shift(case: Case, record: CaseRecord) -> timedelta:
    """By how much the ladder was pushed back, from an instant that the row tells."""
    step, suspends = case.step, case.due(Action.SUSPEND)
    if record.next_step_at is not None and step is not None:
        return record.next_step_at - case.at(step)
    if record.suspends_at is not None and suspends is not None:
        return record.suspends_at - suspends
    return timedelta()


def moving(found: OpenCase, running: Policy | None, policy: Policy, calendar: Calendar, now: datetime) -> Change:
    """What moving a case to a policy would change."""
    record = found.record
    case = rebuilt(found, running, calendar, now)
    current = Place(
        record.policy,
        record.next_step,
        record.next_step_at,
        record.suspends_at,
        case.due(Action.CLOSE) if case else None,
    )
    same = record.policy == f"{policy.name} v{policy.version}"
    # A case whose old policy is lost can be moved all the same: what it was at is in its row.
    start = case or rebuilt(found, policy, calendar, now)
    assert start is not None
    moved = start if same else dunning.adopted(start, policy, now)
    then = _place(moved) if not same else current
    refusal = "the case runs by this policy already" if same else ""
    return Change(
        record.subscription,
        found.reference,
        record.invoice,
        record.amount,
        current,
        then,
        refusal or _words(current, then, calendar),
        refusal,
    )


def _place(case: Case) -> Place:
    step = case.step
    return Place(
        f"{case.policy.name} v{case.policy.version}",
        step.name if step else "",
        case.at(step) if step and case.hold is None else None,
        case.due(Action.SUSPEND),
        case.due(Action.CLOSE),
    )


def _words(before: Place, after: Place, calendar: Calendar) -> str:
    said = []
    if (before.next_step, before.next_step_at) != (after.next_step, after.next_step_at):
        when = f" on {calendar.show(after.next_step_at)}" if after.next_step_at else ""
        said.append(f"next is {after.next_step}{when}, not {before.next_step or 'nothing'}")
    for what, old, new in (
        ("suspended", before.suspends_at, after.suspends_at),
        ("closed", before.ends_at, after.ends_at),
    ):
        if old and new and old != new:
            days = calendar.days_between(old, new)
            said.append(f"{what} {abs(days):.1f} days {'later' if days > 0 else 'earlier'}")
        elif new and not old:
            said.append(f"{what} on {calendar.show(new)}")
        elif old and not new:
            said.append(f"no longer {what}")
    return "; ".join(said) or "nothing but the policy's name"


def dry_run(
    cases: Iterable[tuple[OpenCase, Policy | None]],
    renewals: Iterable[ComingRenewal],
    policy: Policy,
    calendar: Calendar,
    *,
    now: datetime,
    until: datetime,
    renewals_fail: bool = False,
) -> list[Deed]:
    """All that a policy would do from now to `until` (UTC) if nobody paid, in order of time.

    Running cases go on by it as if moved to it now; renewals are reminded and charged, and where `renewals_fail` dunned, too.
    """
    deeds: list[Deed] = []
    for found, running in cases:
        deeds += _case_deeds(found, running, policy, calendar, now, until)
    for renewal in renewals:
        deeds += _renewal_deeds(renewal, policy.on(calendar), calendar, now, until, fail=renewals_fail)
    return sorted(deeds, key=lambda deed: (deed.at, deed.subscription, deed.invoice))


def _case_deeds(
    found: OpenCase, running: Policy | None, policy: Policy, calendar: Calendar, now: datetime, until: datetime
) -> Iterator[Deed]:
    record = found.record
    same = record.policy == f"{policy.name} v{policy.version}"
    case = rebuilt(found, policy if same else running or policy, calendar, now)
    assert case is not None
    case = case if same else dunning.adopted(case, policy, now)
    for after, act in walk(case, Nobody(record.decline), now, until):
        yield from _deeds(act, after, record.subscription, found.reference, record.amount)


def _renewal_deeds(
    renewal: ComingRenewal, policy: Policy, calendar: Calendar, now: datetime, until: datetime, *, fail: bool
) -> Iterator[Deed]:
    if not now <= renewal.at <= until:
        return
    who = (renewal.subscription, renewal.reference, "", renewal.price)
    for step in policy.reminders:
        at = policy.contact.allowed(renewal.at + calendar.elapsed(step.offset), calendar.zone)
        if now <= at <= until:
            yield Deed(at, What.MESSAGE, step.name, *who, str(step.notice or ""), str(step.channel or ""))
    yield Deed(renewal.at, What.CHARGE, "renewal", *who)
    if fail:
        invoice = f"{renewal.subscription}/next"
        case = Case(
            invoice,
            renewal.price,
            renewal.at,
            policy,
            calendar,
            decline=Decline("insufficient_funds"),
            facts=renewal.facts,
        )
        for after, act in walk(case, Nobody(""), renewal.at, until):
            yield from _deeds(act, after, renewal.subscription, renewal.reference, renewal.price)


_KINDS = {
    Action.DEGRADE: What.BLOCK,
    Action.SUSPEND: What.BLOCK,
    Action.ESCALATE: What.ESCALATE,
    Action.REQUEST_DELETION: What.DELETION,
    Action.CLOSE: What.END,
}


def _deeds(act: Act, case: Case, subscription: str, reference: str, amount: Money) -> Iterator[Deed]:
    """What one act is to the customer: it may both block and write."""
    name = act.step.name if act.step else act.action
    who = (name, subscription, reference, case.invoice, amount)
    if act.charge is not None:
        yield Deed(act.at, What.CHARGE, *who)
    elif act.step is not None and act.step.action in _KINDS:
        yield Deed(act.at, _KINDS[act.step.action], *who)
    if act.notice is not None:
        leaves = case.policy.contact.allowed(act.at, case.calendar.zone)
        yield Deed(leaves, What.MESSAGE, *who, NoticeKind(act.notice).value, str(act.channel or ""))


DEED_COLUMNS = (
    "at",
    "what",
    "step",
    "notice",
    "channel",
    "subscription",
    "customer_reference",
    "invoice",
    "centavos",
    "currency",
)


def deed_cells(deed: Deed) -> tuple[str | int, ...]:
    """One line of an export, in the order of `DEED_COLUMNS`; the instant as ISO 8601, UTC."""
    return (
        deed.at.isoformat(),
        deed.what,
        deed.step,
        deed.notice,
        deed.channel,
        deed.subscription,
        deed.reference,
        deed.invoice,
        deed.amount.centavos,
        deed.amount.currency,
    )


def deeds_as_csv(deeds: Iterable[Deed]) -> str:
    """All lines as CSV, with a header."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(DEED_COLUMNS)
    lines.writerows(deed_cells(deed) for deed in deeds)
    return written.getvalue()

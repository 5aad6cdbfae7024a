"""What a policy would do to running cases and coming renewals, if nobody paid. Nothing is done."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from models import dunning
from models.cases import Case
from models.declines import Decline
from models.invoices import ChargeOutcome
from models.money import Money
from models.notices import NoticeKind
from models.periods import Calendar
from models.plans import Interval
from models.policy import Action, Facts, Policy
from models.running_cases import RunningCase, rebuilt
from models.walk import Act, Event, walk


@dataclass(frozen=True, slots=True)
class ComingRenewal:
    """A subscription that pays, and when it is charged next (UTC)."""

    subscription: str
    reference: str
    plan: str
    price: Money
    at: datetime
    facts: Facts = field(default_factory=Facts)
    interval: Interval = Interval.MONTH


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


def dry_run(
    cases: Iterable[tuple[RunningCase, Policy | None]],
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
    found: RunningCase, running: Policy | None, policy: Policy, calendar: Calendar, now: datetime, until: datetime
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

"""What a policy would do to running cases and coming renewals, if nobody paid. Nothing is done."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from models.collecting import dunning
from models.collecting.cases import Case
from models.collecting.course import Coming, What, course
from models.collecting.declines import Decline
from models.collecting.running_cases import RunningCase, rebuilt
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Facts, Policy
from models.selling.plans import Interval


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
    for coming in course(case, now, until=until):
        yield from _deeds(coming, record.subscription, found.reference, record.invoice, record.amount)


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
        for coming in course(case, renewal.at, until=until):
            yield from _deeds(coming, renewal.subscription, renewal.reference, invoice, renewal.price)


def _deeds(coming: Coming, subscription: str, reference: str, invoice: str, amount: Money) -> Iterator[Deed]:
    """What is done to the customer, one line for each: a step may both block and write."""
    who = (coming.name, subscription, reference, invoice, amount)
    for what in coming.whats:
        if what is What.MESSAGE:
            yield Deed(coming.leaves or coming.at, what, *who, coming.notice, coming.channel)
        else:
            yield Deed(coming.at, what, *who)


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

"""Deleting a customer's data: warned, waited for, asked of the product, confirmed, erased, certified. Pure: told the instant (UTC).

Nothing is ever deleted without a warning that arrived, nor certified without the product's own word.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.periods import Calendar
from models.policies.policy import Retention
from models.subscribing.subscriptions import Status


class Cause(StrEnum):
    """Why data are to go. unpaid: a ladder ran to its end. canceled: kept for as long as the policy says. asked: the customer wants it."""

    UNPAID = "unpaid"
    CANCELED = "canceled"
    ASKED = "asked"


class State(StrEnum):
    """Where a deletion stands.

    waiting: for its day. undeliverable: no warning arrived, a person must see to it. asked: the product has been asked. unconfirmed:
    for too long. confirmed: the product has deleted, ours is next. done: certified. canceled: the data stay.
    """

    WAITING = "waiting"
    UNDELIVERABLE = "undeliverable"
    ASKED = "asked"
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    DONE = "done"
    CANCELED = "canceled"

    @property
    def over(self) -> bool:
        """Nothing more will happen."""
        return self in (State.DONE, State.CANCELED)

    @property
    def cancellable(self) -> bool:
        """Whether the data can still be kept: nobody has been asked to delete them."""
        return self in (State.WAITING, State.UNDELIVERABLE)


# What waits for a person.
STUCK = frozenset({State.UNDELIVERABLE, State.UNCONFIRMED})


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning: its message's key, when it was begun, when it arrived or failed on every channel (neither: under way).

    `lead` is which of the policy's it is: so long before the day, in real days.
    """

    key: str
    at: datetime
    lead: timedelta
    arrived: datetime | None = None
    failed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """A customer's deletion. `subscription` is their newest, by which they are written to; `day` the earliest day of deletion.

    Written by its process alone, but for the `export_…` fields, which the API writes. No personal data.
    """

    tenant: str
    id: str
    customer: str
    subscription: str
    cause: Cause
    requested_at: datetime
    requested_by: str
    reason: str
    day: datetime
    state: State = State.WAITING
    warnings: tuple[Warned, ...] = ()
    hindrance: str = ""  # why it cannot go on although its time has come
    look_at: datetime | None = None
    asked_at: datetime | None = None
    reminders: int = 0
    confirmed_at: datetime | None = None
    confirmed_by: str = ""
    deleted: tuple[str, ...] = ()  # what the product says it deleted
    erased_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    closed_for: str = ""
    certificate: str = ""  # its SHA-256, in hexadecimal digits
    export_asked_at: datetime | None = None
    export_url: str = ""
    export_at: datetime | None = None

    @property
    def warned_at(self) -> datetime | None:
        """When a warning first arrived."""
        return min((each.arrived for each in self.warnings if each.arrived), default=None)

    @property
    def under_way(self) -> bool:
        """Whether a warning has not ended yet."""
        return any(each.arrived is None and each.failed is None for each in self.warnings)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the customer now. `returned`: they use the product again; `paid_at`: when they last paid."""

    returned: bool = False
    paid_at: datetime | None = None
    hindrance: str = ""


class Do(StrEnum):
    """What the process does next."""

    WAIT = "wait"
    WARN = "warn"
    ASK = "ask"
    REMIND = "remind"
    GIVE_UP_WAITING = "give_up_waiting"
    ERASE = "erase"
    END = "end"


@dataclass(frozen=True, slots=True)
class Decision:
    """The next act, and when. `at` None: only somebody's word moves it on."""

    do: Do
    at: datetime | None = None


REMIND_EVERY = 2  # calendar days between reminders to the product
LOOK_EVERY = 1  # calendar days between looks at what hinders


def first_day(cause: Cause, terms: Retention, calendar: Calendar, now: datetime) -> datetime:
    """The day on which data would go, from the instant at which it was begun."""
    return now + calendar.elapsed(terms.asked if cause is Cause.ASKED else terms.after)


def decide(deletion: Deletion, terms: Retention, calendar: Calendar, now: datetime) -> Decision:
    """What happens next, and when."""
    match deletion.state:
        case State.DONE | State.CANCELED:
            return Decision(Do.END)
        case State.UNDELIVERABLE | State.UNCONFIRMED:
            return Decision(Do.WAIT)
        case State.CONFIRMED:
            return _when(Do.ERASE, deletion.look_at or now, now)
        case State.ASKED:
            return _reminding(deletion, terms, calendar, now)
    if deletion.under_way:
        return Decision(Do.WAIT)
    lead = next_lead(deletion, terms, calendar, now)
    warning = None if lead is None else deletion.day - calendar.elapsed(lead)
    if warning is not None and warning <= now:
        return Decision(Do.WARN, now)
    day = max(deletion.day, deletion.look_at or deletion.day)
    if deletion.warned_at is None:
        return Decision(Do.WAIT, warning)
    if warning is not None and warning < day:
        return Decision(Do.WAIT, warning)
    return _when(Do.ASK, day, now)


def warned(deletion: Deletion, lead: timedelta, now: datetime) -> Deletion:
    """The deletion with one more warning under way."""
    one = Warned(f"{deletion.id}/warning-{len(deletion.warnings) + 1}", now, lead)
    return replace(deletion, state=State.WAITING, warnings=(*deletion.warnings, one))


def answered(
    deletion: Deletion, key: str, *, arrived: bool, terms: Retention, calendar: Calendar, now: datetime
) -> Deletion:
    """The deletion after a warning ended. One that came late moves the day: nobody has less time than the shortest notice.

    Where none has arrived and none is to come, a person must see to it.
    """
    known = [
        replace(each, arrived=now if arrived else None, failed=None if arrived else now) if each.key == key else each
        for each in deletion.warnings
    ]
    deletion = replace(deletion, warnings=tuple(known))
    if arrived:
        return replace(deletion, day=max(deletion.day, now + calendar.elapsed(terms.least)))
    to_come = next_lead(deletion, terms, calendar, now)
    if deletion.warned_at is None and to_come is None and deletion.state is State.WAITING:
        return replace(deletion, state=State.UNDELIVERABLE)
    return deletion


def looked(deletion: Deletion, standing: Standing, calendar: Calendar, now: datetime) -> Deletion:
    """The deletion after a look at its customer: kept where they are back or have paid, put off where something hinders it."""
    if deletion.state.cancellable:
        if standing.returned:
            return canceled(deletion, "perdura", "the customer uses the product again", now)
        paid = standing.paid_at is not None and standing.paid_at > deletion.requested_at
        if paid and deletion.cause is not Cause.ASKED:
            return canceled(deletion, "perdura", "the customer has paid", now)
    look_at = now + calendar.days(LOOK_EVERY) if standing.hindrance else None
    return replace(deletion, hindrance=standing.hindrance, look_at=look_at)


def canceled(deletion: Deletion, by: str, why: str, now: datetime) -> Deletion:
    """The data stay."""
    return replace(
        deletion, state=State.CANCELED, closed_at=now, closed_by=by, closed_for=why, hindrance="", look_at=None
    )


def asked(deletion: Deletion, now: datetime) -> Deletion:
    """The product has been asked to delete."""
    return replace(deletion, state=State.ASKED, asked_at=now)


def confirmed(deletion: Deletion, by: str, deleted: tuple[str, ...], now: datetime) -> Deletion:
    """The product says that it has deleted, and what."""
    return replace(deletion, state=State.CONFIRMED, confirmed_at=now, confirmed_by=by, deleted=deleted, look_at=None)


def done(deletion: Deletion, certificate: str, now: datetime) -> Deletion:
    """Everything is deleted, and certified."""
    return replace(
        deletion,
        state=State.DONE,
        certificate=certificate,
        closed_at=now,
        closed_by="perdura",
        hindrance="",
        look_at=None,
    )


def _when(do: Do, at: datetime, now: datetime) -> Decision:
    return Decision(do, at) if at <= now else Decision(Do.WAIT, at)


def next_lead(deletion: Deletion, terms: Retention, calendar: Calendar, now: datetime) -> timedelta | None:
    """Which warning of the policy comes next. Of several whose time has passed the last one: nobody gets two at once."""
    last = min((each.lead for each in deletion.warnings), default=None)
    left = [lead for lead in sorted(terms.warn, reverse=True) if last is None or lead < last]
    passed = [lead for lead in left if deletion.day - calendar.elapsed(lead) <= now]
    return passed[-1] if passed else next(iter(left), None)


def _reminding(deletion: Deletion, terms: Retention, calendar: Calendar, now: datetime) -> Decision:
    began = deletion.asked_at or now
    late = began + calendar.elapsed(terms.confirm)
    if late <= now:
        return Decision(Do.GIVE_UP_WAITING, now)
    again = began + calendar.days(REMIND_EVERY * (deletion.reminders + 1))
    return _when(Do.REMIND, again, now) if again < late else Decision(Do.WAIT, late)


ALIVE = frozenset({Status.TRIALING, Status.ACTIVE, Status.PAUSED})


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certified, as JSON says it and as it is printed. `digest` is over the JSON."""

    json: str
    digest: str
    paper: bytes = field(default=b"", repr=False)

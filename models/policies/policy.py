"""A dunning policy as a value: an ordered list of steps counted from the due date, and what binds them all.

Policies are written as YAML (`models.policies.policy_page`) and checked before they run (`models.policies.policy_check`).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.collecting.contact import ANYTIME, Contact
from models.collecting.declines import DeclineClass
from models.periods import REAL_DAY, Calendar
from models.speaking.notices import Channel, NoticeKind
from models.tickets.ticket import Priority

NETWORK_BUDGET = 15  # Visa: reattempts of one card within 30 days (20 from April 2026); ours is the stricter


class Action(StrEnum):
    """What a step does."""

    NOTIFY = "notify"
    RETRY = "retry"
    DEGRADE = "degrade"  # the service can be read, not used
    SUSPEND = "suspend"
    ESCALATE = "escalate"  # a ticket: a person looks at it
    WARN_DELETION = "warn_deletion"
    REQUEST_DELETION = "request_deletion"  # the business is asked to delete; nothing is ever deleted from here
    CLOSE = "close"


# What takes something from the customer, and must have been announced.
CONSEQUENCES = frozenset({Action.DEGRADE, Action.SUSPEND, Action.REQUEST_DELETION, Action.CLOSE})


class Ending(StrEnum):
    """What becomes of the subscription when the ladder ends unpaid."""

    CANCEL = "cancel"
    PAUSE = "pause"
    WRITE_OFF = "write_off"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the customer when a case opens; conditions ask it. Pinned with the policy."""

    plan: str = ""
    customer_since: timedelta = timedelta()  # how long they have been a customer, in real days
    earlier_cases: int = 0
    unpaid_cases: int = 0  # earlier ones that ended without money
    last_success: datetime | None = None  # when a charge last went through (UTC)


@dataclass(frozen=True, slots=True)
class When:
    """A step's condition: all that is named must hold. Amounts in centavos."""

    decline: tuple[DeclineClass, ...] = ()
    at_least: int | None = None
    at_most: int | None = None
    plans: tuple[str, ...] = ()
    customer_for: timedelta | None = None
    attempts: int | None = None  # at least so many retries made in this case
    earlier_cases: int | None = None  # at least so many cases before this one
    unpaid_cases: int | None = None

    def holds(self, facts: Facts, *, decline: DeclineClass | None, amount: int, attempts: int) -> bool:
        """Whether a step with this condition is taken."""
        return (
            (not self.decline or decline in self.decline)
            and (self.at_least is None or amount >= self.at_least)
            and (self.at_most is None or amount <= self.at_most)
            and (not self.plans or facts.plan in self.plans)
            and (self.customer_for is None or facts.customer_since >= self.customer_for)
            and (self.attempts is None or attempts >= self.attempts)
            and (self.earlier_cases is None or facts.earlier_cases >= self.earlier_cases)
            and (self.unpaid_cases is None or facts.unpaid_cases >= self.unpaid_cases)
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `offset` in real days and hours after the due date (before it, where negative), what it does, and the notice with it.

    A retry `on_payday` waits for the first payday from its offset to `until`, and goes at its offset where there is none.
    """

    offset: timedelta
    action: Action
    notice: NoticeKind | None = None
    channel: Channel | None = None
    when: When | None = None
    on_payday: bool = False
    until: timedelta | None = None
    ending: Ending = Ending.CANCEL
    plan: str = ""  # what a downgrade leads to
    priority: Priority | None = None  # of the ticket that an escalation opens; None: normal

    @property
    def name(self) -> str:
        """`D+3 suspend`, as operators and timelines call it. Hours are shown where days do not do: `D+8h retry`."""
        return f"{when_in_words(self.offset)} {self.action.replace('_', ' ')}"


def when_in_words(offset: timedelta) -> str:
    """`D+3`, `D-3`, `D+8h`, `D0`."""
    hours = int(offset.total_seconds() // 3600)
    if not hours:
        return "D0"
    sign, hours = ("-" if hours < 0 else "+"), abs(hours)
    return f"D{sign}{hours}h" if hours % 24 else f"D{sign}{hours // 24}"


@dataclass(frozen=True, slots=True)
class Retries:
    """How retries are timed.

    `hour`: those a day or more away go at this hour of the customer's clock; with `last_success` at that of the last charge that
    went through.
    """

    hour: int | None = None
    last_success: bool = False
    jitter: timedelta = (
        timedelta()
    )  # spread over so much, by invoice, so that a month's retries do not fall on one second
    budget: int = NETWORK_BUDGET  # attempts on one card in 30 days, over all cases and flows


@dataclass(frozen=True, slots=True)
class Mercy:
    """How far promises to pay go: so many in a case, each at most so many calendar days away."""

    promises: int = 2
    longest: int = 15


@dataclass(frozen=True, slots=True)
class Retention:
    """What becomes of the data of a customer who is gone, in real days.

    `after`: from the end of the subscription (or a ladder's word) to their deletion; `asked`: the same where the customer wants it.
    `warn`: so long before that day they are warned, the longest first. `confirm`: how long the product has to say that it has deleted.
    """

    after: timedelta = timedelta(days=30)
    warn: tuple[timedelta, ...] = (timedelta(days=14), timedelta(days=3))
    confirm: timedelta = timedelta(days=7)
    asked: timedelta = timedelta(days=5)

    @property
    def least(self) -> timedelta:
        """The shortest notice that a customer gets, counted from a warning that has arrived."""
        return min(self.warn)


@dataclass(frozen=True, slots=True)
class Policy:
    """A named, versioned ladder. A running case keeps the policy it started with."""

    name: str
    version: int
    steps: tuple[Step, ...]  # from the due date on
    contact: Contact = ANYTIME
    retry: Retries = field(default_factory=Retries)
    mercy: Mercy = field(default_factory=Mercy)
    reminders: tuple[Step, ...] = ()  # before the due date: notices only
    tolerance: int = 0  # centavos: a debt up to this blocks nobody
    deletion: Retention | None = None  # None: nobody's data are deleted by the clock

    def __hash__(self) -> int:
        # When steps are due is looked up by policy; hashing every step each time took longer than deciding.
        return hash((self.name, self.version))

    def on(self, calendar: Calendar) -> "Policy":
        """The policy as it runs on a calendar. Where a day is shortened, the hours of a clock on the wall mean nothing."""
        if calendar.day_seconds == REAL_DAY:
            return self
        return replace(self, contact=ANYTIME, retry=replace(self.retry, hour=None, last_success=False))

    @property
    def grace(self) -> timedelta:
        """Days of service after the due date: the offset of the first suspension, else of the close."""
        return next((s.offset for s in self.steps if s.action is Action.SUSPEND), self.steps[-1].offset)

    @property
    def retries(self) -> int:
        """How many automatic charges the ladder makes at most."""
        return sum(s.action is Action.RETRY for s in self.steps)

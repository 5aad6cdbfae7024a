"""What we write to customers: the kinds of notice, and the request for one. How they read: `speaking.texts`, `speaking.rendering`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.collecting.contact import ANYTIME, Contact
from models.collecting.declines import DeclineClass
from models.money import Money
from models.periods import REAL_DAY, Calendar


class NoticeKind(StrEnum):
    """One kind, one text per language."""

    TRIAL_ENDING = "trial_ending"
    TRIAL_WITHOUT_CARD = "trial_without_card"
    TRIAL_ENDED = "trial_ended"
    CHECKOUT_ABANDONED = "checkout_abandoned"
    RENEWAL = "renewal"
    PAYMENT_FAILED = "payment_failed"
    UPDATE_CARD = "update_card"
    AUTHENTICATE = "authenticate"
    DEGRADED = "degraded"
    SUSPENDED = "suspended"
    DELETION_WARNING = "deletion_warning"
    CANCELED = "canceled"
    PAYMENT_RECEIVED = "payment_received"
    TAX_INVOICE = "tax_invoice"
    CREDIT_NOTE = "credit_note"
    TAX_DATA = "tax_data"
    STOPPED = "stopped"
    RESUMED = "resumed"
    PROMISE_LINK = "promise_link"
    DATA_DELETION = "data_deletion"
    DATA_KEPT = "data_kept"
    DATA_DELETED = "data_deleted"
    USAGE_NEAR = "usage_near"
    USAGE_REACHED = "usage_reached"
    ACCOUNT_LINK = "account_link"
    TICKET_REPLY = "ticket_reply"
    PLAN_CHANGE_SUMMARY = "plan_change_summary"
    BILL_ISSUED = "bill_issued"
    BILL_OVERDUE = "bill_overdue"
    BILL_PAID = "bill_paid"


class Channel(StrEnum):
    """How a message travels. A notice that names none goes by WhatsApp, and where that fails by SMS or e-mail."""

    WHATSAPP = "whatsapp"
    SMS = "sms"
    EMAIL = "email"


class Language(StrEnum):
    """Languages a notice is written in."""

    ES = "es-MX"
    EN = "en"


# A notice that asks for money must not go out once the money is there.
CHASING = frozenset(
    {
        NoticeKind.PAYMENT_FAILED,
        NoticeKind.UPDATE_CARD,
        NoticeKind.AUTHENTICATE,
        NoticeKind.DEGRADED,
        NoticeKind.SUSPENDED,
        NoticeKind.DELETION_WARNING,
        NoticeKind.BILL_ISSUED,
        NoticeKind.BILL_OVERDUE,
    }
)

# What announces or names a consequence: never held back by a cap on reminders.
WARNINGS = frozenset({NoticeKind.DEGRADED, NoticeKind.SUSPENDED, NoticeKind.DELETION_WARNING})

# What chases and announces nothing: these are what caps on reminders count.
REMINDERS = CHASING - WARNINGS - {NoticeKind.BILL_ISSUED}

# What tells that a trial ends, and which plans there are above it.
TRIALS = frozenset({NoticeKind.TRIAL_ENDING, NoticeKind.TRIAL_WITHOUT_CARD})

# What announces a day: after it nobody is helped by it.
ANNOUNCING = frozenset({*TRIALS, NoticeKind.RENEWAL})

# What answers a customer's own message, on the channel it came by and whatever they said of that channel before.
ANSWERS = frozenset({NoticeKind.STOPPED, NoticeKind.RESUMED, NoticeKind.PROMISE_LINK, NoticeKind.ACCOUNT_LINK})

# What confirms an order that was just given: it leaves at any hour, and whoever gave it waits for its arrival.
CONFIRMING = frozenset({NoticeKind.PLAN_CHANGE_SUMMARY})

# What carries a CFDI: its link leads to the PDF, which goes by WhatsApp too.
WITH_DOCUMENT = frozenset({NoticeKind.TAX_INVOICE, NoticeKind.CREDIT_NOTE})

# What goes by e-mail alone: WhatsApp needs no template for it.
BY_MAIL = frozenset({NoticeKind.DATA_DELETED, NoticeKind.USAGE_NEAR, NoticeKind.USAGE_REACHED})


@dataclass(frozen=True, slots=True)
class NoticeRequest:
    """A message to be sent once. `key` is unique in the tenant and names the cause (`in_…/suspended`); no personal data travels here.

    `invoice` is looked at again before a chasing notice goes out. `on` is the instant the text mentions (UTC).
    """

    tenant: str
    key: str
    kind: NoticeKind
    subscription: str
    calendar: Calendar
    invoice: str = ""
    amount: Money | None = None
    on: datetime | None = None
    decline: DeclineClass | None = None
    document: str = ""  # the tax document that travels with it
    contact: Contact | None = None  # when it may leave, as its policy says; None: no policy speaks for it
    meter: str = ""  # what of the plan is nearly used up
    channel: Channel | None = None  # by this one alone; None: WhatsApp, then what `models.speaking.fallback` says
    warning: bool = False  # exempt from the caps on reminders
    change: str = ""  # the change of plan that it sums up
    ticket: str = ""  # whose entry it carries to the customer, and is told how it ended
    entry: str = ""
    answers: Channel | None = (
        None  # the customer wrote by this channel: what answers them may go by it, whatever they said of it
    )

    @property
    def hours(self) -> Contact:
        """When it may leave. What no policy speaks for keeps the usual hours; what answers a customer, or confirms, leaves at once."""
        if self.kind in CONFIRMING:
            return ANYTIME
        if self.contact is not None:
            return self.contact
        shortened = self.calendar.day_seconds != REAL_DAY  # such a day has no nights
        return ANYTIME if shortened or self.kind in ANSWERS else Contact()

    @property
    def latest(self) -> datetime | None:
        """The instant (UTC) after which it would tell of what is past: the renewal or the end of a trial that it announces."""
        return self.on if self.kind in ANNOUNCING else None

    @property
    def counted(self) -> bool:
        """Whether it must keep its distance from other reminders to the same customer."""
        capped = self.contact is not None and (self.contact.per_week is not None or bool(self.contact.apart))
        return capped and self.kind in REMINDERS and not self.warning

"""Where the making of one tax invoice stands and what moves it on. Pure: the workflow carries it out."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.fiscal import DATED_BY_CHARGE
from models.cfdi.global_invoice import Month

CORRECTION = timedelta(hours=72)
DUTY = timedelta(hours=24)  # a CFDI is to be sent for stamping within 24 h of the operation (RCFF art. 39)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a document stands after a step. `field` and `code` say what was refused; `expired`: never stamped and too old to be."""

    key: str
    state: DocumentState
    issued_at: datetime
    uuid: str = ""
    field: str = ""
    code: str = ""
    expired: bool = False
    due: datetime | None = None  # a payment complement's own deadline (UTC), in the place of the 24 h after a charge


@dataclass(frozen=True, slots=True)
class Invoicing:
    """What the process remembers. `order` is what a person told it to do; `moves` counts orders and keeps their audit lines apart."""

    version: int = 1
    standing: Standing | None = None
    late: str = ""
    undeliverable: bool = False
    order: str = ""
    moves: int = 0
    lapsed: bool = False

    @property
    def state(self) -> DocumentState | None:
        """None until the first version was sealed or held."""
        return self.standing.state if self.standing else None

    @property
    def stamped(self) -> bool:
        """The invoice exists: from here on nothing is sent to the PAC."""
        return self.standing is not None and self.standing.uuid != ""

    @property
    def held(self) -> bool:
        """Only a person can move it on."""
        return self.undeliverable or self.state in (
            DocumentState.REJECTED,
            DocumentState.WAITING_DATA,
            DocumentState.NEEDS_RECONCILIATION,
        )

    @property
    def correctable(self) -> bool:
        """Refused or never sent, so never stamped: other data may take its place."""
        return self.state in (DocumentState.REJECTED, DocumentState.WAITING_DATA)

    @property
    def asks(self) -> bool:
        """The PAC named a field of the receiver: the customer can put it right, nobody else knows better."""
        return self.state is DocumentState.REJECTED and self.standing is not None and self.standing.field != ""

    @property
    def lapses(self) -> bool:
        """A charge's invoice that waits for the customer alone: not corrected in time, the sale goes into the global invoice."""
        return self.asks and self.standing is not None and f"/{DocumentKind.INCOME}/" in self.standing.key

    @property
    def where(self) -> str:
        """In words: `rejected (legal_name, CFDI40145)`."""
        if self.standing is None:
            return "being sealed"
        reasons = ", ".join(filter(None, (self.standing.field, self.standing.code)))
        return f"{self.standing.state} ({reasons})" if reasons else str(self.standing.state)

    @property
    def next_action(self) -> str:
        """What happens next, or what a person must do for it to happen."""
        if self.undeliverable:
            return "correct the customer's e-mail address, then `retry`"
        match self.state:
            case None:
                return "seal"
            case DocumentState.REJECTED if self.standing and self.standing.field:
                return f"the customer was asked to correct `{self.standing.field}`; support may: `correct_receiver`"
            case DocumentState.REJECTED:
                return "put right our own data or the PAC account, then `retry`"
            case DocumentState.WAITING_DATA if self.standing and self.standing.field:
                return f"a person decides on `{self.standing.field}`, then `correct_receiver`"
            case DocumentState.WAITING_DATA:
                return "put right the certificate (CSD) or our own data, then `retry`"
            case DocumentState.NEEDS_RECONCILIATION:
                return "compare with what the PAC holds, then `retry`"
            case DocumentState.GENERAL_PUBLIC:
                return "goes into the month's global invoice"
            case DocumentState.SEALED | DocumentState.SENDING:
                return "stamp"
            case DocumentState.STAMPED:
                return "render the PDF"
            case DocumentState.RENDERED:
                return "deliver"
            case _:
                return ""

    @property
    def deadline(self) -> datetime | None:
        """When a document still to be stamped grows too old for its date."""
        if self.standing is None or self.state not in (DocumentState.SEALED, DocumentState.SENDING):
            return None
        return self.standing.issued_at + DATED_BY_CHARGE


def next_deadline(charged: datetime, standing: Standing, now: datetime) -> tuple[datetime, str] | None:
    """The next deadline of a document being sent, and what is told once it has passed; None when all have."""
    ahead = (
        (standing.due, "payment complement not stamped by the 5th of the month after the payment")
        if standing.due
        else (charged + DUTY, "not stamped within 24 h of the charge"),
        (standing.issued_at + DATED_BY_CHARGE, "the PAC has been silent for 70 h"),
    )
    return min(((at, missed) for at, missed in ahead if at > now), default=None)


def lapse(issued: datetime, now: datetime, zone: str) -> datetime:
    """Until when refused data may be corrected before the sale becomes everybody's: while its month lasts, else 72 h more."""
    clock = ZoneInfo(zone)
    local = issued.astimezone(clock)
    _, end = Month(local.year, local.month).bounds(clock)
    return end if end > now else now + CORRECTION


def lapsed(invoicing: Invoicing) -> Invoicing:
    """The customer did not answer: the next version names nobody."""
    return replace(renewed(invoicing), lapsed=True)


def renewed(invoicing: Invoicing) -> Invoicing:
    """A new version takes the place of one the PAC has never stamped."""
    return replace(invoicing, version=invoicing.version + 1, standing=None, lapsed=False)


def ordered(invoicing: Invoicing) -> Invoicing:
    """The process after a person's order: corrected data make a new version of what was refused; a retry sends the same bytes."""
    corrected = invoicing.order == "correct_receiver"
    invoicing = replace(invoicing, order="", undeliverable=False)
    if corrected and invoicing.state is DocumentState.REJECTED:
        return renewed(invoicing)
    return invoicing

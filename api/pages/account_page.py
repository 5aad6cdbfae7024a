"""How a customer's account looks: where it stands and what comes next, its invoices, what was used, and what can be done about it."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi.responses import HTMLResponse

from activities.ports.register import Subscriber
from api.layout import Frame, Width, laid_out
from api.markup import address, markup, switched
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.changing.change_records import ChangeRecord
from models.look.brand import Brand
from models.money import Money
from models.periods import Calendar
from models.records import Payment
from models.selling.plans import Interval, Plan
from models.speaking.notices import Language
from models.subscribing.entitlements import Entitlement
from models.subscribing.usage import Meter

# A document that waits for something is not shown as if it were one.
_READY = frozenset(
    {
        DocumentState.STAMPED,
        DocumentState.RENDERED,
        DocumentState.DELIVERED,
        DocumentState.CANCEL_REQUESTED,
        DocumentState.IN_PROCESS,
        DocumentState.REFUSED,
    }
)
_CORRECTABLE = frozenset({DocumentState.REJECTED, DocumentState.WAITING_DATA})
_PUBLIC = frozenset({DocumentState.GENERAL_PUBLIC, DocumentState.IN_GLOBAL})


@dataclass(frozen=True, slots=True)
class Line:
    """One payment or one refund, and the tax invoice made of it."""

    at: datetime
    amount: Money
    document: TaxDocument | None
    refund: bool = False

    @property
    def ready(self) -> bool:
        """Its files can be had."""
        return self.document is not None and self.document.state in _READY

    @property
    def correctable(self) -> bool:
        """The customer can help: the PAC refused their data."""
        return self.document is not None and self.document.state in _CORRECTABLE

    @property
    def public(self) -> bool:
        """Without RFC: it stands in the month's global invoice."""
        return self.document is None or self.document.state in _PUBLIC

    @property
    def void(self) -> bool:
        return self.document is not None and self.document.state is DocumentState.CANCELLED


@dataclass(frozen=True, slots=True)
class Account:
    """What there is to show. `go` makes a link of ours from a purpose and its subject; `signup` is where an unfinished one goes on."""

    brand: Brand
    found: Subscriber
    plan: Plan
    language: Language
    calendar: Calendar
    standing: Entitlement
    meters: Sequence[tuple[Meter, int]]
    lines: Sequence[Line]
    go: Callable[[str, str], str]
    token: str
    signup: str = ""
    done: str = ""
    waiting: ChangeRecord | None = None  # a change of plan, until the period ends
    waiting_plan: str = ""  # the name of that plan
    pet: str = ""  # whom it is for, where that is not the customer
    others: Sequence[tuple[str, str]] = ()  # the customer's other subscriptions: what each is, and its address
    joins: bool = False  # nothing is in the way of signing up on our page once more


def lines_of(payments: Sequence[Payment], documents: Sequence[TaxDocument]) -> list[Line]:
    """Payments with the newest tax invoice of each, and credit notes; the newest first."""
    newest: dict[tuple[str, DocumentKind], TaxDocument] = {}
    for document in documents:
        known = newest.get((document.source, document.kind))
        if known is None or known.version < document.version:
            newest[document.source, document.kind] = document
    found = [
        Line(
            payment.paid_at,
            payment.amount,
            newest.get((payment.charge, DocumentKind.INCOME)) or newest.get((payment.charge, DocumentKind.PAYMENT)),
        )
        for payment in payments
    ]
    found += [
        Line(document.issued_at, document.total, document, refund=True)
        for (_, kind), document in newest.items()
        if kind is DocumentKind.CREDIT
    ]
    return sorted(found, key=lambda line: line.at, reverse=True)


def drawn(
    account: Account, *, file: str = "account.html", step: str = "", title: str = "", status: int = 200, **more: object
) -> HTMLResponse:
    """The whole page, or another one of the same account."""
    language, record = account.language, account.found.record
    english = language is Language.EN
    tongue = "en" if english else ""
    titles = {Language.ES: "Tu cuenta", Language.EN: "Your account"}
    title = title or titles[language]
    here = f"/cuenta/{account.token}"

    def day(instant: datetime | None) -> str:
        return account.calendar.show_day(instant, english=english) if instant else ""

    def to(step: str = "", **query: str) -> str:
        return address(f"{here}/{step}" if step else here, lang=tongue, **query)

    def money(centavos: int) -> str:
        return str(Money(centavos, record.amount_due.currency))

    def most(limit: int | None, counted: bool) -> str:
        if not counted:
            return "–"
        return f"{limit:,}" if limit is not None else "unlimited" if english else "sin límite"

    body = markup(
        file,
        language,
        title=title,
        account=account,
        customer=account.found.customer,
        record=record,
        plan=account.plan,
        price=record.price or account.plan.price,
        yearly=account.plan.interval is Interval.YEAR,
        go=account.go,
        day=day,
        to=to,
        nonce=secrets.token_urlsafe(12),
        money=money,
        most=most,
        **more,
    )
    frame = Frame(other=switched(f"{here}/{step}" if step else here, language), home=to(), width=Width.MIDDLE)
    return laid_out(account.brand, title=title, body=body, language=language, status=status, frame=frame)

"""A tax document: what is asked for, what is sealed, where it stands, and the record SQL keeps of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.cfdi.fiscal import Issuer, Receiver
from models.cfdi.taxes import UNTAXED, USUAL, Split, Taxes, Terms
from models.money import Money


class DocumentKind(StrEnum):
    """income: one charge. credit: a refund (egreso). global: the sales of a period to público en general.

    deferred: an invoice issued before it was paid (PPD); payment: the complement (CFDI de pago 2.0) of money that came for one.
    """

    INCOME = "income"
    CREDIT = "credit"
    GLOBAL = "global"
    DEFERRED = "deferred"
    PAYMENT = "payment"


class DocumentState(StrEnum):
    """Where a tax document stands. Held: general_public, waiting_data, rejected, needs_reconciliation."""

    WAITING_DATA = "waiting_data"  # a person must look: a foreign receiver, no certificate
    GENERAL_PUBLIC = "general_public"  # no RFC was given: it belongs in the period's global invoice
    IN_GLOBAL = "in_global"  # a line of the global invoice that `replaces` names
    SEALED = "sealed"
    SENDING = "sending"
    STAMPED = "stamped"
    RENDERED = "rendered"
    DELIVERED = "delivered"
    REJECTED = "rejected"  # `field` names what is wrong; a corrected version may follow
    NEEDS_RECONCILIATION = (
        "needs_reconciliation"  # the PAC holds a document of ours that is not this one, or stays silent
    )
    CANCEL_REQUESTED = "cancel_requested"
    IN_PROCESS = "in_process"
    CANCELLED = "cancelled"
    REFUSED = "refused"  # the receiver did not accept the cancellation


# What becomes of these only the PAC can tell that they were sent to.
WITH_PAC = (
    DocumentState.SENDING,
    DocumentState.NEEDS_RECONCILIATION,
    DocumentState.CANCEL_REQUESTED,
    DocumentState.IN_PROCESS,
)
# Stamped, and still to be brought to the receiver.
TO_DELIVER = (DocumentState.STAMPED, DocumentState.RENDERED)


class DocumentFile(StrEnum):
    """The bytes kept for a document. `sealed` is what was sent; `xml` is the invoice, byte for byte as the PAC returned it."""

    SEALED = "sealed"
    XML = "xml"
    PDF = "pdf"
    ACKNOWLEDGEMENT = "acknowledgement"


@dataclass(frozen=True, slots=True)
class TaxDocument:
    """One version of a source's tax document. Unique by (tenant, source, kind, version); `uuid` and `seal` unique where not empty.

    `source` is what it documents: a charge `ch_…`, a refund `re_…`, a period. `issued_at` is Fecha as a UTC instant;
    `field`, `code` and `message` say why a PAC refused it (the message may name the customer: it stays in SQL).
    """

    tenant: str
    source: str
    kind: DocumentKind
    version: int
    subscription: str
    state: DocumentState
    total: Money
    issued_at: datetime
    created_at: datetime
    updated_at: datetime
    receiver_rfc: str = ""
    seal: str = ""
    uuid: str = ""
    stamped_at: datetime | None = None
    delivered_at: datetime | None = None
    replaces: str = ""  # UUID of what it substitutes, credits or pays; without RFC the key of the sale it credits, or of the global invoice
    field: str = ""
    code: str = ""
    message: str = ""
    pac: str = ""  # the account it was first sent to; while that one may have stamped it, it is sent to no other
    terms: Terms | None = None  # how it is taxed; None before it is sealed
    taxes: Taxes = UNTAXED

    @property
    def key(self) -> str:
        """`ch_…/income/v1`: unique in the tenant; the PAC's customid and the subject of links."""
        return document_key(self.source, self.kind, self.version)


def document_key(source: str, kind: DocumentKind, version: int) -> str:
    """The key of one version of a source's document."""
    return f"{source}/{kind}/v{version}"


def kind_of(key: str) -> DocumentKind:
    """The kind that a document's key names."""
    return DocumentKind(key.rsplit("/", 2)[1])


def version_of(key: str) -> int:
    """The version that a document's key names."""
    return int(key.rsplit("/v", 1)[1])


@dataclass(frozen=True, slots=True)
class Line:
    """One concept. `product` is SAT c_ClaveProdServ, `unit` c_ClaveUnidad; quantity is one.

    `amount` is what is left after `discount`, which is in centavos and without tax: Importe is the base and the discount.
    """

    product: str
    unit: str
    description: str
    amount: Split
    identification: str = ""
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """A related earlier CFDI: SAT c_TipoRelacion (01 credit note, 04 substitution) and its UUID."""

    type: str
    uuid: str


@dataclass(frozen=True, slots=True)
class GlobalPeriod:
    """InformacionGlobal: SAT c_Periodicidad (01 daily … 04 monthly), c_Meses and the year."""

    periodicity: str
    months: str
    year: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """A payment of an invoice issued before it: Pago and its DoctoRelacionado of the complement 2.0.

    `amount` is what came, with the taxes in it; `before` what was owed until then, in centavos; `partiality` counts from one.
    `paid_at` is local to the issuer's postal code, naive, whole seconds; `form` is SAT c_FormaPago.
    """

    uuid: str
    series: str
    folio: str
    paid_at: datetime
    form: str
    amount: Split
    partiality: int
    before: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything a CFDI says, before it is sealed. `issued` is local to the issuer's postal code, naive, whole seconds."""

    kind: DocumentKind
    issuer: Issuer
    receiver: Receiver
    use: str
    form_of_payment: str
    issued: datetime
    series: str
    folio: str
    lines: tuple[Line, ...]
    related: tuple[Relation, ...] = ()
    period: GlobalPeriod | None = None
    currency: str = "MXN"
    exchange: int = 0  # TipoCambio: pesos for one unit, in millionths; only where the currency is not MXN
    payment_method: str = "PUE"  # SAT c_MetodoPago; PPD goes with form of payment 99 (CFDI40105)
    settles: Settlement | None = None  # a payment complement: it has no lines and no total of its own
    terms: Terms = USUAL

    @property
    def taxes(self) -> Taxes:
        """The taxes of all its lines, or of the payment it tells."""
        amounts = [self.settles.amount] if self.settles else [line.amount for line in self.lines]
        return sum((amount.taxes for amount in amounts), UNTAXED)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed CFDI without its stamp: the bytes to send and its Sello (base64)."""

    xml: bytes
    seal: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A stamped invoice as its PAC keeps it, read again. `issued_at` is Fecha in UTC; `related` the first UUID it names or pays."""

    stamp: "Stamp"
    issued_at: datetime
    receiver: Receiver
    related: str = ""
    terms: Terms | None = None
    taxes: Taxes = UNTAXED


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a PAC made of a sealed document: the folio fiscal and the invoice's bytes. `prior`: it had been stamped before."""

    uuid: str
    xml: bytes
    stamped_at: datetime
    prior: bool = False
    seal: str = ""  # the issuer's seal in it, where the PAC has made it

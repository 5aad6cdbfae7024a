"""Taking a CFDI back: the motive, what the SAT says of it, and what that makes of the document.

Sources: CFF art. 29-A, RMF 2.7.1.34 and 2.7.1.35, SAT "Servicio de consulta de CFDI" (Estado, EsCancelable, EstatusCancelacion).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import Issuer, Person, person
from models.cfdi.postal_zones import zone_of
from models.refusals import NONE, Refusal, Why


class DocumentWhy(Why):
    """Orders to a tax document."""

    NAMES_NOBODY = (
        "Una factura global no nombra a nadie: no hay nada que corregir, usa «Reintentar»",
        "a global invoice names nobody: there is nothing to correct, use retry",
    )
    NOTHING_TO_CORRECT = (
        "Como está el documento, no hay nada que corregir",
        "nothing to correct: the document is {state}",
    )
    NOTHING_TO_RETRY = (
        "Como está el documento, no hay nada que reintentar",
        "nothing to retry: the document is {state}",
    )
    NEVER_STAMPED = ("Nunca se timbró: no hay nada que cancelar", "it was never stamped: there is nothing to cancel")
    CANCELLED = ("Ya está cancelado", "it is cancelled already")
    NO_SUBSTITUTE = (
        "El motivo 01 necesita el folio fiscal del documento que lo sustituye",
        "motive 01 needs the UUID of the document that takes its place",
    )
    NEEDS_NO_SUBSTITUTE = (
        "El motivo {motive} no lleva documento que sustituya: déjalo vacío o usa el motivo 01",
        "motive {motive} takes none; leave it out or use motive 01",
    )
    NOT_SUBSTITUTED = (
        "Solo se sustituye una factura o un complemento de pago; este documento, cancélalo",
        "only an invoice or a payment complement is substituted; cancel this one instead",
    )
    NOTHING_TO_SUBSTITUTE = (
        "Como está el documento, no hay nada que sustituir",
        "nothing to substitute: the document is {state}",
    )
    HAS_CREDIT = (
        "Su nota de crédito {source} depende de él: cancela primero esa (el SAT contesta 204)",
        "its credit note {source} stands on it: cancel that one first (the SAT answers 204)",
    )
    OF_ITS_INVOICE = (
        "Un complemento de pago nombra a quien nombra su factura: sustituye la factura, y sus complementos la siguen",
        "a payment complement names whom its invoice names: substitute the invoice, and its complements follow",
    )
    NOTHING_TO_CLAIM = (
        "Como está la venta, no se puede facturar a nombre de alguien",
        "nothing to claim: the document is {state}",
    )
    BEING_TOLD = (
        "La factura global del mes se está haciendo con ella: vuelve a pedirlo cuando esté timbrada",
        "the month's global invoice is being made of it: ask again once that is stamped",
    )
    NOTHING_LEFT = (
        "La venta se devolvió completa: no hay nada que facturar",
        "the sale was given back whole: there is nothing to invoice",
    )
    REFUND_UNKNOWN = (
        "No está en los libros cuál de las {sales} ventas de este cliente en {document} se devolvió: {refunds}."
        " Corre `perdura reconcile` y vuelve a pedirlo",
        "which of this customer's {sales} sales in {document} was given back is not in the books: {refunds}."
        " Run `perdura reconcile`, then claim it again",
    )
    TOO_LATE = (
        "Se podía cancelar hasta el {last} (CFF art. 29-A); después, solo con multa y en el portal del SAT",
        "it could be cancelled until {last} (CFF art. 29-A); later only with a fine, in the SAT's portal",
    )
    CANCELLING = (
        "Su cancelación está en curso: se le pregunta al SAT",
        "its cancellation is under way: the SAT is being asked",
    )
    SUBSTITUTING = ("Su sustitución está en curso", "its substitution is under way")
    CLAIMING = ("Su factura a nombre del cliente está en curso", "its invoice by name is under way")


class Motive(StrEnum):
    """SAT c_Motivo. `substituted` needs the UUID of the document that takes its place, stamped before with relation 04."""

    SUBSTITUTED = "01"
    ERROR = "02"
    NOT_CARRIED_OUT = "03"
    IN_GLOBAL = "04"


@dataclass(frozen=True, slots=True)
class SatWord:
    """What the SAT's enquiry service says of a document: its own words, in Spanish."""

    state: str  # Vigente, Cancelado, No Encontrado
    cancellable: str = ""  # Cancelable sin aceptación, Cancelable con aceptación, No cancelable
    process: str = ""  # En proceso, Solicitud rechazada, Plazo vencido, Cancelado sin aceptación …


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The PAC's answer to a request: 201 taken, 202 taken before. It is not the cancellation, only its beginning."""

    code: str
    xml: bytes


def outcome(word: SatWord) -> DocumentState:
    """Where a document stands whose cancellation was requested. The SAT's lists lag by minutes, so not found means not yet."""
    process = word.process.casefold()
    if word.state.casefold() == "cancelado":
        return DocumentState.CANCELLED
    if "rechaz" in process:
        return DocumentState.REFUSED
    if "proceso" in process:
        return DocumentState.IN_PROCESS
    return DocumentState.CANCEL_REQUESTED


def next_look(looks: int) -> timedelta:
    """How long to wait before asking the SAT again: it answers in minutes, a receiver may take three business days."""
    minutes = (1, 5, 15, 60)
    return timedelta(minutes=minutes[looks]) if looks < len(minutes) else timedelta(hours=6)


def wrong_request(state: DocumentState, uuid: str, motive: Motive, substitute: str) -> tuple[str, Refusal] | None:
    """The field of a request that cannot stand, and why; None where it may be sent."""
    if not uuid:
        return "document", DocumentWhy.NEVER_STAMPED()
    if state is DocumentState.CANCELLED:
        return "document", DocumentWhy.CANCELLED()
    if motive is Motive.SUBSTITUTED and not substitute:
        return "substitute", DocumentWhy.NO_SUBSTITUTE()
    if motive is not Motive.SUBSTITUTED and substitute:
        return "substitute", DocumentWhy.NEEDS_NO_SUBSTITUTE(motive=motive)
    return None


def wrong_substitution(document: TaxDocument, others: Iterable[TaxDocument]) -> Refusal:
    """Why a document cannot be replaced by a corrected one; NONE where it can."""
    if document.kind not in (DocumentKind.INCOME, DocumentKind.DEFERRED, DocumentKind.PAYMENT):
        return DocumentWhy.NOT_SUBSTITUTED()
    if document.state not in (DocumentState.STAMPED, DocumentState.RENDERED, DocumentState.DELIVERED):
        return DocumentWhy.NOTHING_TO_SUBSTITUTE(state=document.state)
    living = [
        other
        for other in others
        if other.kind is DocumentKind.CREDIT
        and other.replaces == document.uuid
        and other.state is not DocumentState.CANCELLED
    ]
    if living:
        return DocumentWhy.HAS_CREDIT(source=living[0].source)
    return NONE


def wrong_claim(document: TaxDocument) -> Refusal:
    """Why a sale cannot be invoiced by name after all; NONE where it can."""
    if document.kind is not DocumentKind.INCOME or document.state not in (
        DocumentState.GENERAL_PUBLIC,
        DocumentState.IN_GLOBAL,
    ):
        return DocumentWhy.NOTHING_TO_CLAIM(state=document.state)
    if document.state is DocumentState.GENERAL_PUBLIC and document.replaces:
        return DocumentWhy.BEING_TOLD()
    return NONE


def last_day(issued: datetime, issuer: Issuer) -> date:
    """Until when a CFDI may be cancelled: the month of the annual return of the year it was issued in (CFF art. 29-A).

    Companies file in March, personas físicas in April of the following year. Later it costs a fine and goes by the SAT's portal.
    """
    year = issued.astimezone(zone_of(issuer.postal_code)).year + 1
    return date(year, 3, 31) if person(issuer.rfc) is Person.MORAL else date(year, 4, 30)

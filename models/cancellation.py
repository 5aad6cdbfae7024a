"""Taking a CFDI back: the motive, what the SAT says of it, and what that makes of the document.

Sources: CFF art. 29-A, RMF 2.7.1.34 and 2.7.1.35, SAT "Servicio de consulta de CFDI" (Estado, EsCancelable, EstatusCancelacion).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from models.documents import DocumentKind, DocumentState, TaxDocument
from models.fiscal import Issuer, Person, person
from models.postal_zones import zone_of


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


def wrong_request(state: DocumentState, uuid: str, motive: Motive, substitute: str) -> tuple[str, str] | None:
    """The field of a request that cannot stand, and why; None where it may be sent."""
    if not uuid:
        return "document", "it was never stamped: there is nothing to cancel"
    if state is DocumentState.CANCELLED:
        return "document", "it is cancelled already"
    if motive is Motive.SUBSTITUTED and not substitute:
        return "substitute", "motive 01 needs the UUID of the document that takes its place"
    if motive is not Motive.SUBSTITUTED and substitute:
        return "substitute", f"motive {motive} takes none; leave it out or use motive 01"
    return None


def wrong_substitution(document: TaxDocument, others: Iterable[TaxDocument]) -> str:
    """Why a document cannot be replaced by a corrected one; empty where it can."""
    if document.kind not in (DocumentKind.INCOME, DocumentKind.DEFERRED, DocumentKind.PAYMENT):
        return "only an invoice or a payment complement is substituted; cancel this one instead"
    if document.state not in (DocumentState.STAMPED, DocumentState.RENDERED, DocumentState.DELIVERED):
        return f"nothing to substitute: the document is {document.state}"
    living = [
        other
        for other in others
        if other.kind is DocumentKind.CREDIT
        and other.replaces == document.uuid
        and other.state is not DocumentState.CANCELLED
    ]
    if living:
        return f"its credit note {living[0].source} stands on it: cancel that one first (the SAT answers 204)"
    return ""


def wrong_claim(document: TaxDocument) -> str:
    """Why a sale cannot be invoiced by name after all; empty where it can."""
    if document.kind is not DocumentKind.INCOME or document.state not in (
        DocumentState.GENERAL_PUBLIC,
        DocumentState.IN_GLOBAL,
    ):
        return f"nothing to claim: the document is {document.state}"
    if document.state is DocumentState.GENERAL_PUBLIC and document.replaces:
        return "the month's global invoice is being made of it: ask again once that is stamped"
    return ""


def last_day(issued: datetime, issuer: Issuer) -> date:
    """Until when a CFDI may be cancelled: the month of the annual return of the year it was issued in (CFF art. 29-A).

    Companies file in March, personas físicas in April of the following year. Later it costs a fine and goes by the SAT's portal.
    """
    year = issued.astimezone(zone_of(issuer.postal_code)).year + 1
    return date(year, 3, 31) if person(issuer.rfc) is Person.MORAL else date(year, 4, 30)

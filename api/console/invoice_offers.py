"""What can be ordered of a source's tax documents as they stand: the buttons of the invoice's page. The API's rules decide."""

from collections.abc import Sequence
from enum import StrEnum

from api.console.ordering import Offered
from api.document_orders import CORRECTABLE
from models.access.permissions import Permission
from models.cfdi.cancellation import Motive, wrong_claim, wrong_request, wrong_substitution
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.words import Words

_STUCK = frozenset({DocumentState.REJECTED, DocumentState.WAITING_DATA, DocumentState.NEEDS_RECONCILIATION})
_ASKED = frozenset({DocumentState.CANCEL_REQUESTED, DocumentState.IN_PROCESS})


class DocumentOrder(StrEnum):
    """The API's orders, by the last part of their addresses."""

    RETRY = "retry"
    CORRECT = "correct_receiver"
    CLAIM = "claim"
    SUBSTITUTE = "substitute"
    CANCEL = "cancel"


_RETRY = Offered(
    DocumentOrder.RETRY,
    Words("Reintentar", "Try again"),
    Words(
        "Se vuelve a enviar tal como está: cuando ya compraste timbres o renovaste el certificado.",
        "It is sent again as it is: once stamps were bought or the certificate renewed.",
    ),
)
_CORRECT = Offered(
    DocumentOrder.CORRECT,
    Words("Corregir datos fiscales", "Correct the tax data"),
    Words(
        "Se guardan los datos del cliente y se hace una versión nueva con ellos.",
        "The customer's data are kept, and a new version is made of them.",
    ),
    fiscal=True,
)
_CLAIM = Offered(
    DocumentOrder.CLAIM,
    Words("Facturar a su nombre", "Invoice by name"),
    Words(
        "La venta sin RFC se factura con estos datos. Si ya está en la factura global, una nota de crédito la saca antes.",
        "The sale without RFC is invoiced with these data. Where the global invoice tells it, a credit note takes it out first.",
    ),
    fiscal=True,
)
_SUBSTITUTE = Offered(
    DocumentOrder.SUBSTITUTE,
    Words("Sustituir", "Substitute"),
    Words(
        "Primero se timbra la factura corregida (relación 04) y luego se cancela esta con motivo 01.",
        "The corrected invoice is stamped first (relation 04), then this one is cancelled with motive 01.",
    ),
    permission=Permission.MONEY,
    fiscal=True,
    final=True,
)
_CANCEL = Offered(
    DocumentOrder.CANCEL,
    Words("Cancelar ante el SAT", "Cancel at the SAT"),
    Words(
        "Se pide al SAT cancelarla. Contesta en minutos, o en días si el cliente debe aceptar.",
        "The SAT is asked to cancel it. It answers in minutes, or in days where the customer must agree.",
    ),
    permission=Permission.MONEY,
    final=True,
)


def offered(versions: Sequence[TaxDocument], others: Sequence[TaxDocument]) -> list[Offered]:
    """What can be ordered now. `versions` the oldest first; `others` are the subscription's documents."""
    newest = versions[-1]
    stamped = next((each for each in reversed(versions) if each.uuid), newest)
    offers = []
    if newest.state in _STUCK:
        offers.append(_RETRY)
    if newest.state in CORRECTABLE and newest.kind is not DocumentKind.GLOBAL:
        offers.append(_CORRECT)
    if not wrong_claim(newest):
        offers.append(_CLAIM)
    if not wrong_substitution(stamped, others):
        offers.append(_SUBSTITUTE)
    if stamped.state not in _ASKED and wrong_request(stamped.state, stamped.uuid, Motive.ERROR, "") is None:
        offers.append(_CANCEL)
    return offers

"""An invoice issued before it was paid (PPD) that nobody waits to be paid for any more: taken back, or put before a person.

Motive 03 says that the operation was not carried out (SAT c_Motivo). A voided invoice says just that. One that was written off
says the opposite: the debt was real, and is deducted rather than unsaid (LISR art. 27-XV). What lies between is an accountant's word.
"""

from dataclasses import dataclass

from models.cfdi.documents import DocumentState, TaxDocument
from models.collecting.cases import Outcome
from models.money import Money
from models.watching.attention import Finding, Rule

# RMF 2.7.1.35: up to here the receiver need not agree, whenever the cancellation is asked for.
WITHOUT_ACCEPTANCE = 1_000_00


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A living PPD invoice without a payment, and what has become of the provider's invoice it documents (its source)."""

    document: TaxDocument
    outcome: Outcome | None = None  # of the dunning case
    voided: bool = False
    written_off: bool = False


def without_acceptance(total: Money) -> bool:
    """Whether an invoice goes without its receiver's word. One in another currency is left to a person: the limit is in pesos."""
    return total.currency == "MXN" and total.centavos <= WITHOUT_ACCEPTANCE


def taken_back(unpaid: Unpaid) -> bool:
    """Whether the machine cancels it by itself, with motive 03."""
    voided = unpaid.voided or unpaid.outcome is Outcome.VOIDED
    refused = unpaid.document.state is DocumentState.REFUSED
    return (
        voided and unpaid.outcome is not Outcome.REPLACED and not refused and without_acceptance(unpaid.document.total)
    )


def unpaid(unpaid: Unpaid) -> Finding:
    """What a person is told of one that the machine does not cancel, or could not."""
    document = unpaid.document
    said = f"{document.key} over {document.total} (PPD) was never paid: {_remedy(unpaid)}"
    return Finding(document.tenant, Rule.CFDI_UNPAID, document.key, said, document.subscription)


def _remedy(unpaid: Unpaid) -> str:
    if unpaid.document.state is DocumentState.REFUSED:
        return "its receiver refused the cancellation. Agree with them, then order it again"
    if unpaid.outcome is Outcome.REPLACED:
        return "its payment plan's parts have tax invoices of their own. Cancel this one with motive 02"
    if taken_back(unpaid):
        return "the SAT did not take its cancellation. See why in its process, then order it again with motive 03"
    if unpaid.voided or unpaid.outcome is Outcome.VOIDED:
        return "it was voided, and the receiver must agree. Tell them, then cancel it with motive 03"
    if unpaid.written_off or unpaid.outcome is Outcome.WRITTEN_OFF:
        return "the debt was written off. Keep it where the service was rendered, else cancel it with motive 03"
    return "nobody collects it any more. Void the invoice at Stripe, and it is cancelled; keep it where the service was rendered"

"""Facts of money as they are read from an object of the payments provider, whoever looks at it. Pure; centavos; UTC."""

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from models.bookkeeping.ledger import ENGINE, Fact, Kind
from models.bookkeeping.statement import StatedDispute
from models.money import Money
from models.subscribing.invoices import Charge, CreditNote, Funding, Invoice, InvoiceStatus, Refund

EXTERNAL = "out_"  # begins the id of a payment that support recorded and the provider never saw


def payment_fact(
    tenant: str, subscription: str, invoice: str, charge: Charge, *, at: datetime, actor: str = ENGINE, reason: str = ""
) -> Fact:
    """Money that arrived for an invoice: at the provider, or past it when support recorded it."""
    kind = Kind.PAID_OUTSIDE if charge.id.startswith(EXTERNAL) else Kind.PAID
    return Fact(tenant, subscription, kind, charge.id, charge.amount, at, invoice, charge.id, actor, reason)


def invoice_facts(tenant: str, subscription: str, invoice: Invoice) -> tuple[Fact, ...]:
    """All that the provider's present word on one invoice says has happened to money; nothing while it is a draft.

    The one function for whoever looks at an invoice: its process, the reconciliation, or money that comes when the process is over.
    """
    if invoice.status is InvoiceStatus.DRAFT:
        return ()
    currency = invoice.total.currency

    def fact(kind: Kind, centavos: int, at: datetime, subject: str = "") -> Fact:
        return Fact(tenant, subscription, kind, subject or invoice.id, Money(centavos, currency), at, invoice.id)

    facts = [fact(Kind.ISSUED, invoice.total.centavos, invoice.created)]
    if invoice.credit_used:
        facts.append(fact(Kind.CREDIT_USED, invoice.credit_used, invoice.created))
    for note in invoice.credit_notes:
        facts += _note_facts(note, fact)
    ended = invoice.closed_at or invoice.created
    if invoice.written_off:
        facts.append(fact(Kind.WRITTEN_OFF, invoice.payable, ended))
    if invoice.status is InvoiceStatus.VOID:
        facts.append(fact(Kind.VOIDED, invoice.payable + invoice.credit_used, ended))
        if invoice.credit_used:
            facts.append(fact(Kind.CREDIT_RETURNED, invoice.credit_used, ended))
    paid = invoice.status is InvoiceStatus.PAID and invoice.payable > 0
    if paid and (charge := invoice.charge or past_provider(invoice)):
        at = invoice.paid_at or charge.created
        facts.append(payment_fact(tenant, subscription, invoice.id, charge, at=at))
    return tuple(facts)


def past_provider(invoice: Invoice, funding: Funding = Funding.SPEI) -> Charge | None:
    """What paid an invoice that is marked as paid at the provider and that no charge paid; None where there is no such money.

    It is the same payment as what support records. The provider does not know what it came by, `funding`: a transfer, unless somebody does.
    """
    if invoice.status is not InvoiceStatus.PAID or invoice.charge is not None or invoice.payable <= 0:
        return None
    amount = Money(invoice.payable, invoice.total.currency)
    return Charge(f"{EXTERNAL}{invoice.id}", amount, invoice.paid_at or invoice.created, funding)


class _Maker(Protocol):
    def __call__(self, kind: Kind, centavos: int, at: datetime, subject: str = "") -> Fact: ...


def _note_facts(note: CreditNote, fact: _Maker) -> list[Fact]:
    told = [
        fact(kind, centavos, note.created, note.id)
        for kind, centavos in (
            (Kind.CREDITED, note.due),
            (Kind.CREDITED_TO_BALANCE, note.to_balance),
            (Kind.CREDITED_OUTSIDE, note.outside),
        )
        if centavos
    ]
    if note.voided and note.due:
        told.append(fact(Kind.CREDIT_VOIDED, note.due, note.created, note.id))
    return told


def refund_facts(tenant: str, subscription: str, refund: Refund) -> tuple[Fact, ...]:
    """Money given back on a sale of ours, once it is; and taken back into the books when the bank returned it.

    A refund that failed is told with its return, so that it counts for nothing whether or not it was booked before.
    """
    if not refund.invoice or refund.status not in ("succeeded", "failed", "canceled"):
        return ()
    told = Fact(
        tenant, subscription, Kind.REFUNDED, refund.id, refund.amount, refund.created, refund.invoice, refund.charge
    )
    if refund.status == "succeeded":
        return (told,)
    return (told, replace(told, kind=Kind.REFUND_RETURNED))


def dispute_facts(tenant: str, subscription: str, invoice: str, dispute: StatedDispute) -> tuple[Fact, ...]:
    """Money that a cardholder's bank took back, and gave back when the dispute was won. An inquiry moves nothing."""
    if not dispute.withdrawn:
        return ()
    told = Fact(
        tenant, subscription, Kind.WITHDRAWN, dispute.id, dispute.amount, dispute.created, invoice, dispute.charge
    )
    return (told, replace(told, kind=Kind.REINSTATED)) if dispute.reinstated else (told,)

"""What each kind of tax document says: the draft that follows from a charge. Pure, so the same charge gives the same document."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from models.cfdi.concepts import Concept, concepts
from models.cfdi.documents import DocumentKind, Draft, GlobalPeriod, Line, Relation, Settlement, TaxDocument
from models.cfdi.fiscal import GENERAL_PUBLIC_RFC, Issuer, Receiver, form_of_payment, terms_of, use_of
from models.cfdi.global_invoice import Receipt
from models.cfdi.taxes import Terms
from models.selling.plans import Plan
from models.subscribing.invoices import Charge

ACTIVITY_UNIT = "ACT"
CREDIT_PRODUCT = "84111506"  # SAT c_ClaveProdServ: servicios de facturación, Anexo 20 guía de llenado, apéndice 5
GLOBAL_PRODUCT = "01010101"  # no existe en el catálogo, guía de llenado del CFDI global
PPD, UNDEFINED_FORM = "PPD", "99"
LONGEST_TEXT = 1_000
LONGEST_FOLIO = 40


def income(
    *,
    issuer: Issuer,
    receiver: Receiver,
    plan: Plan,
    charge: Charge,
    issued: datetime,
    version: int,
    substitutes: str = "",
    taxed: Terms | None = None,
) -> Draft:
    """The invoice of a settled charge: PUE, because the money is there; the total is what was charged.

    It has the provider's lines where these come to what was charged, else one line for each rate of VAT. `taxed`: where what was sold
    is not taxed as the issuer's sales are.

    `substitutes` is the folio fiscal of a document with wrong data that this one replaces (relation 04).
    """
    usual = charge.description or f"Suscripción {plan.name}"
    terms = taxed or terms_of(issuer, receiver)
    found = concepts(charge.lines, charge.amount.centavos, terms) or [
        Concept(usual, part, 0) for part in terms.parts(charge.amount.centavos)
    ]
    lines = tuple(
        Line(
            product=each.product or plan.product_key,
            unit=each.unit or plan.unit_key,
            description=_plain(each.description or usual),
            amount=each.amount,
            discount=each.discount,
        )
        for each in found
    )
    return Draft(
        kind=DocumentKind.INCOME,
        issuer=issuer,
        receiver=receiver,
        use=use_of(receiver),
        form_of_payment=form_of_payment(charge.funding),
        issued=issued,
        series=issuer.series,
        folio=_folio(charge.id, version),
        lines=lines,
        related=(Relation("04", substitutes),) if substitutes else (),
        currency=charge.amount.currency,
        terms=terms,
    )


def credit(
    *,
    issuer: Issuer,
    receiver: Receiver,
    original: TaxDocument,
    refund: Charge,
    issued: datetime,
    version: int,
) -> Draft:
    """The credit note (egreso) of a refund, whole or in part, related 01 to the invoice it takes back. Never above the original.

    It is taxed as the original was, whatever the issuer charges since.
    """
    if refund.amount.centavos > original.total.centavos:
        raise ValueError("refund: above the invoice it refunds")
    terms = original.terms or terms_of(issuer, receiver)
    lines = tuple(
        Line(
            product=CREDIT_PRODUCT,
            unit=ACTIVITY_UNIT,
            description=_plain(refund.description or "Devolución"),
            amount=part,
        )
        for part in terms.parts(refund.amount.centavos)
    )
    return Draft(
        kind=DocumentKind.CREDIT,
        issuer=issuer,
        receiver=receiver,
        use=use_of(Receiver(receiver.rfc, receiver.name, receiver.regime, receiver.postal_code), "G02"),
        form_of_payment=form_of_payment(refund.funding),
        issued=issued,
        series=issuer.series,
        folio=_folio(refund.id, version),
        lines=lines,
        related=(Relation("01", original.uuid),),
        currency=refund.amount.currency,
        terms=terms,
    )


def deferred(
    *,
    issuer: Issuer,
    receiver: Receiver,
    plan: Plan,
    charge: Charge,
    issued: datetime,
    version: int,
    substitutes: str = "",
) -> Draft:
    """The invoice of what is still to be paid: PPD, form 99 (RMF 2.7.1.39). `charge` is the amount due, named for its invoice."""
    made = income(
        issuer=issuer,
        receiver=receiver,
        plan=plan,
        charge=charge,
        issued=issued,
        version=version,
        substitutes=substitutes,
    )
    return replace(made, kind=DocumentKind.DEFERRED, form_of_payment=UNDEFINED_FORM, payment_method=PPD)


def payment(
    *,
    issuer: Issuer,
    receiver: Receiver,
    invoice: TaxDocument,
    earlier: Sequence[TaxDocument],
    charge: Charge,
    paid_at: datetime,
    issued: datetime,
    version: int,
    substitutes: str = "",
) -> Draft:
    """The complement of one payment (Anexo 20, complemento para recepción de pagos 2.0): CP01, total zero, what is owed before and after.

    It is taxed as the invoice it pays was, whatever the issuer charges since.
    `earlier` are the living complements of the same invoice. `paid_at` is local, as `issued` is.

    Raises:
        ValueError: more came than is owed.
    """
    before = outstanding(invoice, earlier)
    if charge.amount.centavos > before:
        raise ValueError("charge: above what is owed on the invoice it pays")
    terms = invoice.terms or terms_of(issuer, receiver)
    return Draft(
        kind=DocumentKind.PAYMENT,
        issuer=issuer,
        receiver=receiver,
        use="CP01",
        form_of_payment="",
        issued=issued,
        series=issuer.series,
        folio=_folio(charge.id, version),
        lines=(),
        related=(Relation("04", substitutes),) if substitutes else (),
        currency="XXX",
        payment_method="",
        settles=Settlement(
            uuid=invoice.uuid,
            series=issuer.series,
            folio=_folio(invoice.source, invoice.version),
            paid_at=paid_at,
            form=form_of_payment(charge.funding),
            amount=terms.split(charge.amount.centavos),
            partiality=len(earlier) + 1,
            before=before,
        ),
        terms=terms,
    )


def outstanding(invoice: TaxDocument, complements: Sequence[TaxDocument]) -> int:
    """Centavos still owed on an invoice issued before it was paid."""
    return invoice.total.centavos - sum(each.total.centavos for each in complements)


def everyone(issuer: Issuer) -> Receiver:
    """Público en general: the generic RFC, at the issuer's own postal code (CFDI40149)."""
    return Receiver(GENERAL_PUBLIC_RFC, "PUBLICO EN GENERAL", "616", issuer.postal_code, "S01")


def general_public(
    *, issuer: Issuer, receipts: Sequence[tuple[Receipt, str]], period: GlobalPeriod, issued: datetime, folio: str
) -> Draft:
    """The global invoice of a period: one line per sale without RFC and rate of VAT, with its source; form of payment of the largest.

    `receipts` pairs what is left of each sale with its SAT c_FormaPago. RMF 2.7.1.21; guía de llenado del CFDI global.
    """
    if not receipts:
        raise ValueError("receipts: a global invoice needs at least one")
    terms = Terms(issuer.vat)
    lines = tuple(
        Line(
            product=GLOBAL_PRODUCT,
            unit=ACTIVITY_UNIT,
            description="Venta",
            amount=part,
            identification=receipt.sale.source[:100],
        )
        for receipt, _ in receipts
        for part in (receipt.sale.terms or terms).parts(receipt.left)
    )
    sums: dict[str, int] = {}
    for receipt, form in receipts:
        sums[form] = sums.get(form, 0) + receipt.left
    return Draft(
        kind=DocumentKind.GLOBAL,
        issuer=issuer,
        receiver=everyone(issuer),
        use="S01",
        form_of_payment=max(sorted(sums), key=sums.__getitem__),
        issued=issued,
        series=issuer.series,
        folio=folio[-LONGEST_FOLIO:],
        lines=lines,
        period=period,
        terms=terms,
    )


def _plain(text: str) -> str:
    """The SAT's t_Descripcion: single spaces, no pipe, up to 1,000 characters."""
    return " ".join(text.replace("|", " ").split())[:LONGEST_TEXT]


def _folio(source: str, version: int) -> str:
    return f"{source}-{version}"[-LONGEST_FOLIO:]

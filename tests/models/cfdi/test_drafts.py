"""What each kind of document says."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from models.cfdi.documents import DocumentKind, DocumentState, GlobalPeriod, Relation, TaxDocument
from models.cfdi.drafts import credit, general_public, income, payment
from models.cfdi.fiscal import Issuer, Receiver
from models.cfdi.global_invoice import Receipt
from models.cfdi.taxes import Terms
from models.money import Money
from models.selling.plans import Plan
from models.subscribing.invoices import Charge, Funding

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
LOCAL = datetime.fromisoformat("2026-11-20T12:00:00")
ISSUER = Issuer("EKU9003173C9", "ESCUELA KEMPER URGATE", "601", "06600")
ANA = Receiver("CUSC850516316", "ANA CRUZ SOLORZANO", "612", "45638", "I04")
PLAN = Plan("acme", "pro", "PRO", Money(14_900))


def document(source: str, centavos: int, uuid: str = "") -> TaxDocument:
    return TaxDocument(
        "acme",
        source,
        DocumentKind.INCOME,
        1,
        "s_1",
        DocumentState.STAMPED,
        Money(centavos),
        NOW,
        NOW,
        NOW,
        uuid=uuid,
    )


def test_a_charge_is_invoiced_at_what_was_charged() -> None:
    charge = Charge("ch_" + "x" * 60, Money(24_900), NOW, Funding.SPEI, "Plan | PRO\n anual")
    made = income(issuer=ISSUER, receiver=ANA, plan=PLAN, charge=charge, issued=LOCAL, version=3)
    assert (made.use, made.form_of_payment, made.lines[0].description) == ("I04", "03", "Plan PRO anual")
    assert made.lines[0].amount.total == 24_900
    assert len(made.folio) == 40
    assert made.folio.endswith("-3")


def test_the_description_falls_back_to_the_plan() -> None:
    made = income(issuer=ISSUER, receiver=ANA, plan=PLAN, charge=Charge("ch_1", Money(1), NOW), issued=LOCAL, version=1)
    assert made.lines[0].description == "Suscripción PRO"


def test_what_takes_back_or_settles_an_invoice_is_taxed_as_that_was_whatever_the_issuer_charges_since() -> None:
    border = replace(document("ch_1", 14_900, "U1"), terms=Terms(8))
    money = Charge("re_1", Money(5_000), NOW, Funding.CREDIT)
    made = credit(issuer=ISSUER, receiver=ANA, original=border, refund=money, issued=LOCAL, version=1)
    assert (made.terms, made.taxes.vat) == (Terms(8), 370)
    paid = payment(
        issuer=ISSUER,
        receiver=ANA,
        invoice=border,
        earlier=[],
        charge=money,
        paid_at=LOCAL,
        issued=LOCAL,
        version=1,
    )
    assert (paid.terms, paid.taxes.vat) == (Terms(8), 370)


@pytest.mark.parametrize("centavos", [14_900, 5_000])
def test_a_refund_is_an_egreso_related_to_its_invoice(centavos: int) -> None:
    refund = Charge("re_1", Money(centavos), NOW, Funding.CREDIT)
    made = credit(
        issuer=ISSUER,
        receiver=ANA,
        original=document("ch_1", 14_900, "U1"),
        refund=refund,
        issued=LOCAL,
        version=1,
    )
    assert (made.kind, made.use, made.related) == (DocumentKind.CREDIT, "G02", (Relation("01", "U1"),))
    assert (made.lines[0].product, made.lines[0].unit, made.lines[0].amount.total) == ("84111506", "ACT", centavos)


def test_a_refund_is_never_above_its_invoice() -> None:
    with pytest.raises(ValueError, match="above"):
        credit(
            issuer=ISSUER,
            receiver=ANA,
            original=document("ch_1", 14_900, "U1"),
            refund=Charge("re_1", Money(14_901), NOW),
            issued=LOCAL,
            version=1,
        )


def test_the_global_invoice_lists_each_sale_and_takes_the_form_of_the_largest_sum() -> None:
    receipts = [
        (Receipt(document(source, 30_000), left), form)
        for source, left, form in (("ch_1", 9_900, "04"), ("ch_2", 20_000, "28"), ("ch_3", 14_900, "04"))
    ]
    made = general_public(
        issuer=ISSUER, receipts=receipts, period=GlobalPeriod("04", "11", 2026), issued=LOCAL, folio="2026-11"
    )
    assert [(line.identification, line.amount.total) for line in made.lines] == [
        ("ch_1", 9_900),
        ("ch_2", 20_000),
        ("ch_3", 14_900),
    ]
    assert (made.form_of_payment, made.receiver.rfc, made.receiver.postal_code, made.use) == (
        "04",
        "XAXX010101000",
        "06600",
        "S01",
    )


def test_a_global_invoice_of_nothing_is_none() -> None:
    with pytest.raises(ValueError, match="at least one"):
        general_public(issuer=ISSUER, receipts=[], period=GlobalPeriod("04", "11", 2026), issued=LOCAL, folio="x")

"""Taxes as a CFDI states them, held against the books and put right in them."""

from dataclasses import replace
from datetime import UTC, datetime

from models.bookkeeping.books import Entry
from models.bookkeeping.ledger import Account, Fact, Kind, moves
from models.bookkeeping.stated_taxes import StatedTaxes, restated, stated_taxes, tax_differences
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.taxes import Taxes, Terms, Withholding
from models.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOTAL = 14_900
SIXTEEN, EIGHT = Terms(), Terms(8)


def entries(*facts: Fact) -> list[Entry]:
    return [
        Entry(
            "acme",
            0,
            fact.key,
            line,
            fact.kind,
            fact.subject,
            fact.subscription,
            fact.invoice,
            fact.charge,
            move.debit,
            move.credit,
            Money(move.centavos, fact.amount.currency),
            fact.at,
            NOW,
            "ana",
        )
        for fact in facts
        for line, move in enumerate(moves(fact))
    ]


PAID = Fact("acme", "s_1", Kind.PAID, "ch_1", Money(TOTAL), NOW, "in_1", "ch_1")
BACK = Fact("acme", "s_1", Kind.REFUNDED, "re_1", Money(5_000), NOW, "in_1", "ch_1")
DISPUTED = Fact("acme", "s_1", Kind.WITHDRAWN, "du_1", Money(TOTAL), NOW, "in_1", "ch_1")


def document(terms: Terms | None, kind: DocumentKind = DocumentKind.INCOME, centavos: int = TOTAL) -> TaxDocument:
    source = "re_1" if kind is DocumentKind.CREDIT else "ch_1"
    taxes = terms.split(centavos).taxes if terms else Taxes()
    made = (DocumentState.STAMPED, Money(centavos), NOW, NOW, NOW)
    return TaxDocument("acme", source, kind, 1, "s_1", *made, uuid="U", terms=terms, taxes=taxes)


def told(terms: Terms, kind: DocumentKind = DocumentKind.INCOME, centavos: int = TOTAL) -> StatedTaxes:
    found = stated_taxes(document(terms, kind, centavos))
    assert found is not None
    return found


def payable(*facts: Fact) -> int:
    return sum(
        e.amount.centavos * ((e.credit is Account.VAT_PAYABLE) - (e.debit is Account.VAT_PAYABLE))
        for e in entries(*facts)
    )


def test_books_that_say_what_the_cfdi_says_are_left_alone() -> None:
    assert restated(told(SIXTEEN), entries(PAID, BACK, DISPUTED)) is None
    assert restated(told(SIXTEEN, DocumentKind.CREDIT, 5_000), entries(PAID, BACK)) is None


def test_settings_put_right_before_the_cfdi_was_made_are_followed_once() -> None:
    fact = restated(told(EIGHT), entries(PAID, BACK, DISPUTED))
    assert fact is not None
    assert (fact.key, fact.invoice, fact.charge) == ("ch_1/income/v1/restated", "in_1", "ch_1")
    assert payable(PAID, fact) == EIGHT.split(TOTAL).vat
    assert restated(told(EIGHT), entries(PAID, BACK, fact)) is None
    # A substitute with other taxes is followed, too, from where the books stand then.
    again = restated(replace(told(SIXTEEN), document="ch_1/income/v2"), entries(PAID, BACK, fact))
    assert again is not None
    assert payable(PAID, fact, again) == SIXTEEN.split(TOTAL).vat


def test_credit_note_is_followed_at_the_expense_of_refunds() -> None:
    fact = restated(told(EIGHT, DocumentKind.CREDIT, 5_000), entries(PAID, BACK))
    assert fact is not None
    assert fact.kind is Kind.CREDIT_RESTATED
    assert payable(BACK, fact) == -EIGHT.split(5_000).vat
    assert {each.debit for each in moves(fact)} | {each.credit for each in moves(fact)} == {
        Account.REFUNDS,
        Account.VAT_PAYABLE,
    }


def test_company_that_gives_its_tax_data_after_paying_has_kept_tax_back() -> None:
    resico = Terms(16, Withholding.RESICO)
    fact = restated(told(resico), entries(PAID))
    assert fact is not None
    assert fact.correction == resico.split(TOTAL).taxes + -SIXTEEN.split(TOTAL).taxes
    moved = entries(PAID, fact)
    assert sum(e.amount.centavos for e in moved if e.debit is Account.ISR_WITHHELD) == resico.split(TOTAL).taxes.isr
    assert restated(told(resico), moved) is None


def test_what_was_left_of_a_sale_is_held_against_the_sale_and_its_refunds() -> None:
    left = TOTAL - 5_000
    cent = restated(told(SIXTEEN, centavos=left), entries(PAID, BACK))
    assert cent is not None
    assert cent.correction == Taxes(vat=1), "the CFDI says 13.66, the books 20.55 less 6.90"
    fact = restated(told(EIGHT, centavos=left), entries(PAID, BACK))
    assert fact is not None
    assert payable(PAID, BACK, fact) == EIGHT.split(left).vat


def test_money_that_the_books_do_not_have_is_not_judged() -> None:
    assert restated(told(EIGHT), []) is None
    assert restated(told(EIGHT, centavos=99), entries(PAID)) is None


def test_only_living_documents_that_tell_money_and_whose_taxes_are_known_are_told() -> None:
    assert stated_taxes(document(None)) is None
    assert stated_taxes(document(SIXTEEN, DocumentKind.DEFERRED)) is None
    assert stated_taxes(replace(document(SIXTEEN), state=DocumentState.CANCELLED)) is None
    assert told(SIXTEEN, DocumentKind.PAYMENT).taxes.vat == 2_055


def test_difference_names_the_document_the_tax_and_both_amounts() -> None:
    (line,) = tax_differences(entries(PAID), [told(EIGHT)])
    assert line.words == "ch_1/income/v1: vat: the books say $20.55 MXN, the CFDI $11.04 MXN"
    (back,) = tax_differences(entries(PAID, BACK), [told(EIGHT, DocumentKind.CREDIT, 5_000)])
    assert back.words == "re_1/credit/v1: vat: the books say -$6.90 MXN, the CFDI -$3.70 MXN"
    assert tax_differences(entries(PAID), [told(SIXTEEN)]) == ()

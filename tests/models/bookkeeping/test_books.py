"""The trial balance, and where the books and the provider's statement say different things."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.bookkeeping.books import Difference, Entry, differences, net, trial_balance
from models.bookkeeping.ledger import Account, Fact, Kind, moves
from models.bookkeeping.money_facts import invoice_facts, refund_facts
from models.bookkeeping.statement import StatedCharge, StatedDispute, StatedInvoice, StatedRefund, Statement
from models.money import Money
from models.subscribing.invoices import Charge, Invoice, InvoiceStatus, Refund

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PRICE = Money(14_900)
CHARGE = Charge("ch_1", PRICE, NOW)
PAID = Invoice("in_1", InvoiceStatus.PAID, PRICE, Money(0), NOW, charge=CHARGE)
OPEN = Invoice("in_2", InvoiceStatus.OPEN, PRICE, PRICE, NOW)
REFUND = Refund("re_1", "ch_1", "in_1", Money(5_000), NOW, "succeeded")
STATEMENT = Statement(
    None,
    (StatedInvoice(PAID, "cus_1"), StatedInvoice(OPEN, "cus_1")),
    (StatedCharge("ch_1", PRICE, NOW, "cus_1", "in_1"),),
    (StatedRefund(REFUND, "cus_1"),),
)


def entries(*facts: Fact) -> list[Entry]:
    lines = []
    for fact in facts:
        for line, move in enumerate(moves(fact)):
            amount = Money(move.centavos, fact.amount.currency)
            told = (fact.key, line, fact.kind, fact.subject, fact.subscription, fact.invoice, fact.charge)
            lines.append(Entry("acme", len(lines) + 1, *told, move.debit, move.credit, amount, fact.at, NOW, "ana"))
    return lines


BOOKS = entries(*(f for i in (PAID, OPEN) for f in invoice_facts("acme", "s", i)), *refund_facts("acme", "s", REFUND))


def test_trial_balance_shows_every_account_that_moved_by_currency_and_sums_to_zero() -> None:
    dollars = [replace(entry, amount=replace(entry.amount, currency="USD")) for entry in BOOKS]
    balances = trial_balance([*BOOKS, *dollars])
    assert {b.currency for b in balances} == {"MXN", "USD"}
    for currency in ("MXN", "USD"):
        mine = [b for b in balances if b.currency == currency]
        assert sum(b.net for b in mine) == 0
        assert [b.account for b in mine] == [a for a in Account if a in {b.account for b in mine}]
    (provider,) = [b for b in balances if (b.account, b.currency) == (Account.PROVIDER, "MXN")]
    assert (provider.debits, provider.credits, provider.net) == (14_900, 5_000, 9_900)
    assert net(BOOKS, Account.RECEIVABLE, "invoice") == {"in_1": Money(0), "in_2": PRICE}


def test_books_that_say_what_the_provider_says_show_no_difference() -> None:
    assert differences(BOOKS, STATEMENT) == ()


def test_each_kind_of_difference_is_named_with_both_sums() -> None:
    stranger = StatedCharge("ch_9", Money(777), NOW, "cus_1")
    dispute = StatedDispute("du_1", "ch_1", PRICE, NOW, "needs_response")
    more = replace(
        STATEMENT,
        invoices=(STATEMENT.invoices[0], StatedInvoice(replace(OPEN, due=Money(14_901)), "cus_1")),
        charges=(*STATEMENT.charges, stranger),
        refunds=(StatedRefund(replace(REFUND, amount=Money(5_001)), "cus_1"),),
        disputes=(dispute,),
    )
    assert differences(BOOKS, more) == (
        Difference("in_2", "receivable", PRICE, Money(14_901)),
        Difference("ch_9", "charge", None, Money(777)),
        Difference("re_1", "refund", Money(-5_000), Money(-5_001)),
        Difference("du_1", "dispute", None, Money(-14_900), "ch_1"),
    )
    words = differences(BOOKS, more)[1].words
    assert words == "ch_9: charge: the books say nothing, the provider $7.77 MXN"


def test_a_charge_without_an_invoice_differs_until_all_of_it_is_given_back() -> None:
    stray = StatedCharge("ch_9", Money(777), NOW, "cus_1")
    back = replace(REFUND, id="re_9", charge="ch_9", invoice="", amount=Money(777))

    def left(*refunds: Refund) -> list[str]:
        given = (*STATEMENT.refunds, *(StatedRefund(each, "cus_1") for each in refunds))
        found = differences(BOOKS, replace(STATEMENT, charges=(*STATEMENT.charges, stray), refunds=given))
        return [each.subject for each in found]

    assert left() == ["ch_9"]
    assert left(replace(back, amount=Money(776))) == ["ch_9"]
    assert left(replace(back, status="pending")) == ["ch_9"]
    assert left(back) == []


def test_what_the_provider_does_not_know_is_a_difference_too() -> None:
    found = {line.subject: line.provider for line in differences(BOOKS, Statement())}
    assert found == {"in_2": None, "ch_1": None, "re_1": None}
    assert all(line.kind is not Kind.VOIDED for line in BOOKS)


def test_statement_that_begins_later_leaves_what_was_before_alone() -> None:
    assert differences(BOOKS, Statement(NOW + timedelta(days=1))) == ()
    assert {line.subject for line in differences(BOOKS, Statement(NOW))} == {"ch_1", "re_1"}


def test_same_number_in_another_currency_is_a_difference() -> None:
    charge = replace(STATEMENT.charges[0], amount=Money(14_900, "USD"))
    assert [line.subject for line in differences(BOOKS, replace(STATEMENT, charges=(charge,)))] == ["ch_1"]

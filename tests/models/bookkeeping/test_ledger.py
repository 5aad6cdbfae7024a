"""What each fact moves between accounts, and that the order and repetition of facts change nothing."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bookkeeping.ledger import RULES, Account, Fact, Kind, moves, recoveries
from models.bookkeeping.money_facts import dispute_facts, invoice_facts, payment_fact, refund_facts
from models.bookkeeping.statement import StatedDispute
from models.cfdi.taxes import IVA, RATES, Taxes, Terms, Withholding
from models.money import Money
from models.subscribing.invoices import Charge, CreditNote, Funding, Invoice, InvoiceStatus, Refund

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOTAL, BASE, VAT = 14_900, 12_845, 2_055  # 149.00 pesos with 16 % inside
A, K = Account, Kind
EFFECTS: dict[Kind, dict[Account, int]] = {
    K.ISSUED: {A.RECEIVABLE: TOTAL, A.REVENUE: -BASE, A.VAT_UNCOLLECTED: -VAT},
    K.PAID: {A.PROVIDER: TOTAL, A.RECEIVABLE: -TOTAL, A.VAT_UNCOLLECTED: VAT, A.VAT_PAYABLE: -VAT},
    K.PAID_OUTSIDE: {A.BANK: TOTAL, A.RECEIVABLE: -TOTAL, A.VAT_UNCOLLECTED: VAT, A.VAT_PAYABLE: -VAT},
    K.CREDIT_USED: {A.CUSTOMER_CREDIT: TOTAL, A.RECEIVABLE: -TOTAL, A.VAT_UNCOLLECTED: VAT, A.VAT_PAYABLE: -VAT},
    K.CREDIT_RETURNED: {A.CUSTOMER_CREDIT: -TOTAL, A.RECEIVABLE: TOTAL, A.VAT_UNCOLLECTED: -VAT, A.VAT_PAYABLE: VAT},
    K.CREDITED: {A.REFUNDS: BASE, A.VAT_UNCOLLECTED: VAT, A.RECEIVABLE: -TOTAL},
    K.CREDITED_TO_BALANCE: {A.REFUNDS: BASE, A.VAT_PAYABLE: VAT, A.CUSTOMER_CREDIT: -TOTAL},
    K.CREDITED_OUTSIDE: {A.REFUNDS: BASE, A.VAT_PAYABLE: VAT, A.BANK: -TOTAL},
    K.CREDIT_VOIDED: {A.REFUNDS: -BASE, A.VAT_UNCOLLECTED: -VAT, A.RECEIVABLE: TOTAL},
    K.REFUNDED: {A.REFUNDS: BASE, A.VAT_PAYABLE: VAT, A.PROVIDER: -TOTAL},
    K.REFUND_RETURNED: {A.REFUNDS: -BASE, A.VAT_PAYABLE: -VAT, A.PROVIDER: TOTAL},
    K.WRITTEN_OFF: {A.BAD_DEBT: BASE, A.VAT_UNCOLLECTED: VAT, A.RECEIVABLE: -TOTAL},
    K.RECOVERED: {A.RECEIVABLE: TOTAL, A.RECOVERED_DEBT: -BASE, A.VAT_UNCOLLECTED: -VAT},
    K.VOIDED: {A.REVENUE: BASE, A.VAT_UNCOLLECTED: VAT, A.RECEIVABLE: -TOTAL},
    K.WITHDRAWN: {A.DISPUTED: TOTAL, A.PROVIDER: -TOTAL},
    K.REINSTATED: {A.DISPUTED: -TOTAL, A.PROVIDER: TOTAL},
    K.RESTATED: {A.REVENUE: VAT, A.VAT_PAYABLE: -VAT},
    K.CREDIT_RESTATED: {A.REFUNDS: VAT, A.VAT_PAYABLE: -VAT},
}
INVOICE = Invoice("in_1", InvoiceStatus.OPEN, Money(TOTAL), Money(TOTAL), NOW)
CHARGE = Charge("ch_1", Money(TOTAL), NOW + timedelta(minutes=1), Funding.CREDIT)


def fact(kind: Kind, centavos: int = TOTAL) -> Fact:
    if kind in (K.RESTATED, K.CREDIT_RESTATED):
        more = Taxes(vat=VAT if centavos == TOTAL else centavos)
        return Fact("acme", "s_1", kind, "ch_1/income/v1", Money(0), NOW, "in_1", correction=more)
    return Fact("acme", "s_1", kind, "in_1", Money(centavos), NOW, "in_1")


def effect(*facts: Fact) -> dict[Account, int]:
    nets: Counter[Account] = Counter()
    for each in facts:
        for move in moves(each):
            nets[move.debit] += move.centavos
            nets[move.credit] -= move.centavos
    return {account: net for account, net in nets.items() if net}


def booked(facts: list[Fact]) -> dict[Account, int]:
    """As a store books them: each once, and after each what follows from those of its invoice."""
    known: dict[str, Fact] = {}
    for each in facts:
        if moves(each):
            known.setdefault(each.key, each)
        for follows in recoveries([f for f in known.values() if f.invoice == each.invoice]):
            known.setdefault(follows.key, follows)
    return effect(*known.values())


@pytest.mark.parametrize("kind", Kind)
def test_each_fact_moves_what_the_table_says(kind: Kind) -> None:
    assert effect(fact(kind)) == EFFECTS[kind]
    assert kind.words


@given(st.sampled_from(list(Kind)), st.integers(-(10**9), 10**9))
def test_every_fact_sums_to_zero_and_moves_only_what_is_above_zero(kind: Kind, centavos: int) -> None:
    told = moves(fact(kind, centavos))
    assert sum(effect(fact(kind, centavos)).values()) == 0
    assert all(move.centavos > 0 and move.debit is not move.credit for move in told)
    assert bool(told) == bool(centavos)
    assert effect(fact(kind, centavos), fact(kind, -centavos)) == {}


OTHER_TERMS = [
    Terms(rate, withholding)
    for rate in RATES
    for withholding in Withholding
    if (rate, withholding) != (IVA, Withholding.NONE)
]


@pytest.mark.parametrize("terms", OTHER_TERMS, ids=str)
def test_tax_is_booked_as_the_cfdi_takes_it_apart_whatever_the_rate_and_whatever_is_kept_back(terms: Terms) -> None:
    taken = terms.split(TOTAL)
    owed, paid = (replace(fact(kind), terms=terms) for kind in (K.ISSUED, K.PAID))
    before, after = effect(owed), effect(owed, paid)
    kept = taken.taxes.isr + taken.taxes.withheld_vat
    assert before.get(A.RECEIVABLE, 0) == TOTAL, "the customer owes what the provider charges"
    assert (before.get(A.VAT_UNCOLLECTED, 0), before.get(A.TO_BE_WITHHELD, 0)) == (-taken.vat, kept)
    assert after == {
        account: net
        for account, net in {
            A.PROVIDER: TOTAL,
            A.REVENUE: -taken.base,
            A.VAT_PAYABLE: -taken.vat,
            A.ISR_WITHHELD: taken.taxes.isr,
            A.VAT_WITHHELD: taken.taxes.withheld_vat,
        }.items()
        if net
    }
    back = replace(fact(K.REFUNDED), terms=terms)
    assert effect(owed, paid, back) == {A.REVENUE: -taken.base, A.REFUNDS: taken.base}
    for ended in (K.VOIDED, K.WRITTEN_OFF, K.CREDITED):
        left = effect(owed, replace(fact(ended), terms=terms))
        assert set(left) <= {A.REVENUE, A.BAD_DEBT, A.REFUNDS}, ended
        assert sum(left.values()) == 0
    given_up = replace(fact(K.WRITTEN_OFF), terms=terms)
    recovered = recoveries([given_up, paid])
    told = effect(owed, given_up, paid, *recovered)
    assert told[A.RECOVERED_DEBT] == -told[A.BAD_DEBT] == -taken.base
    assert (told.get(A.VAT_UNCOLLECTED, 0), told.get(A.TO_BE_WITHHELD, 0)) == (0, 0)


@pytest.mark.parametrize("terms", [Terms(), *OTHER_TERMS], ids=str)
def test_terms_read_back_from_a_row_as_they_were_written(terms: Terms) -> None:
    assert Terms.parse(str(terms)) == terms
    assert Terms.parse("") == Terms(), "a row of a release that knew 16 % alone"


def test_every_kind_has_a_rule() -> None:
    assert set(RULES) == set(Kind) == set(EFFECTS)


def kinds(invoice: Invoice) -> dict[str, int]:
    return {each.key: each.amount.centavos for each in invoice_facts("acme", "s_1", invoice)}


def test_word_on_an_invoice_is_read_as_facts() -> None:
    assert kinds(replace(INVOICE, status=InvoiceStatus.DRAFT)) == {}
    assert kinds(INVOICE) == {"in_1/issued": TOTAL}
    paid = replace(INVOICE, status=InvoiceStatus.PAID, due=Money(0), charge=CHARGE, paid_at=CHARGE.created)
    assert kinds(paid) == {"in_1/issued": TOTAL, "ch_1/paid": TOTAL}
    outside = replace(paid, charge=None)
    assert kinds(outside) == {"in_1/issued": TOTAL, "out_in_1/paid-outside": TOTAL}
    given_up = replace(INVOICE, status=InvoiceStatus.UNCOLLECTIBLE, closed_at=NOW)
    assert kinds(given_up) == {"in_1/issued": TOTAL, "in_1/written-off": TOTAL}
    assert kinds(replace(paid, closed_at=NOW)) == {**kinds(given_up), "ch_1/paid": TOTAL}
    void = replace(INVOICE, status=InvoiceStatus.VOID, closed_at=NOW)
    assert kinds(void) == {"in_1/issued": TOTAL, "in_1/voided": TOTAL}


def test_credit_of_the_customer_and_credit_notes_leave_the_rest_to_be_paid() -> None:
    note = CreditNote("cn_1", NOW, due=900)
    taken_back = CreditNote("cn_2", NOW, due=100, voided=True)
    later = CreditNote("cn_3", NOW, to_balance=300, outside=200)
    invoice = replace(INVOICE, credit_used=4_000, credit_notes=(note, taken_back, later), due=Money(10_000))
    assert invoice.payable == 10_000
    paid = replace(invoice, status=InvoiceStatus.PAID, charge=replace(CHARGE, amount=Money(10_000)))
    told = invoice_facts("acme", "s_1", paid)
    assert effect(*told).get(Account.RECEIVABLE, 0) == 0
    assert kinds(paid) == {
        "in_1/issued": TOTAL,
        "in_1/credit-used": 4_000,
        "cn_1/credited": 900,
        "cn_2/credited": 100,
        "cn_2/credit-voided": 100,
        "cn_3/credited-to-balance": 300,
        "cn_3/credited-outside": 200,
        "ch_1/paid": 10_000,
    }
    void = replace(invoice, credit_notes=(note,), status=InvoiceStatus.VOID)
    assert effect(*invoice_facts("acme", "s_1", void)).get(Account.RECEIVABLE, 0) == 0
    assert effect(*invoice_facts("acme", "s_1", void)).get(Account.CUSTOMER_CREDIT, 0) == 0


def test_invoice_below_zero_becomes_the_customers_credit() -> None:
    credit = replace(INVOICE, status=InvoiceStatus.PAID, total=Money(-5_000), due=Money(0), credit_used=-5_000)
    told = effect(*invoice_facts("acme", "s_1", credit))
    assert told[Account.CUSTOMER_CREDIT] == -5_000
    assert Account.RECEIVABLE not in told


@pytest.mark.parametrize(
    ("status", "effect_on_provider"),
    [("succeeded", -5_000), ("pending", 0), ("requires_action", 0), ("failed", 0), ("canceled", 0)],
)
def test_refund_counts_once_the_money_is_back(status: str, effect_on_provider: int) -> None:
    refund = Refund("re_1", "ch_1", "in_1", Money(5_000), NOW, status)
    told = refund_facts("acme", "s_1", refund)
    assert effect(*told).get(Account.PROVIDER, 0) == effect_on_provider
    assert refund_facts("acme", "s_1", replace(refund, invoice="")) == ()


def test_refund_that_failed_counts_for_nothing_whether_or_not_it_was_booked_before() -> None:
    given = Refund("re_1", "ch_1", "in_1", Money(5_000), NOW, "succeeded")
    succeeded = refund_facts("acme", "s_1", given)
    failed = refund_facts("acme", "s_1", replace(given, status="failed"))
    assert booked([*succeeded, *failed]) == booked([*failed]) == booked([*failed, *succeeded]) == {}


@pytest.mark.parametrize(
    ("status", "disputed"),
    [("needs_response", TOTAL), ("under_review", TOTAL), ("lost", TOTAL), ("won", 0), ("warning_needs_response", 0)],
)
def test_dispute_moves_money_until_it_is_won_and_an_inquiry_moves_none(status: str, disputed: int) -> None:
    told = dispute_facts("acme", "s_1", "in_1", StatedDispute("du_1", "ch_1", Money(TOTAL), NOW, status))
    assert effect(*told).get(Account.DISPUTED, 0) == disputed


def test_payment_that_support_recorded_is_the_fact_that_the_provider_tells_of_the_invoice() -> None:
    ordered = payment_fact("acme", "s_1", "in_1", replace(CHARGE, id="out_in_1"), at=NOW, actor="ana")
    told = invoice_facts("acme", "s_1", replace(INVOICE, status=InvoiceStatus.PAID))[-1]
    assert ordered.key == told.key
    assert booked([ordered, told]) == booked([told, ordered]) == effect(told)


@st.composite
def days(draw: st.DrawFn) -> list[Fact]:
    """What the provider and people may tell about a few invoices and refunds, in any state."""
    facts: list[Fact] = []
    for n in range(draw(st.integers(1, 4))):
        total = draw(st.integers(1, 10**7))
        used = draw(st.integers(0, total))
        status = draw(st.sampled_from([s for s in InvoiceStatus if s is not InvoiceStatus.DRAFT]))
        charge = Charge(f"ch_{n}", Money(total - used), NOW, Funding.CREDIT) if draw(st.booleans()) else None
        closed = NOW if status is not InvoiceStatus.OPEN and draw(st.booleans()) else None
        facts += invoice_facts(
            "acme",
            "s_1",
            Invoice(
                f"in_{n}",
                status,
                Money(total),
                Money(0),
                NOW,
                charge=charge if status is InvoiceStatus.PAID else None,
                credit_used=used,
                closed_at=closed,
            ),
        )
        refund = Refund(f"re_{n}", f"ch_{n}", f"in_{n}", Money(draw(st.integers(1, total))), NOW, "succeeded")
        facts += refund_facts("acme", "s_1", replace(refund, status=draw(st.sampled_from(["succeeded", "failed"]))))
    return facts


@given(days(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_facts_gives_the_same_balance(facts: list[Fact], chance: random.Random) -> None:
    shuffled = [*facts, *chance.choices(facts, k=len(facts))]
    chance.shuffle(shuffled)
    assert booked(shuffled) == booked(facts)
    assert sum(booked(facts).values()) == 0


@given(days())
def test_what_is_settled_given_up_or_void_leaves_nothing_receivable(facts: list[Fact]) -> None:
    ended = {Kind.PAID, Kind.PAID_OUTSIDE, Kind.WRITTEN_OFF, Kind.VOIDED}
    over = {each.invoice for each in facts if each.kind in ended}
    assert booked([each for each in facts if each.invoice in over]).get(Account.RECEIVABLE, 0) == 0

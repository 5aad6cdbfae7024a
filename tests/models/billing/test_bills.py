"""Bills: what packages take off them, and how things of several rates of VAT are taxed together."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.billing.bill_lines import insist_on_a_total
from models.billing.bills import Bill, BillLine, BillStatus, Cover, charge_lines, covered, is_bill, taxed
from models.cfdi.concepts import concepts
from models.cfdi.taxes import Share, Terms, apportioned, split
from models.people import FieldInvalid
from models.refusals import Refusal, reason
from models.subscribing.subscriptions import Status

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
VISIT = BillLine("Consulta general", 3, 40_000, code="consulta")
DENTAL = BillLine("Limpieza dental", 1, 100_000, code="limpieza-dental")
FOOD = BillLine("Alimento", 2, 33_333, code="alimentos", vat="16")
DRUG = BillLine("Antibiótico", 1, 5_001, vat="0")


def bill(*lines: BillLine) -> Bill:
    return Bill("acme", "b_1", "c_1", lines, NOW)


def test_an_included_unit_costs_nothing_and_is_given_once() -> None:
    covers = (Cover("s_luna", "consulta", "2026-08-01", 100, left=2, most=4),)
    (line,) = covered((VISIT,), covers)
    assert [(each.units, each.off) for each in line.applied] == [(2, 80_000)]
    assert line.total == 40_000
    first, second = covered((replace(VISIT, quantity=1), VISIT), covers)
    assert (first.total, second.total) == (0, 80_000)


def test_a_fifth_off_is_as_often_as_needed_and_rounded_half_up() -> None:
    cover = Cover("s_luna", "limpieza-dental", "2026-08-01", 20, left=None)
    (line,) = covered((DENTAL,), (cover,))
    assert line.total == 80_000
    (odd,) = covered((replace(DENTAL, price=333),), (cover,))
    assert odd.applied[0].off == 67


def test_the_greater_benefit_goes_first() -> None:
    covers = (Cover("s_a", "consulta", "w", 20, left=None), Cover("s_b", "consulta", "w", 100, left=1))
    (line,) = covered((VISIT,), covers)
    assert [(each.subscription, each.units) for each in line.applied] == [("s_b", 1), ("s_a", 2)]
    assert line.total == 64_000


@pytest.mark.parametrize(
    ("centavos", "currency", "why"),
    [
        (0, "MXN", ""),
        (1, "MXN", "too_little"),
        (999, "MXN", "too_little"),
        (1_000, "MXN", ""),
        (999, "USD", ""),
        (99_999_999, "MXN", ""),
        (100_000_000, "MXN", "too_much"),
        (100_000_000, "USD", "too_much"),
    ],
)
def test_a_bill_comes_to_nothing_or_to_what_can_be_collected(centavos: int, currency: str, why: str) -> None:
    made = replace(bill(BillLine("Consulta", 1, centavos + 500, discount=500)), currency=currency)
    if not why:
        insist_on_a_total(made)
        return
    with pytest.raises(FieldInvalid) as refused:
        insist_on_a_total(made)
    told = reason(refused.value)
    assert isinstance(told, Refusal)
    assert (refused.value.field, told.code) == ("lines", why)
    assert str(made.total) in told
    assert str(made.total) in told.spanish


def test_what_no_package_covers_stays_as_it_is() -> None:
    assert covered((FOOD,), (Cover("s_a", "consulta", "w", 100, left=1),)) == (FOOD,)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((VISIT,), Terms(16)),
        ((DRUG,), Terms(0)),
        ((VISIT, DRUG, FOOD), Terms(16, shares=(Share(16, 186_666), Share(0, 5_001)))),
    ],
)
def test_a_bill_is_taxed_as_the_catalogue_says_of_each_line(lines: tuple[BillLine, ...], told: Terms) -> None:
    assert taxed(bill(*lines), Terms(16)) == told
    assert Terms.parse(str(told)) == told


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=4), st.integers(1, 10**8))
def test_parts_of_a_mixed_sale_come_to_it_whatever_it_is(shares: list[int], total: int) -> None:
    rates = (16, 0, None, 8)
    terms = Terms(16, shares=tuple(Share(rates[n], amount) for n, amount in enumerate(shares)))
    assert sum(part.total for part in terms.parts(total)) == total == terms.split(total).total
    assert sum(apportioned(shares, total)) == total


def test_the_tax_invoice_has_the_bills_lines_each_by_its_own_keys_and_rate() -> None:
    sold = bill(
        covered((VISIT,), (Cover("s", "consulta", "w", 100, left=1),))[0], replace(DRUG, product_key="51101500")
    )
    usual = Terms(16)
    found = concepts(charge_lines(sold, sold.total.centavos, usual), sold.total.centavos, taxed(sold, usual)) or []
    assert [(each.description, each.product, each.amount) for each in found] == [
        ("3 × Consulta general", "81112500", split(80_000)),
        ("Antibiótico", "51101500", split(5_001, 0)),
    ]
    assert found[0].discount == split(120_000).base - split(80_000).base


def test_what_was_given_back_before_is_off_all_lines() -> None:
    sold = bill(VISIT, DRUG)
    left = sold.total.centavos - 1_000
    found = concepts(charge_lines(sold, left, Terms(16)), left, taxed(sold, Terms(16))) or []
    assert sum(each.amount.total for each in found) == left


@pytest.mark.parametrize(
    ("status", "account"),
    [
        (BillStatus.DRAFT, Status.INCOMPLETE),
        (BillStatus.OPEN, Status.ACTIVE),
        (BillStatus.OVERDUE, Status.PAST_DUE),
        (BillStatus.PAID, Status.CANCELED),
        (BillStatus.VOID, Status.CANCELED),
        (BillStatus.WRITTEN_OFF, Status.CANCELED),
    ],
)
def test_an_account_says_whether_a_bill_is_still_owed(status: BillStatus, account: Status) -> None:
    assert status.account is account


def test_bills_are_told_apart_by_their_names() -> None:
    assert is_bill("b_1")
    assert not is_bill("s_1")
    assert bill(VISIT, DRUG).title == "3 × Consulta general y 1 más"

"""Several lines on one charge: whatever they are, the invoice's sums are exact."""

import random

import pytest

from models.cfdi.concepts import concepts
from models.cfdi.taxes import RATES, USUAL, Terms, Withholding, tolerated
from models.subscribing.invoices import ChargeLine


def line(amount: int, discount: int = 0, description: str = "PRO") -> ChargeLine:
    return ChargeLine(description, amount, discount)


@pytest.mark.parametrize("rate", RATES)
def test_random_lines_with_coupons_and_credits_add_up_to_the_centavo(rate: int | None) -> None:
    chance = random.Random(20261121)
    judged = 0
    for _ in range(3_000):
        lines = [line(amount, chance.randint(0, amount)) for amount in _amounts(chance)]
        net = sum(each.amount - each.discount for each in lines)
        if net > 1 and chance.random() < 0.5:
            lines.append(line(-chance.randint(1, net - 1)))  # unused time
        total = sum(each.amount - each.discount for each in lines)
        made = concepts(lines, total, Terms(rate))
        if total <= 0:
            assert made is None
            continue
        judged += 1
        assert made
        assert sum(each.amount.total for each in made) == total
        assert sum(each.amount.base + each.amount.vat for each in made) == total
        for each in made:
            assert each.amount.base > 0
            assert each.discount >= 0
            assert tolerated(each.amount.base, each.amount.vat, (rate or 0) * 10_000)
    assert judged > 2_500


def _amounts(chance: random.Random) -> list[int]:
    return [chance.choice((1, 2, 99, 14_900, chance.randint(1, 500_000))) for _ in range(chance.randint(1, 8))]


def test_a_coupon_is_the_discount_of_its_line() -> None:
    plan, extra = concepts([line(14_900, 2_980), line(5_000)], 16_920, USUAL) or []
    assert (plan.amount.total, plan.amount.base, plan.discount) == (11_920, 10_276, 2_569)
    assert plan.amount.base + plan.discount == 12_845  # what 149.00 is without tax
    assert (extra.amount.total, extra.discount) == (5_000, 0)


def test_unused_time_is_a_discount_on_what_was_sold_instead() -> None:
    made = concepts([line(-7_450, description="unused time on PRO"), line(30_000), line(10_000)], 32_550, USUAL) or []
    assert [each.amount.total for each in made] == [24_412, 8_138]
    assert all(each.discount for each in made)


def test_a_line_given_away_has_no_concept() -> None:
    made = concepts([line(14_900), line(5_000, 5_000)], 14_900, USUAL) or []
    assert [each.amount.total for each in made] == [14_900]


@pytest.mark.parametrize(
    "lines",
    [[], [line(14_900), line(5_000)], [line(14_900, 15_000), line(20_000)], [line(-14_900)]],
    ids=["none", "a balance was used too", "more discount than price", "nothing sold"],
)
def test_lines_that_do_not_come_to_the_charge_are_left_alone(lines: list[ChargeLine]) -> None:
    assert concepts(lines, 19_899, USUAL) is None


def test_withholding_is_taken_line_by_line_and_the_total_stays() -> None:
    made = concepts([line(14_900), line(99_99)], 24_899, Terms(16, Withholding.PROFESSIONAL)) or []
    assert sum(each.amount.total for each in made) == 24_899
    assert all(len(each.amount.withheld) == 2 for each in made)

"""A virtual year: the same people with the same luck under each policy, the same result however the work is shared."""

from dataclasses import replace

import pytest

from models.policies.presets import preset
from models.simulating.comparison import against, figures, quantile
from models.simulating.population import Population, PopulationInvalid, behaviour, listed, shipped_page
from models.simulating.simulation import BLOCKS, Sums, block, blocks

MEXICO = behaviour(shipped_page())
PEOPLE = Population(MEXICO, 600)
RUTHLESS, GENTLE = preset("ruthless"), preset("gentle-28d")


def lived(population: Population, *policies: str, seed: int = 3) -> list[list[Sums]]:
    """Blocks by policy."""
    found = [block(part, population, [preset(p) for p in policies], seed) for part in blocks(population.count)]
    return [[of_block[number] for of_block in found] for number in range(len(policies))]


def changed(**more: object) -> Population:
    return replace(PEOPLE, behaviour=MEXICO.model_copy(update=more))


def test_a_block_comes_to_the_same_alone_and_among_others() -> None:
    together = block(range(200), PEOPLE, [RUTHLESS, GENTLE], 3)
    apart = [block(range(first, first + 50), PEOPLE, [RUTHLESS, GENTLE], 3) for first in range(0, 200, 50)]
    for number in range(2):
        total = Sums()
        for part in apart:
            total.add(part[number])
        assert total == together[number]


def test_a_policy_comes_to_the_same_alone_and_beside_others() -> None:
    assert block(range(100), PEOPLE, [GENTLE], 3)[0] == block(range(100), PEOPLE, [RUTHLESS, GENTLE], 3)[1]


def test_another_seed_is_another_year() -> None:
    assert block(range(100), PEOPLE, [GENTLE], 3) != block(range(100), PEOPLE, [GENTLE], 4)


def test_every_customer_is_in_one_block() -> None:
    for count in (1, 99, 100, 101, 100_000):
        parts = blocks(count)
        assert [n for part in parts for n in part] == list(range(count))
        assert len(parts) <= BLOCKS


def test_the_sums_of_a_year_add_up() -> None:
    for policy in ("ruthless", "alpha-runbook", "standard-21d", "gentle-28d"):
        year = figures(policy, lived(PEOPLE, policy)[0])
        assert year.cases > 50
        assert sum(cases for cases, *_ in year.by_class.values()) == year.cases
        assert sum(recovered for _, recovered, *_ in year.by_class.values()) == round(year.recovery.value * year.cases)
        assert sum(regained for *_, regained in year.by_class.values()) == year.recovered_centavos
        assert 0 < sum(year.regained) <= year.recovered_centavos  # the rest came after the year's end
        assert sum(year.cash) >= sum(year.regained)
        assert year.recovery.low <= year.recovery.value <= year.recovery.high
        assert 0 < year.median_days <= year.p90_days <= 60


def test_whom_nobody_refuses_nobody_duns() -> None:
    year = figures("ruthless", lived(changed(risk={"0.0": 1.0}), "ruthless")[0])
    assert (year.cases, year.messages, year.charges) == (0, 0, 0)
    assert year.renewals == 600 * 12


def test_where_nothing_helps_nothing_is_recovered() -> None:
    lost = changed(declines={"lost_card": 1.0}, acts_on={}, pays_unasked=0.0, leaves_annoyed=0.0, risk={"0.3": 1.0})
    year = figures("ruthless", lived(lost, "ruthless")[0])
    assert year.recovered_centavos == 0
    assert year.charges == 0  # a lost card is not tried again
    assert year.involuntary_churn.value > 0.9


def test_money_that_comes_on_paydays_is_found_by_the_policy_that_waits_for_them() -> None:
    poor = changed(declines={"insufficient_funds": 1.0}, acts_on={}, pays_unasked=0.0, risk={"0.2": 1.0})
    ruthless, gentle = lived(poor, "ruthless", "gentle-28d")
    found = against("ruthless", "gentle-28d", ruthless, gentle)
    assert found.recovery_by_amount.low > 0.2
    assert "recovers more than ruthless; loses fewer customers" in found.words


def test_a_policy_against_itself_makes_no_difference() -> None:
    sums = lived(PEOPLE, "ruthless")[0]
    found = against("a", "b", sums, sums)
    assert found.recovery.value == found.recovery.high == 0.0
    assert "no difference that could be told from chance" in found.words


def test_customers_of_a_file_are_simulated_as_they_are_listed() -> None:
    people = listed("\ufeffamount,day,risk,decline,paid\n149.00,15,1,lost_card,quincena\n99.5,1,0,,month\n", MEXICO)
    assert [(p.price, p.day, p.risk, p.decline, p.paid) for p in people] == [
        (14_900, 15, 1.0, "lost_card", "quincena"),
        (9_950, 1, 0.0, "", "month"),
    ]
    sums = block(range(2), Population(MEXICO, 2, people), [RUTHLESS], 1)[0]
    assert sums.by_class["hard"][0] == sums.cases >= 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,price\nx,3\n", "at least the column amount"),
        ("amount\nmuch\n", "row 2: amount, day, customer_days and risk are numbers"),
        ("amount,day\n10.00,31\n", "row 2: give an amount above 0, a day from 1 to 28"),
        ("amount,paid\n10.00,1\n10.00,weekly\n", "row 2"),
    ],
)
def test_a_file_that_cannot_be_simulated_is_explained(text: str, says: str) -> None:
    with pytest.raises(PopulationInvalid, match=says):
        listed(text, MEXICO)


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("- a", "a population is a mapping"),
        ("name: [", "not YAML"),
        (shipped_page().replace("fatigue: 0.80", "fatigue: 80"), "fatigue: input should be less than or equal to 1"),
        (shipped_page().replace("fatigue:", "tired:"), "fatigue: is missing"),
        (shipped_page().replace("fatigue:", "tired:"), "tired: unknown field"),
        (shipped_page().replace("quincena: 75", "week: 75"), "'week' is no rhythm of wages"),
        (shipped_page().replace("[0.62, 0.55", "[0.62, 0.95"), "each day at most the day before"),
        (shipped_page().replace("America/Mexico_City", "America/Tenochtitlan"), "is no time zone"),
        (shipped_page().replace('"0.25": 10', '"2.5": 10'), "'2.5' is no chance"),
    ],
)
def test_assumptions_that_make_no_sense_are_explained(page: str, says: str) -> None:
    with pytest.raises(PopulationInvalid, match=says):
        behaviour(page)


@pytest.mark.parametrize(
    ("counts", "share", "bucket"),
    [([0, 0], 0.5, 0.0), ([4], 0.5, 1.0), ([1, 1, 1, 1], 0.5, 2.0), ([1, 1, 1, 7], 0.9, 4.0), ([9, 1], 0.9, 1.0)],
)
def test_the_bucket_in_which_a_share_is_reached(counts: list[int], share: float, bucket: float) -> None:
    assert quantile(counts, share) == bucket

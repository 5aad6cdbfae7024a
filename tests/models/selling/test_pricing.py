"""A price list shows what is sold, what a year saves, and how the plans compare."""

from models import shipped
from models.money import Money
from models.selling.catalog_file import parse
from models.selling.plans import Feature, Interval, Limit, Plan
from models.selling.pricing import Tier, best_saving, compared, switchable, tiers


def sold(catalog: str) -> tuple[Tier, ...]:
    page = shipped.page("catalogs", catalog)
    assert page is not None
    return tiers(parse(page, "acme").plans)


def test_the_first_business_sells_one_plan_and_says_what_its_year_saves() -> None:
    (pro,) = sold("contabilidad-pyme")
    assert [pro.at(interval).price.centavos for interval in Interval] == [14_900, 120_000]
    assert pro.saving is not None
    assert (pro.saving.amount, pro.saving.percent, pro.saving.months) == (Money(58_800), 33, 4)
    assert best_saving([pro]) == pro.saving
    assert switchable([pro])


def test_a_year_that_saves_nothing_promises_nothing() -> None:
    listed = sold("software-veterinario")
    assert [tier.at(Interval.MONTH).name for tier in listed] == ["Básico", "Profesional", "Clínica", "Hospital"]
    assert best_saving(listed) is None
    assert switchable(listed)


def test_what_is_sold_at_one_interval_alone_is_shown_at_it_whatever_was_chosen() -> None:
    listed = sold("clinica-veterinaria")
    assert {tier.at(Interval.MONTH).interval for tier in listed} == {Interval.YEAR}
    assert not switchable(listed)
    assert all(tier.saving is None for tier in listed)


def test_what_is_no_longer_sold_is_not_shown_and_the_rest_keeps_its_order() -> None:
    plans = [
        Plan("acme", "b", "B", Money(2), position=2),
        Plan("acme", "old", "Old", Money(9), position=0, archived=True),
        Plan("acme", "a", "A", Money(1), position=1),
    ]
    assert [tier.at(Interval.MONTH).code for tier in tiers(plans)] == ["a", "b"]


def test_limits_come_before_features_and_what_a_plan_lacks_is_seen() -> None:
    users, api = Limit("users", 5), Feature("api")
    small, large = Plan("acme", "s", "S", Money(1)), Plan("acme", "l", "L", Money(2), limits=(users,), features=(api,))
    assert [row.cells for row in compared([small, large])] == [(None, users), (False, True)]
    assert compared([large]) == (), "nothing to compare it with"

"""Catalogues are data: what would change, what the shipped ones say to the centavo, and how mistakes are explained."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from satcfdi.catalogs import select_all

from models import shipped
from models.money import Money, in_pesos, of_pesos
from models.selling.catalog import Catalog, Verb, applied, changes
from models.selling.catalog_export import write
from models.selling.catalog_file import CatalogInvalid, parse, schema
from models.selling.items import Item, ItemKind, Rate
from models.selling.plans import Benefit, Interval, Limit, Plan, PlanKind, TrialEnd, saving
from models.speaking.notices import Language
from models.words import Words

DOCS = Path(__file__).parents[3] / "docs"
CATALOGS = shipped.names("catalogs")


def catalog(name: str) -> Catalog:
    page = shipped.page("catalogs", name)
    assert page is not None
    return parse(page, "acme")


def test_the_accounting_service_is_sold_as_the_source_says() -> None:
    monthly, yearly = catalog("contabilidad-pyme").plans
    assert (monthly.code, monthly.price, monthly.interval) == ("pro", Money(14_900), Interval.MONTH)
    assert (yearly.code, yearly.price, yearly.interval) == ("pro-anual", Money(120_000), Interval.YEAR)
    assert {(p.family, p.trial_days, p.card_required, p.product_key) for p in (monthly, yearly)} == {
        ("pro", 7, True, "81112500")
    }
    saved = saving(monthly.price, yearly.price)
    assert saved is not None
    assert (saved.amount, saved.percent, saved.months) == (Money(58_800), 33, 4)
    assert 12 * monthly.price.centavos == 178_800


def test_the_document_service_has_the_plans_and_limits_that_the_source_names() -> None:
    plans = catalog("gestion-documental").plans
    assert [plan.name for plan in plans] == ["TRIAL", "STARTER", "PRO", "ENTERPRISE"]
    for plan in plans:
        assert [(each.code, each.monthly, each.unit) for each in plan.limits] == [
            ("documents", True, ""),
            ("storage", False, "GB"),
            ("users", False, ""),
        ]


FIRST = ["expedientes", "citas", "vacunacion"]
SECOND = [*FIRST, "hospitalizacion", "laboratorio", "whatsapp"]
THIRD = [*SECOND, "ia", "reportes", "integraciones"]


@pytest.mark.parametrize(
    ("tier", "pesos", "pets", "vets", "features"),
    [
        ("basico", 499, 100, 2, FIRST),
        ("profesional", 999, 500, 5, SECOND),
        ("clinica", 1_999, None, 10, THIRD),
        ("hospital", 3_999, None, None, [*THIRD, "sucursales", "api", "soporte"]),
    ],
)
def test_software_for_clinics_is_sold_as_the_source_says(
    tier: str, pesos: int, pets: int | None, vets: int | None, features: list[str]
) -> None:
    monthly, yearly = (plan for plan in catalog("software-veterinario").plans if plan.family == tier)
    assert (monthly.price, monthly.interval, monthly.trial_days) == (Money(pesos * 100), Interval.MONTH, 14)
    assert (yearly.price, yearly.interval) == (Money(12 * pesos * 100), Interval.YEAR)
    assert {limit.code: limit.most for limit in monthly.limits} == {"pets": pets, "vets": vets}
    assert [feature.code for feature in monthly.features] == features


RANGES = {
    "consulta": [("", 350, 500)],
    "emergencia": [("", 500, 800)],
    "vacunacion": [("", 150, 300)],
    "desparasitacion": [("", 100, 200)],
    "hospitalizacion": [("perro", 400, 800), ("gato", 300, 500), ("exótico", 500, 1_000)],
    "esterilizacion": [("perro-macho", 800, 1_500), ("perro-hembra", 1_200, 2_500), ("gato", 600, 1_200)],
    "limpieza-dental": [("", 800, 1_500)],
    "examen-sangre": [],
    "examen-orina": [],
    "medicamentos": [],
    "alimentos": [],
    "accesorios": [],
}


def test_a_clinic_sells_its_services_at_the_ranges_of_the_source() -> None:
    found = {
        item.code: [(r.holds_for, r.low.centavos // 100, r.high.centavos // 100) for r in item.rates]
        for item in catalog("clinica-veterinaria").items
    }
    assert found == RANGES


@pytest.mark.parametrize(
    ("tier", "low", "high", "includes"),
    [
        (
            "cachorro",
            3_500,
            4_500,
            [("consulta", 4), ("vacunacion", None), ("desparasitacion", 4), ("esterilizacion", 1)],
        ),
        ("adulto", 2_000, 3_000, [("consulta", 2), ("vacunacion", None), ("desparasitacion", 2)]),
        (
            "senior",
            4_000,
            5_500,
            [
                ("consulta", 4),
                ("vacunacion", None),
                ("desparasitacion", 4),
                ("examen-sangre", None),
                ("examen-orina", None),
            ],
        ),
    ],
)
def test_wellness_plans_include_what_the_source_says(
    tier: str, low: int, high: int, includes: list[tuple[str, int | None]]
) -> None:
    (plan,) = (plan for plan in catalog("clinica-veterinaria").plans if plan.family == tier)
    assert (plan.kind, plan.interval) == (PlanKind.PACKAGE, Interval.YEAR)
    assert (plan.price, plan.highest) == (Money(low * 100), Money(high * 100))
    assert [(each.service, each.units) for each in plan.benefits if each.percent_off == 100] == includes
    cheaper = [(each.service, each.percent_off) for each in plan.benefits if each.percent_off < 100]
    assert cheaper == ([("limpieza-dental", 20)] if tier == "adulto" else [])


def test_the_inventory_service_has_the_plans_and_the_trial_that_the_source_names() -> None:
    found = [(plan.code, plan.trial_days, plan.card_required) for plan in catalog("inventarios").plans]
    assert found == [("starter", 14, False), ("professional", 14, False), ("enterprise", 14, False)]


@pytest.mark.parametrize("name", CATALOGS)
def test_a_shipped_catalogue_follows_the_schema_and_the_sat(name: str) -> None:
    Draft202012Validator(schema()).validate(yaml.safe_load(shipped.page("catalogs", name) or ""))
    products, units = select_all("C756_c_ClaveProdServ"), select_all("C756_c_ClaveUnidad")
    for offer in (*catalog(name).plans, *catalog(name).items):
        assert offer.product_key in products
        assert offer.unit_key in units


def test_the_published_schema_is_the_one_in_the_code() -> None:
    published = (DOCS / "catalog.schema.json").read_text(encoding="utf-8")
    assert json.loads(published) == schema(), "write it anew: perdura catalog schema > docs/catalog.schema.json"


codes = st.sampled_from(["a", "b", "c", "d"])
texts = st.sampled_from(["Uno", "Dos"])
words = st.builds(Words, texts, st.sampled_from(["", "One"]))
amounts = st.sampled_from([Money(0), Money(14_900), Money(19_999)])
rates = st.lists(
    st.builds(
        lambda low, more, species: Rate(low, replace(low, centavos=low.centavos + more), species),
        amounts,
        st.sampled_from([0, 10_000]),
        st.sampled_from(["perro", "gato"]),
    ),
    max_size=2,
    unique_by=lambda rate: rate.species,
).map(tuple)
families = st.builds(
    lambda tier, name, prices, days, card, end, package, **more: [
        Plan(
            "acme",
            tier if interval is Interval.MONTH else f"{tier}-anual",
            name,
            price,
            interval,
            tier=tier,
            trial_days=0 if package else days,
            card_required=card or package or not days,
            without_card=TrialEnd.PAUSE if card or package or not days else end,
            kind=PlanKind.PACKAGE if package else PlanKind.PLAN,
            benefits=(Benefit("s", 4, 100, Words("Consulta")), Benefit("t", None, 20, Words("x"))) if package else (),
            limits=() if package else (Limit("users", 5, Words("usuarios", "users"), True, "GB"),),
            **more,
        )
        for interval, price in prices.items()
    ],
    codes,
    texts,
    st.sampled_from(
        [
            {Interval.MONTH: Money(14_900)},
            {Interval.MONTH: Money(0), Interval.YEAR: Money(0)},
            {Interval.YEAR: Money(9)},
        ]
    ),
    st.sampled_from([0, 14]),
    st.booleans(),
    st.sampled_from(TrialEnd),
    st.booleans(),
    description=words,
    product_key=st.sampled_from(["81112500", "70122009"]),
)
items = st.builds(
    Item, st.just("acme"), codes, texts, st.just(ItemKind.PRODUCT), st.just("70122009"), rates, st.just("H87"), words
)
SERVICES = [Item("acme", code, code, ItemKind.SERVICE, "70122009") for code in ("s", "t")]


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    """Catalogues as a page could have them: packages behind plans, each code once, places in order."""
    chosen = draw(st.lists(families, max_size=3, unique_by=lambda family: family[0].family))
    plans = [plan for family in sorted(chosen, key=lambda f: f[0].kind is PlanKind.PACKAGE) for plan in family]
    goods = [
        replace(each, code=f"p-{each.code}") for each in draw(st.lists(items, max_size=3, unique_by=lambda i: i.code))
    ]
    return Catalog(
        tuple(replace(plan, position=n) for n, plan in enumerate(plans, start=1)),
        tuple(replace(item, position=n) for n, item in enumerate((*SERVICES, *goods), start=1)),
    )


@given(st.lists(catalogs(), min_size=1, max_size=4))
def test_changes_lead_to_what_is_wanted_and_lose_nothing(history: list[Catalog]) -> None:
    have = Catalog()
    for wanted in history:
        orders = changes(have, wanted)
        assert (orders == ()) == (have.sold == wanted.sold)
        after = applied(have, orders)
        assert after.sold == wanted
        assert changes(after, wanted) == ()
        assert {p.code for p in have.plans} <= {p.code for p in after.plans}
        assert {i.code for i in have.items} <= {i.code for i in after.items}
        for order in orders:
            assert order.before is None or order.after is None or order.told() or order.verb is Verb.RESTORE
        have = after


@settings(max_examples=30)
@given(catalogs())
def test_a_catalogue_that_is_written_reads_as_itself(wanted: Catalog) -> None:
    page = write(wanted)
    assert parse(page, "acme") == wanted
    Draft202012Validator(schema()).validate(yaml.safe_load(page))


@given(st.integers(0, 99_999_999_999))
def test_an_amount_that_is_written_reads_as_itself(centavos: int) -> None:
    assert of_pesos(in_pesos(Money(centavos))) == Money(centavos)


def test_each_kind_of_change_is_told_by_name() -> None:
    before = catalog("contabilidad-pyme")
    monthly, yearly = before.plans
    dearer = replace(monthly, price=Money(19_900))
    after = Catalog((dearer, replace(yearly, name="PRO anual")))
    told = {change.offer.code: (change.verb, change.told()) for change in changes(before, after)}
    assert told == {
        "pro": (Verb.REPRICE, ["price: $149.00 MXN → $199.00 MXN"]),
        "pro-anual": (Verb.CHANGE, ["name: PRO → PRO anual"]),
    }
    gone = applied(before, changes(before, Catalog((monthly,))))
    assert {plan.code: plan.archived for plan in gone.plans} == {"pro": False, "pro-anual": True}
    assert [change.verb for change in changes(gone, before)] == [Verb.RESTORE]


ONE = {"code": "a", "name": "A", "prices": {"month": "149.00"}}
SERVICE = {"code": "s", "name": "S"}


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("plans: [", "not YAML"),
        ("- a list", "a catalogue is a mapping"),
        ({"plan": []}, "plan: is unknown here; known are currency, fiscal"),
        ({"currency": "pesos"}, "currency: 'pesos' is no currency"),
        ({"fiscal": {"product_key": 81112500}}, "fiscal.product_key: '81112500' is no key; write the 8 digits"),
        ({"plans": [{**ONE, "code": "p q"}]}, "plans.0.code (p q): 'p q' is no code"),
        ({"plans": [{**ONE, "prices": {"month": 149.0}}]}, "plans.0.prices.month (a): '149.0' is no amount"),
        ({"plans": [{**ONE, "prices": {"month": "149"}}]}, "write pesos with centavos in quotes"),
        ({"plans": [{**ONE, "prices": {}}]}, "plans.0.prices (plan a): give a price"),
        ({"plans": [{"code": "a", "name": "A"}]}, "plans.0.prices (a): is missing"),
        ({"plans": [{**ONE, "trial": {"days": 0}}]}, "plans.0.trial.days (a): input should be greater"),
        ({"plans": [{**ONE, "name": "a|b"}]}, "plans.0.name (a)"),
        ({"plans": [ONE, ONE]}, "plans.1.code (plan a): 'a' is the plan A already"),
        ({"plans": [{**ONE, "prices": {"month": "10.00", "year": "120.01"}}]}, "more than twelve months"),
        ({"plans": [{**ONE, "prices": {"month": {"from": "1.00", "to": "2.00"}}}]}, "only packages may have a range"),
        ({"plans": [{**ONE, "limits": {"users": 3}}]}, "there is no limit 'users'; name it under limits first"),
        ({"limits": {"users": "usuarios"}, "plans": [ONE]}, "says nothing of 'users'; write how many, or unlimited"),
        ({"limits": {"users": "usuarios"}, "plans": [{**ONE, "limits": {"users": -1}}]}, "'-1' is no limit"),
        ({"plans": [{**ONE, "features": ["api"]}]}, "there is no feature 'api'"),
        ({"plans": [{**ONE, "extends": "b"}]}, "there is no plan 'b'; plans are a"),
        ({"plans": [{**ONE, "extends": "a"}]}, "leads back to itself"),
        ({"packages": [{**ONE, "includes": []}]}, "packages.0.includes (a): is empty"),
        ({"packages": [{**ONE, "includes": [{"service": "x"}]}], "services": [SERVICE]}, "no service 'x'; known are s"),
        ({"packages": [{**ONE, "includes": [{"service": "s"}] * 2}], "services": [SERVICE]}, "say it once"),
        ({"services": [{**SERVICE, "price": {"from": "2.00", "to": "1.00"}}]}, "write the lower amount first"),
        ({"services": [{**SERVICE, "price": "1.00", "rates": [{"price": "1.00"}]}]}, "has rates too"),
        ({"services": [{**SERVICE, "rates": [{"weight": "9-3", "price": "1.00"}]}]}, "'9-3' holds for nobody"),
        ({"services": [{**SERVICE, "rates": [{"weight": "light", "price": "1.00"}]}]}, "'light' is no weight"),
        (
            {
                "services": [
                    {**SERVICE, "rates": [{"species": "perro", "price": "1.00"}, {"weight": "0-9", "price": "2.00"}]}
                ]
            },
            "services.0.rates (service s): rates 1 and 2 hold for the same animal",
        ),
        ({"limits": {"s": "eses"}, "services": [SERVICE]}, "limits.s: is a service too"),
    ],
)
def test_a_mistake_is_explained_with_its_path(page: Any, says: str) -> None:
    with pytest.raises(CatalogInvalid) as error:
        parse(page if isinstance(page, str) else yaml.safe_dump(page), "acme")
    assert says in str(error.value)


def test_rates_by_weight_do_not_contest_each_other() -> None:
    rates = [{"species": "perro", "weight": w, "price": "1.00"} for w in ("0-10", "10-25", "25-up")]
    (item,) = parse(yaml.safe_dump({"services": [{**SERVICE, "rates": rates}]}), "acme").items
    assert [rate.holds_for for rate in item.rates] == ["perro-0-10", "perro-10-25", "perro-25-up"]


def test_a_year_that_saves_nothing_is_not_praised() -> None:
    assert saving(Money(49_900), Money(598_800)) is None


def test_words_without_english_serve_for_both() -> None:
    assert [Words("mascotas", en).in_(Language.EN) for en in ("", "pets")] == ["mascotas", "pets"]
    assert Words("mascotas", "pets").in_(Language.ES) == "mascotas"


def test_the_page_in_the_documentation_may_be_applied() -> None:
    page = (DOCS / "catalog.md").read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    found = parse(page, "acme")
    assert [plan.code for plan in found.plans] == ["starter", "starter-anual", "pro", "adulto-anual"]
    assert {limit.code: limit.most for limit in found.plans[2].limits} == {"documents": None, "storage": 5, "users": 10}

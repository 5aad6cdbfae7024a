"""A catalogue written as the page that reads as the same one."""

from collections.abc import Sequence
from typing import Any

import yaml

from models.money import Money, in_pesos
from models.selling.catalog import Catalog
from models.selling.catalog_page import UNLIMITED
from models.selling.items import Item, ItemKind, Rate
from models.selling.plans import Benefit, Limit, Plan, PlanKind, TrialEnd
from models.words import Words


def write(catalog: Catalog) -> str:
    """What is sold now, as YAML for `models.selling.catalog_file.parse`."""
    return yaml.safe_dump(page_of(catalog), allow_unicode=True, sort_keys=False, width=120)


def page_of(catalog: Catalog) -> dict[str, Any]:
    """What is sold now, as a page's plain values."""
    sold = catalog.sold
    amounts = [*(plan.price for plan in sold.plans), *(rate.low for item in sold.items for rate in item.rates)]
    page: dict[str, Any] = {"currency": amounts[0].currency if amounts else "MXN"}
    limits = {limit.code: limit for plan in sold.plans for limit in plan.limits}
    features = {each.code: each.name for plan in sold.plans for each in plan.features}
    families: dict[str, list[Plan]] = {}
    for plan in sold.plans:
        families.setdefault(plan.family, []).append(plan)
    page["limits"] = {code: _limit(limit) for code, limit in limits.items()}
    page["features"] = {code: _words(name) or code for code, name in features.items()}
    for title, kind in (("plans", PlanKind.PLAN), ("packages", PlanKind.PACKAGE)):
        page[title] = [_plan(family) for family in families.values() if family[0].kind is kind]
    for title, of in (("services", ItemKind.SERVICE), ("products", ItemKind.PRODUCT)):
        page[title] = [_item(item) for item in sold.items if item.kind is of]
    return {name: value for name, value in page.items() if value}


def _plan(family: Sequence[Plan]) -> dict[str, Any]:
    plan = family[0]
    made: dict[str, Any] = {"code": plan.family, "name": plan.name}
    if words := _words(plan.description):
        made["description"] = words
    made["prices"] = {each.interval.value: _cost(each.price, each.highest or each.price) for each in family}
    if plan.trial_days:
        end = {"without_card": plan.without_card.value} if plan.trial.end is TrialEnd.CANCEL else {}
        made["trial"] = {"days": plan.trial_days, "card": plan.card_required} | end
    if plan.limits:
        made["limits"] = {each.code: UNLIMITED if each.most is None else each.most for each in plan.limits}
    if plan.features:
        made["features"] = [each.code for each in plan.features]
    if plan.benefits:
        made["includes"] = [_benefit(each) for each in plan.benefits]
    if instalments := next((list(each.instalments) for each in family if each.instalments), None):
        made["instalments"] = instalments
    return made | _fiscal(plan)


def _item(item: Item) -> dict[str, Any]:
    made: dict[str, Any] = {"code": item.code, "name": item.name}
    if words := _words(item.note):
        made["note"] = words
    match item.rates:
        case ():
            pass
        case (Rate(holds_for=""),):
            made["price"] = _cost(item.rates[0].low, item.rates[0].high)
        case rates:
            made["rates"] = [_rate(rate) for rate in rates]
    return made | _fiscal(item)


def _rate(rate: Rate) -> dict[str, Any]:
    weight = f"{rate.over}-{'up' if rate.up_to is None else rate.up_to}" if rate.over or rate.up_to else ""
    made = {"species": rate.species, "sex": rate.sex, "weight": weight}
    return {name: value for name, value in made.items() if value} | {"price": _cost(rate.low, rate.high)}


def _benefit(benefit: Benefit) -> dict[str, Any]:
    made: dict[str, Any] = {"service": benefit.service, "name": _words(benefit.name)}
    if benefit.units is not None:
        made["units"] = benefit.units
    return made if benefit.percent_off == 100 else made | {"percent_off": benefit.percent_off}


def _limit(limit: Limit) -> dict[str, str]:
    made = {"es": limit.name.es, "en": limit.name.en, "per": "month" if limit.monthly else "", "unit": limit.unit}
    return {name: value for name, value in made.items() if value}


def _fiscal(offer: Plan | Item) -> dict[str, Any]:
    vat = {"vat": offer.vat} if isinstance(offer, Item) and offer.vat else {}
    return {"fiscal": {"product_key": offer.product_key, "unit_key": offer.unit_key} | vat}


def _cost(low: Money, high: Money) -> str | dict[str, str]:
    return in_pesos(low) if low == high else {"from": in_pesos(low), "to": in_pesos(high)}


def _words(words: Words) -> str | dict[str, str]:
    return {"es": words.es, "en": words.en} if words.en else words.es

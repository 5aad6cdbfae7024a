"""A catalogue as it is read: from YAML or a request's body, checked whole, to what is sold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml
from pydantic import ValidationError

from models.money import Money, of_pesos
from models.selling.catalog import Catalog
from models.selling.catalog_check import Fault, check, lineage
from models.selling.catalog_page import (
    UNDER,
    UNLIMITED,
    YEARLY,
    BenefitPage,
    CatalogPage,
    Cost,
    ItemPage,
    PackagePage,
    PlanPage,
    RangePage,
    WordsPage,
)
from models.selling.items import Item, ItemKind, Rate
from models.selling.plans import Benefit, Feature, Interval, Limit, Plan, PlanKind, TrialEnd
from models.words import Words

TAGS = ("amount", "range")  # Pydantic's names for the two shapes of a price: nobody wrote them


class CatalogInvalid(ValueError):
    """A catalogue that cannot be applied. Each line of the message names the field by its path, and the remedy."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(dict.fromkeys(map(str, faults))))
        self.faults = tuple(faults)


def schema() -> dict[str, Any]:
    """The JSON Schema of a catalogue's page."""
    return CatalogPage.model_json_schema()


def parse(text: str, tenant: str) -> Catalog:
    """Read a tenant's catalogue from YAML. Raises CatalogInvalid."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CatalogInvalid([Fault("page", f"not YAML: {error}")]) from None
    if not isinstance(raw, dict):
        raise CatalogInvalid(
            [Fault("page", "a catalogue is a mapping with plans, packages, services or products; see docs/catalog.md")]
        )
    try:
        page = CatalogPage.model_validate(raw)
    except ValidationError as error:
        raise CatalogInvalid([_explained(fault, raw) for fault in error.errors()]) from None
    return read(page, tenant)


def read(page: CatalogPage, tenant: str) -> Catalog:
    """What a page sells. Raises CatalogInvalid."""
    rates = dict(_rates(page))
    if faults := check(page, rates):
        raise CatalogInvalid(faults)
    above = {each.code: each for each in page.plans}
    names = {each.code: each.name for each in page.services}
    plans = [plan for each in page.plans for plan in _plans(page, each, above, tenant)]
    plans += [plan for each in page.packages for plan in _packages(page, each, names, tenant)]
    items = [
        Item(
            tenant=tenant,
            code=each.code,
            name=each.name,
            kind=kind,
            product_key=(each.fiscal or page.fiscal).product_key,
            unit_key=(each.fiscal or page.fiscal).unit_key,
            rates=rates[f"{kind}s.{number}"],
            note=_words(each.note),
            vat=(each.fiscal.vat if each.fiscal else None) or page.fiscal.vat or "",
        )
        for kind, sold in ((ItemKind.SERVICE, page.services), (ItemKind.PRODUCT, page.products))
        for number, each in enumerate(sold)
    ]
    return Catalog(
        tuple(replace(plan, position=n) for n, plan in enumerate(plans, start=1)),
        tuple(replace(item, position=n) for n, item in enumerate(items, start=1)),
    )


def _plans(page: CatalogPage, sold: PlanPage, above: Mapping[str, PlanPage], tenant: str) -> Iterator[Plan]:
    line = list(lineage(sold, above))
    most = {code: limit for each in reversed(line) for code, limit in each.limits.items()}
    features = dict.fromkeys(code for each in reversed(line) for code in each.features)
    for interval, low, _ in _intervals(sold, page.currency):
        yield Plan(
            tenant=tenant,
            code=_code(sold.code, interval),
            name=sold.name,
            price=low,
            interval=interval,
            trial_days=sold.trial.days if sold.trial else 0,
            card_required=sold.trial.card if sold.trial else True,
            without_card=sold.trial.without_card if sold.trial else TrialEnd.PAUSE,
            product_key=(sold.fiscal or page.fiscal).product_key,
            unit_key=(sold.fiscal or page.fiscal).unit_key,
            tier=sold.code,
            description=_words(sold.description),
            limits=tuple(
                Limit(
                    code,
                    None if most[code] == UNLIMITED else int(most[code]),
                    _words(named),
                    named.per == "month",
                    named.unit,
                )
                for code, named in page.limits.items()
            ),
            features=tuple(Feature(code, _words(page.features[code])) for code in features),
        )


def _packages(page: CatalogPage, sold: PackagePage, services: Mapping[str, str], tenant: str) -> Iterator[Plan]:
    for interval, low, high in _intervals(sold, page.currency):
        yield Plan(
            tenant=tenant,
            code=_code(sold.code, interval),
            name=sold.name,
            kind=PlanKind.PACKAGE,
            price=low,
            highest=None if high == low else high,
            interval=interval,
            product_key=(sold.fiscal or page.fiscal).product_key,
            unit_key=(sold.fiscal or page.fiscal).unit_key,
            tier=sold.code,
            description=_words(sold.description),
            benefits=tuple(_benefit(each, services) for each in sold.includes),
            instalments=tuple(sorted(set(sold.instalments))) if interval is Interval.YEAR else (),
        )


def _intervals(sold: PlanPage | PackagePage, currency: str) -> Iterator[tuple[Interval, Money, Money]]:
    for interval, cost in ((Interval.MONTH, sold.prices.month), (Interval.YEAR, sold.prices.year)):
        if cost is not None:
            yield interval, *_span(cost, currency)


def _code(tier: str, interval: Interval) -> str:
    return tier if interval is Interval.MONTH else f"{tier}{YEARLY}"


def _benefit(benefit: BenefitPage, services: Mapping[str, str]) -> Benefit:
    name = _words(benefit.name) if benefit.name else Words(services[benefit.service])
    return Benefit(benefit.service, benefit.units, benefit.percent_off, name)


def _rates(page: CatalogPage) -> Iterator[tuple[str, tuple[Rate, ...]]]:
    for title, items in (("services", page.services), ("products", page.products)):
        for number, item in enumerate(items):
            yield f"{title}.{number}", tuple(_rates_of(item, page.currency))


def _rates_of(item: ItemPage, currency: str) -> Iterator[Rate]:
    if item.price is not None:
        yield Rate(*_span(item.price, currency))
    for rate in item.rates:
        over, _, up_to = (rate.weight or "0-up").partition("-")
        low, high = _span(rate.price, currency)
        yield Rate(low, high, rate.species or "", rate.sex or "", int(over), None if up_to == "up" else int(up_to))


def _span(cost: Cost, currency: str) -> tuple[Money, Money]:
    if isinstance(cost, RangePage):
        return of_pesos(cost.from_, currency), of_pesos(cost.to, currency)
    return of_pesos(cost, currency), of_pesos(cost, currency)


def _words(page: WordsPage | None) -> Words:
    return Words(page.es, page.en) if page else Words()


def _explained(fault: Any, raw: Any) -> Fault:
    """One of Pydantic's faults in our words, where its own are a programmer's."""
    path = [str(part) for part in fault["loc"] if part not in TAGS]
    found, of = raw, ""
    for part in fault["loc"][:2]:
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            break
        if isinstance(found, dict) and "code" in found:
            of = str(found["code"])[:60]
    match fault["type"]:
        case "missing":
            message = "is missing; write it"
        case "extra_forbidden":
            message = f"is unknown here; {_known(path)}"
        case "catalog":
            message = fault["msg"]
        case "string_too_short" | "too_short":
            message = "is empty; write something, or take it away"
        case kind if kind.startswith(("dict_", "model_", "list_")):
            message = f"'{str(fault['input'])[:60]}' has not the shape that belongs here; see docs/catalog.md"
        case _:
            message = f"{fault['msg'][0].lower()}{fault['msg'][1:]}"
    return Fault(".".join(path) or "page", message, of)


def _known(path: Sequence[str]) -> str:
    """What may stand beside a field that may not stand there."""
    holder = next((UNDER[part] for part in reversed(path[:-1]) if part in UNDER), UNDER[""])
    return f"known are {', '.join(field.alias or name for name, field in holder.model_fields.items())}"

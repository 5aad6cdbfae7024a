"""What is wrong with a catalogue beyond its shape, in words: each fault names the field by its path, and the remedy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.money import of_pesos
from models.selling.catalog_page import YEARLY, CatalogPage, Cost, ItemPage, PackagePage, PlanPage, RangePage
from models.selling.items import Rate, contested


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake: where (`plans.0.prices.month`), of whose (`plan pro`, empty: nobody's) and what to do about it."""

    field: str
    message: str
    of: str = ""

    def __str__(self) -> str:
        return f"{self.field}{f' ({self.of})' if self.of else ''}: {self.message}"


def check(page: CatalogPage, rates: Mapping[str, Sequence[Rate]]) -> list[Fault]:
    """The faults of a page; empty where it may be applied. `rates`: those of each item, by its path (`services.0`)."""
    return [*_codes(page), *_plans(page), *_packages(page), *_items(page, rates)]


def _codes(page: CatalogPage) -> Iterator[Fault]:
    """Each code means one thing."""
    seen: dict[str, str] = {}
    for place, kind, sold in (
        *((f"plans.{n}", "plan", each) for n, each in enumerate(page.plans)),
        *((f"packages.{n}", "package", each) for n, each in enumerate(page.packages)),
        *((f"services.{n}", "service", each) for n, each in enumerate(page.services)),
        *((f"products.{n}", "product", each) for n, each in enumerate(page.products)),
    ):
        names = [sold.code]
        if isinstance(sold, PlanPage | PackagePage) and sold.prices.year is not None:
            names = [sold.code] if sold.prices.month is not None else []
            names.append(f"{sold.code}{YEARLY}")
        for name in names:
            if name in seen:
                yield Fault(
                    f"{place}.code", f"'{name}' is the {seen[name]} already; choose another", f"{kind} {sold.code}"
                )
            seen.setdefault(name, f"{kind} {sold.name}")
    for limit in page.limits:
        if limit in {each.code for each in page.services}:
            yield Fault(f"limits.{limit}", "is a service too, and use is counted by that name; choose another")


def _plans(page: CatalogPage) -> Iterator[Fault]:
    above = {each.code: each for each in page.plans}
    for number, plan in enumerate(page.plans):
        where, of = f"plans.{number}", f"plan {plan.code}"
        yield from _prices(plan, where, of)
        yield from _untaxed(plan, where, of)
        for interval in ("month", "year"):
            if isinstance(getattr(plan.prices, interval), RangePage):
                yield Fault(f"{where}.prices.{interval}", "a plan has one price; only packages may have a range", of)
        for name in plan.limits:
            if name not in page.limits:
                yield Fault(f"{where}.limits.{name}", _unknown("limit", name, page.limits), of)
        for n, feature in enumerate(plan.features):
            if feature not in page.features:
                yield Fault(f"{where}.features.{n}", _unknown("feature", feature, page.features), of)
        if plan.extends is not None and plan.extends not in above:
            yield Fault(f"{where}.extends", f"there is no plan '{plan.extends}'; plans are {', '.join(above)}", of)
            continue
        line = list(lineage(plan, above))
        if line[-1].extends in above:
            yield Fault(f"{where}.extends", "leads back to itself; one plan must extend none", of)
            continue
        for name in page.limits:
            if not any(name in each.limits for each in line):
                yield Fault(f"{where}.limits", f"says nothing of '{name}'; write how many, or unlimited", of)


def lineage(plan: PlanPage, plans: Mapping[str, PlanPage]) -> Iterator[PlanPage]:
    """A plan and those it extends, itself first, each once."""
    seen = {plan.code}
    yield plan
    while plan.extends is not None and plan.extends in plans and plan.extends not in seen:
        plan = plans[plan.extends]
        seen.add(plan.code)
        yield plan


def _packages(page: CatalogPage) -> Iterator[Fault]:
    services = [each.code for each in page.services]
    for number, package in enumerate(page.packages):
        where, of = f"packages.{number}", f"package {package.code}"
        yield from _prices(package, where, of)
        yield from _untaxed(package, where, of)
        if package.instalments and package.prices.year is None:
            yield Fault(f"{where}.instalments", "is for a price by the year; give one, or take it away", of)
        given: set[str] = set()
        for n, benefit in enumerate(package.includes):
            if benefit.service not in services:
                said = _unknown("service", benefit.service, services)
                yield Fault(f"{where}.includes.{n}.service", said, of)
            elif benefit.service in given:
                yield Fault(f"{where}.includes.{n}.service", f"'{benefit.service}' is there already; say it once", of)
            given.add(benefit.service)


def _items(page: CatalogPage, rates: Mapping[str, Sequence[Rate]]) -> Iterator[Fault]:
    for kind, items in (("service", page.services), ("product", page.products)):
        for number, item in enumerate(items):
            where, of = f"{kind}s.{number}", f"{kind} {item.code}"
            if item.price is not None and item.rates:
                yield Fault(f"{where}.price", "has rates too; give one price, or rates by animal", of)
            yield from _costs(item, where, of)
            for n, rate in enumerate(item.rates):
                over, _, up_to = (rate.weight or "0-up").partition("-")
                if up_to != "up" and int(over) >= int(up_to):
                    said = f"'{rate.weight}' holds for nobody; write the lighter one first, e.g. \"0-10\""
                    yield Fault(f"{where}.rates.{n}.weight", said, of)
            for first, second in contested(rates.get(where, ())):
                said = f"rates {first} and {second} hold for the same animal; tell them apart by species, sex or weight"
                yield Fault(f"{where}.rates", said, of)


def _costs(item: ItemPage, where: str, of: str) -> Iterator[Fault]:
    if item.price is not None:
        yield from _range(item.price, f"{where}.price", of)
    for n, rate in enumerate(item.rates):
        yield from _range(rate.price, f"{where}.rates.{n}.price", of)


def _prices(sold: PlanPage | PackagePage, where: str, of: str) -> Iterator[Fault]:
    month, year = sold.prices.month, sold.prices.year
    if month is None and year is None:
        yield Fault(f"{where}.prices", 'give a price, e.g. month: "149.00"', of)
    for interval, cost in (("month", month), ("year", year)):
        if cost is not None:
            yield from _range(cost, f"{where}.prices.{interval}", of)
    if isinstance(month, str) and isinstance(year, str) and of_pesos(year).centavos > 12 * of_pesos(month).centavos:
        yield Fault(f"{where}.prices.year", f"'{year}' is more than twelve months at '{month}'", of)


def _untaxed(sold: PlanPage | PackagePage, where: str, of: str) -> Iterator[Fault]:
    if sold.fiscal is not None and sold.fiscal.vat is not None:
        yield Fault(f"{where}.fiscal.vat", "is of services and products; plans are taxed as the issuer's sales are", of)


def _range(cost: Cost, where: str, of: str) -> Iterator[Fault]:
    if isinstance(cost, RangePage) and of_pesos(cost.from_) >= of_pesos(cost.to):
        yield Fault(where, f"from '{cost.from_}' to '{cost.to}' is no range; write the lower amount first", of)


def _unknown(noun: str, name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    remedy = f"known are {', '.join(known)}" if known else f"name it under {noun}s first"
    return f"there is no {noun} '{name}'; {remedy}"

"""A tenant's catalogue: all that it sells, and what would change if another were put in its place.

Nothing is ever taken away: what a new catalogue does not have is archived, and whoever has it keeps it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TypeVar

from models.money import Money
from models.selling.items import Item, Rate
from models.selling.plans import Benefit, Feature, Limit, Plan
from models.words import Words

Offer = Plan | Item
T = TypeVar("T", Plan, Item)
_NEVER_TOLD = frozenset({"tenant", "code", "provider_price", "archived", "tier"})


class Verb(StrEnum):
    """What becomes of an offer. A price is never edited: another amount is another price, for those who subscribe from then on."""

    ADD = "add"
    CHANGE = "change"
    REPRICE = "new price"
    ARCHIVE = "archive"
    RESTORE = "sell again"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Plans and packages, services and products, archived ones among them. `revision` counts how often it was applied."""

    plans: tuple[Plan, ...] = ()
    items: tuple[Item, ...] = ()
    revision: int = field(default=0, compare=False)

    @property
    def sold(self) -> "Catalog":
        """What is sold now, in its order, without the provider's ids: as a page of it reads."""
        plans = sorted((p for p in self.plans if not p.archived), key=_place)
        items = sorted((i for i in self.items if not i.archived), key=_place)
        return Catalog(tuple(replace(p, provider_price="", tier=p.family) for p in plans), tuple(items), self.revision)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one offer. `before` is None where it is new, `after` None where it is archived."""

    verb: Verb
    before: Offer | None
    after: Offer | None

    @property
    def offer(self) -> Offer:
        """The offer as it will be, or as it was."""
        found = self.after or self.before
        assert found is not None
        return found

    def told(self) -> list[str]:
        """The fields that change, each in a line: `price: $149.00 MXN → $199.00 MXN`."""
        if self.before is None or self.after is None:
            return []
        names = [each.name for each in fields(self.after) if each.name not in _NEVER_TOLD]
        pairs = [(name, getattr(self.before, name), getattr(self.after, name)) for name in names]
        return [f"{name}: {shown(old)} → {shown(new)}" for name, old, new in pairs if old != new]


def changes(have: Catalog, wanted: Catalog) -> tuple[Change, ...]:
    """What makes `wanted` of what is there; empty where nothing differs."""
    return (*_changes(have.plans, wanted.sold.plans), *_changes(have.items, wanted.sold.items))


def applied(have: Catalog, orders: Iterable[Change]) -> Catalog:
    """The catalogue after those changes."""
    plans = {each.code: each for each in have.plans}
    items = {each.code: each for each in have.items}
    for order in orders:
        match order.after or replace(order.offer, archived=True):
            case Plan() as plan:
                plans[plan.code] = plan
            case Item() as item:
                items[item.code] = item
    return Catalog(tuple(plans.values()), tuple(items.values()), have.revision)


def _changes(have: Iterable[T], wanted: Iterable[T]) -> Iterator[Change]:
    known = {each.code: each for each in have}
    left = {code for code, each in known.items() if not each.archived}
    for each in wanted:
        before = known.get(each.code)
        left.discard(each.code)
        if before is None:
            yield Change(Verb.ADD, None, each)
        elif before.archived:
            yield Change(Verb.RESTORE, before, each)
        elif _plain(before) != _plain(each):
            yield Change(Verb.REPRICE if _costs(before) != _costs(each) else Verb.CHANGE, before, each)
    for code in sorted(left):
        yield Change(Verb.ARCHIVE, known[code], None)


def _plain(offer: Offer) -> Offer:
    return replace(offer, provider_price="", tier=offer.family) if isinstance(offer, Plan) else offer


def _costs(offer: Offer) -> object:
    return (offer.price, offer.interval) if isinstance(offer, Plan) else offer.rates


def _place(offer: Offer) -> tuple[int, str]:
    return offer.position, offer.code


def shown(value: object) -> str:
    """A value of an offer in a few words."""
    match value:
        case Words(es, en):
            return f"{es} / {en}" if en else es or "nothing"
        case Limit():
            of = f" {value.unit}" if value.unit else ""
            most = "unlimited" if value.most is None else f"{value.most:,}{of}"
            return f"{value.code} {most}{' a month' if value.monthly else ''}"
        case Feature():
            return value.code
        case Benefit():
            times = "" if value.units is None else f"{value.units} × "
            return f"{times}{value.service}{'' if value.percent_off == 100 else f' at {value.percent_off} % off'}"
        case Rate():
            span = str(value.low) if value.fixed else f"{value.low} to {value.high}"
            return f"{value.holds_for} {span}".strip()
        case tuple():
            return ", ".join(shown(each) for each in value) or "nothing"
        case None | "":
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case Money() | _:
            return str(value)

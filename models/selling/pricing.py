"""A price list: what stands side by side on it, what a year at once saves, and how the plans compare."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models.selling.plans import Interval, Limit, Plan, PlanKind, Saving, saving
from models.words import Words


@dataclass(frozen=True, slots=True)
class Tier:
    """A plan or package as the catalogue has it: sold by the month, by the year, or both."""

    month: Plan | None = None
    year: Plan | None = None

    def at(self, interval: Interval) -> Plan:
        """It at this interval, or at the only one there is."""
        wanted, other = (self.year, self.month) if interval is Interval.YEAR else (self.month, self.year)
        found = wanted or other
        assert found is not None
        return found

    @property
    def saving(self) -> Saving | None:
        """What the year at once saves; None where it saves nothing, or is not sold both ways."""
        return saving(self.month.price, self.year.price) if self.month and self.year else None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the comparison, a cell for each plan: a limit, whether a feature is there, or None for neither."""

    name: Words = field(default_factory=Words)
    cells: tuple[Limit | bool | None, ...] = ()


def tiers(plans: Iterable[Plan]) -> tuple[Tier, ...]:
    """What is sold, in the catalogue's order."""
    sold = sorted((plan for plan in plans if not plan.archived), key=lambda plan: (plan.position, plan.code))
    found: dict[tuple[PlanKind, str], dict[str, Plan]] = {}
    for plan in sold:
        found.setdefault((plan.kind, plan.family), {})[plan.interval.value] = plan
    return tuple(Tier(**each) for each in found.values())


def switchable(listed: Iterable[Tier]) -> bool:
    """Whether there is anything to choose between by the month and by the year."""
    return any(tier.month and tier.year for tier in listed)


def best_saving(listed: Iterable[Tier]) -> Saving | None:
    """The largest share that a year at once saves on any of them."""
    return max((tier.saving for tier in listed if tier.saving), key=lambda each: each.percent, default=None)


def compared(plans: Sequence[Plan]) -> tuple[Row, ...]:
    """Limits, then features, each in the order in which the plans first name it; nothing where one plan alone would be compared."""
    if len(plans) < 2:
        return ()
    limits = {limit.code: limit.name for plan in plans for limit in plan.limits}
    features = {feature.code: feature.name for plan in plans for feature in plan.features}
    rows = [
        Row(name, tuple(next((each for each in plan.limits if each.code == code), None) for plan in plans))
        for code, name in limits.items()
    ]
    rows += [
        Row(name, tuple(any(each.code == code for each in plan.features) for plan in plans))
        for code, name in features.items()
    ]
    return tuple(rows)

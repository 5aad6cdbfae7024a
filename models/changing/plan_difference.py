"""What one plan gives that another does not: limits side by side, features, and what a package leaves unused."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from models.selling.plans import Benefit, Feature, Limit, Plan
from models.words import Words


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit before and after (None: unlimited) and how much of it is used now.

    `counted_after` False: the new plan does not speak of it at all, so that none of it may be counted on.
    """

    code: str
    most_before: int | None
    most_after: int | None
    used: int = 0
    name: Words = field(default_factory=Words)
    unit: str = ""
    monthly: bool = False
    counted_before: bool = True
    counted_after: bool = True

    @property
    def differs(self) -> bool:
        """Whether the change is one for this limit."""
        return (self.most_before, self.counted_before) != (self.most_after, self.counted_after)

    @property
    def over(self) -> int:
        """How much of what is used now would be beyond the new limit; of a monthly one, as much as this month."""
        return 0 if self.most_after is None or not self.counted_after else max(0, self.used - self.most_after)


@dataclass(frozen=True, slots=True)
class BenefitLeft:
    """Units of a package that are paid and not used yet."""

    service: str
    left: int
    name: Words = field(default_factory=Words)


def limit_changes(before: Plan, after: Plan, used: Mapping[str, int]) -> tuple[LimitChange, ...]:
    """Every limit of either plan, in the order in which they name them."""
    old, new = _limits(before), _limits(after)
    return tuple(
        LimitChange(
            code=code,
            most_before=old[code].most if code in old else None,
            most_after=new[code].most if code in new else None,
            used=used.get(code, 0),
            name=(new.get(code) or old[code]).name,
            unit=(new.get(code) or old[code]).unit,
            monthly=(new.get(code) or old[code]).monthly,
            counted_before=code in old,
            counted_after=code in new,
        )
        for code in {**old, **new}
    )


def features_of(plan: Plan, *, without: Plan) -> tuple[Feature, ...]:
    """The features that a plan has and the other has not."""
    theirs = {each.code for each in without.features}
    return tuple(each for each in plan.features if each.code not in theirs)


def benefits_left(plan: Plan, used: Mapping[str, int]) -> tuple[BenefitLeft, ...]:
    """What a package includes in this period and nobody has used yet."""
    counted = [(each, each.units) for each in plan.benefits if each.units is not None]
    found = (BenefitLeft(each.service, units - used.get(each.service, 0), each.name) for each, units in counted)
    return tuple(each for each in found if each.left > 0)


def takes_away(before: Plan, after: Plan) -> bool:
    """Whether anything is less with the new plan: a limit, a feature, or a package's benefit."""
    new, gives = _limits(after), {each.service: each for each in after.benefits}
    return (
        bool(features_of(before, without=after))
        or any(limit.code not in new or _less(new[limit.code].most, limit.most) for limit in before.limits)
        or any(_worse(gives.get(each.service), each) for each in before.benefits)
    )


def _limits(plan: Plan) -> dict[str, Limit]:
    return {limit.code: limit for limit in plan.limits}


def _worse(new: Benefit | None, old: Benefit) -> bool:
    return new is None or new.percent_off < old.percent_off or _less(new.units, old.units)


def _less(new: int | None, old: int | None) -> bool:
    return new is not None and (old is None or new < old)

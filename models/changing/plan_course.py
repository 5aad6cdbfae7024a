"""Whether a plan may be changed to another, what kind of change that is, and when it takes effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.changing.change_records import ChangeKind, When
from models.changing.plan_difference import takes_away
from models.money import Money
from models.people import FieldInvalid
from models.refusals import NONE, OrderWhy, Refusal, Why
from models.selling.plans import Interval, Plan
from models.subscribing.subscriptions import Status

_PAYMENTS = {Interval.MONTH: 12, Interval.YEAR: 1}  # in a year


class PlanWhy(Why):
    """What speaks against a plan, or the moment of its change."""

    SAME = ("La suscripción ya está en este plan", "the subscription is on this plan already")
    ARCHIVED = ("Este plan ya no se vende; elige uno que sí", "this plan is no longer sold; choose one that is")
    OTHER_KIND = (
        "Un plan no se cambia por un paquete, ni al revés: suscríbelo a ese",
        "a {known} is not changed into a {wanted}: subscribe to it instead",
    )
    CURRENCY = (
        "Se vende en {sold} y la suscripción paga en {paid}",
        "it is sold in {sold}, the subscription pays {paid}",
    )
    WAITS = (
        "Aplica cuando termina el periodo que ya está pagado; no puede ser ahora",
        "it takes effect when the period ends that is paid; leave `when` out",
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a subscription stands when a change is asked for. `price` is what it pays, whatever its plan costs others by now."""

    subscription: str
    plan: Plan
    price: Money
    status: Status
    period_start: datetime
    period_end: datetime
    used: Mapping[str, int] = field(default_factory=dict)  # by meter, in its present window
    owed: Money = field(default_factory=lambda: Money(0))
    ending: bool = False
    waiting: str = ""  # the plan of a change that waits for the period's end

    @property
    def in_trial(self) -> bool:
        """Nothing has been paid yet."""
        return self.status is Status.TRIALING


@dataclass(frozen=True, slots=True)
class Course:
    """What kind of change it is and when it takes effect."""

    kind: ChangeKind
    when: When


def course(standing: Standing, wanted: Plan, when: When | None = None) -> Course:
    """What kind of change this is and when it takes effect: more at once, less when what is paid has run out.

    What is paid for is never given back in money: from a year to a month, and to less, one goes when the period ends. In a trial nothing
    is paid yet; there only what takes away waits, for its summary must have reached the customer first.

    Raises:
        FieldInvalid: the plan cannot be changed to (`plan`), or not at that moment (`when`).
    """
    known = standing.plan
    if wanted.code == known.code:
        raise FieldInvalid("plan", PlanWhy.SAME())
    if wanted.archived:
        raise FieldInvalid("plan", PlanWhy.ARCHIVED())
    if wanted.kind is not known.kind:
        raise FieldInvalid("plan", PlanWhy.OTHER_KIND(known=known.kind, wanted=wanted.kind))
    if wanted.price.currency != standing.price.currency:
        sold, paid = wanted.price.currency, standing.price.currency
        raise FieldInvalid("plan", PlanWhy.CURRENCY(sold=sold, paid=paid))
    kind = _kind(standing, wanted)
    shorter = known.interval is Interval.YEAR and wanted.interval is Interval.MONTH
    waits = kind is ChangeKind.DOWNGRADE or (shorter and not standing.in_trial)
    if waits and when is When.NOW:
        raise FieldInvalid("when", PlanWhy.WAITS())
    return Course(kind, when or (When.PERIOD_END if waits else When.NOW))


def _kind(standing: Standing, wanted: Plan) -> ChangeKind:
    known = standing.plan
    less = takes_away(known, wanted)
    if wanted.family == known.family:
        return ChangeKind.DOWNGRADE if less else ChangeKind.INTERVAL
    was = standing.price.centavos * _PAYMENTS[known.interval]
    is_ = wanted.price.centavos * _PAYMENTS[wanted.interval]
    return ChangeKind.DOWNGRADE if is_ < was or (is_ == was and less) else ChangeKind.UPGRADE


def refusal(standing: Standing, chosen: Course) -> Refusal:
    """Why nothing can be changed as things stand, and what to do; NONE when it can.

    Whoever owes is charged for nothing more: what costs something now waits until the debt is paid. What begins with the next period
    is let through, or a customer in trouble would be kept on the dearer plan; the debt stays.
    """
    if standing.waiting:
        return OrderWhy.CHANGE_WAITS(plan=standing.waiting)
    if standing.ending:
        return OrderWhy.ENDS()
    if standing.status is Status.PAUSED:
        return OrderWhy.PAUSED_PLAN()
    if standing.status in (Status.INCOMPLETE, Status.CANCELED):
        return OrderWhy.NO_PLAN_TO_CHANGE(status=standing.status)
    if standing.status is Status.SUSPENDED and not standing.owed.centavos:
        return OrderWhy.RESTORE_FIRST()
    if standing.owed.centavos and chosen.when is When.NOW:
        return OrderWhy.OWED_FIRST(owed=standing.owed)
    return NONE

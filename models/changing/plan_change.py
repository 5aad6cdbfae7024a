"""A change of plan as one value: what it is, when it takes effect, what it costs to the centavo, and what is gained and lost by it.

The same value is shown before (`fingerprint` is what a confirmation is bound to) and carried out after. Proration is the provider's.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.changing.change_records import ChangeKind, When
from models.changing.plan_course import Course, Standing
from models.changing.plan_difference import BenefitLeft, LimitChange, benefits_left, features_of, limit_changes
from models.changing.stay_offers import StayOffer
from models.money import Money
from models.selling.plans import Feature, Plan
from models.subscribing.invoice_preview import InvoicePreview, PreviewLine


class CaseEffect(StrEnum):
    """What becomes of a debt that is being collected: there is none, or it stays as it is and is collected as before."""

    NO_DEBT = "no_debt"
    STAYS = "stays"


class FiscalEffect(StrEnum):
    """Which CFDI follows. Nothing is ever given back by a change, so none of them is a credit note (egreso).

    income_now: of type I for what is charged now, made once it is paid; unused time stands in it as a discount (CFDI 4.0 has no
    negative concept). next_period: the current period's stays as it is, the next one's is made for the new plan once it is paid.
    """

    INCOME_NOW = "income_now"
    NEXT_PERIOD = "next_period"


@dataclass(frozen=True, slots=True)
class Coming:
    """An invoice to come: when it is charged (UTC), and how much."""

    at: datetime
    amount: Money


@dataclass(frozen=True, slots=True)
class PlanChange:
    """All that a change does. `asked_at` is the instant (UTC) for which the provider reckoned, and with which it is carried out."""

    subscription: str
    before: Plan
    after: Plan
    price_before: Money
    course: Course
    asked_at: datetime
    effective_at: datetime
    lines: tuple[PreviewLine, ...]  # of what is charged now
    charged_now: Money
    coming: tuple[Coming, ...]  # the next invoices, the earliest first
    limits: tuple[LimitChange, ...]
    lost: tuple[Feature, ...]
    gained: tuple[Feature, ...]
    benefits_left: tuple[BenefitLeft, ...]
    debt: CaseEffect
    cfdi: FiscalEffect
    offer: StayOffer | None = None

    @property
    def over(self) -> tuple[LimitChange, ...]:
        """The limits that what is used now would be over."""
        return tuple(limit for limit in self.limits if limit.over)

    @property
    def fingerprint(self) -> str:
        """What must still be so when it is confirmed. How much is used may move meanwhile; what is over a limit may not."""
        told = (
            self.subscription,
            (self.before.code, self.price_before, self.after.code, self.after.price, self.after.interval),
            (self.course, self.effective_at if self.course.when is When.PERIOD_END else self.asked_at),
            [(line.amount, line.proration) for line in self.lines],
            (self.charged_now, self.coming),
            [(limit.code, limit.most_before, limit.most_after, bool(limit.over)) for limit in self.limits],
            [each.code for each in (*self.lost, *self.gained)],
            (self.debt, self.cfdi, self.offer),
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def computed(
    standing: Standing,
    wanted: Plan,
    chosen: Course,
    *,
    asked_at: datetime,
    renewal: InvoicePreview,
    now: InvoicePreview | None = None,
    offer: StayOffer | None = None,
) -> PlanChange:
    """The whole change. `now` is the invoice that it makes at once, `renewal` the next one on the new plan."""
    at_once = chosen.when is When.NOW
    effective = asked_at if at_once else standing.period_end
    charged = now.due if now else Money(0, wanted.price.currency)
    return PlanChange(
        subscription=standing.subscription,
        before=standing.plan,
        after=wanted,
        price_before=standing.price,
        course=chosen,
        asked_at=asked_at,
        effective_at=effective,
        lines=now.lines if now else (),
        charged_now=charged,
        coming=_coming(standing, asked_at, renewal, now),
        limits=limit_changes(standing.plan, wanted, standing.used),
        lost=features_of(standing.plan, without=wanted),
        gained=features_of(wanted, without=standing.plan),
        benefits_left=benefits_left(standing.plan, standing.used),
        debt=CaseEffect.STAYS if standing.owed.centavos else CaseEffect.NO_DEBT,
        cfdi=FiscalEffect.INCOME_NOW if charged.centavos else FiscalEffect.NEXT_PERIOD,
        offer=offer if chosen.kind is ChangeKind.DOWNGRADE else None,
    )


def _coming(
    standing: Standing, asked_at: datetime, renewal: InvoicePreview, now: InvoicePreview | None
) -> tuple[Coming, ...]:
    if now is None:
        return (Coming(standing.period_end, renewal.due),)
    # Another interval begins anew today; else the period stays as it is.
    following = now.until or standing.period_end
    return (Coming(asked_at, now.due), Coming(following, renewal.due))

"""A cancellation as one value: when it takes effect, what is lost with it, and what is offered instead."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from models.changing.plan_change import CaseEffect
from models.changing.plan_course import Standing
from models.changing.plan_difference import BenefitLeft, benefits_left
from models.changing.stay_offers import StayOffer
from models.money import Money
from models.refusals import NONE, OrderWhy, Refusal
from models.selling.plans import Plan
from models.subscribing.subscriptions import Status


@dataclass(frozen=True, slots=True)
class Leaving:
    """The end of a subscription with its period (UTC). What is paid is used up; nothing is charged after it, and nothing given back."""

    subscription: str
    plan: Plan
    price: Money
    ends_at: datetime
    benefits_left: tuple[BenefitLeft, ...]
    debt: CaseEffect
    owed: Money
    waiting: str  # a change of plan that is dropped by it
    offer: StayOffer | None = None

    @property
    def fingerprint(self) -> str:
        """What must still be so when it is confirmed."""
        told = (self.subscription, self.plan.code, self.price, self.ends_at, self.debt, self.waiting, self.offer)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def leaving(standing: Standing, offer: StayOffer | None = None) -> Leaving:
    """What cancelling at the period's end does as things stand."""
    return Leaving(
        subscription=standing.subscription,
        plan=standing.plan,
        price=standing.price,
        ends_at=standing.period_end,
        benefits_left=benefits_left(standing.plan, standing.used),
        debt=CaseEffect.STAYS if standing.owed.centavos else CaseEffect.NO_DEBT,
        owed=standing.owed,
        waiting=standing.waiting,
        offer=offer,
    )


def cannot_leave(standing: Standing) -> Refusal:
    """Why there is nothing to cancel, and what to do; NONE when there is."""
    if standing.ending:
        return OrderWhy.ENDING_ALREADY()
    if standing.status in (Status.INCOMPLETE, Status.CANCELED):
        return OrderWhy.NOTHING_TO_CANCEL(status=standing.status)
    return NONE

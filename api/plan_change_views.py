"""A change of plan, or a cancellation, as the API shows it before and after."""

from datetime import datetime

from pydantic import Field

from api.catalog_views import FeatureView
from api.views import MoneyView, View, WordsView
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, When
from models.changing.leaving import Leaving
from models.changing.plan_change import CaseEffect, Coming, FiscalEffect, PlanChange
from models.changing.plan_change_words import cfdi_words, debt_words, offer_words
from models.changing.plan_difference import BenefitLeft, LimitChange
from models.changing.stay_offers import OfferKind, StayOffer
from models.money import Money


class StayOfferView(View):
    """What is offered so that the customer stays. Of what does not belong to its kind there is 0."""

    kind: OfferKind
    percent: int = Field(examples=[30])
    months: int = Field(examples=[3])
    days: int
    words: WordsView

    @classmethod
    def of(cls, offer: StayOffer) -> "StayOfferView":
        return cls(
            kind=offer.kind,
            percent=offer.percent,
            months=offer.months,
            days=offer.days,
            words=WordsView.of(offer_words(offer)),
        )


class LimitChangeView(View):
    """A limit before and after."""

    code: str = Field(examples=["documents"])
    name: WordsView
    unit: str
    monthly: bool
    before: int | None
    """null: unlimited."""
    after: int | None
    counted_before: bool
    """false: the plan does not speak of it."""
    counted_after: bool
    used: int
    over: int
    """How much of what is used now would be beyond the new limit."""

    @classmethod
    def of(cls, limit: LimitChange) -> "LimitChangeView":
        return cls(
            code=limit.code,
            name=WordsView.of(limit.name),
            unit=limit.unit,
            monthly=limit.monthly,
            before=limit.most_before,
            after=limit.most_after,
            counted_before=limit.counted_before,
            counted_after=limit.counted_after,
            used=limit.used,
            over=limit.over,
        )


class BenefitLeftView(View):
    """Units of a package that are paid and not used yet."""

    service: str = Field(examples=["consulta"])
    name: WordsView
    left: int

    @classmethod
    def of(cls, benefit: BenefitLeft) -> "BenefitLeftView":
        return cls(service=benefit.service, name=WordsView.of(benefit.name), left=benefit.left)


class LineView(View):
    """A line of what is charged now; below zero it gives back unused time."""

    description: str
    amount: MoneyView


class ComingView(View):
    """An invoice to come."""

    at: datetime
    amount: MoneyView

    @classmethod
    def of(cls, coming: Coming) -> "ComingView":
        return cls(at=coming.at, amount=MoneyView.of(coming.amount))


class PlanChangeView(View):
    """All that a change of plan does."""

    subscription: str
    plan_before: str = Field(examples=["starter"])
    plan_after: str = Field(examples=["pro"])
    price_before: MoneyView
    price_after: MoneyView
    kind: ChangeKind
    when: When
    effective_at: datetime
    charged_now: MoneyView
    lines: list[LineView]
    next_invoices: list[ComingView]
    limits: list[LimitChangeView]
    features_lost: list[FeatureView]
    features_gained: list[FeatureView]
    benefits_left: list[BenefitLeftView]
    debt: CaseEffect
    debt_words: WordsView
    cfdi: FiscalEffect
    cfdi_words: WordsView
    offer: StayOfferView | None

    @classmethod
    def of(cls, change: PlanChange) -> "PlanChangeView":
        currency = change.charged_now.currency
        return cls(
            subscription=change.subscription,
            plan_before=change.before.code,
            plan_after=change.after.code,
            price_before=MoneyView.of(change.price_before),
            price_after=MoneyView.of(change.after.price),
            kind=change.course.kind,
            when=change.course.when,
            effective_at=change.effective_at,
            charged_now=MoneyView.of(change.charged_now),
            lines=[
                LineView(description=each.description, amount=_money(each.amount, currency)) for each in change.lines
            ],
            next_invoices=[ComingView.of(each) for each in change.coming],
            limits=[LimitChangeView.of(each) for each in change.limits],
            features_lost=[FeatureView.of(each) for each in change.lost],
            features_gained=[FeatureView.of(each) for each in change.gained],
            benefits_left=[BenefitLeftView.of(each) for each in change.benefits_left],
            debt=change.debt,
            debt_words=WordsView.of(debt_words(change)),
            cfdi=change.cfdi,
            cfdi_words=WordsView.of(cfdi_words(change)),
            offer=StayOfferView.of(change.offer) if change.offer else None,
        )


class LeavingView(View):
    """All that a cancellation at the period's end does."""

    subscription: str
    plan: str
    ends_at: datetime
    features_lost: list[FeatureView]
    benefits_left: list[BenefitLeftView]
    debt: CaseEffect
    debt_words: WordsView
    amount_due: MoneyView
    cfdi_words: WordsView
    dropped_change: str
    """The plan of a change that waited for the period's end; empty where none did."""
    offer: StayOfferView | None

    @classmethod
    def of(cls, leaving: Leaving) -> "LeavingView":
        return cls(
            subscription=leaving.subscription,
            plan=leaving.plan.code,
            ends_at=leaving.ends_at,
            features_lost=[FeatureView.of(each) for each in leaving.plan.features],
            benefits_left=[BenefitLeftView.of(each) for each in leaving.benefits_left],
            debt=leaving.debt,
            debt_words=WordsView.of(debt_words(leaving)),
            amount_due=MoneyView.of(leaving.owed),
            cfdi_words=WordsView.of(cfdi_words(leaving)),
            dropped_change=leaving.waiting,
            offer=StayOfferView.of(leaving.offer) if leaving.offer else None,
        )


class PlanPreviewView(PlanChangeView):
    """What a change would do, and what confirms it until it expires."""

    confirmation: str
    expires_at: datetime


class LeavingPreviewView(LeavingView):
    """What cancelling would do, and what confirms it until it expires."""

    confirmation: str
    expires_at: datetime


class ChangeRecordView(View):
    """A change that was confirmed, and what came of it."""

    id: str = Field(examples=["pc_5b1f0c7f2a914a5e8d11"])
    kind: ChangeKind
    state: ChangeState
    plan_before: str
    plan_after: str
    """Empty: a cancellation."""
    price_before: MoneyView
    price_after: MoneyView
    charged: MoneyView
    confirmed_at: datetime
    effective_at: datetime
    actor: str
    reason: str
    offer: str = Field(examples=["discount-30-3"])
    """What was offered instead; with `retained` it was taken."""
    summary_notice: str
    summary_channel: str
    summary_reference: str
    """The messenger's id of the message that was delivered."""
    summary_delivered_at: datetime | None
    settled_at: datetime | None

    @classmethod
    def of(cls, record: ChangeRecord) -> "ChangeRecordView":
        return cls(
            id=record.id,
            kind=record.kind,
            state=record.state,
            plan_before=record.plan_before,
            plan_after=record.plan_after,
            price_before=MoneyView.of(record.price_before),
            price_after=MoneyView.of(record.price_after),
            charged=MoneyView.of(record.charged),
            confirmed_at=record.confirmed_at,
            effective_at=record.effective_at,
            actor=record.actor,
            reason=record.reason,
            offer=record.offer,
            summary_notice=record.notice,
            summary_channel=record.channel,
            summary_reference=record.reference,
            summary_delivered_at=record.delivered_at,
            settled_at=record.settled_at,
        )


def _money(centavos: int, currency: str) -> MoneyView:
    return MoneyView.of(Money(centavos, currency))

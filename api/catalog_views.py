"""What is sold, as the API shows it."""

from pydantic import Field

from api.views import MoneyView, PlanView, View, WordsView
from models.selling.items import Item, ItemKind, Rate
from models.selling.plans import Benefit, Feature, Limit, Plan, Saving, TrialEnd, saving


class LimitView(View):
    """How much of something a plan allows."""

    code: str = Field(examples=["documents"])
    name: WordsView
    most: int | None
    """null: unlimited."""
    monthly: bool
    """Counted anew each month; else what is in use."""
    unit: str = Field(examples=["GB"])

    @classmethod
    def of(cls, limit: Limit) -> "LimitView":
        return cls(
            code=limit.code, name=WordsView.of(limit.name), most=limit.most, monthly=limit.monthly, unit=limit.unit
        )


class FeatureView(View):
    """Something that a plan has."""

    code: str = Field(examples=["api"])
    name: WordsView

    @classmethod
    def of(cls, feature: Feature) -> "FeatureView":
        return cls(code=feature.code, name=WordsView.of(feature.name))


class BenefitView(View):
    """What a package gives on a service in each period."""

    service: str = Field(examples=["consulta"])
    name: WordsView
    units: int | None
    """null: as often as needed."""
    percent_off: int = Field(examples=[100])
    """100: included."""

    @classmethod
    def of(cls, benefit: Benefit) -> "BenefitView":
        return cls(
            service=benefit.service,
            name=WordsView.of(benefit.name),
            units=benefit.units,
            percent_off=benefit.percent_off,
        )


class SavingView(View):
    """What a year paid at once saves against twelve months."""

    amount: MoneyView
    percent: int = Field(examples=[33])
    months: int = Field(examples=[4])
    """How many months' fees that comes nearest to."""

    @classmethod
    def of(cls, saved: Saving) -> "SavingView":
        return cls(amount=MoneyView.of(saved.amount), percent=saved.percent, months=saved.months)


class OfferView(PlanView):
    """A plan or a package whole."""

    description: WordsView
    card_required: bool
    """Whether its trial begins with a card on file."""
    without_card: TrialEnd
    """What becomes of a trial that needs none and got none."""
    highest: MoneyView | None
    """Where its price is agreed on: the most it may come to."""
    saving: SavingView | None
    """By the year: against the same plan by the month."""
    limits: list[LimitView]
    features: list[FeatureView]
    benefits: list[BenefitView]

    @classmethod
    def beside(cls, plan: Plan, monthly: Plan | None) -> "OfferView":
        """A plan, beside the same one by the month if this is by the year."""
        saved = saving(monthly.price, plan.price) if monthly else None
        return cls(
            **PlanView.of(plan).model_dump(exclude={"price"}),
            price=MoneyView.of(plan.price),
            description=WordsView.of(plan.description),
            card_required=plan.card_required,
            without_card=plan.without_card,
            highest=MoneyView.of(plan.highest) if plan.highest else None,
            saving=SavingView.of(saved) if saved else None,
            limits=[LimitView.of(each) for each in plan.limits],
            features=[FeatureView.of(each) for each in plan.features],
            benefits=[BenefitView.of(each) for each in plan.benefits],
        )


class RateView(View):
    """A price for some animals; an empty field holds for all. Kilograms: from `over` (excluded) up to `up_to` (included)."""

    lowest: MoneyView
    highest: MoneyView
    species: str
    sex: str
    over: int
    up_to: int | None

    @classmethod
    def of(cls, rate: Rate) -> "RateView":
        return cls(
            lowest=MoneyView.of(rate.low),
            highest=MoneyView.of(rate.high),
            species=rate.species,
            sex=rate.sex,
            over=rate.over,
            up_to=rate.up_to,
        )


class ItemView(View):
    """A service or a product. Without rates its price is said when it is sold."""

    code: str = Field(examples=["consulta"])
    name: str
    kind: ItemKind
    note: WordsView
    rates: list[RateView]

    @classmethod
    def of(cls, item: Item) -> "ItemView":
        return cls(
            code=item.code,
            name=item.name,
            kind=item.kind,
            note=WordsView.of(item.note),
            rates=[RateView.of(each) for each in item.rates],
        )

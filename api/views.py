"""What the API shows: the record's values as JSON. Amounts are integer centavos with their currency; instants are UTC, ISO 8601."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from activities.ports.register import Subscriber
from models.money import Money
from models.selling.plans import Interval, Plan, PlanKind
from models.subscribing.subscriptions import Status
from models.words import Words


class Body(BaseModel):
    """What a request says. Unknown fields are refused: a misspelt one would otherwise be silently without effect."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        # Neither SQL nor a message to a customer can hold them, and an order that cannot be recorded would never end.
        if isinstance(value, str) and any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise ValueError("write it on one line, without control characters")
        return value


class View(BaseModel):
    """An answer of the API."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class WordsView(View):
    """Words in both languages; an empty `en` means that the Spanish serves for both."""

    es: str
    en: str

    @classmethod
    def of(cls, words: Words) -> "WordsView":
        return cls(es=words.es, en=words.en)


class MoneyView(View):
    """An amount. `text` is ready to print."""

    centavos: int = Field(examples=[14900])
    currency: str = Field(examples=["MXN"])
    text: str = Field(examples=["$149.00 MXN"])

    @classmethod
    def of(cls, money: Money) -> "MoneyView":
        return cls(centavos=money.centavos, currency=money.currency, text=str(money))


class PlanView(View):
    """What can be subscribed to. The price includes VAT."""

    code: str = Field(examples=["pro"])
    name: str = Field(examples=["Pro"])
    price: MoneyView
    interval: Interval
    trial_days: int = Field(examples=[14])
    kind: PlanKind
    tier: str = Field(examples=["pro"])
    """The same for a plan by the month and by the year."""

    @classmethod
    def of(cls, plan: Plan) -> "PlanView":
        return cls(
            code=plan.code,
            name=plan.name,
            price=MoneyView.of(plan.price),
            interval=plan.interval,
            trial_days=plan.trial_days,
            kind=plan.kind,
            tier=plan.family,
        )


class SubscriptionView(View):
    """Where a subscription stands and what happens next."""

    id: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    customer_reference: str = Field(examples=["user-1042"])
    plan: str = Field(examples=["pro"])
    status: Status
    created_at: datetime
    updated_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    trial_end: datetime | None
    cancel_at_period_end: bool
    amount_due: MoneyView
    """What open dunning cases ask for."""
    grace_until: datetime | None
    """Service goes on until then although an invoice is unpaid."""
    next_action: str = Field(examples=["renewal notice"])
    next_action_at: datetime | None
    refusal: str = Field(examples=[""])
    """The bank's code when the opening charge was refused, else empty."""
    stripe_subscription: str = Field(examples=["sub_1Pgc6tB7WZ01zgkW"])
    pet: str = Field(examples=["pet_8Kq2nR4xYw1Z"])
    """Whom it is for, where that is not the customer."""
    instalments: int = Field(examples=[12])
    """The year is paid in so many monthly parts; 0: at once."""

    @classmethod
    def of(cls, subscriber: Subscriber) -> "SubscriptionView":
        record = subscriber.record
        return cls(
            id=record.id,
            customer_reference=subscriber.customer.reference,
            plan=record.plan,
            status=record.status,
            created_at=record.created_at,
            updated_at=record.updated_at,
            period_start=record.period_start,
            period_end=record.period_end,
            trial_end=record.trial_end,
            cancel_at_period_end=record.cancel_at_period_end,
            amount_due=MoneyView.of(record.amount_due),
            grace_until=record.grace_until,
            next_action=record.next_action,
            next_action_at=record.next_action_at,
            refusal=record.refusal,
            stripe_subscription=record.provider_id,
            pet=record.pet,
            instalments=record.instalments,
        )

"""Customers as the API tells them. Field names are English, as everywhere in the API; the paths are Spanish."""

from datetime import date, datetime

from pydantic import Field

from activities.ports.crm import Listed
from api.crm.record_views import ActivityView, ContactView, OpportunityView, TaskView
from api.crm.score_views import HealthView, RecommendationView, RiskView
from api.crm.whole import SHOWN, Whole
from api.views import MoneyView, View
from models.crm.advice import Advice
from models.crm.scores import Health, Level
from models.crm.standing import Held, State
from models.money import Money
from models.records import AccountKind
from models.speaking.notices import Language
from models.subscribing.subscriptions import Status


class AccountView(View):
    """A subscription or a bill of theirs."""

    id: str = Field(examples=["s_8Kq2nR4xYw1Z"])
    kind: AccountKind
    plan: str
    status: Status
    price: MoneyView | None
    period_end: datetime | None

    @classmethod
    def of(cls, held: Held) -> "AccountView":
        return cls(
            id=held.id,
            kind=held.kind,
            plan=held.plan,
            status=held.status,
            price=MoneyView.of(held.price) if held.price else None,
            period_end=held.period_end,
        )


class ExpectedView(View):
    """The next invoice. `by_rhythm`: there is no subscription; it is what their purchases so far let expect."""

    at: datetime
    amount: MoneyView
    by_rhythm: bool


class QuarterView(View):
    """What this calendar quarter brings: billed since it began, renewals to come, open opportunities by probability."""

    begins: date
    ends: date
    billed: MoneyView
    renewals: MoneyView
    opportunities: MoneyView
    total: MoneyView


class PayingView(View):
    """How they have paid so far."""

    invoices: int
    average: MoneyView
    days_to_pay: float | None
    paid: int
    on_time: int
    share_on_time: int | None
    """Whole per cent of those paid."""


class CustomerLine(View):
    """A customer in a list. Risks and health are as of the last event or review; the customer's own page judges anew."""

    id: str = Field(examples=["c_8Kq2nR4xYw1Z"])
    reference: str = Field(examples=["user-1042"])
    name: str = Field(examples=["Ana López"])
    state: State
    value: MoneyView
    owed: MoneyView
    health: Health
    default_risk: Level
    churn_risk: int
    advice: Advice
    next_invoice_at: datetime | None
    last_purchase_at: datetime | None
    last_activity_at: datetime

    @classmethod
    def of(cls, listed: Listed) -> "CustomerLine":
        held = listed.profile
        return cls(
            id=listed.customer.id,
            reference=listed.customer.reference,
            name=listed.customer.name,
            state=held.state,
            value=MoneyView.of(held.value),
            owed=MoneyView.of(Money(held.owed, held.currency)),
            health=held.well,
            default_risk=held.risk,
            churn_risk=held.churn_risk,
            advice=held.advice,
            next_invoice_at=held.next_invoice_at,
            last_purchase_at=held.last_purchase_at,
            last_activity_at=held.last_activity_at,
        )


class WholeView(View):
    """The whole customer. Amounts are centavos, instants UTC; scores are judged when it is asked for."""

    id: str = Field(examples=["c_8Kq2nR4xYw1Z"])
    reference: str = Field(examples=["user-1042"])
    name: str = Field(examples=["Ana López"])
    email: str = Field(examples=["ana@example.mx"])
    phone: str = Field(examples=["+525512345678"])
    rfc: str = Field(examples=["XIA190128J61"])
    language: Language
    since: datetime
    state: State
    value: MoneyView
    """Lifetime value: billed, less what was voided, credited, refunded, written off or taken back by a bank."""
    owed: MoneyView
    last_purchase_at: datetime | None
    last_activity_at: datetime
    health: HealthView
    default_risk: RiskView
    churn_risk: RiskView
    recommendations: list[RecommendationView]
    next_invoice: ExpectedView | None
    quarter: QuarterView
    paying: PayingView
    accounts: list[AccountView]
    contacts: list[ContactView]
    opportunities: list[OpportunityView]
    tasks: list[TaskView]
    activities: list[ActivityView]
    """The newest; `GET …/actividades` has them all."""

    @classmethod
    def of(cls, told: Whole) -> "WholeView":
        customer, currency = told.customer, told.standing.currency

        def amount(centavos: int) -> MoneyView:
            return MoneyView.of(Money(centavos, currency))

        expected, coming, paid = told.next_invoice, told.quarter, told.paying
        return cls(
            id=customer.id,
            reference=customer.reference,
            name=customer.name,
            email=customer.email,
            phone=customer.phone,
            rfc=customer.receiver.rfc if customer.receiver else "",
            language=customer.language,
            since=told.standing.since,
            state=told.standing.state,
            value=amount(told.standing.worth),
            owed=amount(told.standing.owed_centavos),
            last_purchase_at=told.standing.last_purchase_at,
            last_activity_at=told.profile.last_activity_at,
            health=HealthView.of(told.health),
            default_risk=RiskView.of(told.default_risk),
            churn_risk=RiskView.of(told.churn_risk),
            recommendations=[RecommendationView.of(each) for each in told.recommendations],
            next_invoice=ExpectedView(
                at=expected.at, amount=MoneyView.of(expected.amount), by_rhythm=expected.by_rhythm
            )
            if expected
            else None,
            quarter=QuarterView(
                begins=coming.begins,
                ends=coming.ends,
                billed=amount(coming.billed),
                renewals=amount(coming.renewals),
                opportunities=amount(coming.opportunities),
                total=amount(coming.total),
            ),
            paying=PayingView(
                invoices=paid.invoices,
                average=amount(paid.average),
                days_to_pay=paid.days_to_pay,
                paid=paid.paid,
                on_time=paid.on_time,
                share_on_time=paid.share_on_time,
            ),
            accounts=[AccountView.of(each) for each in told.standing.held],
            contacts=[ContactView.of(each) for each in told.contacts],
            opportunities=[OpportunityView.of(each) for each in told.opportunities],
            tasks=[TaskView.of(each) for each in told.tasks],
            activities=[ActivityView.of(each) for each in told.activities[:SHOWN]],
        )

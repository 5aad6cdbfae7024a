"""What people keep of customers, as the API tells it: contacts, interactions, opportunities, tasks."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from api.views import MoneyView, View
from models.crm.activities import Activity, ActivityKind, Direction
from models.crm.contacts import ContactRole, Person
from models.crm.opportunities import Opportunity, Stage
from models.crm.tasks import Task
from models.money import Money


class ContactView(View):
    """A person at a customer."""

    id: str = Field(examples=["ct_8Kq2nR4xYw1Z"])
    name: str = Field(examples=["María Ruiz"])
    role: ContactRole
    email: str = Field(examples=["maria@clinica.mx"])
    phone: str = Field(examples=["+525512345678"])
    main: bool
    """Whom to ask for first."""

    @classmethod
    def of(cls, person: Person) -> "ContactView":
        return cls(
            id=person.id,
            name=person.name,
            role=person.role,
            email=person.email,
            phone=person.phone,
            main=person.main,
        )


class ActivityView(View):
    """What happened. `detail` holds ids, words of closed sets and centavos of what the engine wrote by itself."""

    id: str = Field(examples=["ac_8Kq2nR4xYw1Z"])
    kind: ActivityKind
    at: datetime
    author: str = Field(examples=["u_3kq9fZ0a7xLm"])
    """A person's id, an API key's name, or `perdura`."""
    direction: Direction
    minutes: int
    what: str = Field(examples=["issued"])
    detail: dict[str, Any]
    text: str = Field(examples=["Pide cambios al presupuesto"])

    @classmethod
    def of(cls, activity: Activity) -> "ActivityView":
        return cls(
            id=activity.id,
            kind=activity.kind,
            at=activity.at,
            author=activity.author,
            direction=activity.direction,
            minutes=activity.minutes,
            what=activity.what,
            detail=dict(activity.detail),
            text=activity.text,
        )


class OpportunityView(View):
    """What a customer may buy."""

    id: str = Field(examples=["op_8Kq2nR4xYw1Z"])
    name: str = Field(examples=["Proyecto A"])
    amount: MoneyView
    probability: int = Field(examples=[65])
    """Per cent."""
    weighted: MoneyView
    """Amount times probability; nothing once it is decided."""
    closes: date
    stage: Stage
    author: str
    closed_at: datetime | None

    @classmethod
    def of(cls, deal: Opportunity) -> "OpportunityView":
        return cls(
            id=deal.id,
            name=deal.name,
            amount=MoneyView.of(deal.amount),
            probability=deal.probability,
            weighted=MoneyView.of(Money(deal.weighted, deal.amount.currency)),
            closes=deal.closes,
            stage=deal.stage,
            author=deal.author,
            closed_at=deal.closed_at,
        )


class TaskView(View):
    """What is to be done for a customer."""

    id: str = Field(examples=["ta_8Kq2nR4xYw1Z"])
    customer: str = Field(examples=["c_8Kq2nR4xYw1Z"])
    text: str = Field(examples=["Llamar para cerrar el Proyecto A"])
    due_at: datetime
    assignee: str
    done_at: datetime | None
    done_by: str

    @classmethod
    def of(cls, task: Task) -> "TaskView":
        return cls(
            id=task.id,
            customer=task.customer,
            text=task.text,
            due_at=task.due_at,
            assignee=task.assignee,
            done_at=task.done_at,
            done_by=task.done_by,
        )

"""Tasks: what is to be done for a customer, by whom, by when."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, Field

from api.access import needs
from api.crm.activities import EARLIEST
from api.crm.customers import fresh
from api.crm.record_views import TaskView
from api.crm.whole import Living, entry
from api.deps import ID, Caller, Context, Ctx, Orderer
from api.problems import FieldError, answers, invalid
from api.views import Body, View
from models.access.permissions import Permission
from models.crm.tasks import LONGEST, Task, changed

router = APIRouter(prefix="/api/clientes/{customer}/tareas", tags=["crm"])
everybodys = APIRouter(prefix="/api/tareas", tags=["crm"])

LATEST = datetime(2100, 1, 1, tzinfo=UTC)


class TaskOrder(Body):
    """What is to be done."""

    text: str = Field(min_length=1, max_length=LONGEST, pattern=r"\S", examples=["Llamar para cerrar el Proyecto A"])
    due_at: AwareDatetime = Field(examples=["2026-12-01T16:00:00Z"])
    assignee: str = Field(
        default="", pattern=r"^$|^[A-Za-z0-9_-]{1,64}$", description="a person's id (u_…); left out: nobody's yet"
    )


class TaskChange(Body):
    """What is so now; what is left out stays as it was."""

    due_at: AwareDatetime | None = Field(default=None, examples=["2026-12-02T16:00:00Z"])
    assignee: str | None = Field(default=None, pattern=r"^$|^[A-Za-z0-9_-]{1,64}$", examples=[""])
    done: bool | None = Field(default=None, examples=[True])


class TasksView(View):
    """Tasks, by their day."""

    data: list[TaskView]


Id = Annotated[str, Path(pattern=ID, examples=["ta_8Kq2nR4xYw1Z"])]


@everybodys.get("", summary="What is to be done", dependencies=[needs(Permission.READ)], responses=answers(422, 503))
async def open_tasks(
    context: Ctx,
    tenant: Caller,
    assignee: Annotated[str, Query(pattern=r"^$|^[A-Za-z0-9_-]{1,64}$", description="of one person (u_…)")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> TasksView:
    """Of all customers, those whose day comes first before others. What is done is not among them."""
    found = await context.store.open_tasks(tenant.id, assignee=assignee, limit=limit)
    return TasksView(data=[TaskView.of(each) for each in found])


@router.post(
    "",
    status_code=201,
    summary="Promise a task",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def enter(order: TaskOrder, response: Response, customer: Living, context: Ctx, by: Orderer) -> TaskView:
    """With an `Idempotency-Key` a repeat is the same task."""
    await _insist(context, customer.tenant, order.due_at, order.assignee)
    author, _ = by.sign("", "")
    task = Task(
        tenant=customer.tenant,
        id=fresh("ta", by),
        customer=customer.id,
        text=" ".join(order.text.split()),
        due_at=order.due_at.astimezone(UTC),
        assignee=order.assignee,
        author=author,
        created_at=datetime.now(UTC),
    )
    await context.store.save_task(task)
    await context.store.audit(entry(by, task.id, "task entered"))
    response.headers["Location"] = f"/api/clientes/{customer.id}"
    return TaskView.of(task)


@router.patch(
    "/{task}",
    summary="Change a task, or say that it is done",
    dependencies=[needs(Permission.ENTER)],
    responses=answers(404, 409, 422, 503),
)
async def change(task: Id, told: TaskChange, customer: Living, context: Ctx, by: Orderer) -> TaskView:
    """Done once, it is done by whoever said so first; `done` false opens it again."""
    due_at = told.due_at.astimezone(UTC) if told.due_at else None
    await _insist(context, customer.tenant, due_at, told.assignee or "")
    actor, _ = by.sign("", "")
    applied = partial(changed, due_at=due_at, assignee=told.assignee, done=told.done, by=actor, now=datetime.now(UTC))
    after = await context.store.change_task(customer.tenant, customer.id, task, applied)
    await context.store.audit(entry(by, after.id, "task done" if told.done else "task changed"))
    return TaskView.of(after)


async def _insist(context: Context, tenant: str, due_at: datetime | None, assignee: str) -> None:
    """Raises a Problem (422): nobody can mean that day, or there is no such person."""
    errors = []
    if due_at is not None and not EARLIEST <= due_at <= LATEST:
        errors.append(FieldError(field="due_at", message="name a day between 2000 and 2100"))
    if assignee and await context.store.user(tenant, assignee) is None:
        errors.append(FieldError(field="assignee", message="there is no such person; GET /v1/users lists them"))
    if errors:
        raise invalid(errors)

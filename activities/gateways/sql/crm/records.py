"""What people write of customers: contacts, interactions, opportunities, tasks. Names and texts are sealed."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Select, case, delete, func, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from activities.failures import Missing, Refused
from activities.gateways.sql.crm.following import activity_row, outdate
from activities.gateways.sql.crm.standings import opportunity_of
from activities.gateways.sql.crm.terms import index
from activities.gateways.sql.database import Database, table_of
from activities.ports.crm import Mark
from models.crm.activities import Activity, ActivityKind, Direction
from models.crm.contacts import MOST, ContactRole, Person
from models.crm.opportunities import Opportunity, Stage
from models.crm.tasks import Task
from models.safekeeping.keyring import Keyring
from models.tables.crm import ActivityRow, OpportunityRow, PersonRow, TaskRow
from models.tables.sealed import OPPORTUNITY, PERSON, TASK, WRITTEN

_PERSON, _ACTIVITY, _DEAL, _TASK = (table_of(row).c for row in (PersonRow, ActivityRow, OpportunityRow, TaskRow))
_ENTERED = ("customer_id", "created_at", "author")  # what no change alters
T = TypeVar("T")
_DONE = 100  # tasks that are done are shown no longer than that


class CustomerRecords:
    """The record of what people know and plan."""

    _db: Database
    _keyring: Keyring

    async def contacts(self, tenant: str, customer: str) -> Sequence[Person]:
        mine = (_PERSON.tenant_id == tenant) & (_PERSON.customer_id == customer) & (_PERSON.details != "")
        order = (_PERSON.main.desc(), _PERSON.created_at, _PERSON.id)
        return [self._person_in(row) for row in await self._db.rows(select(PersonRow).where(mine).order_by(*order))]

    async def save_contact(self, person: Person, at: datetime) -> None:
        told = {"name": person.name, "email": person.email, "phone": person.phone}
        sealed = PERSON.seal(self._keyring, json.dumps(told, ensure_ascii=False), (person.tenant, person.id))
        row = PersonRow(
            tenant_id=person.tenant,
            id=person.id,
            customer_id=person.customer,
            role=person.role,
            main=person.main,
            details=sealed,
            created_at=at,
        )
        others = (_PERSON.tenant_id == person.tenant) & (_PERSON.customer_id == person.customer)
        others &= _PERSON.id != person.id
        async with self._db.transaction() as connection:
            known = (await connection.execute(select(func.count()).select_from(PersonRow).where(others))).scalar_one()
            if known >= MOST:
                raise Refused(f"a customer has {MOST} contacts at most: remove one first", "too_many")
            if person.main:
                await connection.execute(update(PersonRow).where(others).values(main=False))
            await connection.execute(self._db.upsert(row, ["tenant_id", "id"], keep=["customer_id", "created_at"]))
            await index(connection, self._keyring, person.tenant, person.customer)

    async def remove_contact(self, tenant: str, customer: str, contact: str) -> None:
        mine = (_PERSON.tenant_id == tenant) & (_PERSON.customer_id == customer) & (_PERSON.id == contact)
        async with self._db.transaction() as connection:
            if not (await connection.execute(delete(PersonRow).where(mine))).rowcount:
                raise Missing(f"there is no contact '{contact}' of this customer")
            await index(connection, self._keyring, tenant, customer)

    async def add_activity(self, activity: Activity) -> bool:
        text = WRITTEN.seal(self._keyring, activity.text, (activity.tenant, activity.id))
        added = self._db.insert(ActivityRow).values(**activity_row(activity, text)).on_conflict_do_nothing()
        async with self._db.transaction() as connection:
            if not (await connection.execute(added)).rowcount:
                return False
            await outdate(connection, activity.tenant, [activity.customer])
        return True

    async def activities_of(
        self, tenant: str, customer: str, *, after: Mark | None = None, limit: int = 50
    ) -> Sequence[Activity]:
        query = select(ActivityRow).where(_ACTIVITY.tenant_id == tenant, _ACTIVITY.customer_id == customer)
        if after is not None:
            same = (_ACTIVITY.at == after.value) & (_ACTIVITY.id < after.id)
            query = query.where(or_(_ACTIVITY.at < after.value, same))
        rows = await self._db.rows(query.order_by(_ACTIVITY.at.desc(), _ACTIVITY.id.desc()).limit(limit))
        return [_activity(row, WRITTEN.open(self._keyring, row.text, (tenant, row.id))) for row in rows]

    async def latest_activities(
        self, tenant: str, customers: Collection[str], each: int = 5
    ) -> Mapping[str, Sequence[Activity]]:
        if not customers:
            return {}
        # One short look into the index for each customer: a window over all of them would read their whole histories.
        looks = [
            select(
                select(table_of(ActivityRow))
                .where(_ACTIVITY.tenant_id == tenant, _ACTIVITY.customer_id == customer)
                .order_by(_ACTIVITY.at.desc(), _ACTIVITY.id.desc())
                .limit(each)
                .subquery()
            )
            for customer in customers
        ]
        found = defaultdict(list)
        async with self._db.reading() as connection:
            for row in (await connection.execute(union_all(*looks))).all():
                found[row.customer_id].append(_activity(row, ""))
        return {
            customer: sorted(mine, key=lambda one: (one.at, one.id), reverse=True) for customer, mine in found.items()
        }

    def _opportunity_row(self, opportunity: Opportunity) -> OpportunityRow:
        key = (opportunity.tenant, opportunity.id)
        return OpportunityRow(
            tenant_id=opportunity.tenant,
            id=opportunity.id,
            customer_id=opportunity.customer,
            name=OPPORTUNITY.seal(self._keyring, opportunity.name, key),
            amount_centavos=opportunity.amount.centavos,
            currency=opportunity.amount.currency,
            probability=opportunity.probability,
            closes=opportunity.closes,
            stage=opportunity.stage,
            author=opportunity.author,
            created_at=opportunity.created_at or datetime.now(UTC),
            closed_at=opportunity.closed_at,
        )

    async def save_opportunity(self, opportunity: Opportunity) -> None:
        row = self._opportunity_row(opportunity)
        async with self._db.transaction() as connection:
            await connection.execute(self._db.upsert(row, ["tenant_id", "id"], keep=_ENTERED))
            await outdate(connection, opportunity.tenant, [opportunity.customer])

    async def change_opportunity(
        self, tenant: str, customer: str, opportunity: str, change: Callable[[Opportunity], Opportunity]
    ) -> tuple[Opportunity, Opportunity]:
        mine = (_DEAL.tenant_id == tenant) & (_DEAL.customer_id == customer) & (_DEAL.id == opportunity)
        async with self._db.transaction() as connection:
            row = await _locked(connection, select(OpportunityRow).where(mine), f"opportunity '{opportunity}'")
            before = opportunity_of(row, OPPORTUNITY.open(self._keyring, row.name, (tenant, row.id)))
            after = change(before)
            await connection.execute(self._db.upsert(self._opportunity_row(after), ["tenant_id", "id"], keep=_ENTERED))
            await outdate(connection, tenant, [customer])
        return before, after

    async def opportunities_of(self, tenant: str, customers: Collection[str]) -> Mapping[str, Sequence[Opportunity]]:
        over = case((_DEAL.stage.in_([stage.value for stage in Stage if stage.over]), 1), else_=0)
        mine = (_DEAL.tenant_id == tenant) & _DEAL.customer_id.in_(customers)
        query = select(OpportunityRow).where(mine).order_by(over, _DEAL.closes, _DEAL.id)
        found = defaultdict(list)
        for row in await self._db.rows(query):
            name = OPPORTUNITY.open(self._keyring, row.name, (tenant, row.id))
            found[row.customer_id].append(opportunity_of(row, name))
        return found

    def _task_row(self, task: Task) -> TaskRow:
        return TaskRow(
            tenant_id=task.tenant,
            id=task.id,
            customer_id=task.customer,
            text=TASK.seal(self._keyring, task.text, (task.tenant, task.id)),
            due_at=task.due_at,
            assignee=task.assignee,
            author=task.author,
            created_at=task.created_at or datetime.now(UTC),
            done_at=task.done_at,
            done_by=task.done_by,
        )

    async def save_task(self, task: Task) -> None:
        await self._db.save(self._task_row(task), ["tenant_id", "id"], keep=_ENTERED)

    async def change_task(self, tenant: str, customer: str, task: str, change: Callable[[Task], Task]) -> Task:
        mine = (_TASK.tenant_id == tenant) & (_TASK.customer_id == customer) & (_TASK.id == task)
        async with self._db.transaction() as connection:
            row = await _locked(connection, select(TaskRow).where(mine), f"task '{task}'")
            after = change(self._task_in(row))
            await connection.execute(self._db.upsert(self._task_row(after), ["tenant_id", "id"], keep=_ENTERED))
        return after

    async def tasks_of(self, tenant: str, customer: str, *, limit: int = 100) -> Sequence[Task]:
        mine = (_TASK.tenant_id == tenant) & (_TASK.customer_id == customer)
        waiting = await self._tasks_where(mine & _TASK.done_at.is_(None), _TASK.due_at, limit)
        return [*waiting, *await self._tasks_where(mine & _TASK.done_at.is_not(None), _TASK.done_at.desc(), limit)]

    async def open_tasks(self, tenant: str, *, assignee: str = "", limit: int = 100) -> Sequence[Task]:
        mine = (_TASK.tenant_id == tenant) & _TASK.done_at.is_(None)
        if assignee:
            mine &= _TASK.assignee == assignee
        return await self._tasks_where(mine, _TASK.due_at, limit)

    async def _tasks_where(self, which: Any, order: Any, limit: int) -> list[Task]:
        rows = await self._db.rows(select(TaskRow).where(which).order_by(order, _TASK.id).limit(limit))
        return [self._task_in(row) for row in rows]

    def _task_in(self, row: TaskRow) -> Task:
        return Task(
            tenant=row.tenant_id,
            id=row.id,
            customer=row.customer_id,
            text=TASK.open(self._keyring, row.text, (row.tenant_id, row.id)),
            due_at=row.due_at,
            assignee=row.assignee,
            author=row.author,
            created_at=row.created_at,
            done_at=row.done_at,
            done_by=row.done_by,
        )

    def _person_in(self, row: PersonRow) -> Person:
        told = json.loads(PERSON.open(self._keyring, row.details, (row.tenant_id, row.id)))
        return Person(
            row.tenant_id,
            row.id,
            row.customer_id,
            told["name"],
            ContactRole(row.role),
            told["email"],
            told["phone"],
            row.main,
        )


async def _locked(connection: AsyncConnection, query: Select[T], what: str) -> T:
    """A customer's row, which nobody else changes until the transaction is over. Raises Missing."""
    async with AsyncSession(connection) as session:
        row = (await session.scalars(query.with_for_update())).first()
    if row is None:
        raise Missing(f"there is no {what} of this customer")
    return row


def _activity(row: Any, text: str) -> Activity:
    return Activity(
        tenant=row.tenant_id,
        id=row.id,
        customer=row.customer_id,
        kind=ActivityKind(row.kind),
        at=row.at,
        author=row.author,
        direction=Direction(row.direction),
        minutes=row.minutes,
        what=row.what,
        detail=json.loads(row.detail),
        text=text,
    )

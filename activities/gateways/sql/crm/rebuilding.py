"""Deriving customers anew from the books: what the engine wrote of them is thrown away and made again of the records themselves."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import SQLModel

from activities.gateways.sql.cases import _case
from activities.gateways.sql.crm.following import activity_row, enter, refresh
from activities.gateways.sql.crm.standings import Read
from activities.gateways.sql.crm.terms import index
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.plan_changes import _record
from activities.gateways.sql.suspects import _notice_told
from activities.gateways.sql.tickets import _ticket
from models.crm.activities import BY_PEOPLE, Activity, ActivityKind
from models.crm.following import of_case, of_change, of_fact, of_notice, of_reply, of_ticket
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Channel
from models.speaking.replies import Meaning, Reply
from models.tables.crm import ActivityRow
from models.tables.dunning import ReplyRow
from models.tables.journal import NoticeRow
from models.tables.plan_changes import PlanChangeRow
from models.tables.subscriptions import CaseRow, SubscriptionRow
from models.tables.tickets import TicketRow

_ACTIVITY, _ACCOUNT, _REPLY, _TICKET = (table_of(row).c for row in (ActivityRow, SubscriptionRow, ReplyRow, TicketRow))
# What people wrote stays.
_MADE = [kind.value for kind in ActivityKind if kind not in BY_PEOPLE]


async def rebuilt(
    connection: AsyncConnection,
    database: Database,
    keyring: Keyring,
    tenant: str,
    customers: Collection[str],
    now: datetime,
) -> None:
    """Activities, search terms and profiles of these customers, as living would have written them."""
    for customer in customers:
        await enter(connection, database, tenant, customer, now)
    theirs = (_ACTIVITY.tenant_id == tenant) & _ACTIVITY.customer_id.in_(customers)
    await connection.execute(delete(ActivityRow).where(theirs, _ACTIVITY.kind.in_(_MADE)))
    made = [each async for each in _of_records(connection, tenant, customers)]
    if made:
        await connection.execute(insert(ActivityRow), [activity_row(each, "") for each in made])
    for customer in customers:
        await index(connection, keyring, tenant, customer)

    def told(found: Mapping[str, Read]) -> Iterable[Activity | None]:
        return (of_fact(fact) for each in found.values() for fact in each.facts)

    await refresh(connection, database, tenant, customers, told, now)


async def _of_records(connection: AsyncConnection, tenant: str, customers: Collection[str]) -> AsyncIterator[Activity]:
    """What follows from every record but the ledger's."""
    async with AsyncSession(connection) as session:
        for notice, customer in await session.execute(_about(NoticeRow, tenant, customers)):
            made = of_notice(_notice_told(notice), customer)
            if made is not None:
                yield made
        for case, customer in await session.execute(_about(CaseRow, tenant, customers)):
            yield of_case(_case(case), customer)
        for change, customer in await session.execute(_about(PlanChangeRow, tenant, customers)):
            yield of_change(_record(change), customer)
        wrote = select(ReplyRow).where(_REPLY.tenant_id == tenant, _REPLY.customer_id.in_(customers))
        for reply in await session.scalars(wrote):
            yield of_reply(_reply(reply))
        asked = select(TicketRow).where(_TICKET.tenant_id == tenant, _TICKET.customer_id.in_(customers))
        for ticket in await session.scalars(asked):
            yield of_ticket(_ticket(ticket))


def _about(row: type[SQLModel], tenant: str, customers: Collection[str]) -> Select[Any, str]:
    """Rows that speak of accounts of these customers, and whose they are."""
    its = table_of(row).c
    joined = (its.tenant_id == _ACCOUNT.tenant_id) & (its.subscription_id == _ACCOUNT.id)
    theirs = (_ACCOUNT.tenant_id == tenant) & _ACCOUNT.customer_id.in_(customers)
    return select(row, _ACCOUNT.customer_id).join(table_of(SubscriptionRow), joined).where(theirs)


def _reply(row: ReplyRow) -> Reply:
    """A reply without its words."""
    return Reply(
        tenant=row.tenant_id,
        id=row.id,
        customer=row.customer_id,
        channel=Channel(row.channel),
        body="",
        meaning=Meaning(row.meaning),
        received_at=row.received_at,
    )

"""The customer's record follows each record of the engine's, in the transaction that writes it: its line in the history, and that the
profile is outdated. Whoever reads profiles has the outdated ones read anew from the books first, and a round does so with the rest.

Whoever tells events as well does that first: every transaction takes an event's line before a profile's, so that none waits in a circle.
The profile is not counted up but read anew from the books, so that it cannot drift: living and `perdura crm rebuild` are one function.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.crm.standings import Read, owners, read
from activities.gateways.sql.database import Database, Insert, table_of, values
from models.bookkeeping.ledger import Fact
from models.crm.activities import Activity
from models.crm.advice import Advice
from models.crm.following import of_case, of_fact
from models.crm.profile import Profile, profile
from models.crm.sales import booked
from models.crm.scores import Level
from models.crm.standing import State
from models.records import CaseRecord
from models.tables.crm import ActivityRow, ProfileRow

_PROFILE, _ACTIVITY = table_of(ProfileRow).c, table_of(ActivityRow).c
# In `review_at`: nothing was ever derived for this customer; and: the books have changed since the profile was read from them.
NEVER, OUTDATED = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)
_ONE = update(table_of(ProfileRow)).where(
    _PROFILE.tenant_id == bindparam("of_tenant"), _PROFILE.customer_id == bindparam("of_customer")
)
_OUTDATING = _ONE.values(review_at=OUTDATED)
Told = Callable[[Mapping[str, Read]], Iterable[Activity | None]]


async def enter(connection: AsyncConnection, database: Database, tenant: str, customer: str, since: datetime) -> None:
    """Begin a profile, to be read from the books before anybody sees it; one that is there stays."""
    row = ProfileRow(
        tenant_id=tenant,
        customer_id=customer,
        since=since,
        state=State.PROSPECT,
        currency="MXN",
        worth_centavos=0,
        invoices=0,
        average_centavos=0,
        next_invoice_centavos=0,
        owed_centavos=0,
        health=50,
        default_risk=0,
        churn_risk=0,
        risk=Level.LOW,
        advice=Advice.NOTHING,
        review_at=OUTDATED,
        last_activity_at=since,
    )
    await connection.execute(database.insert(ProfileRow).values(**values(row)).on_conflict_do_nothing())


async def money_moved(connection: AsyncConnection, database: Database, facts: Sequence[Fact]) -> None:
    """After facts of one tenant were booked."""
    if not facts:
        return
    tenant = facts[0].tenant
    whose = await owners(connection, tenant, (fact.subscription for fact in facts))
    told = (booked(fact, whose[fact.subscription]) for fact in facts if fact.subscription in whose)
    await keep(connection, database, [of_fact(each) for each in told if each])
    await outdate(connection, tenant, whose.values())


async def case_changed(connection: AsyncConnection, database: Database, case: CaseRecord) -> None:
    """After a charge failed once more, or what was owed came to an end."""
    whose = await owners(connection, case.tenant, [case.subscription])
    customer = whose[case.subscription]
    await keep(connection, database, [of_case(case, customer)])
    await outdate(connection, case.tenant, [customer])


async def account_changed(connection: AsyncConnection, tenant: str, accounts: Iterable[str]) -> None:
    """After subscriptions or bills were written in a way that their customers' profiles show."""
    await outdate(connection, tenant, (await owners(connection, tenant, accounts)).values())


async def outdate(connection: AsyncConnection, tenant: str, customers: Iterable[str]) -> None:
    """After anything else that profiles show. Whoever writes several of them does so in one order."""
    for customer in sorted(set(customers)):
        await connection.execute(_OUTDATING, {"of_tenant": tenant, "of_customer": customer})


async def spoke(connection: AsyncConnection, database: Database, activity: Activity) -> None:
    """After somebody said something: what it may change besides the history is how long they have been silent."""
    await keep(connection, database, [activity])
    if activity.personal:
        await outdate(connection, activity.tenant, [activity.customer])
        return
    mine = (_PROFILE.tenant_id == activity.tenant) & (_PROFILE.customer_id == activity.customer)
    await connection.execute(
        update(ProfileRow).where(mine, _PROFILE.last_activity_at < activity.at).values(last_activity_at=activity.at)
    )


async def keep(connection: AsyncConnection, database: Database, activities: Iterable[Activity | None]) -> None:
    """Write activities of the engine's, each in the place of what was known of the same record."""
    rows = [activity_row(activity, "") for activity in activities if activity is not None]
    if rows:
        await connection.execute(_keeping(database), rows)


@lru_cache(maxsize=8)
def _keeping(database: Database) -> Insert:
    statement = database.insert(ActivityRow)
    changed = {name: statement.excluded[name] for name in ("at", "detail", "what", "direction", "author")}
    return statement.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=changed)


async def refresh(
    connection: AsyncConnection,
    database: Database,
    tenant: str,
    customers: Collection[str],
    told: Told | None = None,
    now: datetime | None = None,
) -> None:
    """Have profiles say what the books say now; `told` makes the activities that follow from what was read.

    Writers of one customer take turns at the profile's row before they read: what two of them changed at one instant, the second sees.
    """
    if not customers:
        return
    mine = (_PROFILE.tenant_id == tenant) & _PROFILE.customer_id.in_(customers)
    turn = select(_PROFILE.customer_id).where(mine).order_by(_PROFILE.customer_id).with_for_update()
    await connection.execute(turn)
    found = await read(connection, tenant, customers)
    lasts: dict[str, datetime | None] = {customer: each.last_activity_at for customer, each in found.items()}
    if told is not None:
        activities = [activity for activity in told(found) if activity is not None]
        await keep(connection, database, activities)
        for activity in activities:
            known = lasts.get(activity.customer)
            lasts[activity.customer] = activity.at if known is None else max(known, activity.at)
    at = now or datetime.now(UTC)
    made = [profile(each.standing, at, lasts[customer]) for customer, each in found.items()]
    if made:
        await connection.execute(_ONE, [_columns(each) for each in made])


def _columns(made: Profile) -> dict[str, Any]:
    return {
        "of_tenant": made.tenant,
        "of_customer": made.customer,
        "since": made.since,
        "state": made.state.value,
        "currency": made.currency,
        "worth_centavos": made.worth,
        "invoices": made.invoices,
        "average_centavos": made.average,
        "last_purchase_at": made.last_purchase_at,
        "next_invoice_at": made.next_invoice_at,
        "next_invoice_centavos": made.next_invoice,
        "owed_centavos": made.owed,
        "owed_since": made.owed_since,
        "health": made.health,
        "default_risk": made.default_risk,
        "churn_risk": made.churn_risk,
        "risk": made.risk.value,
        "advice": made.advice.value,
        "review_at": made.review_at,
        "last_activity_at": made.last_activity_at,
    }


def activity_row(activity: Activity, text: str) -> dict[str, Any]:
    """The columns of an activity; `text` is sealed."""
    return {
        "tenant_id": activity.tenant,
        "id": activity.id,
        "customer_id": activity.customer,
        "kind": activity.kind.value,
        "at": activity.at,
        "author": activity.author,
        "direction": activity.direction.value,
        "minutes": activity.minutes,
        "what": activity.what,
        "detail": json.dumps(dict(activity.detail), sort_keys=True),
        "text": text,
    }

"""How customers stand, read from the books in the transaction that changes them: accounts, ledger, cases, changes, opportunities."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.database import table_of
from models.bookkeeping.ledger import Kind
from models.changing.change_records import ChangeKind, ChangeState
from models.collecting.cases import Outcome
from models.crm.activities import BY_PEOPLE, Direction
from models.crm.opportunities import Opportunity, Stage
from models.crm.sales import STANDS_IN, Booked, sales, worth
from models.crm.standing import Change, Debt, Held, Standing
from models.money import Money
from models.records import AccountKind
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status
from models.tables.clinic import BillRow
from models.tables.crm import ActivityRow, OpportunityRow, ProfileRow
from models.tables.ledger import LedgerRow
from models.tables.parties import PlanRow
from models.tables.plan_changes import PlanChangeRow
from models.tables.subscriptions import CaseRow, SubscriptionRow

_PROFILE, _ACTIVITY, _DEAL = (table_of(row).c for row in (ProfileRow, ActivityRow, OpportunityRow))
_ACCOUNT, _PLAN, _LEDGER = (table_of(row).c for row in (SubscriptionRow, PlanRow, LedgerRow))
_CASE, _BILL, _CHANGE = (table_of(row).c for row in (CaseRow, BillRow, PlanChangeRow))
_SPOKEN = or_(_ACTIVITY.kind.in_([kind.value for kind in BY_PEOPLE[:3]]), _ACTIVITY.direction == Direction.IN.value)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one customer: how they stand, the facts of it, and when anything last happened (UTC)."""

    standing: Standing
    facts: tuple[Booked, ...]
    last_activity_at: datetime | None


async def read(connection: AsyncConnection, tenant: str, customers: Collection[str]) -> Mapping[str, Read]:
    """By customer. Those without a profile are left out."""

    async def rows(query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return (await connection.execute(query)).all()

    since = select(_PROFILE.customer_id, _PROFILE.since).where(
        _PROFILE.tenant_id == tenant, _PROFILE.customer_id.in_(customers)
    )
    known = {row.customer_id: row.since for row in await rows(since)}
    held, debts, changes, due = (defaultdict[str, list[Any]](list) for _ in range(4))
    for row in await rows(_accounts(tenant, customers)):
        held[row.customer_id].append(_held(row))
    facts = await booked(connection, tenant, customers)
    for row in await rows(_mine(CaseRow, tenant, customers)):
        debts[row.customer_id].append(_debt(row))
    for row in await rows(_mine(PlanChangeRow, tenant, customers)):
        change = Change(ChangeKind(row.kind), ChangeState(row.state), row.confirmed_at)
        changes[row.customer_id].append(change)
    bills = select(_BILL.customer_id, _BILL.invoice, _BILL.due_at).where(
        _BILL.tenant_id == tenant, _BILL.customer_id.in_(customers), _BILL.due_at.is_not(None)
    )
    for row in await rows(bills):
        due[row.customer_id].append((row.invoice, row.due_at))
    deals = defaultdict(list)
    of_them = select(table_of(OpportunityRow)).where(_DEAL.tenant_id == tenant, _DEAL.customer_id.in_(customers))
    for row in await rows(of_them.order_by(_DEAL.created_at, _DEAL.id)):
        deals[row.customer_id].append(opportunity_of(row, ""))
    latest = select(
        _ACTIVITY.customer_id,
        func.max(_ACTIVITY.at).label("last"),
        func.max(case((_SPOKEN, _ACTIVITY.at))).label("spoken"),
    ).where(_ACTIVITY.tenant_id == tenant, _ACTIVITY.customer_id.in_(customers))
    when = {row.customer_id: row for row in await rows(latest.group_by(_ACTIVITY.customer_id))}
    told = {}
    for customer, entered in known.items():
        of_it = facts.get(customer, ())
        currency = of_it[0].currency if of_it else _first_price(held[customer])
        mine = tuple(fact for fact in of_it if fact.currency == currency)
        last = when.get(customer)
        standing = Standing(
            tenant=tenant,
            customer=customer,
            since=min([entered, *(each.since for each in held[customer])]),
            held=tuple(held[customer]),
            sales=sales(mine, dict(due[customer])),
            debts=tuple(debts[customer]),
            changes=tuple(changes[customer]),
            opportunities=tuple(deals[customer]),
            worth=worth(mine),
            currency=currency,
            spoken_at=last.spoken if last else None,
        )
        told[customer] = Read(standing, of_it, last.last if last else None)
    return told


def _first_price(held: Iterable[Held]) -> str:
    """The currency of who has not been billed yet: that of what they subscribed to."""
    return next((each.price.currency for each in held if each.price is not None), "MXN")


async def booked(
    connection: AsyncConnection, tenant: str, customers: Collection[str]
) -> Mapping[str, tuple[Booked, ...]]:
    """The facts of the ledger by customer, in the order in which they happened, each with its one signed amount."""
    # A row adds to one account what it takes from another: of each fact the account counts in which its amount stands whole.
    where: dict[str, list[str]] = defaultdict(list)
    for kind, account in STANDS_IN.items():
        where[account.value].append(kind.value)
    into = or_(*(_LEDGER.kind.in_(kinds) & (_LEDGER.debit == account) for account, kinds in where.items()))
    out_of = or_(*(_LEDGER.kind.in_(kinds) & (_LEDGER.credit == account) for account, kinds in where.items()))
    amount = func.sum(case((into, _LEDGER.centavos), (out_of, -_LEDGER.centavos), else_=0))
    told = (
        _ACCOUNT.customer_id,
        _LEDGER.subscription_id,
        _LEDGER.fact,
        _LEDGER.kind,
        _LEDGER.invoice,
        _LEDGER.currency,
        _LEDGER.at,
        _LEDGER.actor,
    )
    query = (
        select(*told, amount)
        .join(
            table_of(LedgerRow),
            (_LEDGER.tenant_id == _ACCOUNT.tenant_id) & (_LEDGER.subscription_id == _ACCOUNT.id),
        )
        .where(_ACCOUNT.tenant_id == tenant, _ACCOUNT.customer_id.in_(customers))
        .where(_LEDGER.kind.in_([kind.value for kind in STANDS_IN]))
        .group_by(*told)
        .order_by(_LEDGER.at, _LEDGER.fact)
    )
    found = defaultdict(list)
    for customer, account, fact, kind, invoice, currency, at, actor, centavos in (
        await connection.execute(query)
    ).all():
        of_it = Booked(tenant, customer, account, fact, Kind(kind), invoice, int(centavos), currency, at, actor)
        found[customer].append(of_it)
    return {customer: tuple(each) for customer, each in found.items()}


async def owners(connection: AsyncConnection, tenant: str, accounts: Iterable[str]) -> dict[str, str]:
    """Whose these subscriptions and bills are."""
    query = select(_ACCOUNT.id, _ACCOUNT.customer_id).where(
        _ACCOUNT.tenant_id == tenant, _ACCOUNT.id.in_(set(accounts))
    )
    return {row.id: row.customer_id for row in (await connection.execute(query)).all()}


def opportunity_of(row: Any, name: str) -> Opportunity:
    """The value of a row; its name was opened by the caller, or is of no interest."""
    return Opportunity(
        tenant=row.tenant_id,
        id=row.id,
        customer=row.customer_id,
        name=name,
        amount=Money(row.amount_centavos, row.currency),
        probability=row.probability,
        closes=row.closes,
        stage=Stage(row.stage),
        author=row.author,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


def _accounts(tenant: str, customers: Collection[str]) -> Select[*tuple[Any, ...]]:
    plan = (_PLAN.tenant_id == _ACCOUNT.tenant_id) & (_PLAN.code == _ACCOUNT.plan_code)
    return (
        select(table_of(SubscriptionRow), _PLAN.price_centavos.label("listed"), _PLAN.interval)
        .outerjoin(table_of(PlanRow), plan)
        .where(_ACCOUNT.tenant_id == tenant, _ACCOUNT.customer_id.in_(customers))
        .order_by(_ACCOUNT.created_at, _ACCOUNT.id)
    )


def _mine(
    row: type[CaseRow] | type[PlanChangeRow], tenant: str, customers: Collection[str]
) -> Select[*tuple[Any, ...]]:
    its = table_of(row)
    joined = (its.c.tenant_id == _ACCOUNT.tenant_id) & (its.c.subscription_id == _ACCOUNT.id)
    order = (its.c.opened_at, its.c.invoice) if row is CaseRow else (its.c.confirmed_at, its.c.id)
    return (
        select(_ACCOUNT.customer_id, its)
        .join(its, joined)
        .where(_ACCOUNT.tenant_id == tenant, _ACCOUNT.customer_id.in_(customers))
        .order_by(*order)
    )


def _held(row: Any) -> Held:
    price = row.listed if row.price_centavos is None else row.price_centavos
    return Held(
        id=row.id,
        kind=AccountKind(row.kind),
        status=Status(row.status),
        since=row.created_at,
        plan=row.plan_code or "",
        price=None if price is None else Money(price, row.currency),
        interval=Interval(row.interval or Interval.MONTH),
        period_end=row.period_end,
        trial_end=row.trial_end,
        ending=row.cancel_at_period_end,
        card=row.card_required or row.card_at is not None,
    )


def _debt(row: Any) -> Debt:
    return Debt(
        invoice=row.invoice,
        amount=Money(row.amount_centavos, row.currency),
        since=row.opened_at,
        attempts=row.attempts,
        outcome=Outcome(row.outcome) if row.outcome else None,
        broken_promises=row.broken_promises,
    )

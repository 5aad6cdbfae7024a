"""What every subscription was on which days, and the figures of each day. Written by whole sets: a day of 100,000 is two statements."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, exists, func, insert, literal, select, true, update

from activities.gateways.sql.customer_rows import customer_in
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.subscriptions import SUBSCRIBED
from activities.gateways.sql.tenants import tenant_of
from activities.ports.measures import DayStatus
from models.collecting.cases import Outcome
from models.kpis.definitions import Kpi
from models.kpis.figures import BASE, Base, Figure, Lost, Standing
from models.kpis.snapshots import Kept, Snapshot
from models.portions import portions
from models.records import Customer
from models.safekeeping.keyring import Keyring
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status
from models.tables.kpis import FigureRow, SnapshotRow, StatusSpanRow
from models.tables.parties import CustomerRow, PlanRow, TenantRow
from models.tables.subscriptions import CaseRow, SubscriptionRow

_SPAN, _DAY, _FIGURE = table_of(StatusSpanRow).c, table_of(SnapshotRow).c, table_of(FigureRow).c
_SUBSCRIPTION, _PLAN, _CASE = table_of(SubscriptionRow).c, table_of(PlanRow).c, table_of(CaseRow).c
OPEN = date(9999, 12, 31)  # until which a span lasts that goes on
PAGE = 5_000
OPENED = 500  # sealed rows at a time
_HEARD = timedelta(days=1)  # within which a subscription has heard that its case has ended

_BASE = [status.value for status in sorted(BASE)]
_PRICE = func.coalesce(_SUBSCRIPTION.price_centavos, _PLAN.price_centavos, 0)
_NOW = (
    _SUBSCRIPTION.status,
    func.coalesce(_SUBSCRIPTION.plan_code, ""),
    _PRICE,
    func.coalesce(_PLAN.currency, _SUBSCRIPTION.currency),
    func.coalesce(_PLAN.interval, Interval.MONTH.value),
)
_THEN = (_SPAN.status, _SPAN.plan_code, _SPAN.price_centavos, _SPAN.currency, _SPAN.interval)


def _with_plans(query: Select[Any], tenant: str = "") -> Select[Any]:
    """All subscriptions of a tenant (empty: of all) as they stand, each with what its plan costs."""
    sold = and_(_PLAN.tenant_id == _SUBSCRIPTION.tenant_id, _PLAN.code == _SUBSCRIPTION.plan_code)
    joined = query.select_from(table_of(SubscriptionRow)).outerjoin(table_of(PlanRow), sold)
    return joined.where(_SUBSCRIPTION.tenant_id == tenant if tenant else true(), SUBSCRIBED)


def _snapshot(row: SnapshotRow) -> Snapshot:
    return Snapshot(row.tenant_id, row.day, row.taken_at, row.subscriptions, row.changed, row.missed, row.measured_at)


def _figure(row: FigureRow) -> Figure:
    return Figure(Kpi(row.kpi), row.day, row.numerator, row.denominator, row.currency, row.since)


def _lasting(day: date) -> Any:
    return (_SPAN.from_day <= day) & (_SPAN.until_day > day)


class Snapshots:
    """Days, as they were."""

    _db: Database
    _keyring: Keyring

    async def kept(self) -> Sequence[Kept]:
        last = (
            select(_DAY.tenant_id, func.max(_DAY.day).label("day"))
            .where(_DAY.measured_at.is_not(None))
            .group_by(_DAY.tenant_id)
        )
        days: dict[str, date] = dict(map(tuple, await self._db.figures(last)))
        rows = await self._db.rows(select(TenantRow).order_by(table_of(TenantRow).c.tenant_id))
        return [Kept(tenant_of(row), row.created_at, days.get(row.tenant_id)) for row in rows]

    async def take_snapshot(self, tenant: str, day: date, *, at: datetime, missed: int = 0) -> Snapshot:
        row = SnapshotRow(tenant_id=tenant, day=day, taken_at=at, subscriptions=0, changed=0, missed=missed)
        mine = (_DAY.tenant_id == tenant) & (_DAY.day == day)
        async with self._db.transaction() as connection:
            added = self._db.insert(SnapshotRow).values(**values(row)).on_conflict_do_nothing()
            # Whoever else takes this day is waited for, and has taken it.
            if (await connection.execute(added)).rowcount:
                same = and_(*(then == now for then, now in zip(_THEN, _NOW, strict=True)))
                still = _with_plans(select(literal(1)), tenant).where(_SUBSCRIPTION.id == _SPAN.subscription_id, same)
                going_on = (_SPAN.tenant_id == tenant) & (_SPAN.until_day == OPEN)
                closed = update(StatusSpanRow).where(going_on, ~exists(still.correlate(table_of(StatusSpanRow))))
                await connection.execute(closed.values(until_day=day))
                known = select(literal(1)).where(going_on, _SPAN.subscription_id == _SUBSCRIPTION.id)
                fresh = _with_plans(
                    select(literal(tenant), _SUBSCRIPTION.id, literal(day), literal(OPEN), *_NOW), tenant
                ).where(~exists(known.correlate(table_of(SubscriptionRow))))
                columns = ["tenant_id", "subscription_id", "from_day", "until_day", *(each.name for each in _THEN)]
                changed = (await connection.execute(insert(StatusSpanRow).from_select(columns, fresh))).rowcount
                counted = select(func.count()).select_from(table_of(StatusSpanRow)).where(going_on)
                count = int((await connection.execute(counted)).scalar_one())
                said = {"subscriptions": count, "changed": changed}
                await connection.execute(update(SnapshotRow).where(mine).values(**said))
        found = await self._db.first(select(SnapshotRow).where(mine))
        assert found is not None
        return _snapshot(found)

    async def save_figures(self, tenant: str, day: date, figures: Sequence[Figure], *, at: datetime) -> None:
        rows = [
            {
                "tenant_id": tenant,
                "kpi": each.kpi.value,
                "currency": each.currency,
                "day": day,
                "numerator": each.numerator,
                "denominator": each.denominator,
                "since": each.since,
            }
            for each in figures
        ]
        mine = (_DAY.tenant_id == tenant) & (_DAY.day == day) & _DAY.measured_at.is_(None)
        async with self._db.transaction() as connection:
            if rows:
                await connection.execute(self._db.insert(FigureRow).values(rows).on_conflict_do_nothing())
            await connection.execute(update(SnapshotRow).where(mine).values(measured_at=at))

    async def snapshots(self, tenant: str, since: date, until: date) -> Sequence[Snapshot]:
        query = select(SnapshotRow).where(_DAY.tenant_id == tenant, _DAY.day >= since, _DAY.day <= until)
        return [_snapshot(row) for row in await self._db.rows(query.order_by(_DAY.day))]

    async def figures_of(self, tenant: str, since: date, until: date, *, of: Collection[Kpi] = ()) -> Sequence[Figure]:
        query = select(FigureRow).where(_FIGURE.tenant_id == tenant, _FIGURE.day >= since, _FIGURE.day <= until)
        if of:
            query = query.where(_FIGURE.kpi.in_([each.value for each in of]))
        rows = await self._db.rows(query.order_by(_FIGURE.day, _FIGURE.kpi, _FIGURE.currency))
        return [_figure(row) for row in rows]

    async def newest_figures(self, kpi: Kpi, *, since: date) -> Sequence[tuple[str, Figure]]:
        query = select(FigureRow).where(_FIGURE.kpi == kpi.value, _FIGURE.day >= since)
        rows = await self._db.rows(query.order_by(_FIGURE.tenant_id, _FIGURE.day))
        return [(row.tenant_id, _figure(row)) for row in rows]

    async def statuses_of(self, tenant: str, day: date | None) -> AsyncIterator[Sequence[DayStatus]]:
        after = ""
        while True:
            if day is None:
                query = _with_plans(select(_SUBSCRIPTION.id, *_NOW), tenant)
                query = query.where(_SUBSCRIPTION.id > after).order_by(_SUBSCRIPTION.id)
            else:
                then = (_SPAN.tenant_id == tenant) & _lasting(day) & (_SPAN.subscription_id > after)
                query = select(_SPAN.subscription_id, *_THEN).where(then).order_by(_SPAN.subscription_id)
            rows = await self._db.figures(query.limit(PAGE))
            if not rows:
                return
            yield [DayStatus(id, Status(status), *rest) for id, status, *rest in rows]
            after = rows[-1][0]

    async def customers_of(self, tenant: str, subscriptions: Collection[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for some in portions(sorted(subscriptions), PAGE):
            mine = (_SUBSCRIPTION.tenant_id == tenant) & _SUBSCRIPTION.id.in_(some)
            found |= dict(
                map(tuple, await self._db.figures(select(_SUBSCRIPTION.id, _SUBSCRIPTION.customer_id).where(mine)))
            )
        return found

    async def subscribed(self, tenant: str, subscriptions: Collection[str]) -> AsyncIterator[Sequence[Customer]]:
        for some in portions(sorted(subscriptions), OPENED):
            mine = (_SUBSCRIPTION.tenant_id == tenant) & _SUBSCRIPTION.id.in_(some)
            whose = table_of(CustomerRow).c.id.in_(select(_SUBSCRIPTION.customer_id).where(mine))
            rows = await self._db.rows(select(CustomerRow).where(table_of(CustomerRow).c.tenant_id == tenant, whose))
            yield [customer_in(row, self._keyring) for row in rows]

    async def standings(self, tenant: str) -> Sequence[Standing]:
        return await self._standings(tenant)

    async def all_standings(self) -> Sequence[Standing]:
        return await self._standings("")

    async def _standings(self, tenant: str) -> Sequence[Standing]:
        status, _, price, currency, interval = _NOW
        query = _with_plans(select(status, interval, currency, func.count(), func.sum(price)), tenant)
        found = await self._db.figures(query.group_by(status, interval, currency))
        return [Standing(Status(s), Interval(i), c, count, int(total)) for s, i, c, count, total in found]

    async def base_since(self, tenant: str, day: date) -> Base:
        first = select(_DAY.day, _DAY.taken_at).where(_DAY.tenant_id == tenant, _DAY.day >= day)
        found = await self._db.figures(first.order_by(_DAY.day).limit(1))
        if not found:
            return Base()
        ((taken, taken_at),) = found
        then = (_SPAN.tenant_id == tenant) & _lasting(taken) & _SPAN.status.in_(_BASE)
        grouped = (_SPAN.interval, _SPAN.currency)
        money = func.sum(_SPAN.price_centavos)
        base = select(_SPAN.status, *grouped, func.count(), money).where(then).group_by(_SPAN.status, *grouped)
        unpaid = case(
            (
                exists(
                    select(literal(1))
                    .where(
                        _CASE.tenant_id == _SPAN.tenant_id,
                        _CASE.subscription_id == _SPAN.subscription_id,
                        _CASE.outcome == Outcome.EXHAUSTED.value,
                        _CASE.closed_at >= taken_at - _HEARD,  # an earlier one is not what has ended it since
                    )
                    .correlate(table_of(StatusSpanRow))
                ),
                1,
            ),
            else_=0,
        ).label("unpaid")
        ended = and_(
            _SUBSCRIPTION.tenant_id == _SPAN.tenant_id,
            _SUBSCRIPTION.id == _SPAN.subscription_id,
            _SUBSCRIPTION.status == Status.CANCELED.value,
        )
        gone = (
            select(unpaid, *grouped, _SPAN.price_centavos)
            .select_from(table_of(StatusSpanRow))
            .join(table_of(SubscriptionRow), ended)
            .where(then)
            .subquery()
        )
        by = (gone.c.unpaid, gone.c.interval, gone.c.currency)
        lost = select(*by, func.count(), func.sum(gone.c.price_centavos)).group_by(*by)
        return Base(
            taken,
            tuple(
                Standing(Status(s), Interval(i), c, count, int(total))
                for s, i, c, count, total in await self._db.figures(base)
            ),
            tuple(
                Lost(unpaid=bool(u), interval=Interval(i), currency=c, count=count, centavos=int(total))
                for u, i, c, count, total in await self._db.figures(lost)
            ),
        )

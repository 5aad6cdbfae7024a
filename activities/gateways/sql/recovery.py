"""What collecting came to and what it faces: ended cases for the figures, and the open book for dry runs."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true

from activities.gateways.sql.cases import _case
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.policies import UNSETTLED
from activities.gateways.sql.subscriptions import SUBSCRIBED
from models.analytics.recovery import Collected
from models.collecting.running_cases import RunningCase
from models.money import Money
from models.policies.dry_run import ComingRenewal
from models.policies.policy import Facts
from models.records import Delivery
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status
from models.tables.journal import NoticeRow
from models.tables.parties import CustomerRow, PlanRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow

_CASE, _SUBSCRIPTION, _PAYMENT = table_of(CaseRow).c, table_of(SubscriptionRow).c, table_of(PaymentRow).c
_CUSTOMER, _PLAN, _NOTICE = table_of(CustomerRow).c, table_of(PlanRow).c, table_of(NoticeRow).c
_CHARGED = (Status.ACTIVE.value, Status.TRIALING.value)
PAGE = 1000  # cases read at a time
_WENT_OUT = (Delivery.SENT.value, Delivery.DELIVERED.value)


def _costs(row: SubscriptionRow, sold: PlanRow) -> Money:
    """What a subscription's next period costs: its own price, which the plan's may have left behind."""
    return Money(sold.price_centavos if row.price_centavos is None else row.price_centavos, sold.currency)


class Recovery:
    """Read by whoever analyses; written by nobody."""

    _db: Database

    async def running_cases(
        self, tenant: str, now: datetime, plan: str = "", *, limit: int | None = None
    ) -> Sequence[RunningCase]:
        query = (
            select(CaseRow, SubscriptionRow)
            .join(SubscriptionRow, _same_subscription())
            .where(_CASE.tenant_id == tenant, _CASE.outcome.is_(None), SUBSCRIBED)
            .order_by(_CASE.opened_at, _CASE.invoice)
            .limit(limit)
        )
        found = await self._db.pairs(query.where(_SUBSCRIPTION.plan_code == plan) if plan else query)
        customers = {subscription.customer_id for _, subscription in found}
        # Of some cases their own customers are looked up; of a whole book it is cheaper to read them all.
        those = customers if limit else None
        known = await self._known(tenant, now, those) if customers else {}
        references = await self._references(tenant, those) if customers else {}
        return [
            RunningCase(
                _case(case),
                references.get(subscription.customer_id, ""),
                subscription.plan_code or "",
                _of_plan(known.get(subscription.customer_id), subscription.plan_code or ""),
            )
            for case, subscription in found
        ]

    async def running_count(self, tenant: str) -> int:
        query = select(func.count()).select_from(CaseRow).join(SubscriptionRow, _same_subscription())
        ((count,),) = await self._db.figures(
            query.where(_CASE.tenant_id == tenant, _CASE.outcome.is_(None), SUBSCRIBED)
        )
        return int(count)

    async def coming_renewals(
        self, tenant: str, now: datetime, until: datetime, plan: str = ""
    ) -> Sequence[ComingRenewal]:
        """Subscriptions that are charged from `now` to `until` (UTC) and are to go on."""
        query = (
            select(SubscriptionRow, PlanRow)
            .join(
                PlanRow,
                and_(_PLAN.tenant_id == _SUBSCRIPTION.tenant_id, _PLAN.code == _SUBSCRIPTION.plan_code),
            )
            .where(
                _SUBSCRIPTION.tenant_id == tenant,
                _SUBSCRIPTION.status.in_(_CHARGED),
                _SUBSCRIPTION.cancel_at_period_end.is_(False),
                _SUBSCRIPTION.period_end >= now,
                _SUBSCRIPTION.period_end <= until,
            )
            .order_by(_SUBSCRIPTION.period_end, _SUBSCRIPTION.id)
        )
        found = await self._db.pairs(query.where(_SUBSCRIPTION.plan_code == plan) if plan else query)
        known = await self._known(tenant, now) if found else {}
        references = await self._references(tenant) if found else {}
        return [
            ComingRenewal(
                row.id,
                references.get(row.customer_id, ""),
                sold.code,
                _costs(row, sold),
                row.period_end,
                _of_plan(known.get(row.customer_id), sold.code),
                Interval(sold.interval),
            )
            for row, sold in found
            if row.period_end is not None
        ]

    async def collected(self, tenant: str, since: datetime, until: datetime) -> Sequence[Collected]:
        """The cases opened in [since, until) (UTC), oldest first, each with the channel of the last message sent about it."""
        return [case async for page in self.collected_pages(tenant, since, until) for case in page]

    async def collected_pages(
        self, tenant: str, since: datetime, until: datetime
    ) -> AsyncIterator[Sequence[Collected]]:
        """The same, page by page, so that nobody need hold them all."""
        query = (
            select(CaseRow, SubscriptionRow)
            .join(SubscriptionRow, _same_subscription())
            .where(_CASE.tenant_id == tenant, _CASE.opened_at < until)
            .order_by(_CASE.opened_at, _CASE.invoice)
            .limit(PAGE)
        )
        after = _CASE.opened_at >= since
        while page := await self._db.pairs(query.where(after)):
            channels = await self._last_channels(tenant, since, {case.subscription_id for case, _ in page})
            yield [
                Collected(_case(case), subscription.plan_code or "", channels.get(case.invoice, ""))
                for case, subscription in page
            ]
            last, _ = page[-1]
            same_moment = and_(_CASE.opened_at == last.opened_at, _CASE.invoice > last.invoice)
            after = or_(_CASE.opened_at > last.opened_at, same_moment)

    async def experiment_cases(self, tenant: str, experiment: str) -> Sequence[Collected]:
        """All cases that took part in an experiment, oldest first."""
        query = (
            select(CaseRow, SubscriptionRow)
            .join(SubscriptionRow, _same_subscription())
            .where(_CASE.tenant_id == tenant, _CASE.experiment == experiment)
            .order_by(_CASE.opened_at, _CASE.invoice)
        )
        return [Collected(_case(case), sold.plan_code or "") for case, sold in await self._db.pairs(query)]

    async def customers_with_service(self, tenant: str, since: datetime, until: datetime) -> int:
        """Subscriptions that were entered before `until` and had not ended before `since` (UTC)."""
        mine = (_SUBSCRIPTION.tenant_id == tenant) & (_SUBSCRIPTION.created_at < until) & SUBSCRIBED
        began = _SUBSCRIPTION.period_start.is_not(None)
        alive = (_SUBSCRIPTION.status != Status.CANCELED.value) | (_SUBSCRIPTION.updated_at >= since)
        ((count,),) = await self._db.figures(
            select(func.count()).select_from(SubscriptionRow).where(mine & began & alive)
        )
        return int(count)

    async def _last_channels(self, tenant: str, since: datetime, subscriptions: set[str]) -> Mapping[str, str]:
        """By invoice, of these subscriptions. A notice's key begins with the invoice it speaks of."""
        query: Select[str, str, datetime] = (
            select(_NOTICE.key, _NOTICE.channel, _NOTICE.requested_at)
            .where(
                _NOTICE.tenant_id == tenant,
                _NOTICE.subscription_id.in_(subscriptions),
                _NOTICE.requested_at >= since,
                _NOTICE.delivery.in_(_WENT_OUT),
            )
            .order_by(_NOTICE.requested_at, _NOTICE.key)
        )
        return {key.partition("/")[0]: channel for key, channel, _ in await self._db.figures(query)}

    async def _references(self, tenant: str, those: Collection[str] | None = None) -> Mapping[str, str]:
        query = select(_CUSTOMER.id, _CUSTOMER.reference).where(_CUSTOMER.tenant_id == tenant)
        rows = await self._db.figures(query.where(_CUSTOMER.id.in_(those)) if those is not None else query)
        return dict(map(tuple, rows))

    async def _known(self, tenant: str, now: datetime, those: Collection[str] | None = None) -> Mapping[str, Facts]:
        """What conditions ask, by customer: as `facts` tells it for one, in three queries for all."""
        joined = and_(_CASE.tenant_id == _SUBSCRIPTION.tenant_id, _CASE.subscription_id == _SUBSCRIPTION.id)
        paid = and_(_PAYMENT.tenant_id == _SUBSCRIPTION.tenant_id, _PAYMENT.subscription_id == _SUBSCRIPTION.id)
        who = _SUBSCRIPTION.customer_id
        mine = and_(_SUBSCRIPTION.tenant_id == tenant, who.in_(those) if those is not None else true())
        since = await self._db.figures(select(who, func.min(_SUBSCRIPTION.created_at)).where(mine).group_by(who))
        ended = await self._db.figures(
            select(who, _CASE.outcome, func.count())
            .select_from(SubscriptionRow)
            .join(CaseRow, joined)
            .where(mine, _CASE.outcome.is_not(None))
            .group_by(who, _CASE.outcome)
        )
        last = await self._db.figures(
            select(who, func.max(_PAYMENT.paid_at))
            .select_from(SubscriptionRow)
            .join(PaymentRow, paid)
            .where(mine)
            .group_by(who)
        )
        earlier: dict[str, int] = {}
        unpaid: dict[str, int] = {}
        for customer, outcome, count in ended:
            earlier[customer] = earlier.get(customer, 0) + count
            if outcome in UNSETTLED:
                unpaid[customer] = unpaid.get(customer, 0) + count
        successes: dict[str, datetime] = dict(map(tuple, last))
        return {
            customer: Facts(
                customer_since=now - began,
                earlier_cases=earlier.get(customer, 0),
                unpaid_cases=unpaid.get(customer, 0),
                last_success=successes.get(customer),
            )
            for customer, began in since
        }


def _same_subscription() -> ColumnElement[bool]:
    return and_(_SUBSCRIPTION.tenant_id == _CASE.tenant_id, _SUBSCRIPTION.id == _CASE.subscription_id)


def _of_plan(known: Facts | None, plan: str) -> Facts:
    return replace(known or Facts(), plan=plan)

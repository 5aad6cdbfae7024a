"""Trials as the books have them, for their funnel."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, select

from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.subscriptions import SUBSCRIBED
from models.analytics.funnel import Trial
from models.subscribing.subscriptions import Status
from models.tables.subscriptions import PaymentRow, SubscriptionRow

_SUBSCRIPTION, _PAYMENT = table_of(SubscriptionRow).c, table_of(PaymentRow).c


class Trials:
    """One query for all of a tenant's."""

    _db: Database

    async def trials(self, tenant: str, since: datetime, until: datetime) -> Sequence[Trial]:
        first = (
            select(_PAYMENT.subscription_id, func.min(_PAYMENT.paid_at).label("paid_at"))
            .where(_PAYMENT.tenant_id == tenant, _PAYMENT.amount_centavos > 0)
            .group_by(_PAYMENT.subscription_id)
            .subquery()
        )
        query = (
            select(
                _SUBSCRIPTION.plan_code,
                _SUBSCRIPTION.created_at,
                _SUBSCRIPTION.status,
                _SUBSCRIPTION.card_required,
                _SUBSCRIPTION.card_at,
                first.c.paid_at,
            )
            .select_from(table_of(SubscriptionRow))
            .outerjoin(first, and_(first.c.subscription_id == _SUBSCRIPTION.id))
            .where(_SUBSCRIPTION.tenant_id == tenant, SUBSCRIBED, _SUBSCRIPTION.trial_end.is_not(None))
            .where(_SUBSCRIPTION.created_at >= since, _SUBSCRIPTION.created_at < until)
            .order_by(_SUBSCRIPTION.created_at, _SUBSCRIPTION.id)
        )
        return [
            Trial(plan, began_at, Status(status), required, card_at is not None, paid_at)
            for plan, began_at, status, required, card_at, paid_at in await self._db.figures(query)
        ]

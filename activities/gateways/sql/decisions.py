"""The log of decisions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.users import Users
from models.records import Delivery
from models.tables.journal import DecisionRow, NoticeRow
from models.watching.decisions import Decision, DecisionKind, in_charge

_DECISION, _NOTICE = table_of(DecisionRow).c, table_of(NoticeRow).c


def _decision(row: DecisionRow) -> Decision:
    return Decision(
        tenant=row.tenant_id,
        id=row.id,
        kind=DecisionKind(row.kind),
        at=row.at,
        what=row.what,
        subscription=row.subscription_id,
        responsible=row.responsible,
        channel=row.channel,
        evidence=row.evidence,
        outcome=row.outcome,
        outcome_at=row.outcome_at,
    )


class Decisions(Users):
    """What was decided, and what came of it."""

    _db: Database

    async def add_decision(self, decision: Decision) -> None:
        responsible = decision.responsible or in_charge(await self.users(decision.tenant))
        row = DecisionRow(
            tenant_id=decision.tenant,
            id=decision.id,
            kind=decision.kind,
            subscription_id=decision.subscription,
            at=decision.at,
            what=decision.what,
            responsible=responsible,
            channel=decision.channel,
            evidence=decision.evidence,
            outcome=decision.outcome,
            outcome_at=decision.outcome_at,
        )
        await self._db.add_once(row, ["tenant_id", "id"])

    async def settle_decision(self, tenant: str, decision: str, outcome: str, at: datetime) -> Decision:
        mine = (_DECISION.tenant_id == tenant) & (_DECISION.id == decision)
        await self._db.write(
            update(DecisionRow).where(mine, _DECISION.outcome == "").values(outcome=outcome, outcome_at=at)
        )
        row = await self._db.first(select(DecisionRow).where(mine))
        if row is None:
            raise Missing(f"there is no decision '{decision}'")
        return _decision(row)

    async def settle_decisions(
        self, tenant: str, subscription: str, kind: DecisionKind, outcome: str, at: datetime
    ) -> None:
        mine = (_DECISION.tenant_id == tenant) & (_DECISION.subscription_id == subscription)
        open_ = (_DECISION.kind == kind.value) & (_DECISION.outcome == "")
        await self._db.write(update(DecisionRow).where(mine, open_).values(outcome=outcome, outcome_at=at))

    async def decisions(
        self, tenant: str, *, subscription: str = "", open_only: bool = False, limit: int = 100
    ) -> Sequence[Decision]:
        query = select(DecisionRow).where(_DECISION.tenant_id == tenant)
        if subscription:
            query = query.where(_DECISION.subscription_id == subscription)
        if open_only:
            query = query.where(_DECISION.outcome == "")
        rows = await self._db.rows(query.order_by(_DECISION.at.desc(), _DECISION.id).limit(limit))
        told = await self._channels(tenant, {row.evidence for row in rows if row.evidence})
        return [replace(_decision(row), channel=told.get(row.evidence, row.channel)) for row in rows]

    async def _channels(self, tenant: str, notices: set[str]) -> dict[str, str]:
        """By which channel each of these notices went out; the last one, where it took several."""
        went = (Delivery.SENT.value, Delivery.DELIVERED.value)
        query = (
            select(_NOTICE.key, _NOTICE.channel)
            .where(_NOTICE.tenant_id == tenant, _NOTICE.key.in_(notices), _NOTICE.delivery.in_(went))
            .order_by(_NOTICE.requested_at)
        )
        return dict(map(tuple, await self._db.figures(query))) if notices else {}

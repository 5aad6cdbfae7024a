"""The reviews of weeks, as they were made and sent."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select, update

from activities.gateways.sql.database import Database, table_of
from models.kpis.review import Review
from models.tables.kpis import ReviewRow

_REVIEW = table_of(ReviewRow).c


def _review(row: ReviewRow) -> Review:
    told = json.loads(row.content)
    days = {name: date.fromisoformat(told[name]) for name in ("since", "until")}
    return Review(**told | days | {"figures": [(kpi, text) for kpi, text in told["figures"]]})


class Reviews:
    """Weeks."""

    _db: Database

    async def keep_review(self, tenant: str, review: Review, *, at: datetime) -> Review:
        content = json.dumps(asdict(review), default=date.isoformat, ensure_ascii=False)
        row = ReviewRow(tenant_id=tenant, week=review.week, made_at=at, content=content)
        await self._db.add_once(row, ["tenant_id", "week"])
        return await self.review(tenant, review.week) or review

    async def settle_review(self, tenant: str, week: str, *, recipients: int, at: datetime) -> None:
        mine = (_REVIEW.tenant_id == tenant) & (_REVIEW.week == week) & _REVIEW.sent_at.is_(None)
        await self._db.write(update(ReviewRow).where(mine).values(sent_at=at, recipients=recipients))

    async def review(self, tenant: str, week: str) -> Review | None:
        row = await self._db.first(select(ReviewRow).where(_REVIEW.tenant_id == tenant, _REVIEW.week == week))
        return _review(row) if row else None

    async def reviewed_weeks(self, tenant: str) -> Sequence[str]:
        query = select(_REVIEW.week).where(_REVIEW.tenant_id == tenant).order_by(_REVIEW.week.desc()).limit(60)
        return [week for (week,) in await self._db.figures(query)]

    async def reviews_sent(self, weeks: Sequence[str]) -> frozenset[tuple[str, str]]:
        sent = _REVIEW.week.in_(list(weeks)) & _REVIEW.sent_at.is_not(None)
        found = await self._db.figures(select(_REVIEW.tenant_id, _REVIEW.week).where(sent))
        return frozenset((tenant, week) for tenant, week in found)

"""The reviews of weeks, as they were made and sent."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import select, update

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of
from models.kpis.review import Review
from models.safekeeping.keyring import Keyring
from models.tables.kpis import ReviewRow

_REVIEW = table_of(ReviewRow).c
_TOLD = "told"  # in `content`: the fingerprints of those who have the letter


def _review(row: ReviewRow) -> Review:
    told = {name: value for name, value in json.loads(row.content).items() if name != _TOLD}
    days = {name: date.fromisoformat(told[name]) for name in ("since", "until")}
    return Review(**told | days | {"figures": [(kpi, text) for kpi, text in told["figures"]]})


class Reviews:
    """Weeks."""

    _db: Database
    _keyring: Keyring

    async def keep_review(self, tenant: str, review: Review, *, at: datetime) -> Review:
        content = json.dumps(asdict(review), default=date.isoformat, ensure_ascii=False)
        row = ReviewRow(tenant_id=tenant, week=review.week, made_at=at, content=content)
        await self._db.add_once(row, ["tenant_id", "week"])
        return await self.review(tenant, review.week) or review

    async def settle_review(self, tenant: str, week: str, *, recipients: int, at: datetime) -> None:
        mine = (_REVIEW.tenant_id == tenant) & (_REVIEW.week == week) & _REVIEW.sent_at.is_(None)
        await self._db.write(update(ReviewRow).where(mine).values(sent_at=at, recipients=recipients))

    async def untold(self, tenant: str, week: str, addresses: Sequence[str]) -> Sequence[str]:
        row = await self._db.first(select(ReviewRow).where(_REVIEW.tenant_id == tenant, _REVIEW.week == week))
        told = set(json.loads(row.content).get(_TOLD, ())) if row else set()
        return [address for address in addresses if told.isdisjoint(self._prints(tenant, address))]

    async def note_told(self, tenant: str, week: str, address: str) -> None:
        mine = (_REVIEW.tenant_id == tenant) & (_REVIEW.week == week)
        async with self._db.transaction() as connection:
            kept = (await connection.execute(select(_REVIEW.content).where(mine).with_for_update())).scalar()
            if kept is None:
                raise Missing(f"there is no review of week '{week}'")
            content = json.loads(kept)
            content[_TOLD] = [*content.get(_TOLD, ()), self._prints(tenant, address)[0]]
            said = json.dumps(content, ensure_ascii=False)
            await connection.execute(update(ReviewRow).where(mine).values(content=said))

    def _prints(self, tenant: str, address: str) -> tuple[str, ...]:
        return tuple(found[:32] for found in self._keyring.fingerprints(address, context=f"weekly_reviews\0{tenant}"))

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

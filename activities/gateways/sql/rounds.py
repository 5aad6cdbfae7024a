"""Rounds of evidence, kept as they were made."""

from collections.abc import Sequence

from sqlalchemy import select

from activities.gateways.sql.database import Database, table_of
from models.kpis.evidence import Round
from models.tables.kpis import EvidenceRow

_ROUND = table_of(EvidenceRow).c


def _round(row: EvidenceRow) -> Round:
    return Round(row.tenant_id, row.name, row.since, row.until, row.made_at, row.made_by, row.sha256, row.size)


class Rounds:
    """Files."""

    _db: Database

    async def keep_round(self, round: Round, content: bytes) -> Round:
        row = EvidenceRow(
            tenant_id=round.tenant,
            name=round.name,
            since=round.since,
            until=round.until,
            made_at=round.made_at,
            made_by=round.made_by,
            sha256=round.sha256,
            size=round.size,
            content=content,
        )
        await self._db.add_once(row, ["tenant_id", "name"])
        kept = await self.round(round.tenant, round.name)
        return kept[0] if kept else round

    async def rounds(self, tenant: str) -> Sequence[Round]:
        columns = [
            _ROUND[name] for name in ("tenant_id", "name", "since", "until", "made_at", "made_by", "sha256", "size")
        ]
        query = select(*columns).where(_ROUND.tenant_id == tenant).order_by(_ROUND.made_at.desc(), _ROUND.name)
        return [Round(*row) for row in await self._db.figures(query)]

    async def round(self, tenant: str, name: str) -> tuple[Round, bytes] | None:
        row = await self._db.first(select(EvidenceRow).where(_ROUND.tenant_id == tenant, _ROUND.name == name))
        return (_round(row), row.content) if row else None

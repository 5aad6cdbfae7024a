"""Findings over time, and the runs of reconciliation."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, case, func, null, or_, select, true, update

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of
from models.tables.attention import AttentionRow, ReconciliationRow
from models.watching.attention import Attention, Finding, Rule
from models.watching.reconciliation_run import Run

_FOUND, _RUN = table_of(AttentionRow).c, table_of(ReconciliationRow).c

# What the machine has just mended is not shown until it is found again: then the repair did not help.
_OPEN = and_(_FOUND.resolved_at.is_(None), or_(_FOUND.repaired_at.is_(None), _FOUND.seen > 1))


def _attention(row: AttentionRow) -> Attention:
    return Attention(
        finding=Finding(row.tenant_id, Rule(row.rule), row.subject, row.text, row.subscription_id),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        seen=row.seen,
        repaired_at=row.repaired_at,
        resolved_at=row.resolved_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        note=row.note,
    )


def _run(row: ReconciliationRow) -> Run:
    return Run(
        id=row.id,
        tenant=row.tenant_id,
        dry_run=row.dry_run,
        started=row.started_at,
        since=row.since,
        finished=row.finished_at,
        checked=row.checked,
        fetched=row.fetched,
        drift=row.drift,
        repaired=row.repaired,
        open=row.open,
        notes=row.notes,
    )


class AttentionBook:
    """What is wrong now, since when, and what became of it."""

    _db: Database

    async def keep_finding(self, finding: Finding, *, at: datetime, repaired: bool = False) -> None:
        row = {
            "tenant_id": finding.tenant,
            "id": finding.id,
            "rule": finding.rule.value,
            "subject": finding.subject,
            "subscription_id": finding.subscription,
            "text": finding.text,
            "first_seen": at,
            "last_seen": at,
            "seen": 1,
            "repaired_at": at if repaired else None,
            "resolved_at": None,
            "alerted_at": None,
            "acknowledged_at": None,
            "acknowledged_by": "",
            "note": "",
        }
        statement = self._db.insert(AttentionRow).values(**row)
        # What was resolved and is wrong again is news: first seen now, alerted anew, acknowledged by nobody.
        again = _FOUND.resolved_at.is_not(None)
        known = {
            "text": statement.excluded.text,
            "last_seen": at,
            "repaired_at": statement.excluded.repaired_at,
            "resolved_at": None,
            "seen": case((again, 1), else_=_FOUND.seen + 1),
            "first_seen": case((again, statement.excluded.first_seen), else_=_FOUND.first_seen),
            "alerted_at": case((again, null()), else_=_FOUND.alerted_at),
            "acknowledged_at": case((again, null()), else_=_FOUND.acknowledged_at),
            "acknowledged_by": case((again, ""), else_=_FOUND.acknowledged_by),
            "note": case((again, ""), else_=_FOUND.note),
        }
        await self._db.write(statement.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=known))

    async def resolve_findings(
        self, rules: Collection[Rule], *, unseen_since: datetime, at: datetime, tenant: str = ""
    ) -> int:
        gone = (
            _FOUND.resolved_at.is_(None)
            & _FOUND.rule.in_([rule.value for rule in rules])
            & (_FOUND.last_seen < unseen_since)
        )
        mine = (_FOUND.tenant_id == tenant) if tenant else true()
        return await self._db.write(update(AttentionRow).where(gone, mine).values(resolved_at=at))

    async def findings(
        self, tenant: str, *, rule: Rule | None = None, resolved: bool = False, limit: int = 100
    ) -> Sequence[Attention]:
        query = select(AttentionRow).where(_FOUND.tenant_id == tenant)
        return await self._listed(query, rule, resolved, limit)

    async def all_findings(
        self, *, rule: Rule | None = None, resolved: bool = False, mended: bool = False, limit: int = 500
    ) -> Sequence[Attention]:
        query = select(AttentionRow)
        if mended:
            query = query.where(_FOUND.resolved_at.is_(None))
        return await self._listed(query, rule, resolved or mended, limit)

    async def _listed(
        self, query: Select[AttentionRow], rule: Rule | None, resolved: bool, limit: int
    ) -> Sequence[Attention]:
        if rule is not None:
            query = query.where(_FOUND.rule == rule.value)
        if not resolved:
            query = query.where(_OPEN)
        rows = await self._db.rows(query.order_by(_FOUND.first_seen.desc(), _FOUND.id).limit(limit))
        return [_attention(row) for row in rows]

    async def acknowledge(self, tenant: str, finding: str, *, actor: str, note: str, at: datetime) -> Attention:
        mine = (_FOUND.tenant_id == tenant) & (_FOUND.id == finding)
        said = {"acknowledged_at": at, "acknowledged_by": actor, "note": note}
        await self._db.write(update(AttentionRow).where(mine, _FOUND.resolved_at.is_(None)).values(**said))
        row = await self._db.first(select(AttentionRow).where(mine))
        if row is None:
            raise Missing(f"there is no finding '{finding}'")
        return _attention(row)

    async def claim_alerts(self, rules: Collection[Rule], *, at: datetime) -> Sequence[Finding]:
        wanted = _OPEN & _FOUND.alerted_at.is_(None) & _FOUND.rule.in_([rule.value for rule in rules])
        claimed = []
        for row in await self._db.rows(select(AttentionRow).where(wanted).order_by(_FOUND.first_seen).limit(100)):
            mine = (_FOUND.tenant_id == row.tenant_id) & (_FOUND.id == row.id) & _FOUND.alerted_at.is_(None)
            # Worker and API both watch: whoever writes first tells.
            if await self._db.write(update(AttentionRow).where(mine).values(alerted_at=at)):
                claimed.append(_attention(row).finding)
        return claimed

    async def return_alerts(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            mine = (_FOUND.tenant_id == finding.tenant) & (_FOUND.id == finding.id)
            await self._db.write(update(AttentionRow).where(mine).values(alerted_at=None))

    async def open_findings(self) -> Sequence[tuple[Rule, int]]:
        query = select(_FOUND.rule, func.count()).where(_OPEN).group_by(_FOUND.rule)
        return [(Rule(rule), count) for rule, count in await self._db.figures(query)]

    # --- runs

    async def save_run(self, run: Run) -> None:
        row = ReconciliationRow(
            tenant_id=run.tenant,
            id=run.id,
            dry_run=run.dry_run,
            started_at=run.started,
            since=run.since,
            finished_at=run.finished,
            checked=run.checked,
            fetched=run.fetched,
            drift=run.drift,
            repaired=run.repaired,
            open=run.open,
            notes=run.notes,
        )
        await self._db.save(row, ["tenant_id", "id"])

    async def runs(self, tenant: str, *, limit: int = 20) -> Sequence[Run]:
        query = select(ReconciliationRow).where(_RUN.tenant_id == tenant).order_by(_RUN.started_at.desc())
        return [_run(row) for row in await self._db.rows(query.limit(limit))]

    async def last_run(self, tenant: str) -> Run | None:
        whole = (_RUN.finished_at.is_not(None)) & (_RUN.dry_run.is_(False)) & (_RUN.tenant_id.in_(("", tenant)))
        row = await self._db.first(select(ReconciliationRow).where(whole).order_by(_RUN.started_at.desc()))
        return _run(row) if row else None

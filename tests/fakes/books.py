"""Books in which there is little to see."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.cfdi.documents import TaxDocument
from models.watching.attention import Finding, Rule
from models.watching.reconciliation_run import Run
from tests.fakes.store import FakeStore


@dataclass
class QuietBooks(FakeStore):
    """Books in which nothing is wrong but what is `held`; they remember what was found."""

    held: list[TaxDocument] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    kept_runs: list[Run] = field(default_factory=list)

    async def keep_finding(self, finding: Finding, *, at: datetime, repaired: bool = False) -> None:
        self.found.append(finding)

    async def resolve_findings(
        self, rules: Collection[Rule], *, unseen_since: datetime, at: datetime, tenant: str = ""
    ) -> int:
        return 0

    async def claim_alerts(self, rules: Collection[Rule], *, at: datetime) -> Sequence[Finding]:
        return []

    async def save_run(self, run: Run) -> None:
        self.kept_runs.append(run)

    async def last_run(self, tenant: str) -> Run | None:
        return None

    async def held_documents(self) -> Sequence[TaxDocument]:
        return self.held

    async def waiting_events(self) -> tuple[int, datetime | None]:
        return 0, None

    def __getattr__(self, name: str) -> Any:
        """Every other question is answered: none."""
        if name.startswith("_") or name not in _ASKED:
            raise AttributeError(name)
        answer: Any = {} if name in _MAPPED else []

        async def none(*_: Any, **__: Any) -> Any:
            return answer

        return none


_MAPPED = {"records", "records_at_provider", "twins", "cases_of_invoices", "payments_by_charge"}
_ASKED = _MAPPED | {
    "sight",
    "forget_sightings",
    "sighted",
    "sighted_invoices",
    "living",
    "open_cases",
    "living_bills",
    "living_tickets",
    "documented",
    "issued",
    "all_findings",
    "debtors",
    "doubled_cases",
    "doubled_payments",
    "periods_over",
    "late_subscriptions",
    "late_cases",
    "late_payments",
    "uninvoiced",
    "messages_since",
    "waiting_replies",
    "disabled_endpoints",
    "stuck_deletions",
    "untold_changes",
}

"""What is counted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from models.kpis.figures import Standing
from models.watching.attention import Rule
from models.watching.reconciliation_run import Run


class Figures(Protocol):
    """Counts and sums over all tenants, each by its labels; no id of anybody among them."""

    async def subscriptions_by_status(self) -> Mapping[tuple[str, ...], int]: ...
    async def cases_by_stage(self) -> Mapping[tuple[str, ...], int]: ...
    async def money_at_risk(self) -> Mapping[tuple[str, ...], int]:
        """Centavos in open cases, by currency."""
        ...

    async def all_standings(self) -> Sequence[Standing]:
        """What all subscriptions are and what they cost, grouped."""
        ...

    async def open_tickets(self) -> Mapping[tuple[str, ...], int]:
        """Tickets that somebody has to act on or is waited for, by priority."""
        ...

    async def overdue_tickets(self, now: datetime) -> int:
        """Those whose first response is owed and late."""
        ...

    async def oldest_newest_snapshot(self) -> datetime | None:
        """When the newest daily snapshot was taken (UTC) of the business that is furthest behind; None: there is no business.

        A business without any counts from its beginning.
        """
        ...

    async def notices_by_delivery(self) -> Mapping[tuple[str, ...], int]: ...
    async def documents_by_state(self) -> Mapping[tuple[str, ...], int]: ...
    async def events_by_status(self) -> Mapping[tuple[str, ...], int]: ...
    async def waiting_events(self) -> tuple[int, datetime | None]: ...
    async def open_findings(self) -> Sequence[tuple[Rule, int]]: ...
    async def last_run(self, tenant: str) -> Run | None: ...

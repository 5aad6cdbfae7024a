"""What awaits a tenant's people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from models.watching.attention import Attention, Rule
from models.watching.reconciliation_run import Run


class Attended(Protocol):
    """What a tenant's people see of it: every method but the last ones is scoped by tenant; `""` is the whole house."""

    async def findings(
        self, tenant: str, *, rule: Rule | None = None, resolved: bool = False, limit: int = 100
    ) -> Sequence[Attention]:
        """Newest first; `resolved`: also what is no longer so."""
        ...

    async def acknowledge(self, tenant: str, finding: str, *, actor: str, note: str, at: datetime) -> Attention:
        """Raises Missing."""
        ...

    async def runs(self, tenant: str, *, limit: int = 20) -> Sequence[Run]:
        """Newest first."""
        ...

"""SQL: rounds of evidence, kept as they were made. Scoped by tenant."""

from collections.abc import Sequence
from typing import Protocol

from models.kpis.evidence import Round


class Rounds(Protocol):
    """What was made, once."""

    async def keep_round(self, round: Round, content: bytes) -> Round:
        """Keep it, or answer with the round of that name that was made before. Raises Missing: there is no such tenant."""
        ...

    async def rounds(self, tenant: str) -> Sequence[Round]:
        """Newest first."""
        ...

    async def round(self, tenant: str, name: str) -> tuple[Round, bytes] | None: ...

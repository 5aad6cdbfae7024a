"""SQL: the texts a business and its customers agree on. Scoped by tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from models.agreements.legal import LegalKind, LegalText
from models.words import Words


class LegalTexts(Protocol):
    """The record of legal texts."""

    async def publish_text(self, tenant: str, kind: LegalKind, words: Words, at: datetime) -> LegalText:
        """Add a version. The words of the newest one again are no news: that one is answered. Raises Missing: no such tenant."""
        ...

    async def legal_text(self, tenant: str, kind: LegalKind, version: int | None = None) -> LegalText | None:
        """One version, or the newest."""
        ...

    async def legal_texts(self, tenant: str) -> Sequence[LegalText]:
        """The newest version of each, in the order of `LegalKind`."""
        ...

"""What the console's lists ask of the record."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from activities.ports.clinic import Cursor
from models.bookkeeping.chain import Break, Head
from models.cfdi.documents import TaxDocument
from models.records import NoticeRecord
from models.watching.attention import Attention
from models.watching.overview import (
    AtRisk,
    AuditFilter,
    AuditLine,
    ComingAct,
    DocumentFilter,
    NoticeFilter,
    Sum,
)


class Overview(Protocol):
    """Sums and pages of a tenant's record, the newest first; `after` is where the page before ended."""

    async def taken_in(self, tenant: str, since: datetime, until: datetime) -> Mapping[str, Sum]:
        """Payments that arrived in [since, until) (UTC), by currency."""
        ...

    async def at_risk(self, tenant: str) -> Mapping[str, AtRisk]:
        """Open dunning cases, by currency."""
        ...

    async def coming_acts(
        self, tenant: str, since: datetime, until: datetime, *, limit: int = 10
    ) -> Sequence[ComingAct]:
        """What processes do by themselves in [since, until) (UTC), the earliest first."""
        ...

    async def finding(self, tenant: str, finding: str) -> Attention | None: ...

    async def notice_page(
        self, tenant: str, wanted: NoticeFilter, *, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[NoticeRecord]:
        """The place of a message is when it was asked for, and its key and channel: `key/channel`."""
        ...

    async def document_page(
        self, tenant: str, wanted: DocumentFilter, *, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[TaxDocument]:
        """The place of a document is its date and its key."""
        ...

    async def audit_page(
        self, tenant: str, wanted: AuditFilter, *, before: int | None = None, limit: int = 50
    ) -> Sequence[AuditLine]:
        """The last places of the chain first."""
        ...

    async def names(self, tenant: str, subscriptions: Collection[str]) -> Mapping[str, str]:
        """Whose each subscription or bill is, by name; an erased customer has none."""
        ...

    async def verify_chain(self, tenant: str, anchor: Head | None = None) -> Break | None: ...

    async def chain_head(self, tenant: str) -> Head: ...

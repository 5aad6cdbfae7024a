"""What a business's people look at as lists: what came in, what is at risk, what is next, and how lists are narrowed and paged."""

from dataclasses import dataclass
from datetime import datetime

from models.cfdi.documents import DocumentKind, DocumentState
from models.collecting.cases import Stage
from models.money import Money
from models.records import AuditEntry, Delivery
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.subscriptions import Status


@dataclass(frozen=True, slots=True)
class Sum:
    """So much money (centavos, one currency) in so many payments or cases."""

    centavos: int = 0
    count: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.centavos + other.centavos, self.count + other.count)


@dataclass(frozen=True, slots=True)
class AtRisk:
    """What open dunning cases ask for, by how far their ladders have gone."""

    stages: dict[Stage, Sum]

    def of(self, *stages: Stage) -> Sum:
        """Those together; all of them where none is named."""
        return sum((each for stage, each in self.stages.items() if not stages or stage in stages), Sum())


@dataclass(frozen=True, slots=True)
class ComingAct:
    """What a process does next by itself: a subscription's (`invoice` empty) or a dunning case's. `what` is its name for it."""

    at: datetime
    what: str
    subscription: str
    customer: str
    name: str
    status: Status
    amount: Money
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which messages. Empty: any."""

    channel: Channel | None = None
    delivery: Delivery | None = None
    kind: NoticeKind | None = None


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which tax documents, the newest version of each. `rfc` is the receiver's, `total` centavos; dated in [since, until) (UTC)."""

    uuid: str = ""
    rfc: str = ""
    state: DocumentState | None = None
    kind: DocumentKind | None = None
    total: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines of the audit. Empty: any. [since, until) is when they were written (UTC)."""

    actor: str = ""
    action: str = ""
    subscription: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line and its place in the tenant's chain."""

    seq: int
    entry: AuditEntry

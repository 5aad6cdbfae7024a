"""Tasks: what somebody of the business promised to do for a customer, by when, and whether it is done."""

from dataclasses import dataclass
from datetime import datetime

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Task:
    """Unique by (tenant, id). `assignee` is a person's id (`u_…`), empty where nobody was named; instants are UTC."""

    tenant: str
    id: str
    customer: str
    text: str
    due_at: datetime
    assignee: str = ""
    author: str = ""
    created_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str = ""

    def late(self, now: datetime) -> bool:
        """Whether its day has passed and it is not done."""
        return self.done_at is None and self.due_at < now

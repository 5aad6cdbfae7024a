"""Tasks: what somebody of the business promised to do for a customer, by when, and whether it is done."""

from dataclasses import dataclass, replace
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


def changed(
    known: Task, *, due_at: datetime | None, assignee: str | None, done: bool | None, by: str, now: datetime
) -> Task:
    """What is so after what was said; None leaves a field as it is. Done once, it is done by whoever said so first."""
    after = replace(known, due_at=due_at or known.due_at, assignee=known.assignee if assignee is None else assignee)
    if done and known.done_at is None:
        return replace(after, done_at=now, done_by=by)
    return replace(after, done_at=None, done_by="") if done is False else after

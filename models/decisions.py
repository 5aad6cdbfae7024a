"""The log of decisions about customers: what was decided, who answers for it, by which channel it was told, and what came of it.

Processes write what they do by themselves, people what they decide. A decision carries ids only: no name, e-mail or phone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.permissions import Role
from models.subscriptions import Status
from models.users import User

NOBODY = "perdura"  # answers where the tenant has nobody who logs in


class DecisionKind(StrEnum):
    """What is decided. `other`: what people write down."""

    TRIAL_ENDING = "trial_ending"
    TRIAL_EXTENDED = "trial_extended"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Decision:
    """One entry. Unique by (tenant, id). `subscription` may be empty; `evidence` is a notice's key, a ticket, a document.

    `responsible` empty: whoever serves customers when it is written (`in_charge`). `outcome` empty: not known yet.
    """

    tenant: str
    id: str
    kind: DecisionKind
    at: datetime
    what: str
    subscription: str = ""
    responsible: str = ""
    channel: str = ""
    evidence: str = ""
    outcome: str = ""
    outcome_at: datetime | None = None


def decision_id(*cause: str) -> str:
    """The id that follows from the cause, so that a repeat after a crash writes the same entry."""
    return f"d_{hashlib.sha256('/'.join(cause).encode()).hexdigest()[:20]}"


def in_charge(users: Sequence[User]) -> str:
    """Who answers for what the engine does: the first of support who can log in, else the first owner. Their id."""
    active = [user for user in users if user.active]
    for role in (Role.SUPPORT, Role.OWNER):
        if found := next((user.id for user in active if user.role is role), ""):
            return found
    return NOBODY


_ENDS = {
    Status.ACTIVE: "paid: the subscription goes on",
    Status.PAST_DUE: "the first charge was refused",
    Status.SUSPENDED: "the first charge was refused",
    Status.PAUSED: "ended without a card: paused",
    Status.CANCELED: "canceled",
}


def trial_outcome(before: Status, after: Status) -> str:
    """What a trial came to, in words; empty while it goes on, and where there was none."""
    return _ENDS.get(after, "") if before is Status.TRIALING else ""

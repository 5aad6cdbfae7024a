"""The log of decisions about customers: what was decided, who answers for it, by which channel it was told, and what came of it.

Processes write what they do by themselves, people what they decide. A decision carries ids only: no name, e-mail or phone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.access.permissions import Role
from models.access.users import User
from models.changing.change_records import ChangeRecord, ChangeState
from models.records import AuditEntry, SubscriptionRecord
from models.speaking.notices import TRIALS, Channel, NoticeKind, NoticeRequest
from models.subscribing.subscriptions import Status
from models.subscribing.trials import longer

_CAME = {
    ChangeState.WAITING: "",
    ChangeState.DONE: "took effect",
    ChangeState.UNDONE: "undone by the customer",
    ChangeState.RETAINED: "stayed for the offer",
    ChangeState.DROPPED: "dropped: something else came first",
}
NOBODY = "perdura"  # answers where the tenant has nobody who logs in


class DecisionKind(StrEnum):
    """What is decided. `other`: what people write down."""

    TRIAL_ENDING = "trial_ending"
    TRIAL_EXTENDED = "trial_extended"
    PLAN_CHANGE = "plan_change"
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


def of_change(change: ChangeRecord) -> Decision:
    """The decision that a confirmed change of mind is; its evidence, what was shown and which message arrived when, is the change's own."""
    to = f" to {change.plan_after}" if change.plan_after else ""
    return Decision(
        tenant=change.tenant,
        id=decision_id(change.id),
        kind=DecisionKind.PLAN_CHANGE,
        at=change.confirmed_at,
        what=f"{change.kind} from {change.plan_before}{to} confirmed by {change.actor}",
        subscription=change.subscription,
        responsible=change.actor if change.actor.startswith("u_") else "",
        channel=change.channel,
        evidence=change.id,
        outcome=_CAME[change.state],
        outcome_at=change.settled_at,
    )


def entailed(
    before: SubscriptionRecord | None,
    after: SubscriptionRecord,
    notices: Sequence[NoticeRequest],
    story: Sequence[AuditEntry],
) -> tuple[Decision, ...]:
    """What one step of a subscription adds to the log: a customer told that the trial ends, a trial that was given more days.

    Whoever ordered it answers for it, if they are a person who logs in.
    """
    found = [
        Decision(
            tenant=after.tenant,
            id=decision_id(notice.key),
            kind=DecisionKind.TRIAL_ENDING,
            at=after.updated_at,
            what=_TOLD[notice.kind].format(plan=after.plan),
            subscription=after.id,
            channel=notice.channel or Channel.WHATSAPP,
            evidence=notice.key,
        )
        for notice in notices
        if notice.kind in TRIALS
    ]
    ends = after.trial_end
    if before is not None and longer(before, after) and ends is not None:
        order = next((entry for entry in story if entry.reason), None)
        found.append(
            Decision(
                tenant=after.tenant,
                id=decision_id(after.id, "trial", ends.isoformat()),
                kind=DecisionKind.TRIAL_EXTENDED,
                at=after.updated_at,
                what=f"trial of plan {after.plan} extended to {ends:%Y-%m-%d %H:%M} UTC",
                subscription=after.id,
                responsible=order.actor if order and order.actor.startswith("u_") else "",
                evidence=order.reason if order else "",
                outcome="extended",
                outcome_at=after.updated_at,
            )
        )
    return tuple(found)


_TOLD = {
    NoticeKind.TRIAL_ENDING: "told that the trial of plan {plan} ends and is charged, with the plans above it",
    NoticeKind.TRIAL_WITHOUT_CARD: "told that the trial of plan {plan} ends without a card, with the plans above it",
}

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

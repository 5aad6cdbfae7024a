"""What customers have changed their minds about, as it is kept: what was shown, who confirmed it, what reached them, what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models.money import Money


class ChangeKind(StrEnum):
    """upgrade: costs more. downgrade: costs less, or takes something away for the same. interval: the same plan, paid otherwise.

    cancellation: no plan any more.
    """

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    INTERVAL = "interval"
    CANCELLATION = "cancellation"


class When(StrEnum):
    """When a change takes effect: as soon as it is confirmed, or when the period that is paid, or the trial, ends."""

    NOW = "now"
    PERIOD_END = "period_end"


class ChangeState(StrEnum):
    """waiting: for the period's end. done. undone: taken back before. retained: the offer to stay was taken instead.

    dropped: something else came first, such as the end of the subscription.
    """

    WAITING = "waiting"
    DONE = "done"
    UNDONE = "undone"
    RETAINED = "retained"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """One confirmed change. Unique by (tenant, id). `shown` is the preview as JSON, without personal data; empty: as it was written.

    `notice` is the key of the last summary that was sent, `reference` the messenger's id of the one that was delivered, and when (UTC).
    `offer`: what was offered instead; with `retained` it was taken.
    """

    tenant: str
    id: str
    subscription: str
    kind: ChangeKind
    state: ChangeState
    plan_before: str
    plan_after: str
    price_before: Money
    price_after: Money
    charged: Money
    confirmed_at: datetime
    effective_at: datetime
    actor: str
    reason: str = ""
    offer: str = ""
    shown: str = ""
    notice: str = ""
    channel: str = ""
    reference: str = ""
    delivered_at: datetime | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that reached the customer: its key, on which channel, the messenger's id of it, and when (UTC)."""

    notice: str
    channel: str
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """A change of plan that waits for the period's end: the record, without what was shown, and how far it is.

    `announced`: its summary must be delivered before anything changes. `told`: how often that was sent; `tell_at` (UTC) when it is sent
    again. `arranged`: the provider charges the new price from the next period on.
    """

    record: ChangeRecord
    provider_price: str
    announced: bool = True
    told: int = 0
    tell_at: datetime | None = None
    arranged: bool = False
    price_now: str = ""  # the provider's, to go back to

    @property
    def ready(self) -> bool:
        """Nothing more need be heard before the provider is told."""
        return not self.announced or self.record.delivered_at is not None


def summaries(change: str) -> str:
    """What the keys of a change's summaries begin with; how often it was told follows."""
    return f"{change}/summary-"


@dataclass(frozen=True, slots=True)
class Followed:
    """A downgrade that took effect, and when its subscription ended (UTC), if it has."""

    record: ChangeRecord
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """Of the downgrades whose time is over: how many there were, and how many of their customers were still there."""

    downgrades: int = 0
    stayed: int = 0
    waiting: int = 0  # those whose time is not over yet
    offers: int = 0  # offers to stay that were taken instead

    @property
    def share(self) -> float | None:
        """Of 1; None where nothing can be said yet."""
        return self.stayed / self.downgrades if self.downgrades else None


def retention(followed: Iterable[Followed], now: datetime, within: timedelta) -> Retention:
    """Downgrades retained: no churn by so long after they took effect (`within`: 30 days by the runbook).

    Whoever leaves later than that counts as having stayed, and whoever has left is told before the time is over.
    """
    found = Retention()
    for each in followed:
        if each.record.state is ChangeState.RETAINED:
            found = replace(found, offers=found.offers + 1)
            continue
        if each.record.kind is not ChangeKind.DOWNGRADE or each.record.state is not ChangeState.DONE:
            continue
        until = each.record.effective_at + within
        left = each.ended_at is not None and each.ended_at <= until
        if not left and now < until:
            found = replace(found, waiting=found.waiting + 1)
        else:
            found = replace(found, downgrades=found.downgrades + 1, stayed=found.stayed + (not left))
    return found

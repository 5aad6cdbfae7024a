"""What goes wrong between a provider and its receiver, on demand."""

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Disturbance(StrEnum):
    """FORGED and STALE send a bad copy before the good one."""

    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"
    DROP = "drop"
    FORGED = "forged"
    STALE = "stale"


HOLDING = frozenset({Disturbance.DELAY, Disturbance.REORDER, Disturbance.DROP})
COPYING = frozenset({Disturbance.DUPLICATE, Disturbance.FORGED, Disturbance.STALE})


@dataclass
class Chaos:
    """Disturb the next ``times`` deliveries (None: all) whose type matches the glob ``events``: an event type of
    Stripe, a message status of Twilio. ``seconds`` is how long DELAY and REORDER hold back."""

    kind: Disturbance
    events: str = "*"
    times: int | None = 1
    seconds: float = 1.0


def take(ordered: list[Chaos], what: str, among: frozenset[Disturbance]) -> Chaos | None:
    """The first disturbance ordered for this, using up one of its times."""
    for chaos in ordered:
        if chaos.kind in among and fnmatchcase(what, chaos.events):
            if chaos.times is not None:
                chaos.times -= 1
                if chaos.times <= 0:
                    ordered.remove(chaos)
            return chaos
    return None

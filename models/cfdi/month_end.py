"""How far the tax invoices of a month are: counted by state, and how fast they are stamped. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.cfdi.documents import DocumentState

_S = DocumentState
TO_STAMP = frozenset({_S.SEALED, _S.SENDING})
TO_DELIVER = frozenset({_S.STAMPED, _S.RENDERED})
HELD = frozenset({_S.WAITING_DATA, _S.REJECTED, _S.NEEDS_RECONCILIATION})
FOR_EVERYBODY = frozenset({_S.GENERAL_PUBLIC, _S.IN_GLOBAL})
STAMPED = frozenset(_S) - TO_STAMP - HELD - FOR_EVERYBODY


@dataclass(frozen=True, slots=True)
class Progress:
    """The newest version of each document, by state, at a moment (seconds of a steady clock)."""

    at: float
    states: Mapping[DocumentState, int]

    def count(self, wanted: frozenset[DocumentState]) -> int:
        """How many are in one of these states."""
        return sum(number for state, number in self.states.items() if state in wanted)

    @property
    def under_way(self) -> bool:
        """Something moves by itself: what is held waits for a person, and what is everybody's for the global invoice."""
        return self.count(TO_STAMP | TO_DELIVER) > 0


def told(now: Progress, began: Progress) -> str:
    """One line; the pace is that since `began`, and is left out where nothing has been stamped since."""
    parts = [
        f"{now.count(STAMPED):,} stamped",
        f"{now.count(TO_STAMP):,} to stamp",
        f"{now.count(TO_DELIVER):,} to deliver",
        f"{now.count(HELD):,} held",
        f"{now.count(FOR_EVERYBODY):,} sales without RFC",
    ]
    made = now.count(STAMPED) - began.count(STAMPED)
    if made > 0 and now.at > began.at:
        parts.append(f"{made / (now.at - began.at):.1f} a second")
    return ", ".join(parts)

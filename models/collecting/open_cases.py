"""The open dunning cases as a list for people: what it may be narrowed to, and a line of it."""

from dataclasses import dataclass

from models.collecting.cases import HoldKind, Stage
from models.policies.policy import Action
from models.records import CaseRecord, Customer

# Holds that no clock ends: whoever stopped the ladder must let it go on.
BY_HAND = frozenset({HoldKind.PAUSE, HoldKind.DISPUTE})


@dataclass(frozen=True, slots=True)
class CaseWish:
    """Which of them: at this stage, with at least so much owed (centavos), whose next step does this. None and 0: any."""

    stage: Stage | None = None
    least: int = 0
    next: Action | None = None
    waiting: bool = False  # only those that wait for a person


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One open case and whose it is."""

    record: CaseRecord
    customer: Customer

    @property
    def waits(self) -> bool:
        """A person is waited for: the case was escalated to one, or was stopped until somebody lets it go on."""
        record = self.record
        return record.escalated_at is not None or (record.hold in BY_HAND and record.hold_until is None)

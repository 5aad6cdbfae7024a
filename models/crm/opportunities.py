"""Opportunities: what a customer may buy next, for how much, how likely and when."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from models.money import Money
from models.people import FieldInvalid

LONGEST_NAME = 200


class Stage(StrEnum):
    """How far it is. won and lost are ends; an opportunity that is over may be opened again."""

    LEAD = "lead"
    PROPOSAL = "proposal"
    NEGOTIATION = "negotiation"
    WON = "won"
    LOST = "lost"

    @property
    def over(self) -> bool:
        """Whether it is decided."""
        return self in (Stage.WON, Stage.LOST)


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Unique by (tenant, id). `probability` in whole per cent; `closes` is the day by which it is expected to be decided."""

    tenant: str
    id: str
    customer: str
    name: str
    amount: Money
    probability: int
    closes: date
    stage: Stage = Stage.LEAD
    author: str = ""
    created_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it is still to be decided."""
        return not self.stage.over

    @property
    def weighted(self) -> int:
        """Amount times probability, in whole centavos (half up): what it adds to a forecast."""
        return (self.amount.centavos * self.probability + 50) // 100 if self.open else 0


def checked(opportunity: Opportunity) -> Opportunity:
    """The opportunity, with a name in one line.

    Raises:
        FieldInvalid: `name`, `amount` or `probability` is wrong.
    """
    if not opportunity.name.strip():
        raise FieldInvalid("name", "say what it is about, e.g. Proyecto A")
    if opportunity.amount.centavos <= 0:
        raise FieldInvalid("amount", "give the amount in centavos, more than nothing")
    if not 0 <= opportunity.probability <= 100:
        raise FieldInvalid("probability", "give whole per cent, 0 to 100")
    return opportunity


def changed(known: Opportunity, said: Mapping[str, Any], now: datetime) -> Opportunity:
    """What is so after the fields that were said; the others stay. Whoever decides it closes it, another stage opens it again.

    Raises:
        FieldInvalid: as `checked`.
    """
    after = checked(replace(known, **said))
    if after.open:
        return replace(after, closed_at=None)
    return replace(after, closed_at=now) if known.open else after

"""What somebody who signs up by themselves agrees to, and when they pay what."""

from dataclasses import dataclass
from datetime import datetime

from models.agreements.legal import LegalKind, LegalText
from models.look.brand import Brand
from models.money import Money
from models.periods import Calendar
from models.selling.plans import Plan
from models.speaking.notices import Language


@dataclass(frozen=True, slots=True)
class Agreement:
    """A text that is accepted with a signup: which, where it is read, and its version (a number of ours, or the address of theirs)."""

    kind: LegalKind
    address: str
    version: str

    @property
    def number(self) -> str:
        """The version where it is one of ours."""
        return self.version if self.version.isdigit() else ""


def agreements(brand: Brand, newest: dict[LegalKind, LegalText], language: Language) -> tuple[Agreement, ...]:
    """Terms and privacy notice, as far as the business has them."""
    found = []
    for kind in (LegalKind.TERMS, LegalKind.PRIVACY):
        where = brand.text_address(kind, language)
        if where:
            ours = newest.get(kind) if where.startswith("/") else None
            found.append(Agreement(kind, where, str(ours.version) if ours else where))
    return tuple(found)


def named(agreed: tuple[Agreement, ...]) -> str:
    """All of them with their versions, in a word that a form can bring back: `terms=3 privacy=1`."""
    return " ".join(f"{each.kind}={each.version}" for each in agreed)


@dataclass(frozen=True, slots=True)
class FirstPayments:
    """What is charged now, and what next and when (UTC); None: nothing is known to follow."""

    today: Money
    later: Money | None
    on: datetime | None


def first_payments(plan: Plan, now: datetime, calendar: Calendar) -> FirstPayments:
    """A trial costs nothing until it ends."""
    if plan.price.centavos == 0 or not plan.trial_days:
        return FirstPayments(plan.price, None, None)
    return FirstPayments(Money(0, plan.price.currency), plan.price, now + calendar.days(plan.trial_days))

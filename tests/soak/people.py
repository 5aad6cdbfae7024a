"""The subscribers of a run, foretold from its seed: when each comes, and what each is like."""

import random
from dataclasses import dataclass
from enum import StrEnum

from models.subscribing.entitlements import Access
from models.subscribing.subscriptions import Status
from sandbox.demo.cast import CASAS, JUAREZ, KALA, MIRANDA, ROBOTICA, XENON, ZAPATERIA, Ending, Role
from sandbox.shop import MONTHLY

ARRIVING_DAYS = 20.0
TAXPAYERS = (CASAS, JUAREZ, KALA, MIRANDA, ROBOTICA, XENON, ZAPATERIA)


class Habit(StrEnum):
    """How somebody pays. Each month of trouble is one of these; a quiet month is the card going through."""

    QUIET = "quiet"
    STUMBLES = "stumbles"  # one or two refusals, then a retry goes through
    PAYS_BY_LINK = "pays by link"  # the bank refuses; the customer pays on the invoice's page, at any moment
    CHANGES_CARD = "changes card"
    CALLS = "calls support"  # support retries and gives more days while the ladder runs
    TRANSFERS = "transfers"  # pays by SPEI, and support records it
    NEVER_PAYS = "never pays"
    LEAVES = "leaves"
    RESTS = "rests"  # pauses and comes back


_SHARES = {
    Habit.QUIET: 40,
    Habit.STUMBLES: 16,
    Habit.PAYS_BY_LINK: 12,
    Habit.CHANGES_CARD: 8,
    Habit.CALLS: 7,
    Habit.TRANSFERS: 5,
    Habit.NEVER_PAYS: 4,
    Habit.LEAVES: 4,
    Habit.RESTS: 4,
}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who signs up on day `comes` and shows their habit from day `shows` on; `pace` days pass before they react."""

    role: Role
    habit: Habit
    comes: float
    shows: float
    pace: float
    refusals: int


def census(seed: int, count: int, *, days: float) -> list[Subscriber]:
    """So many people. The same seed makes the same ones."""
    dice = random.Random(f"people {seed}")
    people = []
    for number in range(count):
        habit = dice.choices(list(_SHARES), weights=list(_SHARES.values()))[0]
        comes = dice.uniform(0, min(ARRIVING_DAYS, days / 4))
        role = Role(
            f"s{seed}-{number:04d}",
            f"Cliente {number}",
            habit,
            MONTHLY,
            "pm_card_visa",
            dice.choice(TAXPAYERS),
            Ending(Status.CANCELED, Access.BLOCKED),
        )
        shows = dice.uniform(comes + 1, max(comes + 2, days - 10))
        people.append(Subscriber(role, habit, comes, shows, dice.uniform(0.2, 9), dice.randint(1, 3)))
    return people

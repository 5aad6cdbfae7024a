"""The subscribers of a run, foretold from its seed: when each comes, and what each is like."""

import random
from dataclasses import dataclass
from enum import StrEnum

from models.subscribing.entitlements import Access
from models.subscribing.subscriptions import Status
from sandbox.demo.cast import CASAS, JUAREZ, KALA, MIRANDA, ROBOTICA, XENON, ZAPATERIA, Ending, Role
from sandbox.shop import MONTHLY
from tests.soak.weather import MONTH_DAYS

ARRIVING_DAYS = 20.0
LIVED_DAYS = 8.0  # of a debt, at least, before the shop closes
SLOWEST = 9.0  # days, at most, until somebody reacts
RESTING = 3.0  # times as long, whoever pauses stays away
TAXPAYERS = (CASAS, JUAREZ, KALA, MIRANDA, ROBOTICA, XENON, ZAPATERIA)


class Habit(StrEnum):
    """How somebody pays. Each month of trouble is one of these; a quiet month is the card going through."""

    QUIET = "quiet"
    STUMBLES = "stumbles"  # one or two refusals, then a retry goes through
    PAYS_BY_LINK = "pays by link"  # the bank refuses; the customer pays on the invoice's page, at any moment
    CHANGES_CARD = "changes card"
    CALLS = "calls support"  # support retries and gives more days while the ladder runs
    IN_A_HURRY = "pays every way at once"  # page, new card and support in the same instant
    TRANSFERS = "transfers"  # pays by SPEI, and support records it
    NEVER_PAYS = "never pays"
    LEAVES = "leaves"
    RESTS = "rests"  # pauses and comes back

    @property
    def owes(self) -> bool:
        """Shown at a charge that is refused; the others at any time."""
        return self not in (Habit.QUIET, Habit.LEAVES, Habit.RESTS)


_SHARES = {
    Habit.QUIET: 32,
    Habit.STUMBLES: 16,
    Habit.PAYS_BY_LINK: 12,
    Habit.CHANGES_CARD: 8,
    Habit.CALLS: 7,
    Habit.IN_A_HURRY: 8,
    Habit.TRANSFERS: 5,
    Habit.NEVER_PAYS: 4,
    Habit.LEAVES: 4,
    Habit.RESTS: 4,
}


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who signs up on day `comes` and shows their habit from day `shows` on; `pace` days pass before they react.

    Whose bank refuses shows it shortly before a charge, early enough for what follows to be lived through.
    """

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
        latest = days - (SLOWEST * RESTING if habit is Habit.RESTS else SLOWEST) - 1
        shows = dice.uniform(comes + 1, max(comes + 2, latest))
        if habit.owes:
            first = comes + MONTHLY.trial_days
            charge = first + MONTH_DAYS * dice.randint(0, max(0, int((days - LIVED_DAYS - first) // MONTH_DAYS)))
            shows = charge - dice.uniform(0.5, MONTHLY.trial_days - 1)
        people.append(Subscriber(role, habit, comes, shows, dice.uniform(0.2, SLOWEST), dice.randint(1, 3)))
    return people

"""A virtual year small enough to be asked for on a page: so many customers as a moment allows, and what was left out is said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.policies.policy import Policy
from models.simulating.comparison import Against, Figures, against, figures
from models.simulating.population import Population
from models.simulating.simulation import Sums, block, blocks

MOST = 600  # customers; more belong on the command line, which has the machine to itself


@dataclass(frozen=True, slots=True)
class TrialYear:
    """What a year came to. `lived` customers of those asked for; fewer where time ran out."""

    lived: int
    figures: tuple[Figures, ...]
    against: Against | None  # the second policy against the first


def trial_year(people: Population, policies: Sequence[Policy], seed: int, *, goes_on: Callable[[], bool]) -> TrialYear:
    """Live the year block by block while `goes_on` says so; the same blocks come to the same figures, to the centavo."""
    totals: list[list[Sums]] = [[] for _ in policies]
    lived = 0
    for numbers in blocks(people.count):
        for total, sums in zip(totals, block(numbers, people, policies, seed), strict=True):
            total.append(sums)
        lived += len(numbers)
        if not goes_on():
            break
    names = [f"{policy.name} v{policy.version}" for policy in policies]
    years = tuple(figures(name, total) for name, total in zip(names, totals, strict=True))
    difference = against(names[0], names[1], totals[0], totals[1]) if len(policies) > 1 else None
    return TrialYear(lived, years, difference)

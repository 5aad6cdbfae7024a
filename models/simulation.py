"""A virtual year of a population under several policies: the same people with the same luck under each.

Work is cut into blocks of customers, each with its own luck, so that the result is the same to the centavo however many processes
share the work; the blocks are also what intervals are drawn from.

What the model leaves out: a renewal that falls due while a case is open is charged when the case is over; a customer whose
subscription ended, or was paused, does not return; nobody signs up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from models.cases import Case, Outcome
from models.debtor import Debtor, Memory
from models.declines import Decline, DeclineClass
from models.invoices import ChargeOutcome
from models.money import Money
from models.notices import NoticeKind
from models.periods import Calendar
from models.policy import Ending, Facts, Policy
from models.population import Population, Resident
from models.walk import walk

MONTHS = 12
BLOCKS = 100  # at most: enough for intervals
LONGEST = 120  # half days of a case's life told apart; longer ones count as so long
_CASE_ENDS = timedelta(days=400)


@dataclass
class Sums:
    """What one policy came to for one block of customers. Amounts in centavos."""

    customers: int = 0
    renewals: int = 0
    cases: int = 0
    at_risk: int = 0
    recovered: int = 0
    recovered_centavos: int = 0
    charges: int = 0  # tried by the ladder or on a new card
    messages: int = 0  # after the due date
    reminders: int = 0  # before it
    lost: int = 0  # customers whose subscription ended because an invoice stayed unpaid
    left: int = 0  # customers who canceled because of the messages
    cash: list[int] = field(default_factory=lambda: [0] * MONTHS)  # all that came in, by month
    regained: list[int] = field(default_factory=lambda: [0] * MONTHS)  # of which recovered
    half_days: list[int] = field(default_factory=lambda: [0] * (LONGEST + 1))  # recovered cases by half days to recover
    by_class: dict[str, list[int]] = field(
        default_factory=lambda: {str(each): [0, 0, 0, 0] for each in DeclineClass}
    )  # cases, recovered, centavos at risk, centavos recovered

    def add(self, other: "Sums") -> None:
        """Take another block's sums in."""
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, int):
                setattr(self, each.name, mine + theirs)
            elif isinstance(mine, list):
                setattr(self, each.name, [a + b for a, b in zip(mine, theirs, strict=True)])
        for kind, counts in other.by_class.items():
            self.by_class[kind] = [a + b for a, b in zip(self.by_class[kind], counts, strict=True)]


def blocks(count: int) -> list[range]:
    """The customers' numbers, in blocks."""
    size = max(1, -(-count // BLOCKS))
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


def block(numbers: range, population: Population, policies: Sequence[Policy], seed: int) -> list[Sums]:
    """The year of these customers under each of the policies."""
    totals = [Sums() for _ in policies]
    for number in numbers:
        random = Random(seed * 1_000_003 + number)
        resident = population.resident(number, random)
        months = [(random.random(), random.random(), random.getrandbits(62)) for _ in range(MONTHS)]
        for policy, sums in zip(policies, totals, strict=True):
            _Year(resident, population, policy, sums).live(months)
    return totals


class _Year:
    """One customer's year under one policy."""

    def __init__(self, resident: Resident, population: Population, policy: Policy, sums: Sums) -> None:
        self._resident, self._population, self._policy, self._sums = resident, population, policy, sums
        self._behaviour = population.behaviour
        self._calendar = Calendar(zone=self._behaviour.zone)
        self._memory = Memory()
        self._starts, self._ends = _year(self._behaviour.starts.toordinal(), self._behaviour.zone)
        self._cases = self._unpaid = 0
        self._last_success: datetime | None = None

    def live(self, months: Sequence[tuple[float, float, int]]) -> None:
        sums, resident, behaviour = self._sums, self._resident, self._behaviour
        sums.customers += 1
        free_from = self._starts  # a renewal waits for the end of the case before
        warned = behaviour.acts_on.get(NoticeKind.RENEWAL, 0.0) if self._policy.reminders else 0.0
        for month, (refused, heeds, luck) in enumerate(months):
            due = max(_renewal(self._starts, behaviour.zone, month, resident.day, resident.hour), free_from)
            if due >= self._ends:
                return
            sums.renewals += 1
            sums.reminders += len(self._policy.reminders)
            if refused >= resident.risk or heeds < warned:
                self._receive(due, resident.price)
                continue
            over = self._collect(due, month, luck)
            if over is None:
                return
            free_from = over

    def _receive(self, at: datetime, centavos: int, *, regained: bool = False) -> None:
        self._last_success = at
        month = _month(at, self._starts)
        if month < MONTHS:
            self._sums.cash[month] += centavos
            if regained:
                self._sums.regained[month] += centavos

    def _collect(self, opened: datetime, month: int, luck: int) -> datetime | None:
        """Dun for one invoice. Returns when the case was over, or None when the subscription was, too."""
        sums, resident, policy = self._sums, self._resident, self._policy
        debtor = Debtor(resident, self._behaviour, self._memory, self._calendar, luck=luck, opened=opened)
        facts = Facts(
            plan=resident.plan,
            customer_since=timedelta(days=resident.customer_days) + (opened - self._starts),
            earlier_cases=self._cases,
            unpaid_cases=self._unpaid,
            last_success=self._last_success,
        )
        decline = Decline(debtor.code)
        case = Case(
            f"in_{resident.number}_{month}",
            Money(resident.price),
            opened,
            policy,
            self._calendar,
            decline=decline,
            facts=facts,
            first_decline=debtor.code,
        )
        over = opened
        for after, act in walk(case, debtor, opened, opened + _CASE_ENDS):
            case, over = after, act.at
            sums.charges += act.charge not in (None, ChargeOutcome.WITHHELD)
            if act.notice is not None:
                debtor.hears(act, case, policy.contact)
        self._cases += 1
        sent = sum(leaves <= over for leaves in debtor.left)
        tally = sums.by_class[decline.kind]
        sums.cases += 1
        sums.at_risk += resident.price
        sums.messages += sent
        tally[0] += 1
        tally[2] += resident.price
        if case.outcome is Outcome.PAID:
            sums.recovered += 1
            sums.recovered_centavos += resident.price
            sums.half_days[min(LONGEST, int((over - opened) / _HALF_DAY))] += 1
            tally[1] += 1
            tally[3] += resident.price
            self._receive(over, resident.price, regained=True)
            return over
        self._unpaid += 1
        if case.outcome is Outcome.CANCELED:
            sums.left += 1
            return None
        if case.given_up and case.ending is Ending.WRITE_OFF:
            return over  # the debt is forgiven, and the subscription goes on
        if case.ending is not Ending.DOWNGRADE:
            sums.lost += 1
        return None


_HALF_DAY = timedelta(hours=12)


@lru_cache
def _year(start: int, zone: str) -> tuple[datetime, datetime]:
    first = datetime.fromordinal(start).replace(tzinfo=ZoneInfo(zone))
    return first.astimezone(UTC), first.replace(year=first.year + 1).astimezone(UTC)


@lru_cache(maxsize=8192)
def _renewal(starts: datetime, zone: str, month: int, day: int, hour: int) -> datetime:
    first = starts.astimezone(ZoneInfo(zone))
    year, index = divmod(first.month - 1 + month + (day < first.day), 12)
    return first.replace(year=first.year + year, month=index + 1, day=day, hour=hour).astimezone(UTC)


def _month(at: datetime, starts: datetime) -> int:
    return (at.year - starts.year) * 12 + at.month - starts.month

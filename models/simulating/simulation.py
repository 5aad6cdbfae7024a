"""A virtual year of a population under several policies: the same people with the same luck under each.

Work is cut into blocks of customers, each with its own luck, so that the result is the same to the centavo however many processes
share the work; the blocks are also what intervals are drawn from.

A renewal that falls due while a debt is open is charged all the same, and what is refused stands behind the older one. Part of a payment
plan is charged on its day and is a debt of its own where that is refused.

What the model leaves out: a customer whose subscription ended, or was paused, does not return; nobody signs up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

from models.collecting.cases import Case, Outcome
from models.collecting.declines import Decline, DeclineClass
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Ending, Facts, Policy
from models.simulating.debtor import Debtor, Memory
from models.simulating.debts import Debt, Debts
from models.simulating.population import Population, Resident
from models.simulating.walk import Act
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import ChargeOutcome, Instalment

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
    plans: int = 0  # debts replaced by parts; in no denominator, as in `models.analytics.recovery`
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
        self._debts = Debts(self._hear)
        self._parts: list[_Part] = []  # to come, in order
        self._over = False  # nothing more is renewed
        self._warned = self._behaviour.acts_on.get(NoticeKind.RENEWAL, 0.0) if policy.reminders else 0.0

    def live(self, months: Sequence[tuple[float, float, int]]) -> None:
        self._sums.customers += 1
        for month, (refused, heeds, luck) in enumerate(months):
            due = _renewal(self._starts, self._behaviour.zone, month, self._resident.day, self._resident.hour)
            if due >= self._ends:
                break
            self._until(due)
            if self._over:
                break
            self._renew(due, month, refused=refused, heeds=heeds, luck=luck)
        self._until(self._ends + _CASE_ENDS)

    def _renew(self, due: datetime, month: int, *, refused: float, heeds: float, luck: int) -> None:
        sums, resident, owed = self._sums, self._resident, self._debts.oldest
        sums.renewals += 1
        if owed is not None:  # nobody is reminded of a renewal while they owe for the last
            goes = owed.debtor.renews(owed.case, due, lucky=refused >= resident.risk)
        else:
            sums.reminders += len(self._policy.reminders)
            goes = refused >= resident.risk or heeds < self._warned
        if goes:
            self._receive(due, resident.price)
        else:
            self._owe(f"in_{resident.number}_{month}", resident.price, due, month, luck)

    def _until(self, instant: datetime) -> None:
        """Debts, and parts that fall due, up to an instant (UTC)."""
        while self._parts and self._parts[0].due.on <= instant:
            part = self._parts.pop(0)
            self._advance(part.due.on)
            if self._over:
                continue
            if part.of.debtor.renews(part.of.case, part.due.on, lucky=True):
                self._receive(part.due.on, part.due.centavos)
            else:
                luck = Random(f"{part.name}/{part.of.debtor.code}").getrandbits(62)
                self._owe(part.name, part.due.centavos, part.due.on, part.of.month, luck)
        self._advance(instant)

    def _advance(self, instant: datetime) -> None:
        if self._debts:
            for debt in self._debts.advance(instant):
                self._end(debt)

    def _receive(self, at: datetime, centavos: int, *, regained: bool = False) -> None:
        self._last_success = at
        month = _month(at, self._starts)
        if month < MONTHS:
            self._sums.cash[month] += centavos
            if regained:
                self._sums.regained[month] += centavos

    def _owe(self, invoice: str, centavos: int, opened: datetime, month: int, luck: int) -> None:
        """A case opens."""
        resident = self._resident
        debtor = Debtor(resident, self._behaviour, self._memory, self._calendar, luck=luck, opened=opened)
        facts = Facts(
            plan=resident.plan,
            customer_since=timedelta(days=resident.customer_days) + (opened - self._starts),
            earlier_cases=self._cases,
            unpaid_cases=self._unpaid,
            last_success=self._last_success,
        )
        case = Case(
            invoice,
            Money(centavos),
            opened,
            self._policy,
            self._calendar,
            decline=Decline(debtor.code),
            facts=facts,
            first_decline=debtor.code,
        )
        self._debts.add(Debt(case, debtor, opened, month))

    def _hear(self, debt: Debt, act: Act) -> None:
        self._sums.charges += act.charge not in (None, ChargeOutcome.WITHHELD)
        if act.notice is not None:
            debt.debtor.hears(act, debt.case, self._policy.contact)

    def _end(self, debt: Debt) -> None:
        """What a debt came to, and what becomes of the subscription."""
        sums, case, over, price = self._sums, debt.case, debt.at, debt.case.amount.centavos
        sums.messages += sum(leaves <= over for leaves in debt.debtor.left)
        self._cases += 1
        if case.outcome is Outcome.REPLACED:
            sums.plans += 1
            agreed = next(event for event in debt.debtor.happened if event.parts)
            self._parts += [_Part(f"{case.invoice}.{n}", part, debt) for n, part in enumerate(agreed.parts, start=1)]
            self._parts.sort(key=lambda part: part.due.on)
            return
        tally = sums.by_class[Decline(debt.debtor.code).kind]
        sums.cases += 1
        sums.at_risk += price
        tally[0] += 1
        tally[2] += price
        if case.outcome is Outcome.PAID:
            sums.recovered += 1
            sums.recovered_centavos += price
            sums.half_days[min(LONGEST, int((over - case.opened) / _HALF_DAY))] += 1
            tally[1] += 1
            tally[3] += price
            self._receive(over, price, regained=True)
            return
        self._unpaid += 1
        if self._over or (case.given_up and case.ending is Ending.WRITE_OFF):
            return  # over already; or the debt is forgiven, and the subscription goes on
        self._over = True
        if case.outcome is Outcome.CANCELED:
            sums.left += 1
        elif case.ending is not Ending.DOWNGRADE:
            sums.lost += 1


@dataclass(frozen=True, slots=True)
class _Part:
    """Part of a payment plan, and the debt whose place it takes in part."""

    name: str
    due: Instalment
    of: Debt


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

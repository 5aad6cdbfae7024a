"""A debtor of the virtual year: the fate of one case, drawn once and the same under every policy.

All chances of a case are drawn before it is walked, by number: the third message or the second payday meets the same luck whatever the
policy did before. So two policies are compared on the same people with the same luck, and differ by what they do.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import log
from random import Random
from zoneinfo import ZoneInfo

from models.collecting.cases import Case
from models.collecting.contact import Contact
from models.collecting.declines import Decline, DeclineClass
from models.collecting.paydays import MORNING, paydays
from models.periods import Calendar
from models.simulating.population import Behaviour, Resident, weighed
from models.simulating.walk import Act, Event, Happening
from models.speaking.notices import REMINDERS, Channel, NoticeKind
from models.subscribing.invoices import ChargeOutcome, Instalment

_DRAWN = 24  # of each kind of luck, before a case is walked
_RELENTS_AFTER = timedelta(hours=4)
_BUDGET_DAYS = timedelta(days=30)
_TOO_LATE = timedelta(days=3)  # a reminder that could only leave so much later is dropped
_PATIENCE = 3  # messages in a case before they annoy
_WAGES_SPENT = timedelta(hours=3)  # a promise is kept so long after payday's morning, at the earliest


@dataclass
class Memory:
    """What goes from one case of a customer to the next: attempts on the card and reminders sent (UTC, in order)."""

    attempts: list[datetime] = field(default_factory=list)
    reminders: list[datetime] = field(default_factory=list)


class Debtor:
    """One customer with one unpaid invoice: implements `walk.Fate`."""

    def __init__(
        self,
        resident: Resident,
        behaviour: Behaviour,
        memory: Memory,
        calendar: Calendar,
        *,
        luck: int,
        opened: datetime,
    ) -> None:
        random = Random(luck)
        self.code = resident.decline or weighed(behaviour.declines, random.random())
        self._behaviour, self._memory, self._calendar = behaviour, memory, calendar
        self._rhythm = resident.paid
        self._opened, self._zone = opened, ZoneInfo(calendar.zone)
        self._wages = [random.random() for _ in range(_DRAWN)]
        self._messages = [random.random() for _ in range(_DRAWN)]
        self._acts = [random.random() for _ in range(_DRAWN)]
        self._tries = [random.random() for _ in range(_DRAWN)]
        self._luck = luck
        self._tried = 0
        self._last_try = opened
        self._told = 0
        self.left: list[datetime] = []  # when the messages of this case leave
        self._events: list[tuple[datetime, int, Event]] = []
        if behaviour.pays_unasked:
            self._expect(opened + timedelta(days=-log(1 - random.random()) / behaviour.pays_unasked), Happening.SEEN)
        self._pays_all = random.random()
        self.happened: list[Event] = []  # of the events expected, those that came to pass
        insort(memory.attempts, opened)

    # --- walk.Fate

    def next(self) -> Event | None:
        return self._events[0][2] if self._events else None

    def taken(self) -> None:
        self.happened.append(self._events.pop(0)[2])

    def look(self, case: Case, now: datetime) -> None:
        """Whoever pays here is heard of at once."""

    def charge(self, case: Case, key: str, now: datetime) -> tuple[ChargeOutcome, Decline | None]:
        attempts = self._memory.attempts
        fresh = key.startswith("card-")
        if not fresh and len(attempts) - bisect_right(attempts, now - _BUDGET_DAYS) >= case.policy.retry.budget:
            return ChargeOutcome.WITHHELD, None
        insort(attempts, now)
        luck, self._tried = self._drawn(self._tries, self._tried), self._tried + 1
        since, self._last_try = now - self._last_try, now
        if fresh:
            works = luck < self._behaviour.new_card_works
        elif luck > 1 - self._behaviour.card_dies:
            return ChargeOutcome.DECLINED, Decline("lost_card")
        else:
            works = self._goes_through(luck, since, now)
        return (ChargeOutcome.PAID, None) if works else (ChargeOutcome.DECLINED, Decline(self.code))

    # --- beside other debts of the same customer

    def renews(self, case: Case, at: datetime, *, lucky: bool) -> bool:
        """Whether another charge of this customer goes through while this debt is open, or in its place. `lucky`: without it, it would."""
        kind = case.decline.kind if case.decline else None
        if kind in (DeclineClass.HARD, DeclineClass.AUTHENTICATION):
            return lucky and any(event.what is Happening.NEW_CARD for event in self.happened)
        return self._liquid(at) if self.code == "insufficient_funds" else lucky

    @property
    def pays_all(self) -> bool:
        """Whether they pay whatever else they owe, when they pay."""
        return self._pays_all < self._behaviour.pays_all

    def expect(self, event: Event) -> None:
        """Something more is to happen to this case."""
        number = len(self._events) + self._told * _DRAWN  # tells apart what falls on one instant
        insort(self._events, (event.at, number, event), key=lambda each: each[:2])

    # --- what a message does

    def hears(self, act: Act, case: Case, contact: Contact) -> None:
        """A notice was asked for: when it leaves, and what the customer makes of it."""
        kind = act.notice
        if kind is None:
            return
        leaves = self._leaves(kind, act.at, contact)
        if leaves is None:
            return
        if kind in REMINDERS:
            insort(self._memory.reminders, leaves)
        self.left.append(leaves)
        number, self._told = self._told, self._told + 1
        behaviour = self._behaviour
        chance = behaviour.acts_on.get(kind, 0.0) * behaviour.fatigue**number
        if act.channel is Channel.EMAIL:
            chance *= behaviour.email_reads
        luck, acts = self._drawn(self._messages, number), self._drawn(self._acts, number)
        at = leaves + timedelta(hours=-log(1 - acts) * behaviour.after_hours)
        if luck < chance:
            self._act(case, at, luck / chance)
        elif number >= _PATIENCE and luck > 1 - behaviour.leaves_annoyed:
            self._expect(at, Happening.CANCELED)

    def _leaves(self, kind: NoticeKind, now: datetime, contact: Contact) -> datetime | None:
        if kind not in REMINDERS:
            return contact.allowed(now, self._calendar.zone)
        leaves = contact.spaced(tuple(self._memory.reminders), now, self._calendar)
        leaves = contact.allowed(leaves, self._calendar.zone)
        return leaves if leaves - now <= _TOO_LATE else None

    def _act(self, case: Case, at: datetime, luck: float) -> None:
        """`luck` is evenly spread again over those who act."""
        decline = case.decline.kind if case.decline else None
        if decline is DeclineClass.HARD:
            self._expect(at, Happening.NEW_CARD)
        elif self.code != "insufficient_funds" or self._liquid(at):
            self._expect(at, Happening.SEEN)
        elif luck < self._behaviour.promises:
            payday = self._payday_after(at)
            self._expect(at, Happening.PROMISED, until=payday + timedelta(days=1))
            if luck < self._behaviour.promises * self._behaviour.keeps_promise:
                self._expect(payday + _WAGES_SPENT, Happening.SEEN)
        elif luck < self._behaviour.promises + self._behaviour.agrees_parts:
            self.expect(Event(at, Happening.AGREED, parts=self._parts(case.amount.centavos, at)))

    def _parts(self, centavos: int, at: datetime) -> tuple[Instalment, ...]:
        """Equal parts, a few hours after the next paydays; the first has what does not divide."""
        count, days = self._behaviour.parts, list[datetime]()
        for _ in range(count):
            at = self._payday_after(at)
            days.append(at + _WAGES_SPENT)
        each, rest = divmod(centavos, count)
        return tuple(Instalment(each + (rest if n == 0 else 0), on) for n, on in enumerate(days))

    # --- money

    def _goes_through(self, luck: float, since: timedelta, now: datetime) -> bool:
        kind = Decline(self.code).kind
        if kind in (DeclineClass.HARD, DeclineClass.AUTHENTICATION):
            return False
        if self.code == "insufficient_funds":
            return self._liquid(now)
        return since >= _RELENTS_AFTER and luck < self._behaviour.bank_relents

    def _liquid(self, now: datetime) -> bool:
        """Whether this payday's money still lasts. What was there when the case opened is gone."""
        before, _ = _wages(self._opened.astimezone(self._zone).date(), self._rhythm)
        number, days = _wages(now.astimezone(self._zone).date(), self._rhythm)
        lasting = self._behaviour.funds_after_payday
        return number > before and days < len(lasting) and self._drawn(self._wages, number - before) < lasting[days]

    def _payday_after(self, instant: datetime) -> datetime:
        day = instant.astimezone(self._zone).date()
        number, _ = _wages(day, self._rhythm)
        while _wages(day, self._rhythm)[0] == number:
            day += timedelta(days=1)
        return datetime.combine(day, MORNING, self._zone).astimezone(instant.tzinfo)

    def _drawn(self, lucks: list[float], number: int) -> float:
        return lucks[number] if number < _DRAWN else Random(self._luck + number).random()

    def _expect(self, at: datetime, what: Happening, until: datetime | None = None) -> None:
        self.expect(Event(at, what, until, card=f"pm_{self._told}"))


@lru_cache(maxsize=4096)
def _wages(day: date, rhythm: str) -> tuple[int, int]:
    """The number of the last payday up to a day, counted from the year 1, and how many days ago it was."""
    paid = _paydays(day.year, day.month, rhythm)
    passed = [each for each in paid if each <= day]
    count = (day.year * 12 + day.month - 1) * len(paid) + len(passed)
    if passed:
        return count, (day - passed[-1]).days
    before = day.replace(day=1) - timedelta(days=1)
    return count, (day - _paydays(before.year, before.month, rhythm)[-1]).days


def _paydays(year: int, month: int, rhythm: str) -> tuple[date, ...]:
    return paydays(year, month) if rhythm == "quincena" else paydays(year, month)[1:]

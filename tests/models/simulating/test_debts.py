"""A customer who owes several times: one voice, the oldest first, and each clock begins where the one before it ended."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

import pytest

from models.collecting.cases import Case, HoldKind, Outcome, Stage
from models.collecting.declines import Decline
from models.money import Money
from models.periods import Calendar
from models.policies.policy import CONSEQUENCES, Action, Policy
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.simulating.debtor import Debtor, Memory
from models.simulating.debts import Debt, Debts
from models.simulating.population import Behaviour, Population, Resident, behaviour, shipped_page
from models.simulating.simulation import block
from models.simulating.walk import Act, Event, Happening
from models.speaking.notices import NoticeKind
from tests.models.test_alike import D0

MEXICO = behaviour(shipped_page())
DEAF = MEXICO.model_copy(update={"acts_on": {}, "pays_unasked": 0.0, "leaves_annoyed": 0.0, "bank_relents": 0.0})
DAY = timedelta(days=1)
LADDER = ["the oldest debt now", "D0 notify", "D+10 suspend", "D+40 warn deletion", "D+45 close"]
LONG = "name: long\nsteps:\n  - {{at: 0h, do: notify, notice: payment_failed}}\n  - {{at: 10d, do: suspend, notice: suspended}}\n" \
       "  - {{at: 40d, do: warn_deletion, notice: deletion_warning}}\n  - {{at: 45d, do: close, then: {then}}}\n"  # fmt: skip


class Customer:
    """Owes an invoice a month, `DAY`s apart, and what was done about each."""

    def __init__(
        self, policy: Policy, assumed: Behaviour = DEAF, *, number: int = 1, code: str = "expired_card"
    ) -> None:
        self.acts: list[tuple[str, Act]] = []
        self.ended: dict[str, Debt] = {}
        self.debts = Debts(lambda debt, act: self._told(debt, act))
        self.policy, self.behaviour, self.memory, self.number = policy, assumed, Memory(), number
        self.resident = Resident(number, 14_900, 1, 9, 400, 1.0, "quincena", code)

    def owes(self, name: str, days: float, *events: Event) -> Debt:
        opened = D0 + days * DAY
        self.until(days)
        calendar, luck = Calendar(), Random(f"{self.number}/{name}").getrandbits(62)
        debtor = Debtor(self.resident, self.behaviour, self.memory, calendar, luck=luck, opened=opened)
        for event in events:
            debtor.expect(event)
        case = Case(name, Money(14_900), opened, self.policy, calendar, decline=Decline(debtor.code))
        debt = Debt(case, debtor, opened)
        self.debts.add(debt)
        return debt

    def until(self, days: float) -> None:
        self.ended |= {debt.case.invoice: debt for debt in self.debts.advance(D0 + days * DAY)}

    def _told(self, debt: Debt, act: Act) -> None:
        self.acts.append((debt.case.invoice, act))
        if act.notice is not None:
            debt.debtor.hears(act, debt.case, self.policy.contact)

    def did(self, name: str) -> list[str]:
        return [act.action for of, act in self.acts if of == name]


def test_the_second_debt_says_nothing_until_it_comes_first_and_its_clock_begins_then() -> None:
    customer = Customer(parse(LONG.format(then="write_off")))
    customer.owes("in_1", 0)
    second = customer.owes("in_2", 30)
    assert second.behind
    assert second.case.hold is not None
    assert second.case.hold.kind is HoldKind.BEHIND
    customer.until(44)
    assert customer.did("in_2") == []
    customer.until(400)
    assert customer.ended["in_1"].case.outcome is Outcome.WRITTEN_OFF
    told = [(act.at, act.action) for of, act in customer.acts if of == "in_2"]
    assert told[0] == (customer.ended["in_1"].at, "the oldest debt now")
    # Suspended all along, for that was taken already; each later step keeps its distance from the moment it came first.
    assert [action for _, action in told] == LADDER
    assert told[-1][0] - told[0][0] >= 45 * DAY


def test_what_the_first_debt_took_stays_taken() -> None:
    customer = Customer(parse(LONG.format(then="write_off")))
    customer.owes("in_1", 0, Event(D0 + 20 * DAY, Happening.SEEN))
    second = customer.owes("in_2", 15)
    second.debtor._pays_all = customer.debts.oldest.debtor._pays_all = 1.0  # type: ignore[union-attr]
    customer.until(21)
    assert customer.ended["in_1"].case.outcome is Outcome.PAID
    assert (second.behind, second.case.stage, second.case.outcome) == (False, Stage.SUSPENDED, None)


@pytest.mark.parametrize(("what", "outcome"), [(Happening.SEEN, Outcome.PAID), (Happening.NEW_CARD, Outcome.PAID)])
def test_who_pays_or_gives_another_card_does_so_for_all(what: Happening, outcome: Outcome) -> None:
    sure = DEAF.model_copy(update={"new_card_works": 1.0, "pays_all": 1.0})
    customer = Customer(parse(LONG.format(then="cancel")), sure)
    customer.owes("in_1", 0, Event(D0 + 33 * DAY, what, card="pm_2"))
    customer.owes("in_2", 30)
    customer.until(60)
    assert {name: debt.case.outcome for name, debt in customer.ended.items()} == {"in_1": outcome, "in_2": outcome}
    assert {debt.at for debt in customer.ended.values()} == {D0 + 33 * DAY}


def test_with_the_subscription_every_debt_ends() -> None:
    customer = Customer(parse(LONG.format(then="cancel")))
    customer.owes("in_1", 0)
    customer.owes("in_2", 30)
    customer.until(46)
    assert [debt.case.outcome for debt in customer.ended.values()] == [Outcome.EXHAUSTED, Outcome.CANCELED]
    assert not customer.debts


def test_a_debt_agreed_upon_in_parts_lets_the_next_one_come_first() -> None:
    willing = DEAF.model_copy(
        update={"acts_on": {NoticeKind.PAYMENT_FAILED: 1.0}, "promises": 0.0, "agrees_parts": 1.0}
    )
    customer = Customer(parse(LONG.format(then="cancel")), willing, code="insufficient_funds", number=4)
    first = customer.owes("in_1", 0)
    customer.until(9)
    assert first.case.outcome is Outcome.REPLACED
    (agreed,) = [event for event in first.debtor.happened if event.what is Happening.AGREED]
    assert sum(part.centavos for part in agreed.parts) == 14_900
    assert len({part.on for part in agreed.parts}) == MEXICO.parts


def each_customers() -> Iterator[tuple[Policy, Customer]]:
    for name in presets():
        for number in range(40):
            customer = Customer(preset(name), MEXICO, number=number, code="")
            for month in range(4):
                customer.owes(f"in_{month}", 12 * month)
            customer.until(1000)
            yield customer.policy, customer


def test_whoever_owes_often_hears_one_voice_in_order_and_every_consequence_is_announced_first() -> None:
    several = 0
    for _, customer in each_customers():
        assert not customer.debts, "every case ends"
        firsts = [of for of, act in customer.acts if act.step is not None]
        several += len(set(firsts)) > 1
        opened = {f"in_{month}": D0 + 12 * month * DAY for month in range(4)}
        for name, debt in customer.ended.items():
            mine = [act for of, act in customer.acts if of == name]
            older = [customer.ended[each].at for each in customer.ended if opened[each] < opened[name]]
            ladder = [act for act in mine if act.step is not None]
            assert all(act.at >= max(older) for act in ladder if older), (customer.number, name)
            spoke = False
            for act in mine:
                spoke = spoke or act.notice is not None
                if act.step is not None and act.step.action in CONSEQUENCES:
                    assert spoke, (customer.number, name)
            assert sum(act.step is not None and act.step.action is Action.SUSPEND for act in mine) <= 1
            assert debt.case.outcome is not None
    assert several > 20


def test_a_years_payment_plans_bring_money_and_are_in_no_denominator() -> None:
    willing = MEXICO.model_copy(update={"promises": 0.0, "agrees_parts": 1.0, "declines": {"insufficient_funds": 1.0}})
    policy = preset("gentle-28d")
    with_plans, without = (
        block(range(150), Population(assumed, 150), [policy], 3)[0]
        for assumed in (willing, willing.model_copy(update={"agrees_parts": 0.0}))
    )
    assert without.plans == 0
    assert with_plans.plans > 3
    assert with_plans.cases == sum(cases for cases, *_ in with_plans.by_class.values())
    assert sum(with_plans.cash) > sum(without.cash)

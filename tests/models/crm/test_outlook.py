"""What is expected and how somebody has paid, over books counted by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from models.bookkeeping.ledger import Account, Fact, Kind, moves
from models.crm.following import of_fact
from models.crm.opportunities import Opportunity, Stage
from models.crm.outlook import Quarter, next_invoice, paying, quarter
from models.crm.profile import LATER, SOON, profile
from models.crm.reasons import Because
from models.crm.sales import STANDS_IN, Booked, sales, worth
from models.crm.scores import default_risk
from models.crm.standing import Standing, State
from models.money import Money
from models.selling.plans import Interval
from models.subscribing.subscriptions import Status
from tests.models.crm.people import DAY, NOW, debt, held, sale, standing

ZONE = "America/Mexico_City"
DEAL = Opportunity("acme", "op_1", "c_1", "Proyecto A", Money(4_500_001), 65, date(2026, 12, 20))


def fact(kind: Kind, centavos: int, day: int, invoice: str = "in_1") -> Booked:
    return Booked("acme", "c_1", "s_1", f"{invoice}/{kind}", kind, invoice, centavos, "MXN", NOW + day * DAY)


class TestSales:
    def test_facts_of_an_invoice_are_one_sale(self) -> None:
        told = [fact(Kind.ISSUED, 14_900, 0), fact(Kind.PAID, 14_900, 5), fact(Kind.REFUNDED, -4_900, 9)]
        (made,) = sales(told, {"in_1": NOW + 7 * DAY})
        assert (made.billed, made.paid_at, made.refunded_at) == (14_900, NOW + 5 * DAY, NOW + 9 * DAY)
        assert (made.days_to_pay, made.paid_late(), worth(told)) == (5.0, False, 10_000)

    @pytest.mark.parametrize(
        ("more", "value", "count"),
        [
            ([fact(Kind.VOIDED, -14_900, 1)], 0, 0),
            ([fact(Kind.CREDITED, -4_900, 1)], 10_000, 1),
            ([fact(Kind.WRITTEN_OFF, -14_900, 1)], 0, 1),
            ([fact(Kind.WRITTEN_OFF, -14_900, 1), fact(Kind.RECOVERED, 14_900, 2), fact(Kind.PAID, 14_900, 2)], 14_900, 1),
            ([fact(Kind.PAID, 14_900, 1), fact(Kind.WITHDRAWN, -14_900, 2)], 0, 1),
        ],
    )  # fmt: skip
    def test_what_is_taken_back_is_worth_nothing(self, more: list[Booked], value: int, count: int) -> None:
        told = [fact(Kind.ISSUED, 14_900, 0), *more]
        assert (worth(told), len(sales(told))) == (value, count)

    def test_a_charge_is_due_when_it_is_issued_and_three_days_on_its_way(self) -> None:
        assert not sale(1, days_to_pay=3.0).paid_late()
        assert sale(1, days_to_pay=3.1).paid_late()
        assert not sale(1, days_to_pay=None).paid_late()

    def test_each_kind_of_fact_with_an_amount_has_one_account_in_which_it_stands(self) -> None:
        for kind, account in STANDS_IN.items():
            told = Fact("acme", "s_1", kind, "x", Money(11_600), NOW)
            gave = sum(m.centavos for m in moves(told) if m.debit is account)
            took = sum(m.centavos for m in moves(told) if m.credit is account)
            assert abs(gave - took) == 11_600, kind
        assert set(Kind) - set(STANDS_IN) == {Kind.RESTATED, Kind.CREDIT_RESTATED}
        assert Account.REVENUE not in STANDS_IN.values()

    def test_a_fact_of_nothing_is_no_activity(self) -> None:
        assert of_fact(fact(Kind.ISSUED, 0, 0)) is None


class TestNextInvoice:
    def test_the_soonest_renewal_of_what_goes_on(self) -> None:
        two = (held(), replace(held(), id="s_2", period_end=NOW + 3 * DAY, price=Money(50_000)))
        expected = next_invoice(standing(held=two), NOW)
        assert expected is not None
        assert (expected.at, expected.amount, expected.by_rhythm) == (NOW + 3 * DAY, Money(50_000), False)

    def test_a_trial_is_charged_when_it_ends(self) -> None:
        expected = next_invoice(standing(held=(held(Status.TRIALING, trial_end=NOW + DAY),)), NOW)
        assert expected is not None
        assert expected.at == NOW + DAY

    @pytest.mark.parametrize("what", [held(ending=True), held(Status.CANCELED), held(Status.SUSPENDED)])
    def test_none_of_what_does_not_go_on(self, what: object) -> None:
        assert next_invoice(standing(held=(what,)), NOW) is None

    def test_who_has_no_subscription_has_a_rhythm(self) -> None:
        bought = tuple(sale(n, ago=ago) for n, ago in enumerate((95, 65, 33, 3)))
        expected = next_invoice(standing(sales=bought), NOW)
        assert expected is not None
        assert (expected.at, expected.amount, expected.by_rhythm) == (NOW + 27 * DAY, Money(100_000), True)
        assert next_invoice(standing(sales=bought), NOW + 70 * DAY) is None  # they have stopped
        assert next_invoice(standing(sales=bought[:2]), NOW) is None


class TestQuarter:
    WHO = standing(
        held=(held(), replace(held(), id="s_2", interval=Interval.YEAR, price=Money(1_200_000))),
        sales=(sale(1, ago=60), sale(2, ago=20)),
        opportunities=(DEAL, replace(DEAL, closes=date(2027, 1, 1)), replace(DEAL, stage=Stage.WON)),
    )

    def test_billed_renewals_and_opportunities_by_probability(self) -> None:
        # Renewed on 1 December; the next monthly one is on 1 January. 22 September is the quarter before.
        told = quarter(self.WHO, NOW, ZONE)
        assert told == Quarter(date(2026, 10, 1), date(2026, 12, 31), 100_000, 14_900 + 1_200_000, 2_925_001)
        assert told.total == 100_000 + 1_214_900 + 2_925_001

    def test_pesos_and_dollars_are_never_added_up(self) -> None:
        dollars = Money(9_900, "USD")
        more = replace(
            self.WHO,
            held=(*self.WHO.held, replace(held(), id="s_3", price=dollars, period_end=NOW + DAY)),
            opportunities=(*self.WHO.opportunities, replace(DEAL, amount=dollars)),
            debts=(debt(9), replace(debt(3, 2), amount=dollars)),
        )
        assert quarter(more, NOW, ZONE) == quarter(self.WHO, NOW, ZONE)
        made = profile(more, NOW)
        assert (made.owed, made.next_invoice) == (14_900, 14_900)
        (overdue,) = (each for each in default_risk(more, NOW).reasons if each.because is Because.OVERDUE)
        assert overdue.figures["amount"] == str(Money(14_900))

    def test_the_quarter_is_that_of_the_tenants_clock(self) -> None:
        new_year = datetime(2027, 1, 1, 5, tzinfo=UTC)  # eleven at night in Mexico
        assert quarter(standing(), new_year, ZONE).begins == date(2026, 10, 1)
        assert quarter(standing(), new_year, "UTC").begins == date(2027, 1, 1)

    def test_a_month_without_a_31st_is_renewed_on_its_last_day(self) -> None:
        last = held(period_end=datetime(2027, 1, 31, 12, tzinfo=UTC))
        told = quarter(standing(held=(last,)), datetime(2027, 1, 2, tzinfo=UTC), ZONE)
        assert told.renewals == 3 * 14_900


def test_how_somebody_pays() -> None:
    found = paying((sale(1, days_to_pay=2), sale(2, days_to_pay=8), replace(sale(3, days_to_pay=None), billed=400_000)))
    assert (found.invoices, found.average, found.days_to_pay) == (3, 200_000, 5.0)
    assert (found.paid, found.on_time, found.share_on_time) == (2, 1, 50)
    assert (paying(()).share_on_time, paying(()).days_to_pay) == (None, None)


@pytest.mark.parametrize(
    ("who", "state"),
    [
        (standing(), State.PROSPECT),
        (standing(held=(held(Status.INCOMPLETE),)), State.PROSPECT),
        (standing(held=(held(Status.TRIALING),)), State.TRIAL),
        (standing(held=(held(), replace(held(Status.SUSPENDED), id="s_2"))), State.SUSPENDED),
        (standing(held=(held(),), debts=(debt(1),)), State.PAST_DUE),
        (standing(held=(held(Status.CANCELED),), sales=(sale(1),)), State.FORMER),
    ],
)
def test_state_is_the_worst_of_what_they_have(who: Standing, state: State) -> None:
    assert who.state is state


def test_a_row_is_looked_at_again_sooner_while_something_moves() -> None:
    assert profile(standing(held=(held(),)), NOW).review_at == NOW + LATER
    assert profile(standing(debts=(debt(1),)), NOW).review_at == NOW + SOON
    assert profile(standing(), NOW).last_activity_at == standing().since

"""Recovery with its denominators: what counts, what does not, and by what it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.analytics.experiment_report import compare
from models.analytics.recovery import By, Collected, Report, report
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord

D0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROW = CaseRecord(
    "acme", "in_1", "s_1", Money(10_000), Stage.CLOSED, "ruthless v2", D0, first_decline="insufficient_funds"
)
PAID = replace(ROW, outcome=Outcome.PAID, paid_at=D0 + 2 * DAY, last_step="D+1 retry")


def told(*rows: CaseRecord, by: By = By.POLICY, customers: int = 100, channel: str = "whatsapp") -> Report:
    cases = [
        Collected(replace(row, invoice=f"in_{n}", subscription=f"s_{n}"), "pro", channel) for n, row in enumerate(rows)
    ]
    return report(cases, since=D0, until=D0 + 30 * DAY, by=by, customers=customers, calendar=Calendar())


def test_only_decided_cases_are_in_the_denominators() -> None:
    lost = replace(ROW, outcome=Outcome.EXHAUSTED, amount=Money(30_000))
    outcomes = [Outcome.PAID_OUTSIDE, Outcome.VOIDED, Outcome.REPLACED, Outcome.CANCELED, Outcome.WRITTEN_OFF]
    (group,) = told(PAID, lost, ROW, *(replace(ROW, outcome=each) for each in outcomes)).groups
    assert (group.cases, group.running, group.voided) == (8, 1, 2)
    assert (group.decided, group.recovered, group.lost) == (5, 2, 3)
    assert (group.decided_centavos, group.recovered_centavos) == (70_000, 20_000)
    assert group.rate.value == pytest.approx(0.4)
    assert group.amount_rate == pytest.approx(2 / 7)


def test_time_to_recover_is_of_what_was_recovered() -> None:
    rows = [replace(PAID, paid_at=D0 + days * DAY) for days in range(1, 11)]
    (group,) = told(*rows, ROW).groups
    assert (group.days_p50, group.days_p90) == (5.0, 9.0)
    assert told(ROW).groups[0].days_p50 is None


def test_currencies_are_never_added_up() -> None:
    found = told(PAID, replace(PAID, amount=Money(500, "USD")))
    assert [(g.currency, g.recovered_centavos) for g in found.total] == [("MXN", 10_000), ("USD", 500)]


def test_involuntary_churn_is_of_all_that_had_service_and_leaves_out_who_left_themselves() -> None:
    found = told(replace(ROW, outcome=Outcome.EXHAUSTED), replace(ROW, outcome=Outcome.CANCELED), customers=50)
    assert (found.churned, found.customers) == (1, 50)
    assert found.churn.value == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("by", "changes", "key"),
    [
        (By.COHORT, {"opened_at": datetime(2026, 4, 1, 3, tzinfo=UTC)}, "2026-03"),  # still March in Mexico
        (By.DECLINE, {"first_decline": "lost_card"}, "hard"),
        (By.DECLINE, {"first_decline": "", "decline": "authentication_required"}, "authentication"),
        (By.STEP, {"last_step": "D+3 suspend"}, "D+3 suspend"),
        (By.STEP, {"last_step": ""}, "before the first step"),
        (By.CHANNEL, {}, "whatsapp"),
        (By.POLICY, {}, "ruthless v2"),
        (By.PLAN, {}, "pro"),
        (By.ARM, {"experiment": "spring"}, "spring: ruthless v2"),
        (By.ARM, {}, "no experiment"),
    ],
)
def test_figures_are_told_by(by: By, changes: dict[str, object], key: str) -> None:
    (group,) = told(replace(PAID, **changes), by=by).groups  # type: ignore[arg-type]
    assert group.key == key


def arms(rates: tuple[float, float], cases: int, amount: int = 10_000) -> list[Collected]:
    found = []
    for arm, (policy, rate) in enumerate(zip(("old v1", "new v1"), rates, strict=True)):
        for number in range(cases):
            paid = number < rate * cases
            row = replace(PAID if paid else replace(ROW, outcome=Outcome.EXHAUSTED), policy=policy, experiment="x")
            name = f"{arm}-{number}"
            found.append(Collected(replace(row, invoice=name, subscription=name, amount=Money(amount)), "pro"))
    return found


def test_a_difference_of_two_policies_is_told_when_it_is_one() -> None:
    found = compare("x", arms((0.4, 0.6), 200), policy="old v1", rival="new v1")
    assert found.rate is not None
    assert found.mean is not None
    assert found.rate.value == pytest.approx(0.2)
    assert 0 < found.rate.low < 0.2 < found.rate.high
    assert found.mean.value == pytest.approx(2_000)
    assert found.words == "new v1 recovers more cases; the mean recovered: more money in each"
    turned = compare("x", arms((0.4, 0.6), 200), policy="new v1", rival="old v1")
    assert turned.words.startswith("old v1 recovers fewer cases")


def test_with_few_cases_nothing_can_be_told() -> None:
    assert compare("x", arms((0.0, 1.0), 10)).words == "too few cases to tell"
    assert "only one arm" in compare("x", arms((0.4, 0.6), 30)[:30]).words


def test_a_small_difference_is_left_to_chance() -> None:
    found = compare("x", arms((0.50, 0.51), 100), policy="old v1", rival="new v1")
    assert found.words.startswith("no difference that could be told from chance")


def test_running_cases_wait_for_their_verdict() -> None:
    cases = [*arms((0.5, 0.5), 40), Collected(replace(ROW, policy="new v1", experiment="x", invoice="r"), "pro")]
    old, new = compare("x", cases, policy="old v1", rival="new v1").arms
    assert (old.running, new.running, new.decided, new.cases) == (0, 1, 40, 41)

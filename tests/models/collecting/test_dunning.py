"""The dunning decision as tables: no event loop, no clock but the one passed in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.collecting import case_news, dunning
from models.collecting.cases import Case, Hold, HoldKind, Outcome, Stage
from models.collecting.contact import ANYTIME
from models.collecting.declines import Decline
from models.collecting.dunning import Decision, Do
from models.money import Money
from models.periods import Calendar
from models.policies.policy import CONSEQUENCES, Action, Ending, Facts, Policy, Retries, Step, When
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Invoice, InvoiceStatus
from tests.samples import PRICE, RUTHLESS, overdue

D0 = datetime(2026, 11, 21, 18, tzinfo=UTC)
SOFT, HARD = Decline("insufficient_funds"), Decline("lost_card")


def case(**more: object) -> Case:
    return replace(Case("in_1", PRICE, D0, RUTHLESS, Calendar(), decline=SOFT), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("position", "day", "do", "step"),
    [
        (0, 0, Do.TAKE, "D0 notify"),
        (1, 0.1, Do.WAIT, "D+4h retry"),
        (1, 0.17, Do.CHARGE, "D+4h retry"),
        (3, 1, Do.CHARGE, "D+1 retry"),
        (4, 1, Do.TAKE, "D+1 notify"),
        (5, 2.9, Do.WAIT, "D+3 suspend"),
        (5, 3, Do.TAKE, "D+3 suspend"),
        (6, 7, Do.TAKE, "D+7 warn deletion"),
        (7, 29.9, Do.WAIT, "D+30 close"),
        (7, 30, Do.CLOSE, "D+30 close"),
    ],
)
def test_ruthless_day_by_day(position: int, day: float, do: Do, step: str) -> None:
    decision = dunning.decide(case(position=position), D0 + timedelta(days=day))
    assert decision.do is do
    assert decision.step is not None
    assert decision.step.name == step


@pytest.mark.parametrize("retries", range(6))
def test_a_policy_of_n_retries_makes_n(retries: int) -> None:
    steps = [Step(timedelta(hours=h + 1), Action.RETRY) for h in range(retries)]
    walked = case(policy=Policy("n", 1, (*steps, Step(timedelta(days=9), Action.CLOSE))))
    charges, now = 0, D0
    while walked.outcome is None:
        decision = dunning.decide(walked, now)
        now = decision.at or now
        if decision.do is Do.CHARGE:
            charges += 1
            walked = dunning.attempted(walked, decision.step, SOFT, now)
        elif decision.do is Do.CLOSE:
            walked = dunning.closed(walked, Outcome.EXHAUSTED, now=now)
    assert (charges, walked.attempts) == (retries, retries)


def test_a_hard_decline_passes_over_every_retry_and_keeps_the_rest() -> None:
    walked = dunning.skip(case(position=1, decline=HARD), D0)
    assert walked.step is not None
    assert walked.step.name == "D+1 notify"


def test_after_an_outage_one_step_is_taken_and_the_rest_keep_their_distance() -> None:
    back = D0 + timedelta(days=6)
    late = dunning.catch_up(case(position=2), back)
    assert dunning.decide(late, back).do is Do.CHARGE
    assert late.due(Action.SUSPEND) == back + timedelta(days=2.5)
    assert dunning.decide(dunning.taken(late, late.policy.steps[2], back), back).do is Do.WAIT


def test_a_little_lateness_moves_nothing() -> None:
    on_time = case(position=1)
    assert dunning.catch_up(on_time, D0 + timedelta(hours=5)) is on_time


HURRIED = Policy(
    "hurried",
    1,
    (
        Step(timedelta(hours=1), Action.NOTIFY, NoticeKind.PAYMENT_FAILED),
        Step(timedelta(hours=2), Action.RETRY),
        Step(timedelta(hours=4), Action.SUSPEND, NoticeKind.SUSPENDED),
        Step(timedelta(hours=5), Action.DEGRADE, when=When(attempts=9)),
        Step(timedelta(hours=10), Action.CLOSE),
    ),
)


@pytest.mark.parametrize("policy", [HURRIED, *(preset(name) for name in presets())], ids=lambda policy: policy.name)
@pytest.mark.parametrize("hours", [0.5, 1.5, 3, 5.5, 9])
def test_whenever_we_were_away_what_a_warning_warns_of_keeps_its_distance(policy: Policy, hours: float) -> None:
    """Three quarters of what the policy planned, or more: whoever is warned has time to pay."""
    contact = replace(policy, contact=ANYTIME)
    planned = {step.name: step.offset for step in policy.steps}
    away = timedelta(hours=hours)
    for began in sorted({step.offset - timedelta(minutes=30) for step in policy.steps}):
        walked, now, taken = case(policy=contact), D0, list[tuple[Step, datetime]]()
        while walked.outcome is None:
            now = now if not began <= now - D0 < began + away else D0 + began + away
            walked = dunning.catch_up(dunning.skip(walked, now), now)
            decision = dunning.decide(walked, now)
            step = decision.step
            if decision.do is Do.WAIT or step is None:
                now = decision.at or now
                continue
            taken.append((step, now))
            if decision.do is Do.CHARGE:
                walked = dunning.attempted(walked, step, SOFT, now)
            elif decision.do is Do.CLOSE:
                walked = dunning.closed(walked, Outcome.EXHAUSTED, now=now)
            else:
                walked = dunning.taken(walked, step, now)
        for number, (step, at) in enumerate(taken):
            warned = [(warning, then) for warning, then in taken[:number] if warning.notice is not None]
            if step.action in CONSEQUENCES:
                first, then = warned[-1]
                assert at - then >= 0.75 * min(planned[step.name] - planned[first.name], timedelta(days=1))


def test_the_customers_own_tries_spend_no_attempt() -> None:
    assert dunning.attempted(case(position=2), None, SOFT, D0).attempts == 0


def test_terminal_states_win() -> None:
    paid = dunning.closed(case(), Outcome.PAID, now=D0)
    assert dunning.closed(paid, Outcome.WRITTEN_OFF, now=D0) is paid
    assert dunning.seen(paid, overdue("in_1", D0), D0) is paid


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (InvoiceStatus.PAID, Outcome.PAID),
        (InvoiceStatus.VOID, Outcome.VOIDED),
        (InvoiceStatus.UNCOLLECTIBLE, Outcome.WRITTEN_OFF),
        (InvoiceStatus.OPEN, None),
        (InvoiceStatus.DRAFT, None),
    ],
)
def test_what_an_invoice_says_of_its_case(status: InvoiceStatus, outcome: Outcome | None) -> None:
    seen = dunning.seen(case(), replace(overdue("in_1", D0), status=status), D0)
    assert seen.outcome is outcome
    assert (seen.settled is not None) is (outcome is Outcome.PAID)


def test_a_pause_costs_the_customer_no_grace() -> None:
    paused = case(position=4, hold=Hold(HoldKind.PAUSE, D0 + timedelta(days=1)))
    assert dunning.decide(paused, D0 + timedelta(days=9)).at is None
    resumed = dunning.resumed(paused, D0 + timedelta(days=9))
    assert resumed.due(Action.SUSPEND) == D0 + timedelta(days=11)


def test_service_given_back_is_cut_again_when_the_days_are_over() -> None:
    now = D0 + timedelta(days=10)
    given_back = dunning.reprieved(case(position=7, stage=Stage.DELETION_WARNED), 5, now)
    assert given_back.stage is Stage.GRACE
    assert given_back.due(Action.SUSPEND) == now + timedelta(days=5)
    assert given_back.due(Action.CLOSE) == now + timedelta(days=32)
    assert given_back.round == 2


def test_a_day_of_two_seconds_is_the_same_ladder_in_a_minute() -> None:
    quick = case(calendar=Calendar(day_seconds=2))
    assert quick.at(quick.policy.steps[-1]) == D0 + timedelta(seconds=60)


@given(
    st.lists(st.sampled_from(["wait", "soft", "hard", "outage", "extend", "pause", "reprieve"]), max_size=40),
    st.integers(0, 30),
)
def test_no_consequence_ever_comes_before_its_warning_and_every_case_ends(events: list[str], paid_after: int) -> None:
    walked, now, told, turns = case(), D0, [], 0
    while walked.outcome is None:
        turns += 1
        assert turns < 500, "the case does not end"
        event = events.pop() if events else "wait"
        if event == "extend" and walked.stage is Stage.GRACE:
            walked = dunning.extended(walked, 3)
        elif event == "reprieve" and walked.stage is not Stage.GRACE:
            walked = dunning.reprieved(walked, 3, now)
        elif event == "pause":
            walked = dunning.resumed(dunning.held(walked, Hold(HoldKind.PAUSE, now)), now + timedelta(days=2))
            now += timedelta(days=2)
        elif event == "outage":
            now += timedelta(days=5)
        walked = dunning.catch_up(dunning.skip(walked, now), now)
        decision = dunning.decide(walked, now)
        match decision.do, decision.step:
            case Do.WAIT, _:
                now = decision.at or now + timedelta(days=1)
            case Do.CHARGE, step:
                walked = dunning.attempted(walked, step, HARD if event == "hard" else SOFT, now)
            case Do.TAKE, Step() as step:
                if step.action is Action.SUSPEND:
                    assert "D+1 notify" in told
                told.append(step.name)
                walked = dunning.taken(walked, step, now)
            case Do.CLOSE, _:
                assert "D+7 warn deletion" in told
                walked = dunning.closed(walked, Outcome.EXHAUSTED, now=now)
    assert walked.attempts <= 3 * walked.round


def test_a_promise_holds_the_ladder_and_runs_out_by_itself() -> None:
    promised = dunning.held(case(position=4), Hold(HoldKind.PROMISE, D0 + timedelta(days=1), D0 + timedelta(days=6)))
    waiting = dunning.decide(promised, D0 + timedelta(days=2))
    assert (waiting.do, waiting.at) == (Do.WAIT, D0 + timedelta(days=6))
    assert dunning.decide(promised, D0 + timedelta(days=6)).do is Do.RESUME
    broken = dunning.resumed(promised, D0 + timedelta(days=6))
    assert (broken.promises, broken.broken, broken.hold) == (1, 1, None)
    assert broken.due(Action.SUSPEND) == D0 + timedelta(days=8)


def test_a_promise_let_go_early_was_not_broken() -> None:
    promised = dunning.held(case(), Hold(HoldKind.PROMISE, D0, D0 + timedelta(days=6)))
    assert dunning.resumed(promised, D0 + timedelta(days=2)).broken == 0


def test_a_second_promise_prolongs_the_first() -> None:
    once = dunning.held(case(), Hold(HoldKind.PROMISE, D0, D0 + timedelta(days=2)))
    twice = dunning.held(once, Hold(HoldKind.PROMISE, D0 + timedelta(days=1), D0 + timedelta(days=5)))
    assert twice.hold == Hold(HoldKind.PROMISE, D0, D0 + timedelta(days=5))
    assert dunning.resumed(twice, D0 + timedelta(days=5)).due(Action.SUSPEND) == D0 + timedelta(days=8)


def test_a_card_that_works_again_is_not_charged_for_what_was_passed_over() -> None:
    now = D0 + timedelta(hours=13)
    walked = dunning.skip(case(position=1, decline=HARD), now)
    assert walked.position == 3  # the retries at 4 and 12 hours are behind it, the one at 24 is not
    softly = dunning.attempted(walked, None, SOFT, now)
    assert softly.step is not None
    assert softly.step.name == "D+1 retry"


@pytest.mark.parametrize(
    ("before", "after", "asks"),
    [
        (SOFT, HARD, NoticeKind.UPDATE_CARD),
        (SOFT, Decline("authentication_required"), NoticeKind.AUTHENTICATE),
        (HARD, HARD, None),
        (HARD, SOFT, None),
        (None, SOFT, None),
    ],
)
def test_a_refusal_for_good_asks_for_another_card_at_once(
    before: Decline | None, after: Decline, asks: NoticeKind | None
) -> None:
    known = case(decline=before)
    assert dunning.asks_at_once(known, dunning.attempted(known, None, after, D0)) is asks


WAITING = """name: waiting
tolerance: "10.00"
steps:
  - {at: 0h, do: notify, notice: payment_failed}
  - {at: 1d, do: retry, when: {decline: [soft]}}
  - {at: 2d, do: escalate, when: {amount_at_least: "100.00", customer_for: 90d}}
  - {at: 3d, do: degrade, notice: degraded, when: {earlier_cases: 1}}
  - {at: 5d, do: suspend, notice: suspended, when: {plan: [pro]}}
  - {at: 9d, do: close, then: pause}
"""


@pytest.mark.parametrize(
    ("facts", "amount", "decline", "names"),
    [
        (Facts(), 29_900, SOFT, ["D0 notify", "D+1 retry", "D+9 close"]),
        (Facts(), 29_900, Decline("odd"), ["D0 notify", "D+9 close"]),
        (Facts(plan="pro"), 29_900, HARD, ["D0 notify", "D+5 suspend", "D+9 close"]),
        (Facts(earlier_cases=2), 29_900, HARD, ["D0 notify", "D+3 degrade", "D+9 close"]),
        (Facts(customer_since=timedelta(days=90)), 29_900, HARD, ["D0 notify", "D+2 escalate", "D+9 close"]),
        (Facts(customer_since=timedelta(days=90)), 9_999, HARD, ["D0 notify", "D+9 close"]),
        (Facts(plan="pro", earlier_cases=1), 1_000, HARD, ["D0 notify", "D+9 close"]),  # small enough to be let be
    ],
)
def test_a_condition_decides_which_steps_are_taken(
    facts: Facts, amount: int, decline: Decline, names: list[str]
) -> None:
    walked = case(policy=parse(WAITING), facts=facts, amount=Money(amount), decline=decline)
    taken = []
    while walked.outcome is None:
        step = walked.step
        assert step is not None
        taken.append(step.name)
        now = walked.at(step)
        walked = (
            dunning.closed(walked, Outcome.EXHAUSTED, now=now)
            if step.action is Action.CLOSE
            else dunning.taken(walked, step, now)
        )
    assert taken == names
    assert dunning.given_up(case(policy=parse(WAITING), amount=Money(amount)), parse(WAITING).steps[-1], D0).ending is (
        Ending.WRITE_OFF if amount <= 1_000 else Ending.PAUSE
    )


@pytest.mark.parametrize(
    ("day", "stage", "next_step", "suspends"),
    [
        (0.5, Stage.GRACE, "D+1 retry", 14),
        (10, Stage.GRACE, "D+9 notify", 15),  # its warning stood on the ninth day: it comes first
        (15, Stage.SUSPENDED, "D+18 warn deletion", None),
    ],
)
def test_a_case_moves_to_another_policy_where_that_would_stand(
    day: float, stage: Stage, next_step: str, suspends: float | None
) -> None:
    now = D0 + timedelta(days=day)
    gentle = replace(preset("standard-21d"), contact=ANYTIME, retry=Retries(), tolerance=0)
    moved = dunning.adopted(case(position=6, stage=stage), gentle, now)
    assert moved.step is not None
    assert moved.step.name == next_step
    assert moved.due(Action.SUSPEND) == (D0 + timedelta(days=suspends) if suspends else None)


@given(st.integers(0, 60), st.sampled_from(["ruthless", "alpha-runbook", "standard-21d", "gentle-28d"]))
def test_no_move_to_another_policy_takes_anything_away_unannounced(day: int, name: str) -> None:
    now = D0 + timedelta(days=day)
    policy = preset(name)
    moved = dunning.adopted(case(position=1, policy=preset("gentle-28d")), policy, now)
    warned = None
    while moved.outcome is None:
        step = moved.step
        assert step is not None
        at = max(moved.at(step), now)
        if step.action in CONSEQUENCES:
            assert warned is not None
            assert at - warned >= timedelta(hours=20)
        warned = policy.contact.allowed(at, moved.calendar.zone) if step.notice else warned
        over = step.action is Action.CLOSE
        moved = dunning.closed(moved, Outcome.EXHAUSTED, now=at) if over else dunning.taken(moved, step, at)


class TestMoneyOnItsWay:
    """A voucher or a transfer: neither chased nor charged, and never a way to stand still for ever."""

    until = D0 + timedelta(days=3)

    def flying(self, until: datetime | None = None) -> Invoice:
        return Invoice(
            "in_1", InvoiceStatus.OPEN, PRICE, PRICE, D0, attempted=True, in_flight=True, pending_until=until
        )

    def test_a_voucher_holds_the_case_until_it_runs_out(self) -> None:
        held = dunning.seen(case(), self.flying(self.until), D0)
        assert held.hold == Hold(HoldKind.PENDING, D0, self.until)
        assert dunning.decide(held, D0) == Decision(Do.WAIT, self.until, held.step)
        assert dunning.decide(held, self.until).do is Do.RESUME
        assert dunning.seen(held, self.flying(self.until), D0) is held

    def test_a_transfer_has_no_end_and_is_waited_for_once(self) -> None:
        walked = dunning.seen(case(), self.flying(), D0)
        assert walked.hold is not None
        assert walked.hold.until == D0 + timedelta(days=dunning.TRANSFER_DAYS)
        gone_on = dunning.resumed(walked, walked.hold.until)
        assert dunning.seen(gone_on, self.flying(), walked.hold.until) is gone_on

    def test_voucher_after_voucher_gains_no_more_time(self) -> None:
        walked, now = case(), D0
        for _ in range(dunning.PENDINGS):
            walked = dunning.seen(walked, self.flying(now + timedelta(days=3)), now)
            now += timedelta(days=3)
            walked = dunning.resumed(walked, now)
        assert dunning.seen(walked, self.flying(now + timedelta(days=3)), now) is walked

    def test_what_is_called_off_lets_the_ladder_go_on_with_its_distances(self) -> None:
        walked = case()
        held = dunning.seen(walked, self.flying(self.until), D0)
        after = dunning.seen(held, replace(self.flying(), in_flight=False), D0 + timedelta(hours=5))
        assert (after.hold, after.shift) == (None, timedelta(hours=5))

    def test_a_promise_or_a_dispute_is_left_as_it_is(self) -> None:
        walked = dunning.held(case(), Hold(HoldKind.DISPUTE, D0))
        assert dunning.seen(walked, self.flying(self.until), D0) is walked


class TestSeveralDebts:
    """The younger case stands behind the older one and begins its own clock when it comes first."""

    def test_its_clock_begins_when_it_comes_first_and_no_warning_is_skipped(self) -> None:
        behind = dunning.fell_in(case(), D0)
        assert dunning.decide(behind, D0 + timedelta(days=20)).do is Do.WAIT
        assert case_news.news(behind).suspends_at is None
        now = D0 + timedelta(days=20)
        first = dunning.came_first(behind, Stage.GRACE, now)
        assert [first.at(step) - now for step in first.policy.steps] == [
            case().at(step) - D0 for step in case().policy.steps
        ]
        assert dunning.decide(first, now).step == first.policy.steps[0]

    def test_what_was_taken_away_stays_so_and_the_deletion_is_warned_of_anew(self) -> None:
        first = dunning.came_first(dunning.fell_in(case(), D0), Stage.DELETION_WARNED, D0 + timedelta(days=9))
        assert first.stage is Stage.SUSPENDED
        assert first.due(Action.WARN_DELETION) == D0 + timedelta(days=16)

    def test_a_promise_or_a_dispute_of_its_own_is_left_alone(self) -> None:
        held = dunning.held(case(), Hold(HoldKind.DISPUTE, D0))
        assert dunning.fell_in(held, D0) is held
        assert dunning.came_first(held, Stage.SUSPENDED, D0) is held

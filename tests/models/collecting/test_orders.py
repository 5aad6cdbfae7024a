"""Orders and the words in which they are refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.collecting import orders
from models.collecting.cases import Case, Hold, HoldKind, Outcome, Stage
from models.messages import (
    AdoptPolicy,
    AgreeInstalments,
    Cancel,
    Command,
    Days,
    ExternalPayment,
    Pause,
    Promise,
    SkipToStep,
)
from models.periods import Calendar
from models.subscribing.invoices import Instalment
from models.subscribing.subscriptions import OpenCase, Status, Subscription
from tests.samples import PRICE, RUTHLESS

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
CASE = Case("in_1", PRICE, NOW, RUTHLESS, Calendar(), position=2)
OPEN = Subscription(Status.ACTIVE, "sub_1")
ANA = Command("ana", "asked by phone")


@pytest.mark.parametrize(
    ("order", "says"),
    [(ANA, ""), (Command("", "x"), "actor"), (Command("ana", " "), "reason")],
)
def test_every_order_is_signed(order: Command, says: str) -> None:
    assert orders.unsigned(order).startswith(says)
    assert bool(orders.unsigned(order)) is bool(says)


@pytest.mark.parametrize(
    ("case", "days", "says"),
    [
        (CASE, 3, ""),
        (CASE, 0, "days"),
        (CASE, 61, "days"),
        (replace(CASE, stage=Stage.SUSPENDED), 3, "use restore_now"),
        (replace(CASE, stage=Stage.CLOSED, outcome=Outcome.PAID), 3, "this case is over (paid)"),
    ],
)
def test_extending_grace(case: Case, days: float, says: str) -> None:
    refusal = orders.cannot_extend(case, Days("ana", "x", days))
    assert says in refusal
    assert bool(refusal) is bool(says)


@pytest.mark.parametrize(("step", "allowed"), [(0, False), (2, False), (3, True), (8, True), (9, False)])
def test_skipping_goes_forward_within_the_ladder(step: int, *, allowed: bool) -> None:
    assert (orders.cannot_skip(CASE, SkipToStep("ana", "x", step)) == "") is allowed


@pytest.mark.parametrize(
    ("method", "reference", "says"), [("spei", "TRK-1", ""), ("cheque", "1", "method"), ("cash", "", "reference")]
)
def test_recording_a_payment(method: str, reference: str, says: str) -> None:
    assert orders.cannot_record_payment(CASE, ExternalPayment("ana", "x", method, reference)).startswith(says)


def test_pausing_and_resuming_dunning_are_each_others_condition() -> None:
    paused = replace(CASE, hold=Hold(HoldKind.PAUSE, NOW))
    assert orders.cannot_pause_dunning(paused, Pause("ana", "x"))
    assert not orders.cannot_pause_dunning(CASE, Pause("ana", "x"))
    assert "days" in orders.cannot_pause_dunning(CASE, Pause("ana", "x", days=61))
    assert orders.cannot_resume_dunning(CASE, ANA)
    assert not orders.cannot_resume_dunning(paused, ANA)


@pytest.mark.parametrize(
    ("state", "says"),
    [(OPEN, ""), (Subscription(), "not finished"), (replace(OPEN, status=Status.CANCELED), "canceled")],
)
def test_a_subscription_takes_orders_while_it_is_open(state: Subscription, says: str) -> None:
    refusal = orders.subscription_closed(state)
    assert says in refusal
    assert bool(refusal) is bool(says)


def test_a_subscription_is_canceled_at_its_end_only_once_but_now_at_any_time() -> None:
    ending = replace(OPEN, cancel_at_period_end=True)
    assert orders.cannot_cancel(ending, Cancel("ana", "x"))
    assert not orders.cannot_cancel(ending, Cancel("ana", "x", at_period_end=False))
    assert not orders.cannot_cancel(OPEN, Cancel("ana", "x"))


def test_a_subscription_in_debt_is_not_paused() -> None:
    assert "unpaid" in orders.cannot_pause(replace(OPEN, cases=(OpenCase("in_1"),)), ANA)
    assert "already paused" in orders.cannot_pause(replace(OPEN, collection_paused=True), ANA)
    assert not orders.cannot_pause(OPEN, ANA)
    assert orders.cannot_resume(OPEN, ANA)


def test_only_suspended_service_is_given_back() -> None:
    suspended = replace(OPEN, status=Status.SUSPENDED)
    assert not orders.cannot_restore(suspended, Days("ana", "x"))
    assert "status: active" in orders.cannot_restore(OPEN, Days("ana", "x"))
    assert "days" in orders.cannot_restore(suspended, Days("ana", "x", 90))
    assert orders.cannot_suspend(suspended, ANA)
    assert not orders.cannot_suspend(OPEN, ANA)


FRIDAY = NOW + timedelta(days=6)


@pytest.mark.parametrize(
    ("case", "order", "says"),
    [
        (CASE, Promise("ana", "x", FRIDAY), ""),
        (CASE, Promise("ana", "x", FRIDAY, 5_000), ""),
        (CASE, Promise("ana", "x"), "until"),
        (CASE, Promise("ana", "x", NOW), "in the future"),
        (CASE, Promise("ana", "x", NOW + timedelta(days=16)), "at most 15 days"),
        (CASE, Promise("ana", "x", FRIDAY, 10**9), "centavos"),
        (replace(CASE, promises=2), Promise("ana", "x", FRIDAY), "takes no more"),
        (replace(CASE, hold=Hold(HoldKind.PROMISE, NOW, FRIDAY)), Promise("ana", "x", FRIDAY), ""),
        (replace(CASE, hold=Hold(HoldKind.DISPUTE, NOW)), Promise("ana", "x", FRIDAY), "resume it first"),
    ],
)
def test_a_promise_is_taken_within_the_policys_bounds(case: Case, order: Promise, says: str) -> None:
    refusal = orders.cannot_promise(case, order, NOW)
    assert says in refusal
    assert bool(refusal) is bool(says)


def test_a_case_moves_only_to_another_policy() -> None:
    assert "already" in orders.cannot_adopt(CASE, AdoptPolicy("ana", "x", CASE.policy))
    assert "policy" in orders.cannot_adopt(CASE, AdoptPolicy("ana", "x"))
    assert not orders.cannot_adopt(CASE, AdoptPolicy("ana", "x", replace(CASE.policy, version=9)))


def parts(*shares: tuple[int, float]) -> AgreeInstalments:
    return AgreeInstalments("ana", "asked", tuple(Instalment(c, NOW + timedelta(days=days)) for c, days in shares))


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (parts((4_900, 5), (5_000, 20), (5_000, 35)), ""),
        (parts((14_900, 5)), "parts: give 2 to 12"),
        (parts((14_900, 5), (0, 9)), "above 0"),
        (parts((4_900, 5), (5_000, 20)), "come to 9900 and 14900 is owed"),
        (parts((4_900, 0), (10_000, 20)), "the first in the future"),
        (parts((4_900, 9), (10_000, 9)), "each later than the one before"),
        (parts((4_900, 9), (10_000, 400)), "at most 366 days ahead"),
    ],
)
def test_a_payment_plan_is_whole_ordered_and_not_too_long(order: AgreeInstalments, why: str) -> None:
    told = orders.cannot_agree(CASE, order, NOW)
    assert told == why if not why else why in told


def test_nobody_agrees_on_parts_while_a_voucher_is_out() -> None:
    waiting = replace(CASE, hold=Hold(HoldKind.PENDING, NOW))
    assert "on its way" in orders.cannot_agree(waiting, parts((4_900, 5), (10_000, 20)), NOW)

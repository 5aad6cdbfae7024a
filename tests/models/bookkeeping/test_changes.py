"""The audit tells what a step changed, and nothing about persons."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from models.bookkeeping.changes import case_changes, subscription_changes
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import CaseRecord, SubscriptionRecord
from models.subscribing.subscriptions import Status

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SUBSCRIPTION = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW, period_end=NOW)
CASE = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v1", NOW, pay_url="https://pay.test/1")


def test_only_what_changed_is_told_before_and_after() -> None:
    later = replace(SUBSCRIPTION, status=Status.PAST_DUE, amount_due=Money(14_900), updated_at=NOW + timedelta(1))
    before, after = subscription_changes(SUBSCRIPTION, later)
    assert json.loads(before) == {"status": "active", "amount_due": {"centavos": 0, "currency": "MXN"}}
    assert json.loads(after) == {"status": "past_due", "amount_due": {"centavos": 14_900, "currency": "MXN"}}
    assert subscription_changes(SUBSCRIPTION, replace(SUBSCRIPTION, updated_at=NOW + timedelta(1))) == ("", "")


def test_first_word_on_a_case_has_no_before_and_never_its_pay_link() -> None:
    before, after = case_changes(None, CASE)
    assert before == ""
    told = json.loads(after)
    assert (told["stage"], told["paused"], "outcome" in told) == ("grace", False, False)
    assert set(told) < {field.name for field in fields(CaseRecord)} - {"pay_url"}
    closed = replace(CASE, outcome=Outcome.PAID, stage=Stage.CLOSED, paid_at=NOW)
    assert json.loads(case_changes(CASE, closed)[1])["paid_at"] == NOW.isoformat()

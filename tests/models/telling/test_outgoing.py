"""Which events follow from which change, and how an event reads."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import CaseRecord, Payment, SubscriptionRecord
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.telling.happenings import of_case, of_document, of_payment, of_subscription
from models.telling.outgoing import SUBSCRIBABLE, Event, EventType, Owner, body

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
SUB = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW, amount_due=Money(14_900))
CASE = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v1", NOW, decline="insufficient_funds")
PAYMENT = Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.CREDIT, NOW)
DOCUMENT = TaxDocument(
    "acme", "ch_1", DocumentKind.INCOME, 1, "s_1", DocumentState.SEALED, Money(14_900), NOW, NOW, NOW
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"status": Status.INCOMPLETE}, {"status": Status.TRIALING}, [EventType.TRIAL_STARTED]),
        ({"status": Status.INCOMPLETE}, {}, [EventType.ACTIVATED]),
        ({"status": Status.TRIALING}, {}, [EventType.ACTIVATED]),
        ({}, {"status": Status.PAST_DUE}, [EventType.PAST_DUE]),
        ({"status": Status.PAST_DUE}, {"status": Status.PAST_DUE, "degraded": True}, [EventType.DEGRADED]),
        ({"status": Status.PAST_DUE}, {"status": Status.SUSPENDED, "degraded": True}, [EventType.SUSPENDED]),
        ({"status": Status.SUSPENDED}, {"status": Status.PAST_DUE}, [EventType.PAST_DUE]),
        ({"status": Status.PAST_DUE}, {}, [EventType.RESTORED]),
        ({"status": Status.SUSPENDED}, {}, [EventType.RESTORED]),
        ({}, {"status": Status.PAUSED}, [EventType.PAUSED]),
        ({"status": Status.PAUSED}, {}, [EventType.RESUMED]),
        ({}, {"cancel_at_period_end": True}, [EventType.CANCELLATION_SCHEDULED]),
        ({"cancel_at_period_end": True}, {}, [EventType.CANCELLATION_WITHDRAWN]),
        ({"cancel_at_period_end": True}, {"status": Status.CANCELED}, [EventType.CANCELED]),
        ({"status": Status.CANCELED}, {}, []),
        ({"plan": "basic"}, {}, [EventType.PLAN_CHANGED]),
        ({"plan": "basic", "status": Status.TRIALING}, {}, [EventType.PLAN_CHANGED, EventType.ACTIVATED]),
        ({}, {"period_end": NOW, "updated_at": NOW + timedelta(days=1)}, []),
    ],
)
def test_a_subscription_tells_what_changed(before: dict, after: dict, told: list[EventType]) -> None:
    found = of_subscription(replace(SUB, **before), replace(SUB, **after))
    assert [each.type for each in found] == told
    for each in found:
        said = json.loads(each.told)
        assert (said["status"], said["previous_status"]) == (
            after.get("status", "active"),
            before.get("status", "active"),
        )
        assert (said["plan"], said["previous_plan"], said["amount_due"]) == ("pro", before.get("plan", "pro"), 14_900)


def test_a_row_that_was_not_there_is_no_news_but_a_debt_is() -> None:
    assert of_subscription(None, SUB) == []
    assert of_document(None, replace(DOCUMENT, uuid="AD66", state=DocumentState.STAMPED)) == []
    (opened,) = of_case(None, CASE, NOW)
    assert opened.type is EventType.PAYMENT_FAILED
    assert json.loads(opened.told)["decline_code"] == "insufficient_funds"
    assert of_case(None, replace(CASE, outcome=Outcome.PAID), NOW) == []  # it came back from a loss


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {}, []),
        ({}, {"attempts": 1}, [EventType.PAYMENT_FAILED]),
        ({}, {"stage": Stage.SUSPENDED}, []),  # the subscription tells it
        ({}, {"stage": Stage.DELETION_WARNED}, [EventType.DELETION_WARNED]),
        ({"stage": Stage.DELETION_WARNED}, {"stage": Stage.DELETION_WARNED}, []),
        ({}, {"deletion_asked_at": NOW}, [EventType.DELETION_REQUESTED]),
        ({"deletion_asked_at": NOW}, {"deletion_asked_at": NOW, "outcome": Outcome.EXHAUSTED}, []),
        ({}, {"outcome": Outcome.PAID}, []),  # the payment tells it
        ({}, {"outcome": Outcome.WRITTEN_OFF}, [EventType.WRITTEN_OFF]),
        ({}, {"outcome": Outcome.VOIDED}, [EventType.INVOICE_VOIDED]),
        ({"outcome": Outcome.PAID}, {"outcome": Outcome.WRITTEN_OFF}, []),
    ],
)
def test_a_case_tells_what_changed(before: dict, after: dict, told: list[EventType]) -> None:
    found = of_case(replace(CASE, **before), replace(CASE, **after), NOW)
    assert [each.type for each in found] == told


def test_money_is_told_and_nothing_is_not() -> None:
    (paid,) = of_payment(PAYMENT)
    assert json.loads(paid.told) == {
        "invoice": "in_1",
        "charge": "ch_1",
        "amount": 14_900,
        "currency": "MXN",
        "funding": "credit",
        "paid_at": "2026-11-21T12:00:00.123Z",
    }
    assert of_payment(replace(PAYMENT, amount=Money(0))) == []


def test_a_tax_document_tells_its_stamp_its_refusal_and_its_end_without_the_taxpayer() -> None:
    stamped = replace(
        DOCUMENT, state=DocumentState.STAMPED, uuid="AD66", receiver_rfc="CUSC850516316", message="ANA CRUZ"
    )
    (told,) = of_document(DOCUMENT, stamped)
    assert told.type is EventType.CFDI_STAMPED
    assert "CUSC" not in told.told
    assert "ANA" not in told.told
    assert of_document(stamped, replace(stamped, state=DocumentState.DELIVERED)) == []
    refused = of_document(DOCUMENT, replace(DOCUMENT, state=DocumentState.REJECTED, field="name", code="CFDI40145"))
    assert [(each.type, json.loads(each.told)["field"]) for each in refused] == [(EventType.CFDI_REJECTED, "name")]
    ended = of_document(stamped, replace(stamped, state=DocumentState.CANCELLED))
    assert [each.type for each in ended] == [EventType.CFDI_CANCELED]


def test_an_event_reads_as_it_is_documented() -> None:
    data = '{"message":"this is a test"}'
    event = Event("acme", "evt_1", EventType.PAST_DUE, 1, "s_1", 7, "s_1", NOW, data)
    assert json.loads(body(event, Owner("c_1", "user-1042"))) == {
        "id": "evt_1",
        "type": "subscription.past_due",
        "version": 1,
        "timestamp": "2026-11-21T12:00:00.123Z",
        "sequence": 7,
        "subscription": "s_1",
        "customer": "c_1",
        "customer_reference": "user-1042",
        "data": {"message": "this is a test"},
    }
    assert EventType.TEST not in SUBSCRIBABLE

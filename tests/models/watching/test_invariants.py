"""Each rule sees the state that breaks it, and nothing in a healthy one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, Delivery, NoticeRecord, Payment, SubscriptionRecord
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.watching import invariants
from models.watching.attention import CHECKED, COMPARED, GUIDANCE, Finding, Rule
from models.watching.invariants import Debtor, limits

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = limits(Calendar(), uninvoiced_hours=4, inbox=HOUR, reconciliation=HOUR)
SUB = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.SUSPENDED, NOW - 40 * DAY, NOW - DAY)
CASE = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.SUSPENDED, "ruthless v1", NOW - 5 * DAY)
PAYMENT = Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.CREDIT, NOW - DAY)
DOCUMENT = TaxDocument(
    "acme",
    "ch_1",
    DocumentKind.INCOME,
    1,
    "s_1",
    DocumentState.DELIVERED,
    Money(14_900),
    NOW - DAY,
    NOW - DAY,
    NOW - DAY,
)
NOTICE = NoticeRecord(
    "acme", "in_1/suspended", Channel.WHATSAPP, NoticeKind.SUSPENDED, "s_1", Delivery.SENT, "", NOW - DAY, sent_at=NOW
)


def rule(found: Finding | None) -> Rule | None:
    return found.rule if found else None


@pytest.mark.parametrize(
    ("debtor", "expected"),
    [
        (Debtor(SUB, [CASE]), None),
        (Debtor(SUB, [CASE], frozenset({"in_1"})), Rule.BLOCKED_WHILE_PAID),
        (Debtor(SUB, [CASE, replace(CASE, invoice="in_2")], frozenset({"in_1"})), None),
        (Debtor(SUB, [replace(CASE, outcome=Outcome.PAID)], frozenset({"in_1"})), Rule.BLOCKED_WHILE_PAID),
        (Debtor(SUB), Rule.BLOCKED_WHILE_PAID),
        (Debtor(SUB, suspended_by_support=True), None),
        (Debtor(replace(SUB, status=Status.PAST_DUE)), Rule.PAST_DUE_WITHOUT_CASE),
        (
            Debtor(replace(SUB, status=Status.PAST_DUE), [replace(CASE, outcome=Outcome.CANCELED)]),
            Rule.PAST_DUE_WITHOUT_CASE,
        ),
        (Debtor(replace(SUB, status=Status.PAST_DUE), [CASE]), None),
        (Debtor(replace(SUB, status=Status.PAST_DUE), [CASE], frozenset({"in_1"})), Rule.BLOCKED_WHILE_PAID),
        (Debtor(replace(SUB, status=Status.ACTIVE)), None),
        (Debtor(replace(SUB, updated_at=NOW)), None),  # its rows are still being written
    ],
)
def test_nobody_is_blocked_who_has_paid_and_every_debt_has_its_case(debtor: Debtor, expected: Rule | None) -> None:
    assert rule(invariants.blocked(debtor, NOW, LIMITS)) is expected


def test_one_invoice_is_collected_by_one_case() -> None:
    other = replace(CASE, tenant="other", subscription="s_9")
    assert invariants.two_cases([CASE, replace(CASE, invoice="in_2")]) == []
    assert invariants.two_cases([CASE, replace(other, outcome=Outcome.PAID)]) == []
    found = invariants.two_cases([CASE, other])
    assert {(f.tenant, f.rule, f.subject) for f in found} == {
        (tenant, Rule.TWO_CASES_FOR_ONE_INVOICE, "in_1") for tenant in ("acme", "other")
    }


def test_one_invoice_is_paid_by_one_charge() -> None:
    again = replace(PAYMENT, charge="ch_2")
    assert invariants.charged_twice([PAYMENT, PAYMENT, replace(again, invoice="in_2")]) == []
    assert invariants.charged_twice([PAYMENT, replace(again, tenant="other")]) == []
    (found,) = invariants.charged_twice([PAYMENT, again])
    assert (found.rule, found.subject) == (Rule.CHARGED_TWICE, "in_1")
    assert "ch_1, ch_2" in found.text


@pytest.mark.parametrize(
    ("status", "ended", "expected"),
    [
        (Status.ACTIVE, 2 * DAY, Rule.PERIOD_LONG_OVER),
        (Status.TRIALING, 2 * DAY, Rule.PERIOD_LONG_OVER),
        (Status.ACTIVE, 2 * HOUR, None),
        (Status.PAST_DUE, 2 * DAY, None),
        (Status.CANCELED, 2 * DAY, None),
    ],
)
def test_an_active_subscription_is_charged_when_its_period_ends(
    status: Status, ended: timedelta, expected: Rule | None
) -> None:
    record = replace(SUB, status=status, period_end=NOW - ended)
    assert rule(invariants.period_over(record, NOW, LIMITS)) is expected


@pytest.mark.parametrize(("late", "expected"), [(7 * HOUR, Rule.TIMER_IN_THE_PAST), (HOUR, None), (-DAY, None)])
def test_what_is_due_happens(late: timedelta, expected: Rule | None) -> None:
    assert rule(invariants.late_timer("acme", "in_1", "s_1", "D+3 suspend", NOW - late, NOW, LIMITS)) is expected
    assert invariants.late_timer("acme", "in_1", "s_1", "", None, NOW, LIMITS) is None


@pytest.mark.parametrize(
    ("payment", "documents", "expected"),
    [
        (PAYMENT, [], Rule.CHARGE_WITHOUT_CFDI),
        (PAYMENT, [replace(DOCUMENT, state=DocumentState.SENDING)], Rule.CHARGE_WITHOUT_CFDI),
        (PAYMENT, [DOCUMENT], None),
        (PAYMENT, [replace(DOCUMENT, state=DocumentState.GENERAL_PUBLIC)], None),
        (PAYMENT, [replace(DOCUMENT, state=DocumentState.REJECTED)], None),  # told as held
        (replace(PAYMENT, paid_at=NOW - HOUR), [], None),
        (replace(PAYMENT, amount=Money(0)), [], None),
    ],
)
def test_a_settled_charge_has_its_cfdi_within_hours(
    payment: Payment, documents: list[TaxDocument], expected: Rule | None
) -> None:
    assert rule(invariants.uninvoiced(payment, documents, NOW, LIMITS)) is expected


@pytest.mark.parametrize("state", list(DocumentState))
def test_a_held_document_is_told_without_what_names_the_customer(state: DocumentState) -> None:
    held = invariants.held(replace(DOCUMENT, state=state, field="tax_id", code="CFDI40143", message="RFC de ANA CRUZ"))
    assert (held is not None) == (state in invariants.HELD)
    assert held is None or ("CFDI40143" in held.text and "ANA" not in held.text)


@pytest.mark.parametrize(
    ("other", "twice"),
    [
        ({"key": "in_1/suspended-2.1"}, True),
        ({"key": "in_1/suspended-2.1", "sent_at": NOW + 2 * HOUR}, False),
        ({"key": "in_2/suspended"}, False),
        ({"key": "in_1/suspended", "channel": Channel.EMAIL}, False),  # the fallback
        ({"key": "in_1/suspended-2.1", "delivery": Delivery.FAILED}, False),
        ({"key": "in_1/suspended-2.1", "kind": NoticeKind.UPDATE_CARD}, False),
        ({"key": "in_1/suspended-2.1", "subscription": "s_2"}, False),
    ],
)
def test_one_message_goes_out_once(other: dict[str, Any], twice: bool) -> None:
    found = invariants.sent_twice([NOTICE, replace(NOTICE, **other)], LIMITS)
    assert [f.rule for f in found] == [Rule.SENT_TWICE] * twice


def test_an_event_waits_no_longer_than_an_hour() -> None:
    assert invariants.inbox_stuck(0, None, NOW, LIMITS) is None
    assert invariants.inbox_stuck(9, NOW - HOUR / 2, NOW, LIMITS) is None
    found = invariants.inbox_stuck(9, NOW - 2 * HOUR, NOW, LIMITS)
    assert found is not None
    assert (found.rule, found.tenant, "9 provider events" in found.text) == (Rule.INBOX_STUCK, "", True)


def test_the_comparison_itself_is_watched() -> None:
    assert invariants.reconciliation_late(None, NOW, LIMITS) is None
    assert invariants.reconciliation_late(NOW - 2 * HOUR, NOW, LIMITS) is None
    assert rule(invariants.reconciliation_late(NOW - 4 * HOUR, NOW, LIMITS)) is Rule.RECONCILIATION_LATE


def test_every_rule_says_what_to_do_and_is_either_checked_or_compared() -> None:
    assert set(GUIDANCE) == set(Rule) == CHECKED | COMPARED
    assert not CHECKED & COMPARED
    assert all(guidance.remedy for guidance in GUIDANCE.values())


def test_the_same_state_found_again_is_the_same_finding() -> None:
    first = Finding("acme", Rule.INBOX_STUCK, "x", "one event waits")
    assert first.id == replace(first, text="two events wait").id
    assert len({first.id, replace(first, tenant="other").id, replace(first, subject="y").id}) == 3


def test_however_short_a_day_is_the_machine_gets_its_time() -> None:
    short = limits(Calendar(1.5), uninvoiced_hours=4, inbox=HOUR, reconciliation=HOUR)
    assert min(short.settling, short.overdue_period, short.late_timer, short.uninvoiced) == timedelta(minutes=1)

"""What differs between provider, processes and books, and what the machine may do about it by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.bookkeeping.statement import StatedDispute
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.periods import Calendar
from models.records import CaseRecord, Payment, SubscriptionRecord
from models.subscribing import waiting_changes
from models.subscribing.invoices import Funding, Invoice, InvoiceStatus, Refund
from models.subscribing.subscription_acts import Act, next_act
from models.subscribing.subscription_news import absorb
from models.subscribing.subscriptions import OpenCase, Status
from models.watching import reconciliation
from models.watching.attention import Rule
from models.watching.reconciliation import Difference, ProviderCharge, Repair, Sighting, Standing
from models.watching.reconciliation_run import PASSES, Page, Pass, Progress, Scope, advanced, in_words, run_of
from tests.samples import provider

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTES = timedelta(minutes=6)
SUB = SubscriptionRecord(
    "acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW - 40 * DAY, NOW - DAY, "sub_1", period_start=NOW - 10 * DAY
)
SEEN = Sighting("sub_1", "acme", "s_1", "cus_1", "active", NOW - 10 * DAY, NOW + 20 * DAY)
RUNS = Standing("active")
CASE = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v1", NOW - 2 * DAY)
CHARGE = ProviderCharge("ch_1", Money(14_900), NOW - DAY, True, Funding.CREDIT, "cus_1", "in_1", "sub_1")
PAYMENT = Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.CREDIT, NOW - DAY)

Told = tuple[Rule, Repair] | None


def told(difference: Difference | None) -> Told:
    return (difference.finding.rule, difference.repair) if difference else None


@pytest.mark.parametrize(
    ("record", "seen", "standing", "expected"),
    [
        (SUB, SEEN, RUNS, None),
        (replace(SUB, status=Status.PAST_DUE), SEEN, Standing("past_due"), None),
        (SUB, SEEN, None, (Rule.PROCESS_MISSING, Repair.START)),
        (SUB, None, RUNS, (Rule.GONE_AT_PROVIDER, Repair.LOOK)),
        (SUB, replace(SEEN, status="canceled"), RUNS, (Rule.GONE_AT_PROVIDER, Repair.LOOK)),
        (SUB, replace(SEEN, period_start=NOW), RUNS, (Rule.BEHIND_PROVIDER, Repair.REFRESH)),
        # Restored from a backup: its process heard of the new period long ago, and must write its row anew.
        (
            replace(SUB, status=Status.TRIALING),
            replace(SEEN, period_start=NOW),
            RUNS,
            (Rule.PROCESS_DISAGREES, Repair.REFRESH),
        ),
        # A signup that was restored from before its first charge.
        (
            replace(SUB, provider_id="", status=Status.INCOMPLETE),
            SEEN,
            RUNS,
            (Rule.PROCESS_DISAGREES, Repair.REFRESH),
        ),
        (SUB, replace(SEEN, cancel_at_period_end=True), RUNS, (Rule.BEHIND_PROVIDER, Repair.REFRESH)),
        (SUB, SEEN, Standing("suspended"), (Rule.PROCESS_DISAGREES, Repair.REFRESH)),
        (replace(SUB, provider_id=""), SEEN, RUNS, (Rule.BEHIND_PROVIDER, Repair.LOOK)),  # a checkout nobody told us of
        (replace(SUB, provider_id="", status=Status.INCOMPLETE), None, None, None),  # a signup not finished
        (replace(SUB, updated_at=NOW), SEEN, None, None),  # still at work
    ],
)
def test_a_subscription_is_held_against_the_provider_and_its_process(
    record: SubscriptionRecord, seen: Sighting | None, standing: Standing | None, expected: Told
) -> None:
    assert told(reconciliation.compare_subscription(record, seen, standing, now=NOW, settling=MINUTES)) == expected


def test_a_live_subscription_at_the_provider_is_ours_and_not_over_here() -> None:
    def compare(record: SubscriptionRecord | None) -> Told:
        return told(reconciliation.compare_sighting(SEEN, record, now=NOW, settling=MINUTES))

    assert compare(SUB) is None
    assert compare(None) == (Rule.UNKNOWN_SUBSCRIPTION, Repair.NONE)
    assert compare(replace(SUB, status=Status.CANCELED)) == (Rule.LIVE_AFTER_END, Repair.NONE)
    assert compare(replace(SUB, status=Status.CANCELED, updated_at=NOW)) is None
    lost = reconciliation.compare_sighting(SEEN, None, now=NOW, settling=MINUTES, standing=RUNS)
    assert told(lost) == (Rule.SUBSCRIPTION_LOST, Repair.ADMIT)


DISPUTE = StatedDispute("du_1", "ch_1", Money(14_900), NOW - DAY, "needs_response", NOW + 7 * DAY)


@pytest.mark.parametrize(
    ("dispute", "payment", "case", "expected"),
    [
        (DISPUTE, PAYMENT, None, [(Rule.CHARGE_DISPUTED, Repair.NONE)]),
        (
            replace(DISPUTE, status="under_review"),
            PAYMENT,
            CASE,
            [(Rule.CHARGE_DISPUTED, Repair.NONE), (Rule.DISPUTED_AND_CHASED, Repair.HOLD)],
        ),
        (DISPUTE, PAYMENT, replace(CASE, hold="dispute"), [(Rule.CHARGE_DISPUTED, Repair.NONE)]),
        (DISPUTE, PAYMENT, replace(CASE, outcome=Outcome.PAID), [(Rule.CHARGE_DISPUTED, Repair.NONE)]),
        (replace(DISPUTE, status="lost"), PAYMENT, CASE, []),
        (DISPUTE, None, None, []),  # no charge of ours
    ],
)
def test_a_dispute_is_told_with_its_date_and_holds_only_a_case_that_is_open(
    dispute: StatedDispute, payment: Payment | None, case: CaseRecord | None, expected: list[Told]
) -> None:
    found = reconciliation.compare_dispute(dispute, payment, case)
    assert [told(each) for each in found] == expected
    assert all("due by 2026-11-28 12:00 UTC" in each.finding.text for each in found[:1])


def test_two_live_subscriptions_of_one_customer_are_left_to_a_person() -> None:
    assert reconciliation.two_live("cus_1", [SEEN]) is None
    other = Sighting("sub_0", customer="cus_1", status="active")
    found = reconciliation.two_live("cus_1", [other, SEEN])
    assert told(found) == (Rule.TWO_LIVE_SUBSCRIPTIONS, Repair.NONE)
    assert found is not None
    assert (found.finding.tenant, "sub_0, sub_1" in found.finding.text) == ("acme", True)


def test_two_subscriptions_for_two_pets_are_no_difference() -> None:
    pair = [
        replace(SEEN, id="sub_1", tenant="t", subscription="s_1"),
        replace(SEEN, id="sub_2", tenant="t", subscription="s_2"),
    ]
    assert reconciliation.two_live("cus_1", pair, {("t", "s_1"): "luna", ("t", "s_2"): "sol"}) is None
    assert reconciliation.two_live("cus_1", pair, {("t", "s_1"): "luna", ("t", "s_2"): "luna"}) is not None
    assert reconciliation.two_live("cus_1", pair, {("t", "s_1"): "luna"}) is None, "one for the owner alone"


@pytest.mark.parametrize(
    ("record", "case", "overdue", "expected"),
    [
        (SUB, None, True, (Rule.INVOICE_NOT_CHASED, Repair.CHASE)),
        (SUB, CASE, True, None),
        (SUB, None, False, None),  # not charged yet
        (None, None, True, None),  # nobody's: its subscription is told as unknown
        (replace(SUB, status=Status.CANCELED), None, True, None),
        (replace(SUB, updated_at=NOW), None, True, None),
        (replace(SUB, status=Status.INCOMPLETE), None, True, None),
    ],
)
def test_an_unpaid_invoice_is_chased(
    record: SubscriptionRecord | None, case: CaseRecord | None, overdue: bool, expected: Told
) -> None:
    seen = Sighting("in_1", "acme", "s_1", status="open", overdue=overdue)
    assert told(reconciliation.compare_invoice(seen, record, case, now=NOW, settling=MINUTES, booked=True)) == expected


@pytest.mark.parametrize("case", [None, CASE], ids=["no case", "case"])
@pytest.mark.parametrize("status", [Status.CANCELED, Status.PAST_DUE])
@pytest.mark.parametrize("booked", [True, False])
def test_what_is_owed_is_booked_and_after_the_end_not_chased(
    booked: bool, status: Status, case: CaseRecord | None
) -> None:
    seen = Sighting("in_1", "acme", "s_1", status="open", overdue=True)
    record = replace(SUB, status=status)
    expected = None if booked else (Rule.INVOICE_NOT_BOOKED, Repair.BOOK)
    if case is None and status is not Status.CANCELED:
        expected = (Rule.INVOICE_NOT_CHASED, Repair.CHASE)  # whose look books it
    found = reconciliation.compare_invoice(seen, record, case, now=NOW, settling=MINUTES, booked=booked)
    assert told(found) == expected


def invoice(status: InvoiceStatus) -> Invoice:
    return Invoice("in_1", status, Money(14_900), Money(0), NOW - 3 * DAY)


@pytest.mark.parametrize(
    ("found", "standing", "expected"),
    [
        (None, Standing("grace"), None),
        (invoice(InvoiceStatus.OPEN), Standing("grace"), None),
        (invoice(InvoiceStatus.PAID), Standing("grace"), (Rule.CASE_OF_CLOSED_INVOICE, Repair.FORWARD)),
        (invoice(InvoiceStatus.VOID), None, (Rule.CASE_OF_CLOSED_INVOICE, Repair.FORWARD)),
        (None, None, (Rule.CASE_WITHOUT_PROCESS, Repair.RESTORE)),  # never started anew: it would charge and write
        (None, Standing("suspended"), (Rule.PROCESS_DISAGREES, Repair.CHASE)),
    ],
)
def test_an_open_case_is_held_against_its_invoice(
    found: Invoice | None, standing: Standing | None, expected: Told
) -> None:
    assert told(reconciliation.compare_case(CASE, found, standing, now=NOW, settling=MINUTES)) == expected


@pytest.mark.parametrize(
    ("charge", "record", "payment", "documented", "expected"),
    [
        (CHARGE, SUB, PAYMENT, True, None),
        (CHARGE, SUB, PAYMENT, False, (Rule.CHARGE_NOT_INVOICED, Repair.INVOICE)),
        (CHARGE, SUB, replace(PAYMENT, amount=Money(1)), True, (Rule.AMOUNT_DIFFERS, Repair.NONE)),
        (CHARGE, SUB, None, False, (Rule.CHARGE_NOT_RECORDED, Repair.RECORD)),
        (replace(CHARGE, refunded=True), SUB, None, False, (Rule.CHARGE_NOT_RECORDED, Repair.RECORD)),
        (CHARGE, None, None, False, (Rule.CHARGE_WITHOUT_SUBSCRIPTION, Repair.NONE)),
        (replace(CHARGE, invoice=""), SUB, None, False, (Rule.CHARGE_WITHOUT_SUBSCRIPTION, Repair.NONE)),
        (replace(CHARGE, refunded=True), None, None, False, None),
        (replace(CHARGE, succeeded=False), SUB, None, False, None),
        (replace(CHARGE, created=NOW), SUB, None, False, None),
        (replace(CHARGE, created=NOW - HOUR), SUB, PAYMENT, False, None),  # its CFDI has hours
    ],
)
def test_money_at_the_provider_is_in_the_books_and_invoiced(
    charge: ProviderCharge,
    record: SubscriptionRecord | None,
    payment: Payment | None,
    documented: bool,
    expected: Told,
) -> None:
    found = reconciliation.compare_charge(
        charge,
        record,
        payment,
        documented=documented,
        booked=True,
        now=NOW,
        settling=MINUTES,
        uninvoiced=4 * HOUR,
    )
    assert told(found) == expected


def test_what_was_paid_is_booked_as_issued_too() -> None:
    found = reconciliation.compare_charge(
        CHARGE, SUB, PAYMENT, documented=True, booked=False, now=NOW, settling=MINUTES, uninvoiced=4 * HOUR
    )
    assert told(found) == (Rule.INVOICE_NOT_BOOKED, Repair.BOOK)
    assert found is not None
    assert found.finding.subject == PAYMENT.invoice


@pytest.mark.parametrize(
    ("payment", "documented", "status", "expected"),
    [
        (PAYMENT, False, "succeeded", (Rule.REFUND_NOT_CREDITED, Repair.CREDIT)),
        (PAYMENT, True, "succeeded", None),
        (PAYMENT, False, "pending", None),
        (None, False, "succeeded", None),
    ],
)
def test_money_given_back_has_its_credit_note(
    payment: Payment | None, documented: bool, status: str, expected: Told
) -> None:
    refund = Refund("re_1", "ch_1", "", Money(5_000), NOW - DAY, status)
    found = reconciliation.compare_refund(refund, payment, documented=documented, now=NOW, uninvoiced=4 * HOUR)
    assert told(found) == expected


def test_a_lost_process_remembers_what_the_books_know_and_asks_at_once() -> None:
    paid = replace(CASE, invoice="in_0", outcome=Outcome.PAID)
    state = reconciliation.remembered(SUB, [paid, CASE], [replace(PAYMENT, invoice="in_0")], NOW)
    assert (state.status, state.provider_id, state.ask_at) == (Status.ACTIVE, "sub_1", NOW)
    assert state.cases == (OpenCase("in_1", Stage.GRACE, Money(14_900)),)
    assert (state.settled, state.closed) == (("in_0",), ("in_0",))
    assert state.noticed, "no second renewal notice"
    assert not state.suspended_by_support


def test_whoever_support_cut_off_stays_so_when_the_process_is_made_anew() -> None:
    record = replace(SUB, status=Status.SUSPENDED)
    state = reconciliation.remembered(record, [], [], NOW, cut_off=True)
    word = replace(provider(NOW), id="sub_1")
    assert absorb(state, word, now=NOW, calendar=Calendar())[0].status is Status.SUSPENDED


@pytest.mark.parametrize(
    ("kind", "notice", "delivered", "expected"),
    [
        (ChangeKind.DOWNGRADE, "", None, Act.ANNOUNCE),
        (ChangeKind.DOWNGRADE, "pc_1/summary-2", None, Act.ASK),
        (ChangeKind.DOWNGRADE, "pc_1/summary-2", NOW - HOUR, Act.ARRANGE),
        (ChangeKind.INTERVAL, "", None, Act.ARRANGE),
    ],
)
def test_a_confirmed_change_of_plan_is_gone_on_with_and_nobody_is_told_of_it_at_once_again(
    kind: ChangeKind, notice: str, delivered: datetime | None, expected: Act
) -> None:
    record = replace(CHANGE, kind=kind, notice=notice, delivered_at=delivered)
    change = waiting_changes.taken_up(record, "price_basic", "price_pro", NOW)
    state = reconciliation.remembered(SUB, [], [], NOW, change=change)
    assert next_act(state, Calendar()).act is expected
    assert state.change is not None
    assert (state.change.provider_price, state.change.price_now) == ("price_basic", "price_pro")
    # Arranged again it is the same, and where the provider charges the new price already, that is seen at once.
    arranged = replace(state, change=replace(state.change, arranged=True))
    begun = replace(provider(NOW), period_start=NOW + DAY, period_end=NOW + 31 * DAY, price="price_basic")
    seen, changes = absorb(replace(arranged, period_start=NOW - DAY), begun, now=NOW + DAY, calendar=Calendar())
    after = waiting_changes.settled(seen, new_period=changes.new_period, now=NOW + DAY)
    assert (after.plan, after.state.change) == ("basic", None)


def test_a_confirmed_cancellation_ends_as_it_was_confirmed() -> None:
    record = replace(CHANGE, kind=ChangeKind.CANCELLATION, shown="{}")
    state = reconciliation.remembered(replace(SUB, cancel_at_period_end=True), [], [], NOW, leaving=record)
    assert state.leaving == replace(record, shown="")
    ended, _ = absorb(state, replace(provider(NOW), status="canceled"), now=NOW, calendar=Calendar())
    (kept,) = waiting_changes.settled(ended, new_period=False, now=NOW).records
    assert (kept.id, kept.state) == ("pc_1", ChangeState.DONE)


CHANGE = ChangeRecord(
    "acme",
    "pc_1",
    "s_1",
    ChangeKind.DOWNGRADE,
    ChangeState.WAITING,
    "pro",
    "basic",
    Money(14_900),
    Money(9_900),
    Money(0),
    NOW - DAY,
    NOW + 20 * DAY,
    "ana",
)


SCOPE = Scope("reconciliation/1", "", False, NOW, NOW - DAY)


def test_a_run_goes_page_by_page_through_every_pass_and_counts_what_it_found() -> None:
    progress = Progress(SCOPE)
    seen = []
    while progress.at is not Pass.DONE:
        seen.append(progress.at)
        first = progress.at is Pass.BOOK and not progress.cursor
        page = Page("next", checked=100, found=2, repaired=1, notes=("a", "b")) if first else Page(checked=1)
        progress = advanced(progress, page)
    assert list(dict.fromkeys(seen)) == list(PASSES[:-1])
    assert seen.count(Pass.BOOK) == 2
    assert (progress.checked, progress.found, progress.repaired, progress.open) == (110, 2, 1, 1)
    assert progress.by_pass[Pass.BOOK] == 2
    run = run_of(progress, NOW + HOUR)
    assert (run.drift, run.open, run.seconds, run.notes) == (2, 1, 3600, "a\nb")


def test_a_run_says_in_words_what_it_came_to() -> None:
    clean = Progress(SCOPE, Pass.DONE, checked=7)
    assert in_words(clean) == "all tenants: 7 things compared, none differs"
    assert "3 events that were never received" in in_words(replace(clean, fetched=3))
    found = replace(clean, found=5, repaired=4)
    assert "5 differ: 4 repaired, 1 for a person" in in_words(found)
    dry = replace(found, scope=replace(SCOPE, dry_run=True, tenant="acme"))
    assert "tenant acme" in in_words(dry)
    assert "4 would be repaired" in in_words(dry)

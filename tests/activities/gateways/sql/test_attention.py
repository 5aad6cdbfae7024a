"""A healthy book needs nobody; each rule broken on purpose is found, told once, and gone by itself when it is mended."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from activities.alerts import Alerts
from activities.business_watch import RULES as BUSINESS
from activities.failures import Missing, Unavailable
from activities.fiscal_watch import RULES
from activities.gateways.store_sql import SqlStore
from activities.invariants import Invariants
from activities.ports.supervision import Supervision
from activities.unpaid_watch import UnpaidWatch
from models.bookkeeping.ledger import Fact, Kind
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.collecting.cases import Outcome, Stage
from models.messages import CancellationStart
from models.money import Money
from models.periods import Calendar
from models.records import (
    AuditEntry,
    CaseRecord,
    Customer,
    Delivery,
    EventFilter,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    Provider,
    SubscriptionRecord,
    Tenant,
)
from models.safekeeping.deletions import Cause, Deletion, State
from models.selling.plans import Plan
from models.speaking.notices import Channel, NoticeKind
from models.speaking.replies import Meaning, Reply
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.telling.endpoints import Disabled, Endpoint, fresh_secret
from models.watching.attention import CHECKED, COMPARED, Finding, Rule
from models.watching.invariants import limits
from models.watching.reconciliation import Standing
from models.watching.reconciliation_run import Run
from tests.fakes.mail import FakeMail
from tests.samples import ISSUER

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = limits(Calendar(), uninvoiced_hours=4, inbox=HOUR, reconciliation=HOUR)
PRICE = Money(14_900)
SUB = SubscriptionRecord(
    "acme",
    "s_1",
    "c_1",
    "pro",
    Status.ACTIVE,
    NOW - 40 * DAY,
    NOW - DAY,
    provider_id="sub_1",
    period_end=NOW + 20 * DAY,
    next_action_at=NOW + 17 * DAY,
)
CASE = CaseRecord("acme", "in_0", "s_1", PRICE, Stage.CLOSED, "ruthless v1", NOW - 9 * DAY, outcome=Outcome.PAID)
PAYMENT = Payment("acme", "ch_1", "in_1", "s_1", PRICE, Funding.CREDIT, NOW - DAY)
DOCUMENT = TaxDocument(
    "acme", "ch_1", DocumentKind.INCOME, 1, "s_1", DocumentState.DELIVERED, PRICE, NOW - DAY, NOW - DAY, NOW - DAY
)
DEFERRED = replace(DOCUMENT, source="in_5", kind=DocumentKind.DEFERRED, uuid="UUID-5")
NOTICE = NoticeRecord(
    "acme", "in_0/suspended", Channel.WHATSAPP, NoticeKind.SUSPENDED, "s_1", Delivery.SENT, "", NOW, sent_at=NOW - HOUR
)
EVENT = InboxEvent(
    Provider.STRIPE, "evt_1", "invoice.paid", "{}", NOW - DAY, object="in_1", status=InboxStatus.DELIVERED
)
RUN = Run("r_1", "", False, NOW - HOUR, NOW - DAY, finished=NOW - HOUR)


@dataclass
class Seen:
    """The processes as they stand; all of the healthy book's run."""

    subscriptions: dict[tuple[str, str], Standing] = field(default_factory=dict)
    cases: dict[tuple[str, str], Standing] = field(default_factory=dict)
    down: bool = False
    taken_back: list[CancellationStart] = field(default_factory=list)

    async def take_back(self, start: CancellationStart) -> bool:
        self.taken_back.append(start)
        return self.taken_back.count(start) == 1

    async def subscriptions_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        if self.down:
            raise Unavailable("Temporal cannot be reached")
        return {each: self.subscriptions[each] for each in ids if each in self.subscriptions}

    async def cases_standing(self, ids: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Standing]:
        return {each: self.cases[each] for each in ids if each in self.cases}


@dataclass
class Book:
    """A book, who checks it, and where the operator reads mail."""

    store: SqlStore
    mail: FakeMail = field(default_factory=FakeMail)
    seen: Seen = field(default_factory=Seen)
    address: str = "ops@acme.test"

    @property
    def alerts(self) -> Alerts:
        return Alerts(books=self.store, mail=self.mail, limits=LIMITS, address=self.address)

    @property
    def invariants(self) -> Invariants:
        processes = cast(Supervision, self.seen)
        unpaid = UnpaidWatch(self.store, self.store, processes, 86_400)
        return Invariants(books=self.store, processes=processes, alerts=self.alerts, limits=LIMITS, unpaid=unpaid)

    async def broken(self) -> list[tuple[str, Rule, str]]:
        """What a round finds, by tenant, rule and subject."""
        await self.invariants.check_invariants()
        found = await self.store.all_findings()
        return sorted((each.finding.tenant, each.finding.rule, each.finding.subject) for each in found)


@pytest.fixture
async def book(store: SqlStore) -> Book:
    """Healthy: one subscriber who was late once, paid, was invoiced and told; another tenant beside."""
    for tenant in ("acme", "other"):
        await store.create_tenant(Tenant(tenant, tenant.title()))
        await store.save_plan(Plan(tenant, "pro", "Pro", PRICE))
        customer = Customer(tenant, "c_1", "u_1", "Ana", "ana@example.mx", "+525512345678", provider_id="cus_1")
        record = SubscriptionRecord(tenant, "s_1", "c_1", "pro", Status.INCOMPLETE, NOW - 40 * DAY, NOW - 40 * DAY)
        await store.sign_up(customer, record)
    await store.save_subscription(SUB)
    await store.save_case(CASE)
    await store.record_payment(replace(PAYMENT, charge="ch_0", invoice="in_0", paid_at=NOW - 40 * DAY))
    await store.record_payment(PAYMENT)
    await store.save_document(DOCUMENT)
    await store.save_notice(NOTICE)
    await store.receive(EVENT)
    await store.save_run(RUN)
    return Book(store)


async def suspended_though_paid(book: Book) -> None:
    await book.store.save_subscription(replace(SUB, status=Status.SUSPENDED))


async def past_due_without_case(book: Book) -> None:
    await book.store.save_subscription(replace(SUB, status=Status.PAST_DUE))


async def paid_case_still_open(book: Book) -> None:
    await book.store.save_subscription(replace(SUB, status=Status.PAST_DUE))
    await book.store.save_case(replace(CASE, invoice="in_1", outcome=None, stage=Stage.GRACE))


async def same_invoice_twice(book: Book) -> None:
    for tenant in ("acme", "other"):
        await book.store.save_case(replace(CASE, tenant=tenant, invoice="in_7", outcome=None, stage=Stage.GRACE))


async def paid_twice(book: Book) -> None:
    await book.store.record_payment(replace(PAYMENT, charge="ch_2"))
    await book.store.save_document(replace(DOCUMENT, source="ch_2"))


async def paid_after_the_end(book: Book) -> None:
    await book.store.save_subscription(replace(SUB, status=Status.CANCELED, updated_at=NOW - 2 * DAY))


async def period_long_over(book: Book) -> None:
    await book.store.save_subscription(replace(SUB, period_end=NOW - 2 * DAY))


async def subscription_overdue(book: Book) -> None:
    await book.store.save_subscription(replace(SUB, next_action="renewal notice", next_action_at=NOW - 7 * HOUR))
    book.seen.subscriptions["acme", "s_1"] = Standing("active", NOW - 7 * HOUR)


async def case_overdue(book: Book) -> None:
    late = replace(CASE, invoice="in_2", outcome=None, stage=Stage.GRACE, next_step_at=NOW - 7 * HOUR)
    await book.store.save_case(late)
    book.seen.cases["acme", "in_2"] = Standing("grace", NOW - 7 * HOUR)


async def charge_without_document(book: Book) -> None:
    await book.store.record_payment(replace(PAYMENT, charge="ch_3", invoice="in_3"))


async def document_never_stamped(book: Book) -> None:
    await book.store.save_document(replace(DOCUMENT, state=DocumentState.SENDING))


async def document_held(book: Book) -> None:
    await book.store.save_document(replace(DOCUMENT, state=DocumentState.REJECTED, code="CFDI40143"))


async def given_up_after_its_invoice(book: Book) -> None:
    await book.store.save_case(replace(CASE, invoice="in_5", stage=Stage.CLOSED, outcome=Outcome.WRITTEN_OFF))
    await book.store.save_document(DEFERRED)


async def message_again(book: Book) -> None:
    await book.store.save_notice(replace(NOTICE, key="in_0/suspended-2.1", sent_at=NOW - HOUR + timedelta(minutes=1)))


async def event_waiting(book: Book) -> None:
    await book.store.receive(replace(EVENT, event="evt_2", status=InboxStatus.PENDING, received_at=NOW - 2 * HOUR))


async def customer_unanswered(book: Book) -> None:
    await book.store.add_reply(
        Reply("acme", "SM1", "c_1", Channel.WHATSAPP, "¿quién es?", Meaning.OTHER, NOW - 2 * HOUR)
    )
    await book.store.add_reply(
        Reply("acme", "SM2", "c_1", Channel.SMS, "ya pagué", Meaning.PAID, NOW - 2 * HOUR)  # and owes nothing
    )


async def endpoint_out_of_reach(book: Book) -> None:
    """Beside one that somebody has disabled, which is as they want it."""
    for name, why in (("we_1", Disabled.FAILING), ("we_2", Disabled.ORDER)):
        await book.store.add_endpoint(Endpoint("acme", name, "https://acme.example/hooks", NOW, fresh_secret()))
        await book.store.disable_endpoint("acme", name, why, NOW)


async def deletion_nobody_was_warned_of(book: Book) -> None:
    day = NOW + timedelta(days=30)
    row = Deletion("acme", "del_1", "c_1", "s_1", Cause.CANCELED, NOW, "perdura", "", day, State.UNDELIVERABLE)
    await book.store.save_deletion(row)
    await book.store.save_deletion(replace(row, id="del_2", state=State.WAITING))


async def downgrade_nobody_was_told_of(book: Book) -> None:
    old, new, free, day = Money(14_900), Money(9_900), Money(0), timedelta(days=1)
    waits, down = ChangeState.WAITING, ChangeKind.DOWNGRADE
    row = ChangeRecord(
        "acme", "pc_1", "s_1", down, waits, "pro", "mini", old, new, free, NOW - 2 * day, NOW + 9 * day, "ana"
    )
    await book.store.save_plan_change(row)
    await book.store.save_plan_change(replace(row, id="pc_2", delivered_at=NOW))
    await book.store.save_plan_change(replace(row, id="pc_3", confirmed_at=NOW))
    await book.store.save_plan_change(replace(row, id="pc_4", kind=ChangeKind.INTERVAL))


async def warning_nobody_answered_for(book: Book) -> None:
    """To somebody who still owes; of what was paid since, or no consequence hung on, nobody need know."""
    await book.store.save_case(CaseRecord("acme", "in_8", "s_1", PRICE, Stage.GRACE, "ruthless v1", NOW))
    row = NoticeRecord(
        "acme", "in_8/suspended", Channel.EMAIL, NoticeKind.SUSPENDED, "s_1", Delivery.UNKNOWN, "Hola", NOW, "<m>"
    )
    await book.store.save_notice(row)
    await book.store.save_notice(replace(row, key="in_8/renewal", kind=NoticeKind.RENEWAL))
    await book.store.save_notice(replace(row, key="in_8/other", delivery=Delivery.SENT))


async def never_compared(book: Book) -> None:
    await book.store.save_run(replace(RUN, finished=NOW - 9 * HOUR))


Breaking = Callable[[Book], Awaitable[None]]
BREAKINGS: list[tuple[Breaking, list[tuple[str, Rule, str]]]] = [
    (suspended_though_paid, [("acme", Rule.BLOCKED_WHILE_PAID, "s_1")]),
    (paid_case_still_open, [("acme", Rule.BLOCKED_WHILE_PAID, "s_1")]),
    (past_due_without_case, [("acme", Rule.PAST_DUE_WITHOUT_CASE, "s_1")]),
    (same_invoice_twice, [(tenant, Rule.TWO_CASES_FOR_ONE_INVOICE, "in_7") for tenant in ("acme", "other")]),
    (paid_twice, [("acme", Rule.CHARGED_TWICE, "in_1")]),
    (paid_after_the_end, [("acme", Rule.PAID_AFTER_END, "ch_1")]),
    (period_long_over, [("acme", Rule.PERIOD_LONG_OVER, "s_1")]),
    (subscription_overdue, [("acme", Rule.TIMER_IN_THE_PAST, "s_1")]),
    (case_overdue, [("acme", Rule.TIMER_IN_THE_PAST, "in_2")]),
    (charge_without_document, [("acme", Rule.CHARGE_WITHOUT_CFDI, "ch_3")]),
    (document_never_stamped, [("acme", Rule.CHARGE_WITHOUT_CFDI, "ch_1")]),
    (document_held, [("acme", Rule.CFDI_HELD, "ch_1/income/v1")]),
    (given_up_after_its_invoice, [("acme", Rule.CFDI_UNPAID, "in_5/deferred/v1")]),
    (message_again, [("acme", Rule.SENT_TWICE, "in_0/suspended-2.1/whatsapp")]),
    (event_waiting, [("", Rule.INBOX_STUCK, "inbox")]),
    (customer_unanswered, [("acme", Rule.REPLY_WAITING, "SM1")]),
    (endpoint_out_of_reach, [("acme", Rule.WEBHOOK_DISABLED, "we_1")]),
    (deletion_nobody_was_warned_of, [("acme", Rule.DELETION_STUCK, "del_1")]),
    (downgrade_nobody_was_told_of, [("acme", Rule.PLAN_CHANGE_UNTOLD, "pc_1")]),
    (warning_nobody_answered_for, [("acme", Rule.WARNING_UNANSWERED, "in_8/suspended/email")]),
    (never_compared, [("", Rule.RECONCILIATION_LATE, "reconciliation")]),
]


async def test_a_healthy_book_needs_nobody(book: Book) -> None:
    assert await book.broken() == []
    assert book.mail.sent == {}


@pytest.mark.parametrize(("breaking", "expected"), BREAKINGS, ids=lambda each: getattr(each, "__name__", ""))
async def test_a_rule_broken_on_purpose_is_found_and_no_other(
    book: Book, breaking: Breaking, expected: list[tuple[str, Rule, str]]
) -> None:
    await breaking(book)
    assert await book.broken() == expected


def test_every_rule_the_books_can_answer_was_broken_on_purpose() -> None:
    broken = {rule for _, expected in BREAKINGS for _, rule, _ in expected}
    elsewhere = RULES | BUSINESS  # test_fiscal_watch.py and test_alerting.py break those
    assert broken == CHECKED - {Rule.LEDGER_UNBALANCED, Rule.TEMPLATE_MISSING} - elsewhere


async def test_money_that_came_after_the_end_is_told_until_it_is_given_back(book: Book) -> None:
    await paid_after_the_end(book)
    assert await book.broken() == [("acme", Rule.PAID_AFTER_END, "ch_1")]
    await book.store.post(Fact("acme", "s_1", Kind.REFUNDED, "re_1", PRICE, NOW, "in_1", "ch_1"))
    assert await book.broken() == []


async def test_a_refused_version_is_listed_until_another_takes_its_place(book: Book) -> None:
    refused = replace(DOCUMENT, source="ch_9", state=DocumentState.REJECTED, code="CFDI40145")
    # A credit note of the same source, or another source's later version, takes nobody's place.
    for other in (replace(refused, kind=DocumentKind.CREDIT, version=2), replace(refused, source="ch_8", version=3)):
        await book.store.save_document(replace(other, state=DocumentState.STAMPED))
    await book.store.save_document(refused)
    assert await book.broken() == [("acme", Rule.CFDI_HELD, "ch_9/income/v1")]
    await book.store.save_document(replace(refused, version=2, state=DocumentState.SENDING, code=""))
    assert await book.broken() == []
    await book.store.save_document(replace(refused, version=2))
    assert await book.broken() == [("acme", Rule.CFDI_HELD, "ch_9/income/v2")]


async def test_a_voided_invoice_that_nobody_paid_is_taken_back_by_itself_once(book: Book) -> None:
    await book.store.save_document(DEFERRED)
    assert await book.broken() == []
    await book.store.post(Fact("acme", "s_1", Kind.ISSUED, "in_5", PRICE, NOW - DAY, "in_5"))
    await book.store.post(Fact("acme", "s_1", Kind.VOIDED, "in_5", PRICE, NOW, "in_5"))
    assert await book.broken() == []
    (start,) = book.seen.taken_back
    assert (start.document, start.motive, start.order.actor) == ("in_5/deferred/v1", "03", "perdura")
    # Its process is over and the document lives: nobody orders it again but a person.
    assert await book.broken() == [("acme", Rule.CFDI_UNPAID, "in_5/deferred/v1")]
    await book.store.save_document(replace(DEFERRED, state=DocumentState.CANCELLED))
    assert await book.broken() == []


@pytest.mark.parametrize("kind", [DocumentKind.PAYMENT, DocumentKind.CREDIT])
async def test_an_invoice_on_which_another_document_stands_is_settled(book: Book, kind: DocumentKind) -> None:
    await given_up_after_its_invoice(book)
    stands = replace(DOCUMENT, source="ch_5", kind=kind, uuid="UUID-6", replaces="UUID-5")
    await book.store.save_document(stands)
    assert await book.broken() == []
    await book.store.save_document(replace(stands, state=DocumentState.CANCELLED))
    assert await book.broken() == [("acme", Rule.CFDI_UNPAID, "in_5/deferred/v1")]


async def test_while_somebody_still_collects_or_once_it_can_no_longer_be_cancelled_nothing_is_said(book: Book) -> None:
    await book.store.save_document(DEFERRED)
    await book.store.save_case(replace(CASE, invoice="in_5", stage=Stage.GRACE, outcome=None))
    await book.store.post(Fact("acme", "s_1", Kind.ISSUED, "in_5", PRICE, NOW - DAY, "in_5"))
    await book.store.post(Fact("acme", "s_1", Kind.WRITTEN_OFF, "in_5", PRICE, NOW, "in_5"))
    old = replace(DEFERRED, source="in_6", uuid="UUID-7", issued_at=NOW - 900 * DAY)
    await book.store.save_document(old)
    await book.store.save_case(replace(CASE, invoice="in_6", outcome=Outcome.EXHAUSTED))
    await book.store.save_issuer("acme", ISSUER)
    assert ("acme", Rule.CFDI_UNPAID) not in {(tenant, rule) for tenant, rule, _ in await book.broken()}


async def test_who_was_cut_off_by_support_is_not_blocked_by_mistake(book: Book) -> None:
    await suspended_though_paid(book)
    entry = AuditEntry("acme", "s_1", "k1", NOW, "ana", "suspended by support", "fraud")
    await book.store.audit(entry)
    assert await book.broken() == []
    await book.store.audit(replace(entry, key="k2", action="service restored"))
    assert await book.broken() == [("acme", Rule.BLOCKED_WHILE_PAID, "s_1")]


async def test_a_row_that_lags_behind_its_process_is_no_late_timer(book: Book) -> None:
    await subscription_overdue(book)
    book.seen.subscriptions["acme", "s_1"] = Standing("active", NOW + HOUR)
    assert await book.broken() == []
    del book.seen.subscriptions["acme", "s_1"]  # a process that is gone is told by reconciliation
    assert await book.broken() == []


async def test_a_rule_that_cannot_be_answered_keeps_its_findings(book: Book) -> None:
    await subscription_overdue(book)
    found = await book.broken()
    book.seen.down = True
    assert await book.broken() == found == [("acme", Rule.TIMER_IN_THE_PAST, "s_1")]


async def test_what_is_mended_goes_by_itself_and_is_news_when_it_comes_again(book: Book) -> None:
    await past_due_without_case(book)
    await book.broken()
    (first,) = await book.store.findings("acme")
    noted = await book.store.acknowledge("acme", first.finding.id, actor="ana", note="calling", at=NOW)
    assert (noted.acknowledged_by, noted.note) == ("ana", "calling")
    await book.broken()
    (still,) = await book.store.findings("acme")
    assert (still.seen, still.first_seen, still.acknowledged_by) == (2, first.first_seen, "ana")
    await book.store.save_subscription(SUB)
    assert await book.broken() == []
    (gone,) = await book.store.findings("acme", resolved=True)
    assert gone.resolved_at is not None
    await past_due_without_case(book)
    await book.broken()
    (again,) = await book.store.findings("acme")
    assert (again.seen, again.acknowledged_by, again.first_seen > first.first_seen) == (1, "", True)


async def test_a_finding_is_its_tenants_own(book: Book) -> None:
    await past_due_without_case(book)
    await book.broken()
    (found,) = await book.store.findings("acme")
    assert await book.store.findings("other") == []
    with pytest.raises(Missing):
        await book.store.acknowledge("other", found.finding.id, actor="eve", note="", at=NOW)


async def test_the_operator_is_told_once_and_of_what_is_critical(book: Book, caplog: pytest.LogCaptureFixture) -> None:
    await event_waiting(book)
    await document_held(book)  # a warning: on the list, in no mail
    for _ in range(3):
        await book.broken()
    assert list(book.mail.sent.values()) == [
        f"Perdura: 1 provider events wait to be handed over, the oldest since {NOW - 2 * HOUR:%Y-%m-%d %H:%M} UTC"
    ]
    told = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 1
    assert "inbox_stuck" in told[0].getMessage()


async def test_an_operator_who_could_not_be_written_to_is_written_to_later(book: Book) -> None:
    class Deaf(FakeMail):
        async def send(self, **_: object) -> str:  # type: ignore[override]
            raise Unavailable("the mail server did not answer")

    await event_waiting(book)
    mail, book.mail = book.mail, Deaf()
    await book.broken()
    book.mail = mail
    await book.broken()
    assert len(book.mail.sent) == 1


async def test_with_temporal_down_the_inbox_alone_is_watched(book: Book) -> None:
    book.seen.down = True
    await event_waiting(book)
    now = datetime.now(UTC)
    await book.alerts.watch_inbox(now)
    assert await book.alerts.tell(now) == 1
    (found,) = await book.store.all_findings(rule=Rule.INBOX_STUCK)
    event = await book.store.event(Provider.STRIPE, "evt_2")
    assert event is not None
    await book.store.settle_event(event, InboxStatus.DELIVERED, at=NOW)
    await book.alerts.watch_inbox(datetime.now(UTC))
    assert await book.store.all_findings() == []
    assert found.finding.subject == "inbox"


async def test_what_the_machine_mended_is_shown_only_if_it_is_found_again(store: SqlStore) -> None:
    finding = Finding("acme", Rule.BEHIND_PROVIDER, "s_1", "a new period began", "s_1")
    await store.keep_finding(finding, at=NOW, repaired=True)
    assert await store.all_findings() == []
    assert await store.open_findings() == []
    await store.keep_finding(finding, at=NOW + HOUR, repaired=True)
    assert [(each.finding, each.seen) for each in await store.all_findings()] == [(finding, 2)]
    assert await store.open_findings() == [(Rule.BEHIND_PROVIDER, 1)]
    assert await store.resolve_findings(COMPARED, unseen_since=NOW + 2 * HOUR, at=NOW, tenant="other") == 0
    assert await store.resolve_findings(COMPARED, unseen_since=NOW + 2 * HOUR, at=NOW) == 1


async def test_runs_are_kept_and_the_last_whole_one_is_where_the_next_begins(store: SqlStore) -> None:
    assert await store.last_run("acme") is None
    await store.save_run(RUN)
    await store.save_run(replace(RUN, id="r_2", tenant="acme", started=NOW))  # finished, of one tenant
    await store.save_run(replace(RUN, id="r_3", dry_run=True, started=NOW + HOUR))
    await store.save_run(replace(RUN, id="r_4", finished=None, started=NOW + HOUR))
    for tenant, expected in (("", "r_1"), ("acme", "r_2"), ("other", "r_1")):
        last = await store.last_run(tenant)
        assert last is not None
        assert last.id == expected
    assert [run.id for run in await store.runs("acme")] == ["r_2"]


async def test_stored_events_are_listed_as_asked_and_paged(store: SqlStore) -> None:
    kinds = ("invoice.paid", "invoice.voided", "charge.succeeded")
    for number in range(6):
        event = replace(EVENT, event=f"evt_{number}", type=kinds[number % 3], received_at=NOW - timedelta(hours=number))
        await store.receive(replace(event, status=InboxStatus.UNMATCHED if number < 2 else InboxStatus.KEPT))

    async def listed(wanted: EventFilter) -> list[str]:
        return [event.event for event in await store.stored_events(wanted)]

    everything = EventFilter(NOW - DAY)
    assert await listed(everything) == [f"evt_{number}" for number in reversed(range(6))]
    assert await listed(replace(everything, since=NOW - 2 * HOUR, until=NOW)) == ["evt_2", "evt_1"]
    assert await listed(replace(everything, type="invoice.*")) == ["evt_4", "evt_3", "evt_1", "evt_0"]
    assert await listed(replace(everything, type="invoice.paid")) == ["evt_3", "evt_0"]
    assert await listed(replace(everything, status=InboxStatus.UNMATCHED)) == ["evt_1", "evt_0"]
    assert await listed(replace(everything, subscription="s_9")) == []
    page = await store.stored_events(everything, limit=4)
    rest = await store.stored_events(everything, after=(page[-1].received_at, page[-1].event), limit=4)
    assert [event.event for event in rest] == ["evt_1", "evt_0"]


async def test_what_failed_waits_behind_what_was_not_tried(store: SqlStore) -> None:
    for number in range(3):
        waiting = replace(EVENT, event=f"evt_{number}", status=InboxStatus.PENDING)
        await store.receive(replace(waiting, received_at=NOW - timedelta(hours=3 - number)))
    first = (await store.pending_events(NOW, 1))[0]
    assert first.event == "evt_0"
    await store.settle_event(first, InboxStatus.PENDING, at=NOW)
    assert [event.event for event in await store.pending_events(NOW, 2)] == ["evt_1", "evt_2"]


async def test_figures_count_the_books_of_all_tenants(book: Book) -> None:
    await book.store.save_case(replace(CASE, invoice="in_5", outcome=None, stage=Stage.SUSPENDED))
    store = book.store
    assert await store.subscriptions_by_status() == {("active",): 1, ("incomplete",): 1}
    assert await store.cases_by_stage() == {("suspended",): 1}
    assert await store.money_at_risk() == {("MXN",): 14_900}
    assert await store.notices_by_delivery() == {("whatsapp", "sent"): 1}
    assert await store.documents_by_state() == {("income", "delivered"): 1}
    assert await store.events_by_status() == {("stripe", "delivered"): 1}

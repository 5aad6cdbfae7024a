"""Comparing with real books: what is repaired, what is left to a person, and that a second look finds nothing more."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.bookkeeping import Bookkeeping
from activities.failures import Refused, Unavailable
from activities.gateways.store_sql import SqlStore
from activities.inbox import Inbox
from activities.late_money import LateMoney
from activities.ports.provider_books import ProviderCustomer
from activities.ports.supervision import LastWord
from activities.reconciliation import BeginOrder, PageOrder, Reconciliation
from activities.repairs import Repairs
from models.billing.bills import Bill, BillLine, BillStanding, BillStatus, InvoiceWish
from models.bookkeeping.books import trial_balance
from models.bookkeeping.ledger import Account
from models.bookkeeping.money_facts import invoice_facts
from models.bookkeeping.statement import StatedDispute, StatedInvoice, Statement
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, Kept, Stamp, TaxDocument
from models.cfdi.fiscal import Receiver
from models.cfdi.invoicing import Invoicing
from models.cfdi.invoicing import Standing as InvoicingStanding
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import (
    AuditEntry,
    CaseRecord,
    Customer,
    InboxEvent,
    InboxStatus,
    Payment,
    Provider,
    SubscriptionRecord,
    Tenant,
)
from models.selling.plans import Plan
from models.subscribing.invoices import Charge, Funding, Invoice, InvoiceStatus, Refund
from models.subscribing.subscriptions import Status
from models.watching.attention import Rule
from models.watching.reconciliation import ProviderCharge, Sighting, Standing
from models.watching.reconciliation_run import Pass, Progress, Run, advanced, run_of
from tests.databases import migrated
from tests.fakes.pac import FakePac
from tests.fakes.provider_books import FakeProvider
from tests.fakes.supervision import FakeSupervision
from tests.keys import KEYRING

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
PRICE = Money(14_900)
SUB = SubscriptionRecord(
    "acme",
    "s_1",
    "c_1",
    "pro",
    Status.ACTIVE,
    NOW - 40 * DAY,
    NOW - DAY,
    "sub_1",
    period_start=NOW - 10 * DAY,
    period_end=NOW + 20 * DAY,
)
SEEN = Sighting("sub_1", "acme", "s_1", "cus_1", "active", NOW - 10 * DAY, NOW + 20 * DAY)
CHARGE = ProviderCharge("ch_1", PRICE, NOW - 2 * DAY, True, Funding.CREDIT, "cus_1", "in_1", "sub_1")
CASE = CaseRecord("acme", "in_1", "s_1", PRICE, Stage.GRACE, "ruthless v1", NOW - 5 * DAY)


def paid(invoice: str = "in_1", charge: str = "ch_1") -> Invoice:
    at = NOW - 2 * DAY
    money = Charge(charge, PRICE, at, Funding.CREDIT)
    return Invoice(invoice, InvoiceStatus.PAID, PRICE, Money(0), at - DAY, True, money, paid_at=at)


@dataclass
class House:
    """Books on a real database; provider and processes as a test wants them."""

    books: SqlStore
    provider: FakeProvider = field(default_factory=FakeProvider)
    processes: FakeSupervision = field(default_factory=FakeSupervision)
    pac: FakePac = field(default_factory=FakePac)
    ledger: Bookkeeping | None = None

    @property
    def reconciliation(self) -> Reconciliation:
        return Reconciliation(
            books=self.books,
            provider=self.provider,
            processes=self.processes,
            day_seconds=86_400,
            uninvoiced_hours=4,
            ledger=self.ledger,
            pause=0,
            pacs=self.pac,
        )

    async def compared(self, *, tenant: str = "", dry_run: bool = False) -> Run:
        """One whole run, as its process walks it."""
        steps, number = self.reconciliation, len(await self.books.runs(tenant))
        scope = await steps.begin_reconciliation(BeginOrder(f"r_{number}", tenant, dry_run))
        progress = Progress(scope)
        while progress.at is not Pass.DONE:
            page = await steps.reconcile_page(PageOrder(scope, progress.at, progress.cursor))
            progress = advanced(progress, page)
        run = await steps.finish_reconciliation(progress)
        assert run == run_of(progress, run.finished)
        return run

    async def open(self) -> list[tuple[str, Rule, str]]:
        found = await self.books.all_findings()
        return sorted((f.finding.tenant, f.finding.rule, f.finding.subject) for f in found)


@pytest.fixture
async def house(database: str) -> AsyncIterator[House]:
    """One subscriber whose books, process and provider agree."""
    await migrated(database)
    books = SqlStore(database, KEYRING)
    for tenant in ("acme", "other"):
        await books.create_tenant(Tenant(tenant, tenant.title()))
        await books.save_plan(Plan(tenant, "pro", "Pro", PRICE))
    customer = Customer("acme", "c_1", "u_1", "Ana", "ana@example.mx", "+525512345678", provider_id="cus_1")
    await books.sign_up(customer, replace(SUB, status=Status.INCOMPLETE, provider_id=""))
    await books.save_subscription(SUB)
    made = House(books)
    made.provider.live = [SEEN]
    made.processes.running["acme", "s_1"] = Standing("active")
    yield made
    await books.close()


async def owes(house: House, invoice: str = "in_1") -> None:
    """An unpaid invoice that provider and ledger know."""
    house.provider.unpaid.append(Sighting(invoice, subscription="sub_1", status="open", overdue=True))
    await house.books.post(
        *invoice_facts("acme", "s_1", replace(paid(invoice), status=InvoiceStatus.OPEN, charge=None))
    )


async def test_books_that_agree_show_no_drift(house: House) -> None:
    run = await house.compared()
    assert (run.drift, run.repaired, run.open, run.notes) == (0, 0, 0, "")
    assert run.checked == 2  # the subscription there, and here
    assert (house.processes.news, house.processes.started) == ([], [])


async def test_money_that_came_after_the_end_is_recorded_booked_and_invoiced_once(house: House) -> None:
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.provider.live, house.processes.running = [], {}
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    run = await house.compared()
    assert (run.drift, run.repaired, run.open) == (1, 1, 0)
    (payment,) = await house.books.payments("acme", "s_1")
    assert (payment.charge, payment.invoice, payment.amount, payment.funding) == ("ch_1", "in_1", PRICE, Funding.CREDIT)
    assert [order.source for order in house.processes.invoiced] == ["ch_1"]
    assert [entry.action for entry in await house.books.audit_trail("acme", "s_1")] == [
        "payment found at the provider and recorded"
    ]
    assert {entry.invoice for entry in await house.books.ledger("acme")} == {"in_1"}
    await documented(house)
    assert (await house.compared()).drift == 0
    assert len(await house.books.payments("acme", "s_1")) == 1


PAID = InboxEvent(
    Provider.STRIPE,
    "evt_late",
    "invoice.paid",
    json.dumps({"data": {"object": {"object": "invoice", "id": "in_1", "subscription": "sub_1"}}}),
    NOW - DAY,
    object="in_1",
)


class Silent(FakeProvider):
    """Answers nothing about an invoice."""

    async def look_up_invoice(self, invoice: str) -> Invoice:
        raise Unavailable("Stripe did not answer")


def webhook(house: House) -> Inbox:
    hands = Repairs(books=house.books, provider=house.provider, processes=house.processes, day_seconds=86_400)
    return Inbox(house.books, house.processes, LateMoney(books=house.books, provider=house.provider, repairs=hands))


async def test_the_webhook_itself_writes_down_money_whose_process_is_over_once_with_the_comparison(
    house: House,
) -> None:
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.provider.live, house.processes.running = [], {}
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    await house.books.receive(PAID)
    for _ in range(3):
        assert await webhook(house).deliver(PAID) is InboxStatus.DELIVERED
    (payment,) = await house.books.payments("acme", "s_1")
    assert (payment.charge, payment.invoice, payment.amount) == ("ch_1", "in_1", PRICE)
    booked = await house.books.ledger("acme")
    assert {entry.fact for entry in booked} == {"in_1/issued", "ch_1/paid"}
    assert {order.source for order in house.processes.invoiced} == {"ch_1"}
    await documented(house)
    assert (await house.compared()).drift == 0, "nothing was left for the comparison"
    assert await house.books.ledger("acme") == booked
    assert len(await house.books.audit_trail("acme", "s_1")) == 1


async def test_money_that_cannot_be_written_down_yet_waits_for_the_sweep(house: House) -> None:
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.provider, house.processes.running = Silent(), {}
    await house.books.receive(PAID)
    assert await webhook(house).deliver(PAID) is InboxStatus.PENDING
    assert await house.books.payments("acme", "s_1") == []
    house.provider = FakeProvider(charges=[CHARGE], invoices={"in_1": paid()})
    assert await webhook(house).sweep_inbox() == 1
    assert [payment.charge for payment in await house.books.payments("acme", "s_1")] == ["ch_1"]


async def test_an_invoice_marked_as_paid_after_the_end_is_booked_and_other_news_is_nobodys(house: House) -> None:
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.processes.running = {}
    house.provider.invoices = {"in_1": replace(paid(), charge=None)}
    await house.books.receive(PAID)
    assert await webhook(house).deliver(PAID) is InboxStatus.DELIVERED
    assert {e.fact for e in await house.books.ledger("acme")} == {"in_1/issued", "out_in_1/paid-outside"}
    house.provider.invoices = {"in_1": replace(paid(), status=InvoiceStatus.DRAFT)}
    assert await webhook(house).deliver(PAID) is InboxStatus.UNMATCHED
    assert await webhook(house).deliver(replace(PAID, type="customer.subscription.updated")) is InboxStatus.UNMATCHED


async def test_a_renewal_made_a_moment_before_the_end_is_booked_and_taken_back_when_it_is_voided(house: House) -> None:
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.provider.live, house.processes.running = [], {}
    left = replace(paid(), status=InvoiceStatus.OPEN, charge=None)
    house.provider.invoices = {"in_1": left}
    assert await webhook(house).deliver(replace(PAID, type="invoice.payment_failed")) is InboxStatus.DELIVERED
    assert {e.fact for e in await house.books.ledger("acme")} == {"in_1/issued"}
    house.provider.invoices = {"in_1": replace(left, status=InvoiceStatus.VOID)}
    assert await webhook(house).deliver(replace(PAID, type="invoice.voided")) is InboxStatus.DELIVERED
    assert {e.fact for e in await house.books.ledger("acme")} == {"in_1/issued", "in_1/voided"}


async def test_one_that_a_living_process_heard_of_in_its_last_moment_is_booked_by_the_comparison_once(
    house: House,
) -> None:
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.provider.live, house.processes.running = [], {}
    house.provider.invoices = {"in_1": replace(paid(), status=InvoiceStatus.OPEN, charge=None)}
    house.provider.unpaid = [Sighting("in_1", subscription="sub_1", status="open", overdue=True)]
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    assert {e.fact for e in await house.books.ledger("acme")} == {"in_1/issued"}
    assert (await house.compared()).drift == 0


async def documented(house: House, source: str = "ch_1") -> None:
    kind = DocumentKind.CREDIT if source.startswith("re_") else DocumentKind.INCOME
    then = NOW - 2 * DAY
    await house.books.save_document(
        TaxDocument("acme", source, kind, 1, "s_1", DocumentState.DELIVERED, PRICE, then, then, then)
    )


async def test_money_whose_process_runs_is_told_to_it_and_recorded_because_it_may_have_written_it_before_the_loss(
    house: House,
) -> None:
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    assert [news.object for news in house.processes.news] == ["in_1"]
    # Its process, which had not heard of it, may write it once more: it is the same payment and the same entries.
    booked = len(await house.books.ledger("acme"))
    await house.books.record_payment(Payment("acme", "ch_1", "in_1", "s_1", PRICE, Funding.CREDIT, NOW - 2 * DAY))
    assert [payment.charge for payment in await house.books.payments("acme", "s_1")] == ["ch_1"]
    assert len(await house.books.ledger("acme")) == booked
    await documented(house)
    assert (await house.compared()).drift == 0


UUID = "11111111-2222-4333-8444-555555555555"
XENON = Receiver("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343", "G03")
STAMP = Stamp(UUID, b"<cfdi/>", NOW - 2 * DAY, True, "seal")


def invoiced(house: House, source: str = "ch_1", kind: DocumentKind = DocumentKind.INCOME) -> None:
    """The tax invoice's process is over and the PAC keeps the document; the books have lost it."""
    key = f"{source}/{kind}/v1"
    house.processes.documents[source] = Invoicing(
        standing=InvoicingStanding(key, DocumentState.DELIVERED, NOW - 2 * DAY, UUID)
    )
    house.pac.kept[UUID] = Kept(STAMP, NOW - 2 * DAY, XENON)


async def test_a_lost_tax_invoice_comes_back_from_the_pac_and_is_neither_stamped_nor_sent_again(house: House) -> None:
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    invoiced(house)
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    document = await house.books.document("acme", "ch_1/income/v1")
    assert document is not None
    assert (document.uuid, document.state, document.seal) == (UUID, DocumentState.DELIVERED, "seal")
    assert await house.books.file("acme", document.key, DocumentFile.XML) == b"<cfdi/>"
    (order,) = house.processes.invoiced
    assert order.quiet
    assert order.state is not None
    assert order.state.stamped, "its process prints and does not seal"
    assert house.pac.asked == []
    assert (await house.books.customer("acme", "c_1")).receiver == XENON
    assert (await house.compared()).drift == 0


@pytest.mark.parametrize("newer", [False, True])
async def test_tax_data_corrected_since_the_backup_come_back_with_the_newest_invoice_in_their_name(
    house: House, newer: bool
) -> None:
    old = Receiver("CUSC850516316", "ANA CRUZ SOLORZANO", "612", "45638", "I04")
    await house.books.save_receiver("acme", "c_1", old)
    if newer:
        later = (DocumentState.DELIVERED, PRICE, NOW, NOW, NOW)
        other = TaxDocument(
            "acme", "ch_9", DocumentKind.INCOME, 1, "s_1", *later, receiver_rfc=old.rfc, uuid="U", seal="S"
        )
        await house.books.save_document(other)
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    invoiced(house)
    assert (await house.compared()).repaired == 1
    assert (await house.books.customer("acme", "c_1")).receiver == (old if newer else XENON)


async def test_a_lost_tax_invoice_that_the_pac_does_not_hand_out_is_left_to_a_person(house: House) -> None:
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    invoiced(house)
    house.pac.kept = {}
    run = await house.compared()
    assert (run.repaired, run.open) == (0, 1)
    assert house.processes.invoiced == [], "sealed anew it might be a second invoice"
    assert [payment.charge for payment in await house.books.payments("acme", "s_1")] == ["ch_1"]


async def test_a_lost_complement_comes_back_from_the_second_pac_as_what_it_was(house: House) -> None:
    invoiced(house, kind=DocumentKind.PAYMENT)
    house.pac = FakePac(other=house.pac, name="finkok")
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    await house.compared()
    (document,) = await house.books.documents_of("acme", "ch_1")
    assert (document.kind, document.uuid, document.pac) == (DocumentKind.PAYMENT, UUID, "sw")


async def test_a_lost_credit_note_comes_back_from_the_pac(house: House) -> None:
    await house.books.record_payment(Payment("acme", "ch_1", "in_1", "s_1", PRICE, Funding.CREDIT, NOW - 2 * DAY))
    await documented(house)
    house.provider.refunds = [Refund("re_1", "ch_1", "in_1", Money(5_000), NOW - DAY, "succeeded")]
    invoiced(house, "re_1", DocumentKind.CREDIT)
    assert (await house.compared()).repaired == 1
    assert house.processes.refunds == []
    document = await house.books.document("acme", "re_1/credit/v1")
    assert document is not None
    assert (document.uuid, document.total) == (UUID, Money(5_000))
    assert (await house.compared()).drift == 0


async def test_whoever_outlived_the_books_writes_its_row_and_those_of_its_cases_again(house: House) -> None:
    house.processes.running["acme", "s_1"] = Standing("past_due")
    house.processes.owing["s_1"] = ["in_1"]
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    assert (house.processes.refreshed, house.processes.chased) == (["s_1"], ["in_1"])


async def test_a_case_that_ended_after_the_backup_ends_in_the_books_as_its_process_remembers(house: House) -> None:
    await house.books.save_case(CASE)
    await owes(house)
    ended = replace(CASE, subscription="", stage=Stage.CLOSED, outcome=Outcome.WRITTEN_OFF, closed_at=NOW - DAY)
    house.processes.words["in_1"] = LastWord(ended)
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    (case,) = await house.books.cases("acme", "s_1")
    assert (case.outcome, case.closed_at) == (Outcome.WRITTEN_OFF, NOW - DAY)
    assert {entry.invoice for entry in await house.books.ledger("acme")} == {"in_1"}
    assert (await house.compared()).drift == 0


async def test_a_signup_since_the_backup_is_entered_again_and_its_missing_tax_data_are_a_persons_matter(
    house: House,
) -> None:
    house.provider.live.append(replace(SEEN, id="sub_2", subscription="s_2", customer="cus_2"))
    house.provider.customers["cus_2"] = ProviderCustomer(
        "cus_2", "acme", "c_2", "Gina", "gina@example.mx", "+525512345679"
    )
    house.processes.running["acme", "s_2"] = Standing("active", customer="u_2", plan="pro")
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    record = await house.books.subscription("acme", "s_2")
    assert record is not None
    assert (record.customer, record.plan, record.provider_id) == ("c_2", "pro", "sub_2")
    customer = await house.books.customer("acme", "c_2")
    assert (customer.reference, customer.name, customer.email) == ("u_2", "Gina", "gina@example.mx")
    assert house.processes.refreshed == ["s_2"]
    await house.books.save_subscription(replace(record, status=Status.ACTIVE, updated_at=NOW - DAY))
    house.processes.refreshed = []
    await house.compared()
    assert await house.open() == [("acme", Rule.SIGNUP_REBUILT, "s_2")]
    await house.books.save_receiver("acme", "c_2", XENON)
    await house.compared()
    assert await house.open() == []


async def test_a_signup_whose_email_is_in_use_again_is_left_to_a_person(house: House) -> None:
    house.provider.live.append(replace(SEEN, id="sub_2", subscription="s_2", customer="cus_2"))
    house.provider.customers["cus_2"] = ProviderCustomer(
        "cus_2", "acme", "c_2", "Ana", "ana@example.mx", "+525512345679"
    )
    house.processes.running["acme", "s_2"] = Standing("active", customer="u_2", plan="pro")
    await house.compared()
    assert await house.open() == [("acme", Rule.SUBSCRIPTION_LOST, "sub_2")]


async def test_a_signup_that_another_run_enters_in_the_same_moment_is_no_persons_matter(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.provider.live.append(replace(SEEN, id="sub_2", subscription="s_2", customer="cus_2"))
    house.provider.customers["cus_2"] = ProviderCustomer(
        "cus_2", "acme", "c_2", "Gina", "gina@example.mx", "+525512345679"
    )
    house.processes.running["acme", "s_2"] = Standing("active", customer="u_2", plan="pro")
    admit = house.books.admit

    async def overtaken(customer: Customer, record: SubscriptionRecord) -> bool:
        await admit(customer, record)
        return False

    monkeypatch.setattr(house.books, "admit", overtaken)
    run = await house.compared()
    assert (run.drift, run.repaired, run.open) == (1, 1, 0)
    assert await house.open() == []


DISPUTE = StatedDispute("du_1", "ch_1", PRICE, NOW - DAY, "needs_response", NOW + 6 * DAY)


async def test_a_dispute_reaches_the_ledger_and_a_person_by_itself_and_goes_when_it_is_decided(house: House) -> None:
    await house.books.record_payment(Payment("acme", "ch_1", "in_1", "s_1", PRICE, Funding.CREDIT, NOW - 2 * DAY))
    await documented(house)
    house.provider.disputes = [DISPUTE]
    await house.compared(dry_run=True)
    assert await disputed(house) == 0, "a dry run books nothing"
    await house.compared()
    assert await disputed(house) == PRICE.centavos
    assert await house.open() == [("acme", Rule.CHARGE_DISPUTED, "du_1")]
    (found,) = await house.books.all_findings()
    assert f"{NOW + 6 * DAY:%Y-%m-%d %H:%M} UTC" in found.finding.text
    assert house.processes.held == []
    # Decided months later: its finding is looked at again, however old the dispute is.
    house.provider.disputes = [replace(DISPUTE, status="won", created=NOW - 25 * DAY)]
    await house.compared()
    assert await disputed(house) == 0
    assert await house.open() == []


async def test_only_the_open_case_of_a_disputed_invoice_stands_still(house: House) -> None:
    await house.books.record_payment(Payment("acme", "ch_1", "in_1", "s_1", PRICE, Funding.CREDIT, NOW - 2 * DAY))
    await documented(house)
    for invoice in ("in_1", "in_2"):
        await house.books.save_case(replace(CASE, invoice=invoice))
        house.processes.dunning["acme", invoice] = Standing("grace")
        await owes(house, invoice)
    house.provider.disputes = [DISPUTE]
    await house.compared()
    assert house.processes.held == ["in_1"]


async def disputed(house: House) -> int:
    """Centavos that stand in the account of disputes."""
    balances = trial_balance(await house.books.ledger("acme"))
    return sum(balance.net for balance in balances if balance.account is Account.DISPUTED)


async def test_a_missing_process_is_started_from_what_the_books_know(house: House) -> None:
    house.processes.running = {}
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    (start,) = house.processes.started
    assert (start.subscription, start.reference, start.price) == ("s_1", "u_1", PRICE)
    assert start.state is not None
    assert (start.state.provider_id, start.state.status) == ("sub_1", Status.ACTIVE)
    assert (await house.compared()).drift == 0
    assert len(house.processes.started) == 1


async def test_a_process_started_again_knows_who_was_cut_off_and_what_was_confirmed(house: House) -> None:
    cut = AuditEntry("acme", "s_1", "s_1/cut", NOW - 2 * DAY, "ana", "suspended by support", "abuse")
    await house.books.audit(cut)
    await house.books.save_plan(Plan("acme", "basic", "Basic", Money(9_900)))
    change = ChangeRecord(
        "acme",
        "pc_1",
        "s_1",
        ChangeKind.INTERVAL,
        ChangeState.WAITING,
        "pro",
        "basic",
        PRICE,
        Money(8_800),  # as it was confirmed, whatever the plan costs others by now
        Money(0),
        NOW - DAY,
        NOW + DAY,
        "ana",
    )
    await house.books.save_plan_change(change)
    await house.books.save_plan_change(replace(change, id="pc_0", state=ChangeState.UNDONE))
    house.processes.running = {}
    await house.compared()
    (start,) = house.processes.started
    assert start.state is not None
    assert (start.state.suspended_by_support, start.state.leaving) == (True, None)
    assert start.state.change is not None
    assert start.state.change.record == change
    assert (start.state.change.provider_price, start.state.change.price_now) == ("price_basic_8800", "price_pro_14900")

    leaving = replace(change, state=ChangeState.WAITING, kind=ChangeKind.CANCELLATION, plan_after="")
    await house.books.save_plan_change(leaving)
    await house.books.audit(replace(cut, key="s_1/back", action="service restored"))
    house.processes.running = {}
    await house.compared()
    again = house.processes.started[-1].state
    assert again is not None
    assert (again.suspended_by_support, again.change, again.leaving) == (False, None, leaving)


async def test_a_dry_run_tells_everything_and_touches_nothing(house: House) -> None:
    house.processes.running = {}
    house.provider.charges = [CHARGE]
    house.provider.events = [lost()]
    run = await house.compared(dry_run=True)
    assert (run.drift, run.repaired, run.fetched) == (2, 2, 1)
    assert len(run.notes.splitlines()) == 2
    assert (house.processes.started, house.processes.news, await house.open()) == ([], [], [])
    assert await house.books.event(Provider.STRIPE, "evt_1") is None
    assert await house.books.last_run("") is None, "the next run looks back as far as if there had been none"


def lost() -> InboxEvent:
    thing = {"id": "in_1", "object": "invoice", "metadata": {"perdura_tenant": "acme", "perdura_subscription": "s_1"}}
    payload = json.dumps({"id": "evt_1", "type": "invoice.paid", "data": {"object": thing}})
    return InboxEvent(Provider.STRIPE, "evt_1", "invoice.paid", payload, NOW, object="in_1")


async def test_an_event_whose_webhook_was_lost_goes_the_way_of_all_events(house: House) -> None:
    house.provider.events = [lost()]
    assert (await house.compared()).fetched == 1
    kept = await house.books.event(Provider.STRIPE, "evt_1")
    assert kept is not None
    assert (kept.status, kept.tenant, kept.subscription) == (InboxStatus.DELIVERED, "acme", "s_1")
    assert (await house.compared()).fetched == 0
    assert len(house.processes.news) == 1


async def test_what_only_a_person_can_decide_is_listed_until_it_is_decided(house: House) -> None:
    stranger = Sighting("sub_9", customer="cus_1", status="active")
    unknown = replace(CHARGE, id="ch_9", invoice="", provider_subscription="", customer="cus_9", created=NOW - 20 * DAY)
    house.provider.live, house.provider.charges = [SEEN, stranger], [unknown]
    expected = [
        ("", Rule.CHARGE_WITHOUT_SUBSCRIPTION, "ch_9"),
        ("", Rule.UNKNOWN_SUBSCRIPTION, "sub_9"),
        ("acme", Rule.TWO_LIVE_SUBSCRIPTIONS, "cus_1"),
    ]
    assert (await house.compared()).open == 3
    assert await house.open() == expected
    # The next run looks back a day only; the charge of three weeks ago is looked at again all the same.
    assert (await house.compared()).open == 3
    assert await house.open() == expected
    house.provider.live, house.provider.charges = [SEEN], [replace(unknown, refunded=True)]
    assert (await house.compared()).drift == 0
    assert await house.open() == []


async def test_what_belongs_to_nobody_is_no_matter_of_one_tenants_run(house: House) -> None:
    house.provider.live = [SEEN, Sighting("sub_9", customer="cus_9", status="active")]
    house.processes.running = {}
    assert (await house.compared(tenant="other")).drift == 0
    assert (await house.compared(tenant="acme")).drift == 1


async def test_metadata_somebody_made_up_make_no_subscription_ours(house: House) -> None:
    house.provider.live = [SEEN, replace(SEEN, id="sub_9", customer="cus_9")]
    await house.compared()
    assert await house.open() == [("", Rule.UNKNOWN_SUBSCRIPTION, "sub_9")]


@pytest.mark.parametrize("running", [True, False])
async def test_a_paid_invoice_closes_its_case(house: House, running: bool) -> None:
    await house.books.save_case(CASE)
    house.provider.invoices = {"in_1": paid()}
    if running:
        house.processes.dunning["acme", "in_1"] = Standing("grace")
    else:
        await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
        house.provider.live, house.processes.running = [], {}
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    assert [invoice.id for invoice in house.processes.forwarded] == ["in_1"]
    (case,) = await house.books.cases("acme", "s_1")
    if running:
        assert case.outcome is None, "its process writes its row"
    else:
        assert (case.outcome, case.stage, case.paid_at) == (Outcome.PAID, Stage.CLOSED, NOW - 2 * DAY)
        assert (await house.compared()).drift == 0


async def test_an_unpaid_case_without_a_process_is_left_to_a_person(house: House) -> None:
    await house.books.save_case(CASE)
    await owes(house)
    assert (await house.compared()).open == 1
    assert await house.open() == [("acme", Rule.CASE_WITHOUT_PROCESS, "in_1")]
    assert house.processes.news == []


async def test_a_refund_nobody_told_us_of_gets_its_credit_note(house: House) -> None:
    house.provider.charges, house.provider.invoices = [CHARGE], {"in_1": paid()}
    house.processes.running = {}
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    house.provider.live = []
    await house.compared()
    await documented(house)
    house.provider.refunds = [Refund("re_1", "ch_1", "", Money(5_000), NOW - DAY, "succeeded")]
    assert (await house.compared()).repaired == 1
    assert house.processes.refunds == [("acme", "s_1", "re_1")]
    await documented(house, "re_1")
    assert (await house.compared()).drift == 0


async def test_a_repair_that_fails_is_left_to_a_person_and_stops_nothing(house: House) -> None:
    house.processes.running = {}
    await house.books.save_subscription(replace(SUB, plan="pro"))

    async def refused(_: object) -> None:
        raise Refused("no")

    house.processes.restart_subscription = refused  # type: ignore[method-assign, assignment]
    run = await house.compared()
    assert (run.drift, run.repaired, run.open) == (1, 0, 1)
    assert await house.open() == [("acme", Rule.PROCESS_MISSING, "s_1")]


async def test_a_ledger_that_disagrees_with_the_provider_is_told_when_it_still_does(house: House) -> None:
    stated = Statement(NOW - 30 * DAY)
    provider = Stated(stated)
    house.ledger = Bookkeeping(house.books, provider)
    await house.compared()
    assert await house.open() == []
    await house.books.record_payment(Payment("acme", "ch_7", "in_7", "s_1", PRICE, Funding.CREDIT, NOW - 2 * DAY))
    await house.compared()
    assert await house.open() == [], "it may be on its way"
    await house.compared()
    assert await house.open() == [("acme", Rule.LEDGER_UNBALANCED, "ledger")]


async def test_what_the_ledger_lacks_is_booked_unless_somebody_may_be_at_it(house: House) -> None:
    """A void whose webhook never came, and one of this minute, whose order may say who and why."""
    await owes(house, "in_1")
    await owes(house, "in_2")
    house.provider.unpaid = []
    old, fresh = (
        replace(paid(name), status=InvoiceStatus.VOID, charge=None, paid_at=None, closed_at=at)
        for name, at in (("in_1", NOW - DAY), ("in_2", datetime.now(UTC)))
    )
    house.ledger = Bookkeeping(
        house.books, Stated(Statement(None, tuple(StatedInvoice(each, "cus_1", "sub_1") for each in (old, fresh))))
    )
    await house.compared()
    facts = {entry.fact for entry in await house.books.ledger("acme")}
    assert facts == {"in_1/issued", "in_1/voided", "in_2/issued"}


async def test_a_case_that_began_and_ended_by_hand_after_the_backup_comes_back_with_its_transfers_tax_invoice(
    house: House,
) -> None:
    """No charge tells of it, and no open invoice: only the provider's statement, and the memory of the case's process."""
    closed = {"stage": Stage.CLOSED, "subscription": "", "closed_at": NOW - DAY}
    transfer = Charge("out_in_1", PRICE, NOW - DAY, Funding.SPEI)
    house.processes.words = {
        "in_1": LastWord(replace(CASE, **closed, outcome=Outcome.PAID_OUTSIDE), replace(paid("in_1"), charge=transfer)),
        "in_2": LastWord(replace(CASE, **closed, invoice="in_2", outcome=Outcome.WRITTEN_OFF)),
    }
    invoiced(house, "out_in_1")
    stated = (
        replace(paid("in_1"), charge=None),
        replace(paid("in_2"), status=InvoiceStatus.UNCOLLECTIBLE, charge=None, paid_at=None, closed_at=NOW - DAY),
        replace(paid("in_3"), charge=None),  # marked as paid at the provider, and never chased
        replace(paid("in_4"), charge=None, total=Money(0)),
    )
    house.ledger = Bookkeeping(
        house.books, Stated(Statement(None, tuple(StatedInvoice(each, "cus_1", "sub_1") for each in stated)))
    )
    for _ in range(2):
        await house.compared()
        assert await outcomes(house) == {"in_1": Outcome.PAID_OUTSIDE, "in_2": Outcome.WRITTEN_OFF}
        (payment,) = await house.books.payments("acme", "s_1")
        assert (payment.charge, payment.funding) == ("out_in_1", Funding.SPEI)
        (document,) = await house.books.documents_of("acme", "out_in_1")
        assert document.uuid == UUID
        assert [order.quiet for order in house.processes.invoiced] == [True], "nobody is written to"


async def outcomes(house: House) -> dict[str, Outcome | None]:
    return {case.invoice: case.outcome for case in await house.books.cases("acme", "s_1")}


TRANSFERRED = StatedInvoice(replace(paid("in_1"), charge=None), "cus_1", "sub_1")


def ended_by_transfer(house: House) -> None:
    """The case of in_1 is over by its process's memory, and the PAC has the transfer's tax invoice; the books know of neither."""
    closed = {"stage": Stage.CLOSED, "subscription": "", "closed_at": NOW - DAY}
    transfer = Charge("out_in_1", PRICE, NOW - DAY, Funding.SPEI)
    end = replace(CASE, **closed, outcome=Outcome.PAID_OUTSIDE)
    house.processes.words = {"in_1": LastWord(end, replace(paid("in_1"), charge=transfer))}
    invoiced(house, "out_in_1")


async def test_a_ledger_that_could_not_be_checked_ends_no_run_and_its_days_are_looked_at_by_the_next(
    house: House,
) -> None:
    ended_by_transfer(house)
    begun = NOW - 3 * DAY  # the last run in the backup
    await house.books.save_run(Run("before", "", False, begun, begun - DAY, begun))
    provider = Stated(Statement(None, (TRANSFERRED,)), away=True)
    house.ledger = Bookkeeping(house.books, provider)
    with pytest.raises(Unavailable):
        await house.compared()
    last = await house.books.last_run("")
    assert last is not None
    assert last.id == "before", "the next one begins a day before this one again"
    provider.away = False
    await house.compared()
    assert await outcomes(house) == {"in_1": Outcome.PAID_OUTSIDE}


@pytest.mark.parametrize("open_in_backup", [False, True])
async def test_a_tax_invoice_that_the_pac_did_not_hand_out_in_one_run_comes_back_in_the_next(
    house: House, open_in_backup: bool
) -> None:
    ended_by_transfer(house)
    if open_in_backup:  # then the pass over cases brings it back
        await house.books.save_case(CASE)
        house.provider.invoices = {"in_1": TRANSFERRED.invoice}
    else:
        house.ledger = Bookkeeping(house.books, Stated(Statement(None, (TRANSFERRED,))))
    kept, house.pac.kept = house.pac.kept, {}
    await house.compared()
    assert await outcomes(house) == {"in_1": Outcome.PAID_OUTSIDE}
    await house.compared()
    assert await house.open() == [("acme", Rule.CHARGE_NOT_INVOICED, "out_in_1")], "a person hears of it meanwhile"
    house.pac.kept = kept
    await house.compared()
    assert [document.uuid for document in await house.books.documents_of("acme", "out_in_1")] == [UUID]
    assert (await house.compared()).drift == 0
    assert await house.open() == []


async def test_an_invoice_from_before_the_share_of_a_run_that_ended_unheard_of_is_looked_up_once(house: House) -> None:
    """A voucher was awaited for days; its case began and was settled by transfer after the backup."""
    ended_by_transfer(house)
    begun = datetime.now(UTC) - DAY / 12
    await house.books.save_run(Run("before", "", False, begun, begun - DAY, begun))
    for name in ("in_1", "in_2", "in_3"):
        issued = replace(paid(name), status=InvoiceStatus.OPEN, charge=None, created=NOW - 3 * DAY)
        await house.books.post(*invoice_facts("acme", "s_1", issued))
    house.provider.unpaid = [Sighting("in_2", subscription="sub_1", status="open")]  # in_3 is of another account there
    provider = Stated(Statement(None), older=(TRANSFERRED,))
    house.ledger = Bookkeeping(house.books, provider)
    await house.compared()
    assert sorted(provider.asked) == ["in_1", "in_3"]
    assert await outcomes(house) == {"in_1": Outcome.PAID_OUTSIDE}
    assert [payment.charge for payment in await house.books.payments("acme", "s_1")] == ["out_in_1"]
    assert [document.uuid for document in await house.books.documents_of("acme", "out_in_1")] == [UUID]
    await house.compared()
    assert provider.asked.count("in_1") == 1, "nothing is owed on it any more"


async def test_the_case_of_a_bill_comes_back_although_the_provider_knows_no_subscription_of_it(house: House) -> None:
    ended_by_transfer(house)
    await house.books.save_subscription(replace(SUB, provider_id="in_1"))  # an account is known by its invoice there
    house.provider.live[0] = replace(SEEN, id="in_1")
    house.ledger = Bookkeeping(house.books, Stated(Statement(None, (replace(TRANSFERRED, subscription=""),))))
    await house.compared()
    assert await outcomes(house) == {"in_1": Outcome.PAID_OUTSIDE}


@pytest.mark.parametrize("wish", InvoiceWish)
async def test_a_bill_paid_at_the_counter_is_invoiced_as_its_customer_wished(house: House, wish: InvoiceWish) -> None:
    at = NOW - DAY
    await house.books.enter_bill(Bill("acme", "b_1", "c_1", (BillLine("Consulta", 1, 14_900),), at, invoicing=wish))
    await house.books.save_bill(BillStanding("acme", "b_1", BillStatus.PAID, at, Money(0), "in_b", settled_at=at))
    await house.books.record_payment(Payment("acme", "out_in_b", "in_b", "b_1", PRICE, Funding.CASH, at))
    run = await house.compared()
    assert (run.drift, run.repaired) == (1, 1)
    (order,) = house.processes.invoiced
    assert (order.source, order.charge.funding) == ("out_in_b", Funding.CASH)
    everybodys = order.state is not None and order.state.lapsed
    assert everybodys is (wish is InvoiceWish.ON_REQUEST)


@dataclass
class Stated:
    """The provider's statement, always the same; `older`: what it tells only when it is asked by name."""

    told: Statement
    older: tuple[StatedInvoice, ...] = ()
    away: bool = False
    asked: list[str] = field(default_factory=list)

    async def statement(self, since: datetime | None = None) -> Statement:
        if self.away:
            raise Unavailable("the provider does not answer")
        return self.told

    async def stated_invoice(self, invoice: str) -> StatedInvoice:
        self.asked.append(invoice)
        for stated in self.older:
            if stated.invoice.id == invoice:
                return stated
        raise Refused("no such invoice")

"""A bill in time: real workflow and dunning, real server whose clock skips, fakes at the ports."""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateStage

from activities.failures import Failure, Refused, Unavailable
from models.billing.bill_news import BillState
from models.billing.bills import Bill, BillLine, BillStatus
from models.bookkeeping.ledger import Kind
from models.messages import BillStart, Command, ExternalPayment
from models.money import Money
from models.periods import Calendar
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Funding, Invoice, InvoiceStatus
from models.subscribing.provider_news import ProviderNews
from tests.conftest import Stage, eventually
from tests.workflows.stand_ins import SilentInvoicing
from workflows.bill import BillWorkflow
from workflows.dunning import DunningWorkflow
from workflows.interface import Interface

ANA = Command("ana", "said so at the counter")
NEWS = ProviderNews("evt_1", "invoice.paid")


@pytest.fixture
async def at_work(stage: Stage) -> AsyncIterator[Stage]:
    stage.processes.behind = Interface(stage.client, queue=stage.queue)
    async with stage.working(BillWorkflow, DunningWorkflow, SilentInvoicing):
        yield stage


async def billed(stage: Stage, *, still: bool = False, **changes: Any) -> WorkflowHandle[Any, BillStatus]:
    name = f"b_{uuid.uuid4().hex[:8]}"
    bill = Bill("acme", name, "c_1", (BillLine("Consulta general", 1, 40_000),), datetime.now(UTC))
    stage.store.bills[name] = bill
    start = BillStart("acme", name, "dueno-7", bill.total, 7, Calendar())
    return await (stage.still if still else stage.client).start_workflow(
        BillWorkflow.run, replace(start, **changes), id=f"bill:acme:{name}", task_queue=stage.queue
    )


def name_of(handle: WorkflowHandle[Any, Any]) -> str:
    return handle.id.split(":")[2]


def invoice_of(handle: WorkflowHandle[Any, Any]) -> str:
    return f"in_{name_of(handle)}"


async def issued(handle: WorkflowHandle[Any, Any]) -> BillState:
    return await handle.execute_update(BillWorkflow.issued)


async def test_a_bill_is_sent_paid_and_confirmed(at_work: Stage) -> None:
    handle = await billed(at_work, still=True)
    state = await issued(handle)
    assert (state.status, state.invoice) == (BillStatus.OPEN, invoice_of(handle))
    await eventually(lambda: at_work.processes.kinds == [NoticeKind.BILL_ISSUED])
    at_work.payments.pay(invoice_of(handle), datetime.now(UTC))
    await handle.signal(BillWorkflow.provider_reported, NEWS)
    assert await handle.result() is BillStatus.PAID
    assert [each.status for each in at_work.store.standings] == [BillStatus.OPEN, BillStatus.PAID]
    assert at_work.processes.kinds == [NoticeKind.BILL_ISSUED, NoticeKind.BILL_PAID]
    (payment,) = at_work.store.payments.values()
    assert (payment.subscription, payment.invoice) == (name_of(handle), invoice_of(handle))
    assert {fact.kind for fact in at_work.store.booked.values()} == {Kind.ISSUED, Kind.PAID}
    tax = at_work.client.get_workflow_handle(f"cfdi:acme:{payment.charge}")
    await tax.result()


async def test_a_bill_nobody_pays_is_reminded_of_and_stays_owed(at_work: Stage) -> None:
    handle = await billed(at_work)
    await eventually(
        lambda: any("without money" in entry.action for entry in at_work.store.entries.values()), seconds=60
    )
    reminders = [kind for kind in at_work.processes.kinds if kind is NoticeKind.BILL_OVERDUE]
    assert len(reminders) == 4
    assert at_work.payments.by_key == {}, "nobody's card is charged for a bill"
    assert at_work.payments.invoices[invoice_of(handle)].status is InvoiceStatus.OPEN
    at_work.payments.pay(invoice_of(handle), datetime.now(UTC))
    await handle.signal(BillWorkflow.provider_reported, NEWS)
    assert await handle.result() is BillStatus.PAID, "paid after all"


async def test_a_payment_during_dunning_ends_both(at_work: Stage) -> None:
    handle = await billed(at_work)
    await eventually(lambda: NoticeKind.BILL_OVERDUE in at_work.processes.kinds, seconds=60)
    case = at_work.client.get_workflow_handle(f"dunning:acme:{invoice_of(handle)}")
    with pytest.raises(WorkflowUpdateFailedError):
        await case.execute_update("retry_now", ANA)
    at_work.payments.pay(invoice_of(handle), datetime.now(UTC))
    await handle.signal(BillWorkflow.provider_reported, NEWS)
    assert await handle.result() is BillStatus.PAID
    assert len(at_work.store.payments) == 1


async def test_cash_at_the_counter_is_booked_with_who_and_why(at_work: Stage) -> None:
    handle = await billed(at_work, still=True)
    await issued(handle)
    order = ExternalPayment("ana", "paid at the counter", "cash", "R-17")
    answer = await handle.execute_update(BillWorkflow.record_external_payment, order)
    assert answer.status == BillStatus.PAID
    assert await handle.result() is BillStatus.PAID
    fact = next(each for each in at_work.store.booked.values() if each.kind is Kind.PAID_OUTSIDE)
    assert (fact.actor, fact.reason) == ("ana", "paid at the counter (R-17)")
    (payment,) = at_work.store.payments.values()
    assert payment.funding is Funding.CASH


async def test_a_bill_that_somebody_marks_as_paid_at_the_provider_has_its_payment_and_tax_invoice(
    at_work: Stage,
) -> None:
    handle = await billed(at_work, still=True)
    await issued(handle)
    await at_work.payments.settle_outside(invoice_of(handle), "in their dashboard")
    await handle.signal(BillWorkflow.provider_reported, NEWS)
    assert await handle.result() is BillStatus.PAID
    (payment,) = at_work.store.payments.values()
    charge = f"out_{invoice_of(handle)}"
    assert (payment.charge, payment.amount, payment.funding) == (charge, Money(40_000), Funding.SPEI)
    assert {fact.kind for fact in at_work.store.booked.values()} == {Kind.ISSUED, Kind.PAID_OUTSIDE}
    await at_work.client.get_workflow_handle(f"cfdi:acme:{charge}").result()


async def test_a_void_bill_is_asked_for_no_more_and_gives_units_back(at_work: Stage) -> None:
    handle = await billed(at_work, still=True)
    await issued(handle)
    await handle.execute_update(BillWorkflow.void_bill, ANA)
    assert await handle.result() is BillStatus.VOID
    assert at_work.store.given_back == [name_of(handle)]
    assert at_work.payments.invoices[invoice_of(handle)].status is InvoiceStatus.VOID


async def test_a_quiet_start_of_before_is_never_told_of(at_work: Stage) -> None:
    handle = await billed(at_work, still=True, quiet=True)
    assert (await issued(handle)).status is BillStatus.OPEN
    await handle.execute_update(BillWorkflow.void_bill, ANA)
    assert await handle.result() is BillStatus.VOID
    assert at_work.payments.invoices[invoice_of(handle)].status is InvoiceStatus.VOID
    assert at_work.store.given_back == [name_of(handle)]
    assert at_work.processes.kinds == []


def provider_away(stage: Stage, monkeypatch: pytest.MonkeyPatch, failure: Failure) -> Callable[[], None]:
    """The provider makes no invoice, and says so; until what is answered here is called."""
    real, away = stage.payments.issue, [failure]

    async def issue(bill: Bill, *, customer: str, key: str) -> Invoice:
        if away:
            raise away[0]
        return await real(bill, customer=customer, key=key)

    monkeypatch.setattr(stage.payments, "issue", issue)
    return away.clear


def taken_back(stage: Stage, handle: WorkflowHandle[Any, Any]) -> bool:
    """Whether it was, by whom it was ordered, without a word to its customer; and its package has its units again."""
    (told,) = stage.store.entries.values()
    named = (told.action, told.actor, told.reason) == ("bill voided", ANA.actor, ANA.reason)
    return named and stage.store.given_back == [name_of(handle)] and stage.processes.kinds == []


async def test_a_draft_is_taken_back_by_its_start_however_long_the_provider_is_away(
    at_work: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider_away(at_work, monkeypatch, Unavailable("away"))
    handle = await billed(at_work, void=ANA)
    assert (await handle.query(BillWorkflow.state)).status is BillStatus.DRAFT
    back()
    assert await handle.result() is BillStatus.VOID
    assert taken_back(at_work, handle)
    assert at_work.payments.invoices[invoice_of(handle)].status is InvoiceStatus.VOID


async def test_an_order_to_void_a_bill_that_is_being_issued_is_kept_until_it_is(
    at_work: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider_away(at_work, monkeypatch, Unavailable("away"))
    handle = await billed(at_work)
    order = await handle.start_update(BillWorkflow.void_bill, ANA, wait_for_stage=WorkflowUpdateStage.ACCEPTED)
    back()
    assert (await order.result()).status == BillStatus.VOID
    assert await handle.result() is BillStatus.VOID
    assert taken_back(at_work, handle)
    assert at_work.payments.invoices[invoice_of(handle)].status is InvoiceStatus.VOID


@pytest.mark.parametrize("by_start", [True, False])
async def test_a_bill_the_provider_refuses_is_ended_by_a_person(
    at_work: Stage, monkeypatch: pytest.MonkeyPatch, by_start: bool
) -> None:
    provider_away(at_work, monkeypatch, Refused("no more than $999,999.99", "amount_too_large"))
    handle = await billed(at_work, **({"void": ANA} if by_start else {}))
    if not by_start:
        assert (await handle.execute_update(BillWorkflow.void_bill, ANA)).status == BillStatus.VOID
    assert await handle.result() is BillStatus.VOID
    assert taken_back(at_work, handle)
    assert at_work.payments.invoices == {}


async def test_a_draft_of_nothing_is_taken_back_too(at_work: Stage) -> None:
    handle = await billed(at_work, amount=Money(0), void=ANA)
    assert await handle.result() is BillStatus.VOID
    assert taken_back(at_work, handle)


async def test_a_bill_paid_a_moment_ago_is_not_voided(at_work: Stage) -> None:
    handle = await billed(at_work, still=True)
    await issued(handle)
    at_work.payments.pay(invoice_of(handle), datetime.now(UTC))
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await handle.execute_update(BillWorkflow.void_bill, ANA)
    assert "already paid" in str(refusal.value.cause)
    assert await handle.result() is BillStatus.PAID
    assert at_work.store.given_back == []


async def test_a_bill_of_nothing_is_done_at_once(at_work: Stage) -> None:
    handle = await billed(at_work, amount=Money(0))
    assert await handle.result() is BillStatus.PAID
    assert at_work.payments.invoices == {}
    assert at_work.processes.kinds == []

"""The processes seen from above, on a real server: who runs, who is started again, who is told."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from temporalio.worker import Worker

from activities.failures import Refused
from activities.ports.books import Books
from activities.ports.processes import ProcessNotFound
from activities.ports.register import Register
from activities.reviving import Reviving
from activities.ticketing import Ticketing
from models.billing.bills import Bill, BillLine, BillStatus
from models.cfdi.cancellation import Motive
from models.commands import BillCommand, TicketCommand
from models.messages import BillStart, CancellationStart, Command, ExternalPayment, SubscriptionStart
from models.periods import Calendar
from models.records import SubscriptionRecord
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Charge, Funding
from models.subscribing.provider_news import ProviderNews
from models.subscribing.subscriptions import Status
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.messages import ReplyOrder, TicketStart
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind
from models.tickets.ticket import Origin, TicketState, Topic
from models.watching import reconciliation
from models.watching.missing_processes import remembered_bill
from models.watching.reconciliation import InvoiceOrder
from tests.conftest import Stage, eventually
from tests.fakes.mail import FakeFiscalMail
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.bill import BillWorkflow
from workflows.connection import runner, verbs
from workflows.ids import bill_id, cancellation_id, invoicing_id, subscription_id, ticket_id
from workflows.oversight import Oversight
from workflows.subscription import SubscriptionWorkflow
from workflows.ticket import TicketWorkflow


async def test_a_process_ended_by_hand_is_missed_and_started_again_without_charging(stage: Stage) -> None:
    now = datetime.now(UTC)
    stage.payments.word = provider(now)
    name = f"s_{uuid.uuid4().hex[:8]}"
    mine, nobody = ("acme", name), ("acme", f"{name}x")
    door = Oversight(stage.still, queue=stage.queue)
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        start = SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_1")
        await door.start_subscription(start)

        async def listed() -> bool:
            standing = await door.subscriptions_standing([mine, nobody])
            assert set(standing) <= {mine}
            found = standing.get(mine)
            return found is not None and found.status == "active" and found.next_action_at is not None

        await eventually(listed, seconds=40)  # visibility tells a moment late

        handle = stage.still.get_workflow_handle(subscription_id(*mine))
        await handle.terminate("by hand")

        async def missed() -> bool:
            return await door.subscriptions_standing([mine]) == {}

        await eventually(missed, seconds=40)
        with pytest.raises(Refused):
            await door.refresh_subscription(*mine, "it disagreed")
        looks = stage.payments.looks
        record = SubscriptionRecord("acme", name, "c_1", "pro", Status.ACTIVE, now, now, "sub_1")
        state = reconciliation.remembered(record, [], [], now)
        again = replace(start, payment_method="", state=state)
        assert [await door.restart_subscription(again) for _ in range(2)] == [True, False], (
            "nothing happens to one that runs"
        )

        async def looked() -> bool:
            return stage.payments.looks > looks

        await eventually(looked)
        await door.refresh_subscription(*mine, "it disagreed")
        assert "provider read again" in stage.store.actions
        assert (stage.payments.by_key, stage.processes.notices) == ({}, []), "neither a charge nor a message"
        await handle.terminate("the test is over")


async def test_a_case_and_a_tax_invoice_are_reached_by_their_names(stage: Stage) -> None:
    door = Oversight(stage.still, queue=stage.queue)
    then = datetime.now(UTC) - timedelta(days=1)
    invoice = overdue(f"in_{uuid.uuid4().hex[:8]}", then)
    charge = Charge(f"ch_{uuid.uuid4().hex[:8]}", PRICE, then, Funding.CREDIT)
    assert await door.report_invoice("acme", invoice) is False
    assert await door.cases_standing([("acme", invoice.id)]) == {}
    order = InvoiceOrder("acme", "s_1", charge.id, charge, invoice.id, Calendar())
    async with stage.working(SilentInvoicing):
        for _ in range(2):
            await door.invoice_charge(order)
        handle = stage.still.get_workflow_handle(invoicing_id("acme", charge.id))
        await handle.result()
        assert (await handle.describe()).workflow_type == "InvoicingWorkflow"


async def test_a_document_is_taken_back_by_itself_once_and_never_again(stage: Stage) -> None:
    door = Oversight(stage.still, queue=stage.queue)
    document = f"in_{uuid.uuid4().hex[:8]}/deferred/v1"
    order = Command("perdura", "the invoice was voided")
    start = CancellationStart("acme", "s_1", document, Motive.NOT_CARRIED_OUT, order, Calendar())
    # No worker runs: it is begun, and stays so however often the round comes by.
    assert [await door.take_back(start) for _ in range(2)] == [True, True]
    await stage.still.get_workflow_handle(cancellation_id("acme", document)).terminate("over, and the document lives")
    assert await door.take_back(start) is False


async def test_a_ticket_whose_process_was_ended_goes_on_with_its_clock_and_is_not_answered_twice(stage: Stage) -> None:
    name, now = f"tk_{uuid.uuid4().hex[:8]}", datetime.now(UTC)
    ticketing = Ticketing(
        store=cast(Register, stage.store), processes=stage.processes, mail=FakeFiscalMail(), public_url="https://p.test"
    )
    asked = Asked("acme", name, "c_1", Topic.BILLING, Origin.PERSON, "ana", subscription="s_1")
    start = TicketStart(desk.opened(asked, Terms(), Calendar(), now), Terms(), Calendar())
    door, skipping = (Oversight(client, queue=stage.queue) for client in (stage.still, stage.client))
    reviving = Reviving(books=cast(Books, stage.store), processes=door, day_seconds=86_400)
    worker = Worker(
        stage.client,
        task_queue=stage.queue,
        workflows=[TicketWorkflow],
        activities=verbs(ticketing),
        workflow_runner=runner(),
    )
    async with worker:
        await door.start_ticket(start)
        entry = Entry("acme", name, "te_r", EntryKind.REPLY, now, "ana", text="Ya lo revisé.")
        await stage.store.draft_entry(entry, "c_1")
        await door.command_ticket("acme", name, TicketCommand.REPLY, ReplyOrder("ana", "reply", "te_r"))
        before = stage.store.tickets_held[name]
        handle = stage.still.get_workflow_handle(ticket_id("acme", name))
        await handle.terminate("by hand")

        async def missed() -> bool:
            return await door.tickets_standing([("acme", name)]) == {}

        await eventually(missed, seconds=40)
        assert [await reviving.ticket("acme", name) for _ in range(2)] == [True, True]

        async def back() -> bool:
            found = await door.tickets_standing([("acme", name)])
            return [each.status for each in found.values()] == [TicketState.WAITING]

        await eventually(back, seconds=40)
        assert await handle.query(TicketWorkflow.state) == before
        assert stage.store.told(name) == ["opened", "reply"]
        assert len(stage.processes.notices) == 1, "the reply is not sent again"
        # Its clock runs on from where it stood: with the same times, on the clock that skips, it rises and is not missed.
        await handle.terminate("by hand, again")
        await eventually(missed, seconds=40)
        await skipping.restart_ticket(TicketStart(before, Terms(), Calendar()))
        await eventually(lambda: stage.store.told(name)[-1] == "raised", seconds=40)
        assert stage.store.told(name) == ["opened", "reply", "raised"]
        raised = stage.store.tickets_held[name]
        assert (raised.due_at, raised.missed_at, raised.answered_at) == (before.due_at, None, before.answered_at)
        await handle.terminate("the test is over")


async def test_a_bill_never_issued_is_started_by_order_in_place_of_a_process_ended_by_hand(stage: Stage) -> None:
    name = f"b_{uuid.uuid4().hex[:8]}"
    bill = Bill("acme", name, "c_1", (BillLine("Consulta general", 1, 40_000),), datetime.now(UTC))
    stage.store.bills[name] = bill
    door, start = Oversight(stage.still, queue=stage.queue), BillStart.of(bill, "dueno-7", Calendar())
    handle = await stage.still.start_workflow(BillWorkflow.run, start, id=bill_id("acme", name), task_queue=stage.queue)
    await handle.terminate("by hand, before a worker took it")
    async with stage.working(BillWorkflow, SilentCase, SilentInvoicing):
        assert await door.start_bill(start) is None, "as an order for a new bill, it stays over"
        state = await door.start_bill(start, again=True)
        assert state is not None
        assert state.status is BillStatus.OPEN
        assert await door.start_bill(start, again=True) == state, "one that runs is asked, not doubled"
        stage.payments.pay(state.invoice, datetime.now(UTC))
        running = stage.still.get_workflow_handle(bill_id("acme", name))
        await running.signal(BillWorkflow.provider_reported, ProviderNews("evt_1", "invoice.paid"))
        assert await running.result() == BillStatus.PAID
        assert await door.start_bill(start, again=True) == state, (
            "one that has ended well answers as it did, and is not begun anew"
        )
    assert stage.processes.kinds == [NoticeKind.BILL_ISSUED, NoticeKind.BILL_PAID]


async def test_a_draft_is_taken_back_by_the_process_it_has_or_by_one_begun_for_it(stage: Stage) -> None:
    door, ana = Oversight(stage.still, queue=stage.queue), Command("ana", "billed anew")
    names = [f"b_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    starts = []
    for name in names:
        bill = Bill("acme", name, "c_1", (BillLine("Consulta general", 1, 40_000),), datetime.now(UTC))
        stage.store.bills[name] = bill
        starts.append(BillStart.of(bill, "dueno-7", Calendar(), void=ana))
    issuing = replace(starts[0], void=None)
    await stage.still.start_workflow(BillWorkflow.run, issuing, id=bill_id("acme", names[0]), task_queue=stage.queue)
    orders = [asyncio.create_task(door.void_draft(start)) for start in starts]
    async with stage.working(BillWorkflow, SilentCase, SilentInvoicing):
        assert [(await order).status for order in orders] == [BillStatus.VOID, BillStatus.VOID]
    with pytest.raises(ProcessNotFound):
        await door.void_draft(starts[0])
    assert stage.processes.kinds == []


async def test_a_bill_whose_process_was_ended_is_found_paid_by_the_new_one_and_told_once(stage: Stage) -> None:
    name = f"b_{uuid.uuid4().hex[:8]}"
    bill = Bill("acme", name, "c_1", (BillLine("Consulta general", 1, 40_000),), datetime.now(UTC))
    stage.store.bills[name] = bill
    door = Oversight(stage.still, queue=stage.queue)
    async with stage.working(BillWorkflow, SilentCase, SilentInvoicing):
        await door.start_bill(BillStart.of(bill, "dueno-7", Calendar()))

        async def listed() -> bool:
            return [found.status for found in (await door.bills_standing([("acme", name)])).values()] == ["open"]

        await eventually(listed, seconds=40)  # visibility tells a moment late
        handle = stage.still.get_workflow_handle(bill_id("acme", name))
        await handle.terminate("by hand")

        async def missed() -> bool:
            return await door.bills_standing([("acme", name)]) == {}

        await eventually(missed, seconds=40)
        standing = stage.store.standings[-1]
        known = replace(bill, status=standing.status, invoice=standing.invoice, due_at=standing.due_at)
        stage.payments.pay(standing.invoice, datetime.now(UTC))  # while nobody listened
        state = remembered_bill(known, [], datetime.now(UTC))
        for _ in range(2):
            await door.restart_bill(BillStart.of(known, "dueno-7", Calendar(), state))
        assert await handle.result() == BillStatus.PAID
    assert stage.processes.kinds == [NoticeKind.BILL_ISSUED, NoticeKind.BILL_PAID]
    assert [payment.invoice for payment in stage.store.payments.values()] == [standing.invoice]


@pytest.mark.parametrize("method", ["cash", "spei"])
async def test_a_bill_paid_at_the_counter_after_a_backup_comes_back_with_its_payment(stage: Stage, method: str) -> None:
    """The provider knows that it is paid and not by what; the process that was told is over, and remembers."""
    name = f"b_{uuid.uuid4().hex[:8]}"
    bill = Bill("acme", name, "c_1", (BillLine("Consulta general", 1, 40_000),), datetime.now(UTC))
    stage.store.bills[name] = bill
    door = Oversight(stage.still, queue=stage.queue)
    async with stage.working(BillWorkflow, SilentCase, SilentInvoicing):
        issued = await door.start_bill(BillStart.of(bill, "dueno-7", Calendar()))
        assert issued is not None
        order = ExternalPayment("ana", "paid at the counter", method, "R-17")
        await door.command_bill("acme", name, BillCommand.RECORD_PAYMENT, order)
        handle = stage.still.get_workflow_handle(bill_id("acme", name))
        assert await handle.result() == BillStatus.PAID
        (before,) = stage.store.payments.values()
        stage.store.payments.clear()  # a backup is restored, in which the bill is open
        known = replace(bill, status=issued.status, invoice=issued.invoice, due_at=issued.due_at)
        state = remembered_bill(known, [], datetime.now(UTC), await door.last_word_of_bill("acme", name))
        assert await door.restart_bill(BillStart.of(known, "dueno-7", Calendar(), state))
        assert await handle.result() == BillStatus.PAID
    (after,) = stage.store.payments.values()
    assert (after.charge, after.amount, after.funding) == (before.charge, before.amount, before.funding)

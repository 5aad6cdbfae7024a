"""The processes seen from above, on a real server: who runs, who is started again, who is told."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.failures import Refused
from models import reconciliation
from models.cancellation import Motive
from models.invoices import Charge, Funding
from models.messages import CancellationStart, Command, SubscriptionStart
from models.periods import Calendar
from models.reconciliation import InvoiceOrder
from models.records import SubscriptionRecord
from models.subscriptions import Status
from tests.conftest import Stage, eventually
from tests.samples import PRICE, overdue, provider
from tests.workflows.stand_ins import SilentCase, SilentInvoicing
from workflows.ids import cancellation_id, invoicing_id, subscription_id
from workflows.oversight import Oversight
from workflows.subscription import SubscriptionWorkflow


async def test_a_process_ended_by_hand_is_missed_and_started_again_without_charging(stage: Stage) -> None:
    now = datetime.now(UTC)
    stage.payments.word = provider(now)
    name = f"s_{uuid.uuid4().hex[:8]}"
    mine, nobody = ("acme", name), ("acme", f"{name}x")
    door = Oversight(stage.still, queue=stage.queue)
    async with stage.working(SubscriptionWorkflow, SilentCase, SilentInvoicing):
        start = SubscriptionStart("acme", name, "clinic-7", "pro", PRICE, Calendar(), payment_method="pm_1")
        await door.start_subscription(start)
        standing = await door.subscriptions_standing([mine, nobody])
        assert {each: found.status for each, found in standing.items()} == {mine: "active"}
        assert standing[mine].next_action_at is not None

        handle = stage.still.get_workflow_handle(subscription_id(*mine))
        await handle.terminate("by hand")

        async def missed() -> bool:
            return await door.subscriptions_standing([mine]) == {}

        await eventually(missed, seconds=40)  # visibility tells a moment late
        with pytest.raises(Refused):
            await door.refresh_subscription(*mine, "it disagreed")
        looks = stage.payments.looks
        record = SubscriptionRecord("acme", name, "c_1", "pro", Status.ACTIVE, now, now, "sub_1")
        state = reconciliation.remembered(record, [], [], now)
        for _ in range(2):  # where one runs, nothing happens
            await door.restart_subscription(replace(start, payment_method="", state=state))

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

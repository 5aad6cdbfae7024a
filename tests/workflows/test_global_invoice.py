"""A month's sales without RFC in one CFDI, each told once."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.drafting import SealOrder
from activities.failures import Missing, Rejected, Unavailable
from models.cfdi.documents import DocumentKind, DocumentState, Relation
from models.cfdi.global_invoice import Month
from models.messages import GlobalStart
from models.money import Money
from models.periods import Calendar
from models.records import Payment
from models.subscribing.invoices import Charge, Funding
from tests.conftest import Stage
from tests.workflows.test_invoicing import FiscalStage
from workflows.global_invoice import GlobalInvoiceWorkflow
from workflows.invoicing import InvoicingWorkflow

NOVEMBER = datetime(2026, 11, 15, 18, tzinfo=UTC)


@pytest.fixture
def stage(stage: Stage) -> FiscalStage:
    staged = FiscalStage(stage.env, stage.still, stage.queue)
    staged.store.receiver = None
    return staged


def order(source: str, centavos: int, at: datetime, **changes: object) -> SealOrder:
    made = SealOrder(
        tenant="acme",
        subscription="sub_1",
        source=source,
        charge=Charge(source, Money(centavos), at, Funding.CREDIT),
        version=1,
        now=at + timedelta(minutes=1),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


async def sell(stage: FiscalStage, source: str, centavos: int, at: datetime, funding: Funding = Funding.CREDIT) -> None:
    standing = await stage.fiscal().seal_invoice(order(source, centavos, at))
    assert standing.state is DocumentState.GENERAL_PUBLIC
    stage.documents.paid.append(Payment("acme", source, "in_1", "sub_1", Money(centavos), funding, at))


async def refund(stage: FiscalStage, source: str, of: str, centavos: int) -> DocumentState:
    given_back = order(source, centavos, NOVEMBER, kind=DocumentKind.CREDIT, original=of)
    return (await stage.fiscal().seal_invoice(given_back)).state


async def close(stage: FiscalStage, month: Month) -> DocumentState | None:
    async with stage.working(InvoicingWorkflow, GlobalInvoiceWorkflow):
        return await stage.client.execute_workflow(
            GlobalInvoiceWorkflow.run,
            GlobalStart("acme", Calendar(), month),
            id=f"global-{uuid.uuid4()}",
            task_queue=stage.queue,
        )


def month() -> Month:
    # The process of a month's invoice exists once on the server, so each test closes a part of its own.
    return Month(2026, 11, uuid.uuid4().int % 10**9 + 2)


async def test_the_month_s_sales_are_told_once_less_their_refunds(stage: FiscalStage) -> None:
    await sell(stage, "ch_1", 9_900, NOVEMBER)
    await sell(stage, "ch_2", 20_000, NOVEMBER, Funding.DEBIT)
    await sell(stage, "ch_3", 14_900, NOVEMBER)
    await sell(stage, "ch_october", 9_900, NOVEMBER - timedelta(days=30))
    assert await refund(stage, "re_1", "ch_1", 4_900) is DocumentState.GENERAL_PUBLIC
    stage.pac.script = ["lost", Unavailable("503")]
    closed = month()
    assert await close(stage, closed) is DocumentState.RENDERED
    (draft,) = stage.sealer.drafts
    assert [(line.identification, line.amount.total) for line in draft.lines] == [
        ("ch_1", 5_000),
        ("ch_2", 20_000),
        ("ch_3", 14_900),
    ]
    assert (draft.period, draft.form_of_payment, draft.receiver.rfc) == (closed.period, "28", "XAXX010101000")
    assert len(stage.pac.stamped) == 1
    told = {stated.source: (stated.total.centavos, stated.taxes.vat) for stated in stage.store.restated}
    assert told == {"ch_1": (5_000, 690), "ch_2": (20_000, 2_759), "ch_3": (14_900, 2_055)}, "as its lines say"
    states = {d.source: d.state for d in stage.documents.rows.values()}
    assert states == {
        "ch_1": DocumentState.IN_GLOBAL,
        "ch_2": DocumentState.IN_GLOBAL,
        "ch_3": DocumentState.IN_GLOBAL,
        "re_1": DocumentState.IN_GLOBAL,
        "ch_october": DocumentState.GENERAL_PUBLIC,
        closed.source: DocumentState.RENDERED,
    }
    assert (stage.mail.sends, stage.processes.notices) == (0, [])
    assert await close(stage, replace(closed, part=closed.part + 1)) is None


async def test_a_refund_after_the_global_takes_part_of_it_back(stage: FiscalStage) -> None:
    await sell(stage, "ch_1", 9_900, NOVEMBER)
    await close(stage, month())
    assert await refund(stage, "re_1", "ch_1", 9_900) is DocumentState.SEALED
    credit = stage.sealer.drafts[-1]
    assert (credit.receiver.rfc, credit.related, credit.period) == (
        "XAXX010101000",
        (Relation("01", "UUID-1"),),
        None,
    )


async def test_a_refund_waits_while_its_sale_is_being_told(stage: FiscalStage) -> None:
    await sell(stage, "ch_1", 9_900, NOVEMBER)
    sale = stage.documents.rows["ch_1/income/v1"]
    await stage.documents.save_document(replace(sale, replaces="global-2026-11/global/v1"))
    with pytest.raises(Missing):
        await refund(stage, "re_1", "ch_1", 9_900)


async def test_a_month_without_such_sales_has_no_global_invoice(stage: FiscalStage) -> None:
    assert await close(stage, month()) is None
    assert stage.documents.rows == {}


async def test_a_refused_global_invoice_is_held_like_any_other(stage: FiscalStage) -> None:
    await sell(stage, "ch_1", 9_900, NOVEMBER)
    stage.pac.script = [Rejected("late", "CFDI40136", field="")]
    closed = month()
    async with stage.working(InvoicingWorkflow, GlobalInvoiceWorkflow):
        handle = await stage.client.start_workflow(
            GlobalInvoiceWorkflow.run,
            GlobalStart("acme", Calendar(), closed),
            id=f"global-{uuid.uuid4()}",
            task_queue=stage.queue,
        )
        child = stage.client.get_workflow_handle_for(InvoicingWorkflow.run, f"cfdi:acme:{closed.source}")
        await stage.until_held(child)
        assert stage.documents.rows["ch_1/income/v1"].state is DocumentState.GENERAL_PUBLIC
        await stage.retry(child)
        assert await handle.result() is DocumentState.RENDERED
    assert stage.documents.rows["ch_1/income/v1"].state is DocumentState.IN_GLOBAL

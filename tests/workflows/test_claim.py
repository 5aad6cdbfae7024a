"""A customer who gives an RFC after the sale gets an invoice by name, and no sale is told twice."""

import uuid
from dataclasses import replace

import pytest

from activities.dossier import DocumentRef
from activities.failures import Refused
from models.cfdi.documents import DocumentKind, DocumentState, Relation
from models.messages import ClaimStart, Command
from models.periods import Calendar
from tests.conftest import Stage
from tests.samples import ANA
from tests.workflows.test_global_invoice import NOVEMBER, close, month, order, refund, sell
from tests.workflows.test_invoicing import FiscalStage
from workflows.claim import ClaimWorkflow
from workflows.global_invoice import GlobalInvoiceWorkflow
from workflows.invoicing import InvoicingWorkflow


@pytest.fixture
def stage(stage: Stage) -> FiscalStage:
    staged = FiscalStage(stage.env, stage.still, stage.queue)
    staged.store.receiver = None
    return staged


async def claimed(stage: FiscalStage, source: str) -> DocumentState | None:
    stage.store.receiver = ANA
    start = ClaimStart("acme", "sub_1", f"{source}/income/v1", Command("ana", "constancia received"), Calendar())
    async with stage.working(ClaimWorkflow, InvoicingWorkflow, GlobalInvoiceWorkflow):
        return await stage.client.execute_workflow(
            ClaimWorkflow.run, start, id=f"claim-{uuid.uuid4()}", task_queue=stage.queue
        )


def sale() -> str:
    return f"ch_{uuid.uuid4().hex[:10]}"


async def test_before_the_month_ends_the_sale_itself_becomes_the_invoice(stage: FiscalStage) -> None:
    source = sale()
    await sell(stage, source, 14_900, NOVEMBER)
    assert await claimed(stage, source) is DocumentState.DELIVERED
    (document,) = stage.documents.rows.values()
    assert (document.version, document.receiver_rfc, document.total.centavos) == (1, ANA.rfc, 14_900)
    stage.store.receiver = None
    assert await close(stage, month()) is None  # nothing is left for the global invoice


async def test_after_the_global_invoice_the_sale_is_taken_out_of_it_and_nobody_is_told_of_a_refund(
    stage: FiscalStage,
) -> None:
    source, another = sale(), sale()
    await sell(stage, source, 14_900, NOVEMBER)
    await sell(stage, another, 9_900, NOVEMBER)
    await close(stage, month())
    assert await claimed(stage, source) is DocumentState.DELIVERED
    whole, out, named = stage.sealer.drafts
    assert (out.kind, out.receiver.rfc, out.use) == (DocumentKind.CREDIT, "XAXX010101000", "G02")
    assert (out.related, out.lines[0].amount.total) == ((Relation("01", "UUID-1"),), 14_900)
    assert (named.kind, named.receiver, named.lines[0].amount.total) == (DocumentKind.INCOME, ANA, 14_900)
    assert whole.kind is DocumentKind.GLOBAL
    assert [notice.document for notice in stage.processes.notices] == [f"{source}/income/v2"]
    assert list(stage.mail.attachments) == [f"acme/{source}/cfdi"]


async def test_a_sale_that_a_global_invoice_is_being_made_of_waits(stage: FiscalStage) -> None:
    source = sale()
    await sell(stage, source, 14_900, NOVEMBER)
    key = f"{source}/income/v1"
    stage.documents.rows[key] = replace(stage.documents.rows[key], replaces="global-2026-11/global/v1")
    stage.store.receiver = ANA
    standing = await stage.fiscal().seal_invoice(order(source, 14_900, NOVEMBER))
    assert (standing.state, stage.sealer.drafts) == (DocumentState.GENERAL_PUBLIC, [])


async def test_refunds_after_the_global_invoice_never_exceed_the_sale(stage: FiscalStage) -> None:
    source, somebody_else = sale(), sale()
    await sell(stage, source, 14_900, NOVEMBER)
    await sell(stage, somebody_else, 500_000, NOVEMBER)
    row = stage.documents.rows[f"{somebody_else}/income/v1"]
    stage.documents.rows[row.key] = replace(row, subscription="sub_2")
    assert await refund(stage, f"re_{source}", source, 4_900) is DocumentState.GENERAL_PUBLIC
    await close(stage, month())
    # 100.00 are left of it, though the global invoice tells more than 5,000.00 of others.
    assert await refund(stage, f"re_2{source}", source, 10_001) is DocumentState.WAITING_DATA
    assert await refund(stage, f"re_3{source}", source, 10_000) is DocumentState.SEALED


async def test_a_sale_refunded_in_part_is_claimed_for_what_is_left_of_it(stage: FiscalStage) -> None:
    source = sale()
    await sell(stage, source, 14_900, NOVEMBER)
    assert await refund(stage, f"re_{source}", source, 4_900) is DocumentState.GENERAL_PUBLIC
    assert await claimed(stage, source) is DocumentState.DELIVERED
    (named,) = stage.sealer.drafts
    assert named.lines[0].amount.total == 10_000
    assert await refund(stage, f"re_2{source}", source, 10_001) is DocumentState.WAITING_DATA
    assert await refund(stage, f"re_3{source}", source, 10_000) is DocumentState.SEALED


@pytest.mark.parametrize("told", [True, False], ids=["before the global invoice", "after it"])
async def test_a_refunded_sale_is_taken_out_of_the_global_invoice_for_what_is_left(
    stage: FiscalStage, told: bool
) -> None:
    source = sale()
    await sell(stage, source, 14_900, NOVEMBER)
    if told:
        await refund(stage, f"re_{source}", source, 4_900)
    await close(stage, month())
    if not told:
        await refund(stage, f"re_{source}", source, 4_900)
        (given,) = [d for d in stage.documents.rows.values() if d.source == f"re_{source}"]
        stage.documents.rows[given.key] = replace(given, uuid="UUID-R", state=DocumentState.STAMPED)
    assert await claimed(stage, source) is DocumentState.DELIVERED
    out, named = stage.sealer.drafts[-2:]
    assert (out.kind, out.lines[0].amount.total) == (DocumentKind.CREDIT, 10_000)
    assert (named.kind, named.lines[0].amount.total) == (DocumentKind.INCOME, 10_000)


@pytest.mark.parametrize("told", [True, False], ids=["before the global invoice", "after it"])
async def test_with_several_sales_in_one_global_invoice_the_books_know_which_was_given_back(
    stage: FiscalStage, told: bool
) -> None:
    short, whole = sale(), sale()
    for source in (short, whole):
        await sell(stage, source, 14_900, NOVEMBER)
    if told:
        await refund(stage, f"re_{short}", short, 4_900)
    await close(stage, month())
    if not told:
        await refund(stage, f"re_{short}", short, 4_900)
    (given,) = [d for d in stage.documents.rows.values() if d.source == f"re_{short}"]
    if not told:
        stage.documents.rows[given.key] = replace(given, uuid="UUID-R", state=DocumentState.STAMPED)
    for source in (short, whole):  # nobody guesses whose refund it was
        with pytest.raises(Refused, match=f"re_{short} over .*perdura reconcile"):
            await stage.fiscal().prepare_claim(DocumentRef("acme", f"{source}/income/v1"))
    stage.documents.refunds[f"re_{short}"] = short
    for source, left in ((whole, 14_900), (short, 10_000)):
        assert await claimed(stage, source) is DocumentState.DELIVERED
        out, named = stage.sealer.drafts[-2:]
        assert (out.kind, out.lines[0].amount.total) == (DocumentKind.CREDIT, left)
        assert (named.kind, named.lines[0].amount.total) == (DocumentKind.INCOME, left)


async def test_a_sale_given_back_whole_cannot_be_claimed(stage: FiscalStage) -> None:
    source = sale()
    await sell(stage, source, 14_900, NOVEMBER)
    await refund(stage, f"re_{source}", source, 14_900)
    with pytest.raises(Refused, match="given back whole"):
        await stage.fiscal().prepare_claim(DocumentRef("acme", f"{source}/income/v1"))

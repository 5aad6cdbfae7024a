"""A refund from the provider's word to the delivered credit note."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.billing import Billing
from models.cfdi.documents import DocumentState, Relation
from models.messages import RefundStart
from models.money import Money
from models.periods import Calendar
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Funding, Refund
from tests.conftest import Stage, eventually
from tests.workflows.test_invoicing import FiscalStage
from workflows.connection import verbs
from workflows.ids import invoicing_id, refund_id
from workflows.interface import Interface
from workflows.invoicing import InvoicingWorkflow
from workflows.refund import RefundWorkflow


class Counter(FiscalStage):
    """The tax invoice's stage with a provider that knows of a refund."""

    def activities(self) -> list[Callable[..., Any]]:
        return [*super().activities(), *verbs(Billing(self.payments, self.store))]

    def given_back(self, centavos: int = 5_000, **changes: Any) -> Refund:
        refund = Refund(
            id=f"re_{uuid.uuid4().hex[:10]}",
            charge=self.source,
            invoice="in_1",
            amount=Money(centavos),
            created=datetime.now(UTC),
            status="succeeded",
            funding=Funding.DEBIT,
        )
        return replace(refund, **changes)

    async def follow(self, *words: Refund) -> str:
        self.payments.refunds = list(words)
        start = RefundStart("acme", "sub_1", words[0].id, Calendar())
        answer: str = await self.client.execute_workflow(
            RefundWorkflow.run, start, id=refund_id("acme", words[0].id), task_queue=self.queue
        )
        return answer

    async def credited(self, refund: Refund) -> DocumentState | None:
        handle = self.client.get_workflow_handle_for(InvoicingWorkflow.run, invoicing_id("acme", refund.id))
        return await handle.result()


@pytest.fixture
def stage(stage: Stage) -> Counter:
    return Counter(stage.env, stage.still, stage.queue)


async def test_money_given_back_becomes_a_credit_note_related_to_its_invoice(stage: Counter) -> None:
    refund = stage.given_back()
    async with stage.working(InvoicingWorkflow, RefundWorkflow):
        await (await stage.invoice()).result()
        assert await stage.follow(refund) == "succeeded"
        assert await stage.credited(refund) is DocumentState.DELIVERED
    draft = stage.sealer.drafts[-1]
    assert [line.amount.total for line in draft.lines] == [5_000]
    assert (draft.related, draft.form_of_payment) == ((Relation("01", "UUID-1"),), "28")
    assert stage.processes.kinds == [NoticeKind.TAX_INVOICE, NoticeKind.CREDIT_NOTE]
    assert "nota de crédito" in stage.mail.sent[f"acme/{refund.id}/cfdi"]


async def test_money_still_on_its_way_is_waited_for(stage: Counter) -> None:
    refund = stage.given_back()
    pending = replace(refund, status="pending")
    async with stage.working(InvoicingWorkflow, RefundWorkflow):
        await (await stage.invoice()).result()
        assert await stage.follow(pending, pending, refund) == "succeeded"
        assert await stage.credited(refund) is DocumentState.DELIVERED


@pytest.mark.parametrize("changes", [{"status": "failed"}, {"status": "canceled"}, {"invoice": ""}])
async def test_what_was_not_given_back_or_was_no_sale_of_ours_is_not_credited(
    stage: Counter, changes: dict[str, str]
) -> None:
    refund = stage.given_back(**changes)
    async with stage.working(InvoicingWorkflow, RefundWorkflow):
        assert await stage.follow(refund) == refund.status
    assert stage.documents.rows == {}


async def test_a_refund_told_twice_is_followed_once(stage: Counter) -> None:
    refund = stage.given_back(created=datetime.now(UTC) - timedelta(minutes=1))
    stage.payments.refunds = [refund]
    door = Interface(stage.client, queue=stage.queue)
    async with stage.working(InvoicingWorkflow, RefundWorkflow):
        await (await stage.invoice()).result()
        await door.report_refund("acme", "sub_1", refund.id, Calendar())
        await door.report_refund("acme", "sub_1", refund.id, Calendar())

        async def credited() -> bool:
            rows = stage.documents.rows.values()
            return any(d.source == refund.id and d.state is DocumentState.DELIVERED for d in rows)

        await eventually(credited)
        await door.report_refund("acme", "sub_1", refund.id, Calendar())
    assert len([d for d in stage.documents.rows.values() if d.source == refund.id]) == 1
    assert len(stage.pac.stamped) == 2

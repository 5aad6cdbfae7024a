"""A voucher is taken out: the invoice is told before it is paid, where the issuer wants it so, and its payment after."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from models.cfdi.documents import DocumentKind, DocumentState
from models.cfdi.fiscal import Issuer
from models.cfdi.taxes import PaymentMethod
from models.money import Money
from models.subscribing.invoices import Charge, Funding, Invoice, InvoiceStatus
from tests.conftest import Stage, eventually
from tests.fakes.sealer import FakeSealer
from tests.samples import ISSUER, provider
from tests.workflows.stand_ins import SilentCase
from tests.workflows.test_invoicing import FiscalStage
from tests.workflows.test_subscription import NEWS, started
from workflows.invoicing import InvoicingWorkflow
from workflows.subscription import SubscriptionWorkflow

DUE = Money(24_900)


@dataclass
class TermsSealer(FakeSealer):
    """An issuer whose setting is `method`."""

    method: PaymentMethod = PaymentMethod.PPD

    async def issuer(self, tenant: str) -> Issuer:
        return replace(ISSUER, payment_method=self.method)


@dataclass
class TermsStage(FiscalStage):
    """Subscriptions and their tax invoices on one worker."""

    sealer: TermsSealer = field(default_factory=TermsSealer)

    def activities(self) -> list[Callable[..., Any]]:
        return [*Stage.activities(self), *super().activities()]


@pytest.mark.parametrize("method", PaymentMethod)
async def test_a_voucher_and_its_payment_become_an_invoice_and_its_complement(
    stage: Stage, method: PaymentMethod
) -> None:
    shop = TermsStage(stage.env, stage.still, stage.queue)
    shop.sealer.method = method
    now, invoice_id, charge_id = datetime.now(UTC), f"in_{uuid.uuid4().hex[:8]}", f"ch_{uuid.uuid4().hex[:8]}"
    voucher = Invoice(invoice_id, InvoiceStatus.OPEN, DUE, DUE, now, in_flight=True)
    shop.payments.word = replace(provider(now), invoices=(voucher,))
    paid = replace(
        voucher,
        status=InvoiceStatus.PAID,
        in_flight=False,
        charge=Charge(charge_id, DUE, now, Funding.CASH),
        paid_at=now,
    )

    def made(kind: DocumentKind) -> list[str]:
        rows = shop.documents.rows.values()
        return [d.source for d in rows if d.kind is kind and d.state is DocumentState.DELIVERED]

    async with shop.working(SubscriptionWorkflow, InvoicingWorkflow, SilentCase):
        handle = await started(shop, still=True)
        await handle.execute_update(SubscriptionWorkflow.opened)
        if method is PaymentMethod.PPD:
            await eventually(lambda: made(DocumentKind.DEFERRED) == [invoice_id])
        shop.payments.word = replace(shop.payments.word, invoices=(paid,))
        await handle.signal(SubscriptionWorkflow.provider_reported, NEWS)
        after = DocumentKind.PAYMENT if method is PaymentMethod.PPD else DocumentKind.INCOME
        await eventually(lambda: made(after) == [charge_id])
        await handle.terminate()
    methods = [draft.payment_method for draft in shop.sealer.drafts]
    assert methods == (["PPD", ""] if method is PaymentMethod.PPD else ["PUE"])

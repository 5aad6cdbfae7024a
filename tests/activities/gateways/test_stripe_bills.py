"""Bills through Stripe's own SDK against the sandbox."""

import itertools
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from activities.failures import Refused
from activities.gateways.payments_stripe import StripePayments
from models.billing.bills import Applied, Bill, BillLine
from models.money import Money
from models.records import Customer
from models.speaking.pay_instructions import Way
from models.subscribing.invoices import InvoiceStatus
from tests.activities.gateways.conftest import Local

_numbers = itertools.count(1)
INCLUDED = (Applied("s_luna", "consulta", "2026", 1, 100, 40_000),)


@pytest.fixture
async def stripe(local: Local) -> AsyncIterator[StripePayments]:
    payments = StripePayments(local.settings.stripe_key, local.url)
    yield payments
    await payments.close()


async def billed(stripe: StripePayments, card: str = "") -> tuple[Bill, str]:
    name = f"b_{next(_numbers)}"
    someone = Customer("acuario", f"c_{name}", name, "Ana", f"{name}@cliente.example", "+525512345678")
    lines = (
        BillLine("Consulta general", 2, 40_000, code="consulta", applied=INCLUDED),
        BillLine("Antibiótico", 1, 12_345, discount=345, vat="0"),
    )
    bill = Bill("acuario", name, someone.id, lines, datetime.now(UTC), days=7)
    return bill, await stripe.ensure_customer(someone, card)


async def test_a_bill_is_one_open_invoice_that_nobody_charges(local: Local, stripe: StripePayments) -> None:
    bill, customer = await billed(stripe, "pm_card_visa")
    invoice = await stripe.issue(bill, customer=customer, key=f"{bill.id}/issue")
    assert await stripe.issue(bill, customer=customer, key=f"{bill.id}/issue") == invoice
    assert (invoice.status, invoice.total, invoice.due) == (InvoiceStatus.OPEN, Money(52_000), Money(52_000))
    assert invoice.owed
    assert not invoice.overdue
    assert invoice.pay_url.startswith("http")
    assert invoice.due_on is not None
    days = (invoice.due_on - invoice.created).total_seconds() / local.settings.day_seconds
    assert days == pytest.approx(7, abs=2), "whole seconds of short days"


async def test_its_customer_pays_it_on_the_hosted_page_or_by_a_voucher(stripe: StripePayments) -> None:
    bill, customer = await billed(stripe)
    invoice = await stripe.issue(bill, customer=customer, key=f"{bill.id}/issue")
    told = await stripe.pay_later(invoice.id, Way.OXXO, name="Ana", email="ana@cliente.example")
    assert told.amount == bill.total
    async with httpx.AsyncClient(trust_env=False) as http:
        await http.post(invoice.pay_url, data={"card": "pm_card_visa"})
    paid = await stripe.look_up_invoice(invoice.id)
    assert paid.status is InvoiceStatus.PAID
    assert paid.charge is not None
    charge = await stripe.look_up_charge(paid.charge.id)
    assert (charge.invoice, charge.provider_subscription) == (invoice.id, invoice.id), "its account is known by it"
    refund = await stripe.give_back(paid.charge.id, f"{bill.id}/refund")
    assert (refund.amount, refund.status) == (bill.total, "succeeded")
    with pytest.raises(Refused):
        await stripe.give_back(paid.charge.id, f"{bill.id}/refund-again")


async def test_what_is_attached_to_pay_it_says_whose_it_is(local: Local, stripe: StripePayments) -> None:
    bill, customer = await billed(stripe)
    invoice = await stripe.issue(bill, customer=customer, key=f"{bill.id}/issue")
    await stripe.pay_later(invoice.id, Way.SPEI, name="Ana", email="ana@cliente.example")
    async with httpx.AsyncClient(trust_env=False, auth=(local.settings.stripe_key, "")) as http:
        listed = await http.get(f"{local.url}/v1/payment_intents", params={"customer": customer})
    told = [intent["metadata"] for intent in listed.json()["data"]]
    assert {"perdura_tenant": "acuario", "perdura_subscription": bill.id} in told


async def test_a_bill_is_voided_once_and_not_after_it_was_paid(stripe: StripePayments) -> None:
    bill, customer = await billed(stripe)
    invoice = await stripe.issue(bill, customer=customer, key=f"{bill.id}/issue")
    assert (await stripe.void(invoice.id, f"{bill.id}/void")).status is InvoiceStatus.VOID
    assert (await stripe.void(invoice.id, f"{bill.id}/void-again")).status is InvoiceStatus.VOID
    other, customer = await billed(stripe)
    invoice = await stripe.issue(other, customer=customer, key=f"{other.id}/issue")
    await stripe.settle_outside(invoice.id, f"{other.id}/paid")
    assert (await stripe.void(invoice.id, f"{other.id}/void")).status is InvoiceStatus.PAID

"""A plan's year paid in instalments, through Stripe's own SDK against the sandbox."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from activities.billing import AtProvider, Billing, OpenSubscription
from activities.gateways.payments_stripe import StripePayments
from models.changing.plan_instalments import amounts
from models.money import Money
from models.records import Customer, SubscriptionRecord
from models.selling.plans import Interval, Plan, PlanKind
from models.subscribing.invoices import InvoiceStatus
from models.subscribing.subscriptions import Status
from tests.activities.gateways.conftest import Local
from tests.fakes.store import FakeStore

PRICE = Money(350_000)
_numbers = itertools.count(1)


class OfYears(FakeStore):
    """Books with one wellness plan, in so many parts."""

    async def plan(self, tenant: str, code: str) -> Plan:
        return Plan(
            tenant, "cachorro-anual", "Plan Cachorro", PRICE, Interval.YEAR, kind=PlanKind.PACKAGE, instalments=(12,)
        )

    async def customer_of(self, tenant: str, subscription: str) -> Customer:
        return Customer(
            "acuario", f"c_{subscription}", subscription, "Ana", f"{subscription}@cliente.example", "+525512345678"
        )


@pytest.fixture
async def stripe(local: Local) -> AsyncIterator[StripePayments]:
    payments = StripePayments(local.settings.stripe_key, local.url)
    yield payments
    await payments.close()


def signed_up() -> tuple[OfYears, str]:
    store, name, now = OfYears(), f"s_year_{next(_numbers)}", datetime.now(UTC)
    store.subscriptions[name] = SubscriptionRecord(
        "acuario", name, "c", "cachorro-anual", Status.INCOMPLETE, now, now, price=PRICE, instalments=12
    )
    return store, name


async def test_a_year_opens_with_its_first_part_paid_and_the_others_laid_out(stripe: StripePayments) -> None:
    store, name = signed_up()
    billing = Billing(stripe, store)
    word = (await billing.open_subscription(OpenSubscription("acuario", name, "pm_card_visa"))).word
    assert word is not None
    assert word.status == "active"
    mine = sorted((i for i in word.invoices if i.part_of), key=lambda i: (i.finalizes_at is not None, i.finalizes_at))
    assert [i.status for i in mine] == [InvoiceStatus.PAID] + [InvoiceStatus.DRAFT] * 11
    assert tuple(i.total.centavos for i in mine) == amounts(PRICE, 12)
    assert sum(i.total.centavos for i in word.invoices) == PRICE.centavos, "the year itself is charged nothing"
    later = [i.finalizes_at for i in mine[1:] if i.finalizes_at]
    year = word.period_end - word.period_start
    assert later == sorted(later)
    assert word.period_start < later[0]
    assert later[-1] < word.period_start + year
    record = store.subscriptions[name]
    store.subscriptions[name] = replace(record, provider_id=word.id)
    again = await billing.look_up_subscription(AtProvider(word.id, tenant="acuario", subscription=name))
    assert len(again.invoices) == len(word.invoices), "a look lays nothing out twice"
    ended = await stripe.cancel(word.id, at_period_end=False, key=f"{name}/cancel")
    assert {i.status for i in ended.invoices if i.part_of} == {InvoiceStatus.PAID, InvoiceStatus.VOID}


async def test_a_refused_first_part_opens_nothing(stripe: StripePayments) -> None:
    store, name = signed_up()
    card = "pm_card_chargeCustomerFail"
    opened = await Billing(stripe, store).open_subscription(OpenSubscription("acuario", name, card))
    assert opened.word is None
    assert opened.decline is not None

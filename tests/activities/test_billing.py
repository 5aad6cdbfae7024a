"""Charging with care: what a second look changes before anybody acts on a refusal."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from activities.billing import AtProvider, Billing, CancelAtProvider, TrialExtension
from models.collecting.declines import Decline, DeclineClass
from models.subscribing.invoices import ChargeOutcome, ChargeResult, Invoice
from tests.fakes.payments import FakePayments
from tests.fakes.store import FakeStore
from tests.samples import overdue, provider

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@dataclass
class SecondThoughts(FakePayments):
    """A provider whose charge is answered by a word nobody knows, and which knows better when it is asked again."""

    then: str = ""

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        result = await super().charge_invoice(invoice, key)
        if self.then == "paid":
            self.pay(invoice, NOW)
        elif self.then:
            self.add(replace(self.invoices[invoice], decline=Decline(self.then)))
        return result


@pytest.mark.parametrize(
    ("then", "outcome", "kind"),
    [
        ("paid", ChargeOutcome.PAID, None),
        ("lost_card", ChargeOutcome.DECLINED, DeclineClass.HARD),
        ("never_heard_of_either", ChargeOutcome.DECLINED, DeclineClass.UNKNOWN),
    ],
)
async def test_a_refusal_that_says_nothing_is_looked_at_again(
    then: str, outcome: ChargeOutcome, kind: DeclineClass | None
) -> None:
    payments = SecondThoughts(script=["never_heard_of_it"], then=then)
    payments.add(overdue("in_1", NOW))
    result = await Billing(payments, FakeStore()).charge_invoice(AtProvider("in_1", "in_1/attempt-1"))
    assert result.outcome is outcome
    assert (result.decline.kind if result.decline else None) is kind


@pytest.mark.parametrize(("fresh", "charged"), [(False, 0), (True, 1)])
async def test_beside_a_voucher_only_a_card_given_anew_is_charged(fresh: bool, charged: int) -> None:
    payments = FakePayments(script=["paid"])
    voucher: Invoice = replace(overdue("in_1", NOW), in_flight=True)
    payments.add(voucher)
    result = await Billing(payments, FakeStore()).charge_invoice(AtProvider("in_1", "in_1/1", fresh=fresh))
    assert len(payments.by_key) == charged
    assert result.outcome is (ChargeOutcome.PAID if fresh else ChargeOutcome.PENDING)


@pytest.mark.parametrize("how", ["look_up_subscription", "look_up_invoice", "charge_invoice", "settle_outside"])
async def test_what_could_be_paid_a_second_time_is_called_off_whoever_sees_it_first(how: str) -> None:
    payments = FakePayments(word=provider(NOW))
    payments.add(overdue("in_1", NOW))
    settled = replace(payments.pay("in_1", NOW), loose=True)
    payments.add(settled)
    await getattr(Billing(payments, FakeStore()), how)(AtProvider("in_1", "in_1/key"))
    assert not payments.invoices["in_1"].loose


@pytest.mark.parametrize("how", ["look_up_subscription", "cancel_subscription", "extend_trial", "pause", "resume"])
async def test_whatever_the_provider_says_of_a_subscription_is_booked_before_anybody_acts_on_it(how: str) -> None:
    """A renewal that was made a moment before the end is told by the answer to the cancellation, and by nothing else."""
    payments, store = FakePayments(word=replace(provider(NOW), invoices=(overdue("in_1", NOW),))), FakeStore()
    store.owners["sub_1"] = ("acme", "s_1")
    billing, known = Billing(payments, store), AtProvider("sub_1", "k")
    ordered: dict[str, Callable[[], Awaitable[object]]] = {
        "look_up_subscription": lambda: billing.look_up_subscription(known),
        "cancel_subscription": lambda: billing.cancel_subscription(CancelAtProvider("sub_1", False, "k")),
        "extend_trial": lambda: billing.extend_trial(TrialExtension("sub_1", NOW, "k")),
        "pause": lambda: billing.pause_subscription(known),
        "resume": lambda: billing.resume_subscription(known),
    }
    await ordered[how]()
    assert {(fact.tenant, fact.subscription, fact.key) for fact in store.booked.values()} == {
        ("acme", "s_1", "in_1/issued")
    }

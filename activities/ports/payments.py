"""The payments provider. Failures travel as the exceptions of `activities.failures`; a declined charge is a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports.plan_prices import PlanPrices
from models.billing.bills import Bill
from models.records import Customer
from models.selling.listings import Listing
from models.selling.plans import Plan, Trial
from models.speaking.pay_instructions import PayInstructions, Way
from models.subscribing.invoices import ChargeResult, Instalment, Invoice, Refund
from models.subscribing.subscriptions import ProviderSubscription


@dataclass(frozen=True, slots=True)
class Checkout:
    """A hosted checkout page: its id, address, end of life, and the provider's subscription once it was completed."""

    id: str
    url: str
    expires_at: datetime
    status: str = "open"  # Stripe: open, complete, expired
    subscription: str = ""
    success_url: str = ""
    cancel_url: str = ""


class Payments(PlanPrices, Protocol):
    """The payments provider. Every write takes the business's idempotency key."""

    async def ensure_price(self, plan: Plan) -> str:
        """The provider's price for a plan, made when it is missing."""
        ...

    async def put_up(self, listing: Listing) -> str:
        """Have a product or a price sold, made where it is missing; the provider's id of it. Repeating makes no second one."""
        ...

    async def take_down(self, listing: Listing) -> None:
        """Have nobody buy it any more; whoever has it keeps it. One that is gone already stays gone."""
        ...

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        """The provider's customer with this default payment method. Raises Declined when the card cannot be saved."""
        ...

    async def forget_customer(self, provider_id: str) -> None:
        """Delete a customer's data at the provider, as far as the law lets it. One that is gone already stays gone."""
        ...

    async def open_subscription(
        self, *, customer: str, price: str, trial: Trial, tenant: str, subscription: str, key: str
    ) -> ProviderSubscription:
        """Start charging. Raises Declined when the first charge is refused: nothing has been opened then."""
        ...

    async def lay_out(
        self, subscription: str, year: str, parts: Sequence[Instalment], *, pay_first: bool, key: str
    ) -> None:
        """Have a subscription's year paid in parts, each charged by itself on its day; laid out before, it stays as it is.

        `pay_first`: charge the first one now. Raises Declined: nobody will be charged for any of them.
        """
        ...

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription: ...

    async def look_up_invoice(self, invoice: str) -> Invoice: ...

    async def look_up_refund(self, refund: str) -> Refund: ...

    async def issue(self, bill: Bill, *, customer: str, key: str) -> Invoice:
        """The invoice of a bill, opened for its customer to pay within its days; nobody is charged. Repeating makes no second one."""
        ...

    async def void(self, invoice: str, key: str) -> Invoice:
        """Take an invoice back that was not paid; one that is closed already is answered as it stands."""
        ...

    async def give_back(self, charge: str, key: str) -> Refund:
        """Refund a charge in full. Raises Refused: there is nothing left to give back."""
        ...

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        """Try to collect with the customer's default method. Looks first; an invoice already paid is a success."""
        ...

    async def card_of(self, invoice: str) -> str:
        """The fingerprint of the card that `charge_invoice` would charge; empty where there is none, or it is no card."""
        ...

    async def split(self, invoice: str, parts: Sequence[Instalment], key: str) -> None:
        """Replace an open invoice by several that are charged by themselves on their days. Raises Refused: nothing was changed."""
        ...

    async def instructions(self, invoice: str) -> PayInstructions | None:
        """The voucher or the account that the customer was shown and has not paid; None where there is none."""
        ...

    async def pay_later(self, invoice: str, way: Way, *, name: str, email: str) -> PayInstructions:
        """A voucher or an account for a transfer, made on demand; one that is still good is shown again. Raises Refused."""
        ...

    async def call_off(self, invoice: str) -> None:
        """Cancel the voucher or the transfer that still waits beside an invoice that is paid or void, if one does."""
        ...

    async def settle_outside(self, invoice: str, key: str) -> Invoice:
        """Mark as paid by other means (SPEI, cash)."""
        ...

    async def write_off(self, invoice: str, key: str) -> Invoice: ...

    async def cancel(self, provider_id: str, *, at_period_end: bool, key: str) -> ProviderSubscription: ...

    async def pause(self, provider_id: str, key: str) -> ProviderSubscription: ...

    async def resume(self, provider_id: str, key: str) -> ProviderSubscription:
        """Collect again. One that a trial without a card has paused begins its first paid period, which is charged at once."""
        ...

    async def extend_trial(self, provider_id: str, until: datetime, key: str) -> ProviderSubscription:
        """Have the trial end at `until` (UTC, to the second), with the first charge. Raises Refused."""
        ...

    async def change_price(self, provider_id: str, price: str, key: str) -> ProviderSubscription:
        """Charge another price from the next period on; nothing is prorated."""
        ...

    async def open_checkout(
        self,
        *,
        customer: str,
        price: str,
        trial: Trial,
        tenant: str,
        subscription: str,
        success_url: str,
        cancel_url: str,
        key: str,
    ) -> Checkout:
        """A page on which the customer gives a card, unless the trial needs none, and the subscription starts."""
        ...

    async def look_up_checkout(self, session: str) -> Checkout: ...

    async def close_checkout(self, session: str) -> None:
        """Have nobody finish that page any more; one that is no longer open stays as it is."""
        ...

    async def portal(self, customer: str, return_url: str) -> str:
        """The address of a fresh Customer Portal session."""
        ...

    async def reachable(self) -> bool: ...

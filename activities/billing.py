"""Effects at the payments provider. Each may run twice: the keys make the second run harmless."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.failures import Declined, Refused
from activities.ports.payments import Checkout, Payments
from activities.ports.store import Store
from activities.provider_prices import provider_price
from models.bookkeeping.ledger import Kind
from models.bookkeeping.money_facts import invoice_facts, refund_facts
from models.changing.plan_instalments import parts, year_of
from models.collecting.declines import Decline, DeclineClass
from models.money import Money
from models.periods import REAL_DAY, Calendar
from models.records import CardAttempt, SubscriptionRecord
from models.subscribing.invoices import ChargeOutcome, ChargeResult, Instalment, Invoice, InvoiceStatus, Refund
from models.subscribing.subscriptions import ProviderSubscription, Status

BY_ORDER = (
    Kind.WRITTEN_OFF,
    Kind.PAID_OUTSIDE,
)  # what support orders of a case, and what somebody may do at the provider


@dataclass(frozen=True, slots=True)
class OpenSubscription:
    """Start charging a customer who gave a card at signup."""

    tenant: str
    subscription: str
    payment_method: str


@dataclass(frozen=True, slots=True)
class Opened:
    """The provider's subscription, or the decline that refused it."""

    word: ProviderSubscription | None = None
    decline: Decline | None = None


@dataclass(frozen=True, slots=True)
class AtProvider:
    """An object of the provider and the idempotency key of what is done to it; whose it is, where the books need to know."""

    id: str
    key: str = ""
    tenant: str = ""
    subscription: str = ""
    budget: int = 0  # attempts on a card in 30 days that its network allows; 0: not counted
    fresh: bool = False  # the holder has just given this card: what its bank said before counts no more


@dataclass(frozen=True, slots=True)
class TrialExtension:
    """A trial is to end at another instant (UTC)."""

    id: str  # the provider's
    until: datetime
    key: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A subscription is to be charged by another plan from its next period on."""

    tenant: str
    id: str  # the provider's
    plan: str
    key: str


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The provider's word after a change of plan, and what the plan costs."""

    word: ProviderSubscription
    price: Money


@dataclass(frozen=True, slots=True)
class Split:
    """An invoice to be replaced by the parts of a payment plan."""

    invoice: str
    parts: tuple[Instalment, ...]
    key: str


@dataclass(frozen=True, slots=True)
class CancelAtProvider:
    """End a subscription at the provider."""

    id: str
    at_period_end: bool
    key: str


class Billing:
    """The payments provider's verbs."""

    def __init__(self, payments: Payments, store: Store) -> None:
        self._payments = payments
        self._store = store

    @activity.defn
    async def open_subscription(self, order: OpenSubscription) -> Opened:
        record = await self._store.subscription(order.tenant, order.subscription)
        if record is not None and record.provider_id:
            word = await self._payments.look_up_subscription(record.provider_id)
            return Opened(await self._heard(word, (order.tenant, order.subscription)))
        if record is not None and record.status is Status.CANCELED:
            return Opened(decline=Decline("withdrawn"))  # the signup was called off before it reached us
        customer = await self._store.customer_of(order.tenant, order.subscription)
        plan = await self._store.plan(order.tenant, record.plan if record else "")
        in_parts = record is not None and record.instalments > 0
        price = (
            # The period is the plan's year, and its money the instalments': what the year itself is charged is nothing.
            await self._payments.ensure_price(replace(plan, price=Money(0, plan.price.currency), provider_price=""))
            if in_parts
            else await provider_price(self._store, self._payments, plan)
        )
        try:
            provider_customer = await self._payments.ensure_customer(customer, order.payment_method)
            await self._store.save_provider_customer(order.tenant, customer.id, provider_customer)
            word = await self._payments.open_subscription(
                customer=provider_customer,
                price=price,
                trial=plan.trial,
                tenant=order.tenant,
                subscription=order.subscription,
                key=f"{order.subscription}/open",
            )
            if in_parts and record is not None:
                word = await self._laid_out(word, record, first=True)
        except Declined as refusal:
            return Opened(decline=refusal.decline)
        except Refused as refusal:  # an unknown or used-up payment method: the customer must hear of it now
            return Opened(decline=Decline(refusal.code or "refused"))
        return Opened(await self._heard(word, (order.tenant, order.subscription)))

    @activity.defn
    async def look_up_checkout(self, session: AtProvider) -> Checkout:
        return await self._payments.look_up_checkout(session.id)

    @activity.defn
    async def look_up_subscription(self, subscription: AtProvider) -> ProviderSubscription:
        """The provider's word; a year paid in parts is laid out where it is not yet."""
        word = await self._payments.look_up_subscription(subscription.id)
        owner = await self._owner(word, subscription)
        record = await self._store.subscription(*owner) if all(owner) else None
        if record is not None and record.instalments and word.status == "active":
            word = await self._laid_out(word, record)
        return await self._heard(word, owner)

    async def _owner(self, word: ProviderSubscription, known: AtProvider | None = None) -> tuple[str, str]:
        owner = (known.tenant, known.subscription) if known else ("", "")
        if all(owner):
            return owner
        return await self._store.owner_of(provider_subscription=word.id, provider_customer=word.customer) or owner

    async def _heard(self, word: ProviderSubscription, owner: tuple[str, str] | None = None) -> ProviderSubscription:
        """The provider's word on a subscription for whoever acts on it: booked in the ledger, whatever it is the answer to, and with
        nothing beside a settled invoice that could be paid a second time."""
        owner = owner or await self._owner(word)
        if all(owner):
            await self._book(word, *owner)
        return replace(word, invoices=tuple([await self._called_off(invoice) for invoice in word.invoices]))

    async def _laid_out(
        self, word: ProviderSubscription, record: SubscriptionRecord, *, first: bool = False
    ) -> ProviderSubscription:
        """The word once this year's instalments are at the provider, where they belong to its year. Raises Declined, the first time."""
        year = year_of(word.period_start)
        if any(invoice.part_of == year for invoice in word.invoices) and not first:
            return word
        tenant = await self._store.tenant(record.tenant)
        price = record.price or (await self._store.plan(record.tenant, record.plan)).price
        length = word.period_end - word.period_start
        # How long a day lasts shows in the provider's own year: a shortened one has no months.
        calendar = Calendar(REAL_DAY if length.days > 300 else length.total_seconds() / 365, tenant.zone)
        await self._payments.lay_out(
            word.id,
            year,
            parts(price, record.instalments, word.period_start, word.period_end, calendar),
            pay_first=first,
            key=f"{record.id}/{year}",
        )
        return await self._payments.look_up_subscription(word.id)

    @activity.defn
    async def look_up_invoice(self, invoice: AtProvider) -> Invoice:
        return await self._called_off(await self._payments.look_up_invoice(invoice.id))

    async def _called_off(self, invoice: Invoice) -> Invoice:
        """The invoice with nothing left beside it that could be paid a second time, whichever way it was settled."""
        if not invoice.loose:
            return invoice
        await self._payments.call_off(invoice.id)
        return replace(invoice, loose=False)

    @activity.defn
    async def look_up_refund(self, refund: AtProvider) -> Refund:
        """The refund as it stands, booked in the ledger once the money is back with the customer."""
        found = await self._payments.look_up_refund(refund.id)
        if refund.tenant:
            await self._store.post(*refund_facts(refund.tenant, refund.subscription, found))
        return found

    @activity.defn
    async def charge_invoice(self, invoice: AtProvider) -> ChargeResult:
        """One attempt, unless the card has had all that its network allows in 30 days, over every case and flow.

        While a voucher or a transfer is under way nothing is charged, or the customer would pay twice; a card given anew is, for
        that is what its holder wants. A refusal that says nothing is looked at once more before anybody acts on it.
        """
        if not invoice.fresh:
            found = await self._payments.look_up_invoice(invoice.id)
            if found.in_flight and found.status is InvoiceStatus.OPEN:
                return ChargeResult(ChargeOutcome.PENDING, found)
        card = await self._payments.card_of(invoice.id) if invoice.budget else ""
        attempt = CardAttempt(invoice.tenant, invoice.key, card, invoice.id, datetime.now(UTC), invoice.fresh)
        if card and not await self._store.may_attempt(attempt, invoice.budget):
            return ChargeResult(ChargeOutcome.WITHHELD, await self._payments.look_up_invoice(invoice.id))
        result = await self._payments.charge_invoice(invoice.id, invoice.key)
        if card and result.decline is not None and result.decline.kind is DeclineClass.HARD:
            await self._store.refuse_card(invoice.tenant, invoice.key)
        result = replace(result, invoice=await self._called_off(result.invoice))
        if result.decline is not None and result.decline.kind is DeclineClass.UNKNOWN:
            return await self._asked_again(result)
        return result

    async def _asked_again(self, result: ChargeResult) -> ChargeResult:
        """The result as the provider tells it now: paid after all, a reason that is known, or still unknown, which is treated as soft."""
        found = await self._payments.look_up_invoice(result.invoice.id)
        if found.status is InvoiceStatus.PAID:
            return ChargeResult(ChargeOutcome.PAID, found)
        known = found.decline if found.decline and found.decline.kind is not DeclineClass.UNKNOWN else result.decline
        return replace(result, decline=known, invoice=replace(result.invoice, decline=known))

    @activity.defn
    async def settle_outside(self, invoice: AtProvider) -> Invoice:
        return await self._called_off(await self._payments.settle_outside(invoice.id, invoice.key))

    @activity.defn
    async def split_invoice(self, order: Split) -> None:
        await self._payments.split(order.invoice, order.parts, order.key)

    @activity.defn
    async def write_off(self, invoice: AtProvider) -> Invoice:
        return await self._payments.write_off(invoice.id, invoice.key)

    @activity.defn
    async def cancel_subscription(self, order: CancelAtProvider) -> ProviderSubscription:
        return await self._heard(
            await self._payments.cancel(order.id, at_period_end=order.at_period_end, key=order.key)
        )

    @activity.defn
    async def change_plan(self, change: PlanChange) -> PlanChanged:
        plan = await self._store.plan(change.tenant, change.plan)
        price = await provider_price(self._store, self._payments, plan)
        word = await self._payments.change_price(change.id, price, change.key)
        return PlanChanged(await self._heard(word), plan.price)

    @activity.defn
    async def extend_trial(self, order: TrialExtension) -> ProviderSubscription:
        return await self._heard(await self._payments.extend_trial(order.id, order.until, order.key))

    @activity.defn
    async def pause_subscription(self, subscription: AtProvider) -> ProviderSubscription:
        return await self._heard(await self._payments.pause(subscription.id, subscription.key))

    @activity.defn
    async def resume_subscription(self, subscription: AtProvider) -> ProviderSubscription:
        return await self._heard(await self._payments.resume(subscription.id, subscription.key))

    async def _book(self, word: ProviderSubscription, tenant: str, subscription: str) -> None:
        """What the provider's word means for the books. What a person may have ordered is the open case's to tell, with who and why."""
        facts = [fact for invoice in word.invoices for fact in invoice_facts(tenant, subscription, invoice)]
        ends = {fact.invoice for fact in facts if fact.kind in BY_ORDER}
        if ends:
            cases = await self._store.cases(tenant, subscription)
            ends &= {case.invoice for case in cases if case.outcome is None}
        await self._store.post(*(fact for fact in facts if not (fact.kind in BY_ORDER and fact.invoice in ends)))

"""The payments provider, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from activities.failures import Declined, Refused, Unavailable
from activities.ports.payments import Checkout
from models.billing.bills import Bill
from models.collecting.declines import Decline
from models.money import Money
from models.records import Customer
from models.selling.listings import Listing
from models.selling.plans import Plan
from models.speaking.pay_instructions import PayInstructions, Way
from models.subscribing.invoice_preview import InvoicePreview
from models.subscribing.invoices import (
    Charge,
    ChargeOutcome,
    ChargeResult,
    Funding,
    Instalment,
    Invoice,
    InvoiceStatus,
    Refund,
)
from models.subscribing.subscriptions import ProviderSubscription


@dataclass
class FakePayments:
    """A provider with one subscription. `charges` scripts the outcome of each attempt; without script cards decline softly."""

    word: ProviderSubscription | None = None
    invoices: dict[str, Invoice] = field(default_factory=dict)
    script: list[str] = field(default_factory=list)  # "paid" or a decline code, one per new key
    refuse_opening: str = ""
    outage: int = 0  # that many calls fail as unavailable first
    refusals: int = 0  # that many calls are refused first
    by_key: dict[str, ChargeResult] = field(default_factory=dict)
    canceled: list[bool] = field(default_factory=list)
    prices: list[str] = field(default_factory=list)
    resumed: ProviderSubscription | None = (
        None  # its word once a subscription is resumed; None: only collection goes on
    )
    resumptions: int = 0
    card: str = "card-1"
    due: Money = field(default_factory=lambda: Money(0))  # what a change of plan costs at once
    refuse_change: str = ""  # the bank's word on that
    next_price: str = ""  # from the next period on
    discounts: list[tuple[int, int]] = field(default_factory=list)  # per cent and months
    checkout: Checkout | None = None
    looks: int = 0
    forgotten: list[str] = field(default_factory=list)
    sold: list[str] = field(default_factory=list)  # products and prices by key
    refunds: list[Refund] = field(default_factory=list)  # its word on a refund, look by look; the last one stays

    def _up(self) -> None:
        if self.outage:
            self.outage -= 1
            raise Unavailable("the provider does not answer")
        if self.refusals:
            self.refusals -= 1
            raise Refused("the provider will not do this", "resource_missing")

    def pay(self, invoice: str, at: datetime, charge: str = "") -> Invoice:
        known = self.invoices[invoice]
        made = Charge(charge or f"ch_{invoice}", known.total, at, Funding.CREDIT)
        paid = replace(known, status=InvoiceStatus.PAID, due=Money(0), charge=made, decline=None, paid_at=at)
        self._put(paid)
        return paid

    def take_back(self, invoice: str) -> None:
        self._put(replace(self.invoices[invoice], status=InvoiceStatus.VOID))

    def add(self, invoice: Invoice) -> None:
        self._put(invoice)

    def _put(self, invoice: Invoice) -> None:
        self.invoices[invoice.id] = invoice
        if self.word is not None:
            self.word = replace(self.word, invoices=tuple(self.invoices.values()))

    async def ensure_price(self, plan: Plan) -> str:
        return f"price_{plan.code}"

    async def put_up(self, listing: Listing) -> str:
        self._up()
        self.sold.append(listing.key)
        return f"price_{len(self.sold)}" if listing.amount else listing.key

    async def take_down(self, listing: Listing) -> None:
        self._up()
        self.sold.remove(listing.key)

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        return f"cus_{customer.id}"

    async def forget_customer(self, provider_id: str) -> None:
        self._up()
        self.forgotten.append(provider_id)

    async def open_subscription(self, **order: object) -> ProviderSubscription:
        self._up()
        if self.refuse_opening:
            raise Declined(Decline(self.refuse_opening))
        assert self.word is not None
        return self.word

    async def lay_out(
        self, subscription: str, year: str, parts: Sequence[Instalment], *, pay_first: bool, key: str
    ) -> None:
        self._up()
        if pay_first and self.refuse_opening:
            raise Declined(Decline(self.refuse_opening))
        for number, part in enumerate(parts, 1):
            name, amount = f"in_{year}_{number}", Money(part.centavos)
            paid = number == 1 and pay_first
            made = Charge(f"ch_{name}", amount, part.on, Funding.CREDIT) if paid else None
            status = InvoiceStatus.PAID if paid else InvoiceStatus.DRAFT
            due = Money(0) if paid else amount
            self._put(
                Invoice(
                    name, status, amount, due, part.on, paid, made, part_of=year, finalizes_at=None if paid else part.on
                )
            )

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        self._up()
        self.looks += 1
        assert self.word is not None
        return self.word

    async def look_up_invoice(self, invoice: str) -> Invoice:
        self._up()
        return self.invoices[invoice]

    async def issue(self, bill: Bill, *, customer: str, key: str) -> Invoice:
        """Its invoice, due by the provider's clock; an invoice that a test has put there under the bill's own is that one."""
        self._up()
        name = f"in_{bill.id}"
        if name not in self.invoices:
            now = datetime.now(UTC)
            url = f"https://pay.test/{bill.id}"
            self._put(Invoice(name, InvoiceStatus.OPEN, bill.total, bill.total, now, pay_url=url))
        return self.invoices[name]

    async def void(self, invoice: str, key: str) -> Invoice:
        self._up()
        if self.invoices[invoice].owed:
            self.take_back(invoice)
        return self.invoices[invoice]

    async def give_back(self, charge: str, key: str) -> Refund:
        self._up()
        return self.refunds[0]

    async def look_up_refund(self, refund: str) -> Refund:
        self._up()
        return self.refunds.pop(0) if len(self.refunds) > 1 else self.refunds[0]

    async def charge_invoice(self, invoice: str, key: str) -> ChargeResult:
        self._up()
        known = self.invoices[invoice]
        if key in self.by_key:
            return self.by_key[key]
        if known.status is InvoiceStatus.PAID:
            return ChargeResult(ChargeOutcome.PAID, known)
        if known.status is not InvoiceStatus.OPEN:
            return ChargeResult(ChargeOutcome.CLOSED, known)
        said = self.script.pop(0) if self.script else "insufficient_funds"
        if said == "paid":
            result = ChargeResult(ChargeOutcome.PAID, self.pay(invoice, known.created, f"ch_{len(self.by_key)}"))
        else:
            result = ChargeResult(ChargeOutcome.DECLINED, replace(known, decline=Decline(said)), Decline(said))
        self.by_key[key] = result
        return result

    async def card_of(self, invoice: str) -> str:
        return self.card

    async def split(self, invoice: str, parts: Sequence[Instalment], key: str) -> None:
        self._up()
        known = self.invoices[invoice]
        for number, part in enumerate(parts, start=1):
            due = Money(part.centavos)
            name = f"{invoice}_{number}"
            self._put(
                Invoice(name, InvoiceStatus.DRAFT, due, due, known.created, part_of=invoice, finalizes_at=part.on)
            )
        self.take_back(invoice)

    async def instructions(self, invoice: str) -> PayInstructions | None:
        return None

    async def pay_later(self, invoice: str, way: Way, *, name: str, email: str) -> PayInstructions:
        return PayInstructions(way, self.invoices[invoice].due, "98000000000000")

    async def call_off(self, invoice: str) -> None:
        self._up()
        self._put(replace(self.invoices[invoice], loose=False))

    async def settle_outside(self, invoice: str, key: str) -> Invoice:
        self._up()
        self._put(replace(self.invoices[invoice], status=InvoiceStatus.PAID, due=Money(0)))
        return self.invoices[invoice]

    async def write_off(self, invoice: str, key: str) -> Invoice:
        self._put(replace(self.invoices[invoice], status=InvoiceStatus.UNCOLLECTIBLE))
        return self.invoices[invoice]

    async def cancel(self, provider_id: str, *, at_period_end: bool, key: str) -> ProviderSubscription:
        assert self.word is not None
        self.canceled.append(at_period_end)
        change = {"cancel_at_period_end": True} if at_period_end else {"status": "canceled"}
        self.word = replace(self.word, **change)
        return self.word

    async def pause(self, provider_id: str, key: str) -> ProviderSubscription:
        self._up()
        assert self.word is not None
        self.word = replace(self.word, collection_paused=True)
        return self.word

    async def resume(self, provider_id: str, key: str) -> ProviderSubscription:
        assert self.word is not None
        self.resumptions += 1
        if self.resumed is not None:
            self.word = self.resumed
        self.word = replace(self.word, collection_paused=False)
        return self.word

    async def extend_trial(self, provider_id: str, until: datetime, key: str) -> ProviderSubscription:
        self._up()
        assert self.word is not None
        self.word = replace(self.word, trial_end=until, period_end=until)
        return self.word

    async def change_price(self, provider_id: str, price: str, key: str) -> ProviderSubscription:
        assert self.word is not None
        self.prices.append(price)
        return self.word

    async def preview_change(self, provider_id: str, price: str, at: datetime) -> InvoicePreview:
        return InvoicePreview(self.due, self.due)

    async def preview_renewal(self, provider_id: str, price: str) -> InvoicePreview:
        return InvoicePreview(self.due, self.due)

    async def change_now(self, provider_id: str, price: str, *, at: datetime, due: Money, key: str) -> None:
        self._up()
        assert self.word is not None
        if self.refuse_change:
            raise Declined(Decline(self.refuse_change))
        if self.word.price == price:
            return
        if due != self.due:
            raise Refused(f"it would cost {self.due} now, not {due}", "preview_differs")
        self.prices.append(price)
        self.word = replace(self.word, price=price)
        if due.centavos:
            self._put(Invoice(f"in_{key}", InvoiceStatus.OPEN, due, due, at))
            self.pay(f"in_{key}", at, f"ch_{key}")

    async def change_later(self, provider_id: str, price: str, key: str) -> None:
        self._up()
        self.next_price = price

    async def undo_change(self, provider_id: str, price: str, key: str) -> None:
        self._up()
        self.next_price = ""

    async def keep(self, provider_id: str, key: str) -> None:
        self._up()
        assert self.word is not None
        self.word = replace(self.word, cancel_at_period_end=False)

    async def discount(self, provider_id: str, *, percent: int, months: int, key: str) -> None:
        self._up()
        self.discounts.append((percent, months))

    async def pause_until(self, provider_id: str, until: datetime, key: str) -> None:
        await self.pause(provider_id, key)

    def renew(self) -> None:
        """The next period begins, at the price that was arranged for it."""
        assert self.word is not None
        known = self.word
        self.word = replace(
            known,
            period_start=known.period_end,
            period_end=known.period_end + (known.period_end - known.period_start),
            price=self.next_price or known.price,
        )
        self.next_price = ""

    async def open_checkout(self, **order: object) -> Checkout:
        assert self.checkout is not None
        return self.checkout

    async def look_up_checkout(self, session: str) -> Checkout:
        assert self.checkout is not None
        return self.checkout

    async def close_checkout(self, session: str) -> None:
        assert self.checkout is not None
        self.checkout = replace(self.checkout, status="expired")

    async def portal(self, customer: str, return_url: str) -> str:
        return f"https://portal.test/{customer}"

    async def reachable(self) -> bool:
        return True

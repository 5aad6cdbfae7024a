"""Money that moves when no process is left to hear of it: a voucher or a transfer paid after its subscription had ended, a renewal
that Stripe had made a moment before the end, a debt voided there afterwards.

What the event's webhook does here the hourly comparison does too, with the same hands and by the same keys: the payment, its entries and
its CFDI are made once, whoever comes first. That it came is told to a person by an invariant (`paid_after_end`), from the books.
"""

from activities.failures import Failure, Unavailable
from activities.ports.books import Books
from activities.ports.provider_books import ProviderBooks
from activities.repairs import Repairs
from models.bookkeeping.money_facts import invoice_facts
from models.subscribing.invoices import InvoiceStatus
from models.subscribing.provider_news import ProviderNews

# Each says: look at the invoice. Anything else about a subscription that is over is nobody's business.
OF_MONEY = frozenset({"invoice.payment_failed", "invoice.paid", "invoice.voided", "invoice.marked_uncollectible"})


class LateMoney:
    """Writes down what arrived. Charges nobody and writes to nobody."""

    def __init__(self, *, books: Books, provider: ProviderBooks, repairs: Repairs) -> None:
        self._books = books
        self._provider = provider
        self._repairs = repairs

    async def record(self, tenant: str, subscription: str, news: ProviderNews) -> bool:
        """Whether the news was of money, which is in the books now. May run twice.

        Raises Unavailable when it cannot be written down yet: the event must be tried again.
        """
        if news.type not in OF_MONEY:
            return False
        try:
            invoice = await self._provider.look_up_invoice(news.object)
            if invoice.status is InvoiceStatus.DRAFT:
                return False
            # Not paid; or nothing was to be paid, or it was marked as paid past the provider.
            if invoice.status is not InvoiceStatus.PAID or invoice.charge is None:
                await self._books.post(*invoice_facts(tenant, subscription, invoice))
                return True
            charge = await self._provider.look_up_charge(invoice.charge.id)
            return await self._repairs.record(tenant, subscription, charge)
        except Failure as failure:
            raise Unavailable(f"money of {news.object} could not be written down: {type(failure).__name__}") from None

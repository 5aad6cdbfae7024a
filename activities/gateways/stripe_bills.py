"""Bills at Stripe: invoices of their own that are sent to be paid and that nobody charges (docs.stripe.com/invoicing/integration).

The account that owes stands in the metadata, as a subscription's does in its own; whatever is attached to pay it carries them too.
"""

import stripe

from activities.failures import Refused
from activities.gateways.stripe_objects import reference, refund_read, vocabulary
from activities.gateways.stripe_statement import StripeStatement
from models.billing.bills import Bill
from models.subscribing.invoices import Invoice, InvoiceStatus, Refund


class StripeBills(StripeStatement):
    """The part of the Payments port that is about what is sold once."""

    async def issue(self, bill: Bill, *, customer: str, key: str) -> Invoice:
        """A draft, its lines, then opened: cut off anywhere, the same keys go on with the same invoice."""
        params: stripe.params.InvoiceCreateParams = {
            "customer": customer,
            "currency": bill.currency.lower(),
            "collection_method": "send_invoice",
            "days_until_due": bill.days,
            "auto_advance": False,  # our messages say so, not Stripe's
            "pending_invoice_items_behavior": "exclude",
            "metadata": {"perdura_tenant": bill.tenant, "perdura_subscription": bill.id},
        }
        with vocabulary():
            # Stripe forgets a key after a day or so; an answer lost before a longer outage must not make a second invoice.
            known = await self._v1.invoices.list_async({"customer": customer, "limit": 100})
            ours = [each for each in known.data if getattr(each.metadata, "perdura_subscription", "") == bill.id]
            made = ours[0] if ours else await self._v1.invoices.create_async(params, {"idempotency_key": key})
            invoice = reference(made)
            if made.status == "draft":
                for number, line in enumerate(bill.lines, 1):
                    await self._v1.invoice_items.create_async(
                        {
                            "customer": customer,
                            "invoice": invoice,
                            "amount": line.total,
                            "currency": bill.currency.lower(),
                            "description": line.told[:500],
                        },
                        {"idempotency_key": f"{key}/line-{number}"},
                    )
                await self._v1.invoices.finalize_invoice_async(
                    invoice, {"auto_advance": False}, {"idempotency_key": f"{key}/open"}
                )
        return await self.look_up_invoice(invoice)

    async def void(self, invoice: str, key: str) -> Invoice:
        """Void an open invoice; one that is closed already is answered as it stands."""
        try:
            with vocabulary():
                await self._v1.invoices.void_invoice_async(invoice, None, {"idempotency_key": key})
        except Refused:
            found = await self.look_up_invoice(invoice)
            if found.status in (InvoiceStatus.OPEN, InvoiceStatus.DRAFT):
                raise
            return found
        return await self.look_up_invoice(invoice)

    async def give_back(self, charge: str, key: str) -> Refund:
        """Refund a charge in full."""
        with vocabulary():
            made = await self._v1.refunds.create_async({"charge": charge}, {"idempotency_key": key})
            again = await self._v1.refunds.retrieve_async(made.id, {"expand": ["charge"]})
        return refund_read(again, "")

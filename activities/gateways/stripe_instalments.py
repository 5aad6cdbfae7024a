"""A payment plan at Stripe: an open invoice replaced by several, each finalised and charged by Stripe itself on its day.

The parts belong to the subscription (`subscription` of docs.stripe.com/api/invoices/create), so that they are seen wherever its
invoices are, and do not touch its periods. They are made as drafts that nothing moves, then the invoice is voided, then they get their
days: cut off anywhere, the same keys go on with the same parts, and nobody ever owes twice.
"""

from collections.abc import Sequence

import stripe

from activities.failures import Declined, Refused
from activities.gateways.stripe_objects import PART_OF, reference, vocabulary
from models.changing.plan_instalments import YEAR
from models.subscribing.invoices import Instalment

NUMBER = "perdura_number"  # metadata: which part of its year


def _number(invoice: stripe.Invoice) -> int:
    return int(getattr(invoice.metadata, NUMBER, "") or 0)


class StripeInstalments:
    """The part of the Payments port that is about paying in parts: a debt, or a plan's year."""

    _v1: stripe.V1Services

    async def split(self, invoice: str, parts: Sequence[Instalment], key: str) -> None:
        """Replace an open invoice by these. Raises Refused where it is not open, owes another amount, or was paid meanwhile."""
        with vocabulary():
            found = await self._v1.invoices.retrieve_async(invoice)
            wanted = sum(part.centavos for part in parts)
            if found.status not in ("open", "void") or (found.status == "open" and found.amount_remaining != wanted):
                raise Refused(f"invoice {invoice} is {found.status}, {found.amount_remaining} left to pay", "not_open")
            drafts = [
                await self._draft(found, part, f"{key}/part-{n}", f"{n}/{len(parts)}")
                for n, part in enumerate(parts, 1)
            ]
            if not await self._voided(invoice, key):
                for draft in drafts:
                    await self._drop(draft)
                raise Refused(f"invoice {invoice} was paid meanwhile", "not_open")
            for draft, part in zip(drafts, parts, strict=True):
                at = int(part.on.timestamp())
                await self._v1.invoices.update_async(draft, {"auto_advance": True, "automatically_finalizes_at": at})

    async def lay_out(
        self, subscription: str, year: str, parts: Sequence[Instalment], *, pay_first: bool, key: str
    ) -> None:
        """The invoices of a plan's year, made as drafts: the first is paid or opened now, the others on their days."""
        with vocabulary():
            owner = await self._v1.subscriptions.retrieve_async(subscription)
            listed = await self._v1.invoices.list_async({"subscription": subscription, "limit": 100})
            known = {_number(each): each for each in listed.data if getattr(each.metadata, PART_OF, "") == year}
            for number, part in enumerate(parts, 1):
                if number not in known:
                    known[number] = await self._instalment(owner, year, number, len(parts), part, f"{key}/{number}")
            first = known[1]
        if not pay_first:
            if first.status == "draft":
                with vocabulary():
                    await self._v1.invoices.finalize_invoice_async(reference(first), {"auto_advance": True})
            return
        try:
            with vocabulary():
                if first.status == "draft":
                    await self._v1.invoices.finalize_invoice_async(
                        reference(first), {"auto_advance": False}, {"idempotency_key": f"{key}/1/open"}
                    )
                if first.status != "paid":
                    await self._v1.invoices.pay_async(
                        reference(first), {"off_session": True}, {"idempotency_key": f"{key}/1/pay"}
                    )
        except Declined:
            with vocabulary():
                await self._v1.subscriptions.cancel_async(subscription, None, {"idempotency_key": f"{key}/refused"})
                await self._v1.invoices.void_invoice_async(reference(first))
            await self.drop_year(subscription)
            raise

    async def drop_year(self, subscription: str) -> None:
        """The parts of a plan's year that are still to come are not charged any more."""
        with vocabulary():
            listed = await self._v1.invoices.list_async({"subscription": subscription, "status": "draft", "limit": 100})
            for each in listed.data:
                if getattr(each.metadata, PART_OF, "").startswith(YEAR):
                    await self._drop(reference(each))

    async def _instalment(
        self, owner: stripe.Subscription, year: str, number: int, count: int, part: Instalment, key: str
    ) -> stripe.Invoice:
        customer, currency = reference(owner.customer), owner.currency
        draft = await self._v1.invoices.create_async(
            {
                "customer": customer,
                "currency": currency,
                "subscription": owner.id,
                "auto_advance": False,
                "collection_method": "charge_automatically",
                "pending_invoice_items_behavior": "exclude",
                "metadata": {PART_OF: year, NUMBER: str(number)},
            },
            {"idempotency_key": key},
        )
        await self._v1.invoice_items.create_async(
            {
                "customer": customer,
                "invoice": reference(draft),
                "amount": part.centavos,
                "currency": currency,
                "description": f"{number}/{count}",
            },
            {"idempotency_key": f"{key}/item"},
        )
        if number > 1:
            at = int(part.on.timestamp())
            await self._v1.invoices.update_async(
                reference(draft), {"auto_advance": True, "automatically_finalizes_at": at}
            )
        return draft

    async def _draft(self, invoice: stripe.Invoice, part: Instalment, key: str, number: str) -> str:
        details = invoice.parent.subscription_details if invoice.parent else None
        params: stripe.params.InvoiceCreateParams = {
            "customer": reference(invoice.customer),
            "currency": invoice.currency,
            "auto_advance": False,
            "collection_method": "charge_automatically",
            "pending_invoice_items_behavior": "exclude",
            "metadata": {PART_OF: reference(invoice)},
        }
        if details is not None:
            params["subscription"] = reference(details.subscription)
        draft = await self._v1.invoices.create_async(params, {"idempotency_key": key})
        await self._v1.invoice_items.create_async(
            {
                "customer": reference(invoice.customer),
                "invoice": reference(draft),
                "amount": part.centavos,
                "currency": invoice.currency,
                "description": f"{invoice.number or reference(invoice)} {number}",
            },
            {"idempotency_key": f"{key}/item"},
        )
        return reference(draft)

    async def _voided(self, invoice: str, key: str) -> bool:
        """Whether the invoice is void now, by this or by an earlier run of the same order."""
        try:
            await self._v1.invoices.void_invoice_async(invoice, None, {"idempotency_key": f"{key}/void"})
        except stripe.InvalidRequestError:
            return (await self._v1.invoices.retrieve_async(invoice)).status == "void"
        return True

    async def _drop(self, draft: str) -> None:
        """A draft of a subscription cannot be deleted: it is opened without a charge, and voided."""
        await self._v1.invoices.finalize_invoice_async(draft, {"auto_advance": False})
        await self._v1.invoices.void_invoice_async(draft)

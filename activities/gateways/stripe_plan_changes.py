"""A change of plan at Stripe, reckoned by Stripe (docs.stripe.com/billing/subscriptions/prorations, …/subscription-schedules).

Proration is by the second, so the preview and the change name the same `proration_date`: with it both come to the same centavos. What
waits for the period's end is the second phase of a schedule made from the subscription; in a trial nothing has been billed, so the price
changes at once and is charged when the trial ends.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import stripe

from activities.failures import Refused
from activities.gateways.stripe_objects import instant, reference, vocabulary
from models.money import Money
from models.subscribing.invoice_preview import InvoicePreview, PreviewLine

if TYPE_CHECKING:
    from stripe.params import (
        InvoiceCreatePreviewParamsSubscriptionDetails,
        SubscriptionScheduleUpdateParamsPhase,
        SubscriptionUpdateParams,
        SubscriptionUpdateParamsDiscount,
        SubscriptionUpdateParamsItem,
    )


class StripePlanChanges:
    """The part of the Payments port that is about changing plans."""

    _v1: stripe.V1Services

    async def preview_change(self, provider_id: str, price: str, at: datetime) -> InvoicePreview:
        """The invoice that the change would make at once, at the second `at`."""
        return await self._preview(
            provider_id, price, {"proration_behavior": "always_invoice", "proration_date": int(at.timestamp())}
        )

    async def preview_renewal(self, provider_id: str, price: str) -> InvoicePreview:
        """The next invoice on this price, discounts and the customer's balance reckoned in."""
        return await self._preview(provider_id, price, {"proration_behavior": "none"})

    async def _preview(
        self, provider_id: str, price: str, how: "InvoiceCreatePreviewParamsSubscriptionDetails"
    ) -> InvoicePreview:
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id)
            details: InvoiceCreatePreviewParamsSubscriptionDetails = {
                **how,
                "items": [{"id": found["items"].data[0].id, "price": price}],
            }
            foretold = await self._v1.invoices.create_preview_async(
                {"subscription": provider_id, "subscription_details": details}
            )
        return _preview_read(foretold)

    async def change_now(self, provider_id: str, price: str, *, at: datetime, due: Money, key: str) -> None:
        """The change, with `error_if_incomplete`: a refused card changes nothing. In a trial nothing is due."""
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id)
        item = found["items"].data[0]
        if item.price.id == price:
            return  # by an earlier run, whose answer was lost
        trial = found.status == "trialing"
        if not trial and (foretold := await self.preview_change(provider_id, price, at)).due != due:
            raise Refused(f"it would cost {foretold.due} now, not {due}", "preview_differs")
        change: SubscriptionUpdateParams = {"items": [_item(item.id, price)], "proration_behavior": "none"}
        if not trial:
            change |= {
                "proration_behavior": "always_invoice",
                "proration_date": int(at.timestamp()),
                "payment_behavior": "error_if_incomplete",
            }
        with vocabulary():
            await self._v1.subscriptions.update_async(provider_id, change, {"idempotency_key": key})

    async def change_later(self, provider_id: str, price: str, key: str) -> None:
        """The price from the period's end on. Repeating it arranges the same."""
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id)
            item = found["items"].data[0]
            if found.status == "trialing":
                await self._only_price(provider_id, item.id, price, key)
                return
            schedule = await self._schedule(found, key)
            now = schedule.phases[0]
            discounts: Any = [{"discount": reference(each)} for each in found.discounts or []]
            phases: list[SubscriptionScheduleUpdateParamsPhase] = [
                {
                    "items": [{"price": item.price.id, "quantity": item.quantity or 1}],
                    "start_date": now.start_date,
                    "end_date": now.end_date,
                },
                {
                    "items": [{"price": price, "quantity": item.quantity or 1}],
                    "proration_behavior": "none",
                },
            ]
            if discounts:
                phases = [{**phase, "discounts": discounts} for phase in phases]
            await self._v1.subscription_schedules.update_async(
                schedule.id, {"phases": phases, "end_behavior": "release"}, {"idempotency_key": f"{key}/phases"}
            )

    async def _schedule(self, found: stripe.Subscription, key: str) -> stripe.SubscriptionSchedule:
        if found.schedule:
            return await self._v1.subscription_schedules.retrieve_async(reference(found.schedule))
        return await self._v1.subscription_schedules.create_async(
            {"from_subscription": found.id}, {"idempotency_key": f"{key}/schedule"}
        )

    async def undo_change(self, provider_id: str, price: str, key: str) -> None:
        """What was arranged for the period's end is called off. Nothing happens where nothing was."""
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id)
            if found.schedule:
                await self._v1.subscription_schedules.release_async(
                    reference(found.schedule), None, {"idempotency_key": f"{key}/release"}
                )
            elif found.status == "trialing" and found["items"].data[0].price.id != price:
                await self._only_price(provider_id, found["items"].data[0].id, price, key)

    async def _only_price(self, provider_id: str, item: str, price: str, key: str) -> None:
        change: SubscriptionUpdateParams = {"items": [_item(item, price)], "proration_behavior": "none"}
        await self._v1.subscriptions.update_async(provider_id, change, {"idempotency_key": key})

    async def keep(self, provider_id: str, key: str) -> None:
        """The subscription goes on after its period."""
        with vocabulary():
            await self._v1.subscriptions.update_async(
                provider_id, {"cancel_at_period_end": False}, {"idempotency_key": key}
            )

    async def discount(self, provider_id: str, *, percent: int, months: int, key: str) -> None:
        """A coupon of that name, made where it is missing, on this subscription."""
        coupon = f"perdura-stay-{percent}-{months}"
        try:
            with vocabulary():
                await self._v1.coupons.create_async(
                    {"id": coupon, "percent_off": percent, "duration": "repeating", "duration_in_months": months}
                )
        except Refused as refusal:
            if refusal.code != "resource_already_exists":
                raise
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id, {"expand": ["discounts"]})
            known = [each for each in found.discounts or [] if isinstance(each, stripe.Discount)]
            if any(reference(each.source.coupon) == coupon for each in known):
                return  # by an earlier run, or taken before: an offer is given once
            given: list[SubscriptionUpdateParamsDiscount] = [{"discount": each.id} for each in known]
            await self._v1.subscriptions.update_async(
                provider_id, {"discounts": [*given, {"coupon": coupon}]}, {"idempotency_key": key}
            )

    async def pause_until(self, provider_id: str, until: datetime, key: str) -> None:
        """As `pause`, and it ends by itself."""
        with vocabulary():
            await self._v1.subscriptions.update_async(
                provider_id,
                {"pause_collection": {"behavior": "void", "resumes_at": int(until.timestamp())}},
                {"idempotency_key": key},
            )


def _item(item: str, price: str) -> "SubscriptionUpdateParamsItem":
    return {"id": item, "price": price}


def _preview_read(invoice: stripe.Invoice) -> InvoicePreview:
    currency = invoice.currency.upper()
    return InvoicePreview(
        total=Money(invoice.total, currency),
        due=Money(invoice.amount_due, currency),
        lines=tuple(
            PreviewLine(line.description or "", line.amount, _prorated(line), instant(line.period.end))
            for line in invoice.lines.data
        ),
    )


def _prorated(line: stripe.InvoiceLineItem) -> bool:
    parent = line.parent
    details = parent and (parent.invoice_item_details or parent.subscription_item_details)
    return bool(details and details.proration)

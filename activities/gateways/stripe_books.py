"""Stripe read by the page: what it told, what lives there, what it took and gave back. Reading only."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from activities.gateways.stripe_objects import funding, instant, reference, refund_read, vocabulary
from activities.gateways.stripe_statement import dispute_read
from activities.ports.provider_books import Charges, Events, ProviderCustomer, Refunds, Sightings
from models.bookkeeping.statement import StatedDispute
from models.money import Money
from models.records import InboxEvent, Provider
from models.speaking.notices import Language
from models.watching.reconciliation import ProviderCharge, Sighting

if TYPE_CHECKING:
    from stripe.params import (
        ChargeListParams,
        DisputeListParams,
        EventListParams,
        InvoiceListParams,
        RefundListParams,
        SubscriptionListParams,
    )

PAGE = 100  # Stripe's largest


class StripeBooks:
    """The ProviderBooks port, but for single invoices."""

    _v1: stripe.V1Services

    async def events_since(self, since: datetime, cursor: str = "") -> Events:
        params: EventListParams = {"limit": PAGE, "created": {"gte": _seconds(since)}}
        if cursor:
            params["starting_after"] = cursor
        with vocabulary():
            page = await self._v1.events.list_async(params)
        now = datetime.now(UTC)
        return Events([_event(event, now) for event in page.data], _cursor(page))

    async def live_subscriptions(self, cursor: str = "") -> Sightings:
        params: SubscriptionListParams = {"limit": PAGE}  # without a status Stripe leaves out those that are canceled
        if cursor:
            params["starting_after"] = cursor
        with vocabulary():
            page = await self._v1.subscriptions.list_async(params)
        return Sightings([_subscription(each) for each in page.data], _cursor(page))

    async def open_invoices(self, cursor: str = "") -> Sightings:
        params: InvoiceListParams = {"limit": PAGE, "status": "open"}
        if cursor:
            params["starting_after"] = cursor
        with vocabulary():
            page = await self._v1.invoices.list_async(params)
        seen = [
            Sighting(
                each.id or "",
                subscription=_subscription_of(each),
                customer=reference(each.customer),
                status=each.status or "",
                overdue=each.attempted and each.amount_remaining > 0,
            )
            for each in page.data
        ]
        return Sightings(seen, _cursor(page))

    async def charges_since(self, since: datetime, cursor: str = "") -> Charges:
        params: ChargeListParams = {"limit": PAGE, "created": {"gte": _seconds(since)}}
        if cursor:
            params["starting_after"] = cursor
        with vocabulary():
            page = await self._v1.charges.list_async(params)
        return Charges([_charge(each) for each in page.data], _cursor(page))

    async def refunds_since(self, since: datetime, cursor: str = "") -> Refunds:
        params: RefundListParams = {"limit": PAGE, "created": {"gte": _seconds(since)}}
        if cursor:
            params["starting_after"] = cursor
        with vocabulary():
            page = await self._v1.refunds.list_async(params)
        return Refunds([refund_read(each, "") for each in page.data], _cursor(page))

    async def disputes_since(self, since: datetime) -> Sequence[StatedDispute]:
        params: DisputeListParams = {"limit": PAGE, "created": {"gte": _seconds(since)}}
        with vocabulary():
            listed = await self._v1.disputes.list_async(params)
            return [dispute_read(each) async for each in listed.auto_paging_iter()]

    async def look_up_dispute(self, dispute: str) -> StatedDispute:
        with vocabulary():
            return dispute_read(await self._v1.disputes.retrieve_async(dispute))

    async def look_up_customer(self, customer: str) -> ProviderCustomer:
        with vocabulary():
            found = await self._v1.customers.retrieve_async(customer)
        metadata: Mapping[str, str] = found.metadata.to_dict() if found.metadata else {}
        return ProviderCustomer(
            id=found.id,
            tenant=metadata.get("perdura_tenant", ""),
            customer=metadata.get("perdura_customer", ""),
            name=found.name or "",
            email=found.email or "",
            phone=found.phone or "",
            language=Language.EN if (found.preferred_locales or [""])[0].startswith("en") else Language.ES,
        )

    async def look_up_charge(self, charge: str) -> ProviderCharge:
        """The charge, and what it paid: in the API of basil and later that stands on the invoice's payment."""
        with vocabulary():
            found = await self._v1.charges.retrieve_async(charge)
            intent = reference(found.payment_intent)
            if not intent:
                return _charge(found)
            paid = await self._v1.invoice_payments.list_async(
                {
                    "payment": {"type": "payment_intent", "payment_intent": intent},
                    "limit": 1,
                    "expand": ["data.invoice"],
                }
            )
        invoice = paid.data[0].invoice if paid.data else ""
        # An invoice that belongs to no subscription may be a bill's, whose account is known by it.
        owner = (_subscription_of(invoice) or reference(invoice)) if isinstance(invoice, stripe.Invoice) else ""
        return _charge(found, invoice=reference(invoice), subscription=owner)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _cursor(page: Any) -> str:
    return str(page.data[-1].id) if page.has_more and page.data else ""


def _event(event: stripe.Event, now: datetime) -> InboxEvent:
    told = event.to_dict()
    return InboxEvent(
        provider=Provider.STRIPE,
        event=event.id,
        type=event.type,
        # The SDK reads `unit_amount_decimal` into a Decimal; Stripe sends it as text.
        payload=json.dumps(told, default=str),
        received_at=now,
        object=str(told["data"]["object"].get("id") or ""),
    )


def _subscription(each: stripe.Subscription) -> Sighting:
    item = each["items"].data[0]  # `.items` is the mapping's method
    metadata: Mapping[str, str] = each.metadata.to_dict() if each.metadata else {}
    return Sighting(
        id=each.id,
        tenant=metadata.get("perdura_tenant", ""),
        subscription=metadata.get("perdura_subscription", ""),
        customer=reference(each.customer),
        status=each.status,
        period_start=instant(item.current_period_start),
        period_end=instant(item.current_period_end),
        cancel_at_period_end=each.cancel_at_period_end,
    )


def _subscription_of(invoice: stripe.Invoice) -> str:
    details = invoice.parent.subscription_details if invoice.parent else None
    return reference(details.subscription) if details else ""


def _charge(charge: stripe.Charge, *, invoice: str = "", subscription: str = "") -> ProviderCharge:
    return ProviderCharge(
        id=charge.id,
        amount=Money(charge.amount, charge.currency.upper()),
        created=instant(charge.created),
        succeeded=charge.status == "succeeded",
        funding=funding(charge),
        customer=reference(charge.customer),
        invoice=invoice,
        provider_subscription=subscription,
        refunded=charge.refunded,
    )

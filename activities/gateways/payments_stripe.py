"""Payments by Stripe, through its own SDK at the API version that SDK pins.

Retrying is Temporal's work, so the SDK retries nothing; every write carries the business's idempotency key, and Stripe
answers a repeated key with the first answer, declines included.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import astuple
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import stripe

from activities.failures import Failure, Refused
from activities.gateways.stripe_bills import StripeBills
from activities.gateways.stripe_books import StripeBooks
from activities.gateways.stripe_catalog import StripeCatalog
from activities.gateways.stripe_instalments import StripeInstalments
from activities.gateways.stripe_later import StripeLater
from activities.gateways.stripe_objects import (
    instant,
    intents,
    invoice_read,
    reference,
    subscription_read,
    vocabulary,
)
from activities.gateways.stripe_plan_changes import StripePlanChanges
from activities.ports.payments import Checkout
from models.records import Customer
from models.selling.plans import Trial
from models.subscribing.subscriptions import SHOWN, ProviderSubscription

if TYPE_CHECKING:
    from stripe.params import SubscriptionUpdateParams, SubscriptionUpdateParamsItem
    from stripe.params.checkout import SessionCreateParamsSubscriptionData

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
RECENT_PAYMENTS = 20


class _Http(stripe.HTTPXClient):
    """The SDK hands its encoded body to httpx as `data`, which httpx deprecates for text: as `content` it is the same request."""

    def _get_request_args_kwargs(
        self, method: str, url: str, headers: Mapping[str, str], post_data: str | None
    ) -> tuple[list[Any], dict[str, Any]]:
        args, kwargs = super()._get_request_args_kwargs(method, url, headers, None)
        del kwargs["data"]
        return args, {**kwargs, "content": post_data}


class StripePayments(StripeCatalog, StripeBills, StripeBooks, StripeLater, StripeInstalments, StripePlanChanges):
    """The Payments port, and ProviderBooks. `base_url` leads to the sandbox; empty means Stripe itself."""

    def __init__(self, key: str, base_url: str = "") -> None:
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        self._http = _Http(timeout=timeout)
        self._v1 = stripe.StripeClient(
            key,
            http_client=self._http,
            max_network_retries=0,
            base_addresses={"api": base_url, "files": base_url} if base_url else None,
        ).v1

    async def ensure_customer(self, customer: Customer, payment_method: str) -> str:
        """The customer, with this default card when one is given. Raises Declined when the card cannot be saved."""
        with vocabulary():
            found = customer.provider_id or await self._create_customer(customer)
            if payment_method:
                await self._make_default(found, payment_method)
        return found

    async def forget_customer(self, provider_id: str) -> None:
        """Delete the customer at the provider; one that is gone already stays gone.

        Stripe keeps what it must of past charges, and cancels what is still subscribed: whoever calls has seen to that.
        """
        try:
            with vocabulary():
                await self._v1.customers.delete_async(provider_id)
        except Refused as refusal:
            if refusal.code != "resource_missing":
                raise

    async def _create_customer(self, customer: Customer) -> str:
        created = await self._v1.customers.create_async(
            {
                "name": customer.name,
                "email": customer.email,
                "phone": customer.phone,
                "preferred_locales": [customer.language.value],
                "metadata": {"perdura_tenant": customer.tenant, "perdura_customer": customer.id},
            },
            # Corrected contact data is a different request, and Stripe refuses a key that comes with another body.
            {"idempotency_key": f"customer/{customer.tenant}/{customer.id}/{_digest(astuple(customer))}"},
        )
        return created.id

    async def _make_default(self, customer: str, payment_method: str) -> None:
        card = await self._v1.payment_methods.attach_async(
            payment_method, {"customer": customer}, {"idempotency_key": f"attach/{customer}/{payment_method}"}
        )
        # No key: saying it twice is saying it once, and saying A, B, A must end in A.
        await self._v1.customers.update_async(customer, {"invoice_settings": {"default_payment_method": card.id}})

    async def open_subscription(
        self, *, customer: str, price: str, trial: Trial, tenant: str, subscription: str, key: str
    ) -> ProviderSubscription:
        """Start charging. Stripe opens nothing when the first charge is refused (`error_if_incomplete`): Declined."""
        params: stripe.params.SubscriptionCreateParams = {
            "customer": customer,
            "items": [{"price": price}],
            "payment_behavior": "error_if_incomplete",
            "metadata": _ownership(tenant, subscription),
        }
        if trial.days:
            params["trial_period_days"] = trial.days
        if trial.end:
            params["trial_settings"] = {"end_behavior": {"missing_payment_method": trial.end.value}}
        with vocabulary():
            # Stripe forgets a key after a day or so; an answer lost before a longer outage must not open a second one.
            known = await self._v1.subscriptions.list_async({"customer": customer, "limit": 100})
            ours = [each for each in known.data if getattr(each.metadata, "perdura_subscription", "") == subscription]
            opened = ours[0] if ours else await self._v1.subscriptions.create_async(params, {"idempotency_key": key})
        return await self.look_up_subscription(opened.id)

    async def look_up_subscription(self, provider_id: str) -> ProviderSubscription:
        """The subscription and its recent invoices in two calls, three when something was to be paid."""
        with vocabulary():
            subscription, invoices = await asyncio.gather(
                self._v1.subscriptions.retrieve_async(provider_id, {"expand": ["customer"]}),
                self._v1.invoices.list_async(
                    {"subscription": provider_id, "limit": SHOWN, "expand": ["data.payments"]}
                ),
            )
            wanted = {reference(i) for invoice in invoices.data for i in intents(invoice)}
            attempts = await self._attempts(reference(subscription.customer)) if wanted else {}
            for missing in sorted(wanted - attempts.keys()):
                attempts[missing] = await self._attempt(missing)
            notes = {invoice.id: await self._credit_notes(invoice) for invoice in invoices.data}
        return subscription_read(subscription, tuple(invoice_read(i, attempts, notes[i.id]) for i in invoices.data))

    async def _attempts(self, customer: str) -> dict[str, stripe.PaymentIntent]:
        recent = await self._v1.payment_intents.list_async(
            {"customer": customer, "limit": RECENT_PAYMENTS, "expand": ["data.latest_charge"]}
        )
        return {intent.id: intent for intent in recent.data}

    async def cancel(self, provider_id: str, *, at_period_end: bool, key: str) -> ProviderSubscription:
        """Cancel now or at the period's end. Canceling what is canceled changes nothing."""
        if at_period_end:
            return await self._update(provider_id, {"cancel_at_period_end": True}, key)
        try:
            with vocabulary():
                await self._v1.subscriptions.cancel_async(provider_id, None, {"idempotency_key": key})
        except Refused:
            return await self._canceled(provider_id)
        await self.drop_year(provider_id)
        return await self.look_up_subscription(provider_id)

    async def pause(self, provider_id: str, key: str) -> ProviderSubscription:
        """Stop collecting: invoices made meanwhile are void, so nobody owes for a pause."""
        return await self._update(provider_id, {"pause_collection": {"behavior": "void"}}, key)

    async def resume(self, provider_id: str, key: str) -> ProviderSubscription:
        """Collect again from the next invoice on; what Stripe has paused after a trial without a card begins anew, and is charged now.

        docs.stripe.com/api/subscriptions/resume: it goes on once that charge is paid, and stays paused otherwise.
        """
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id)
            if found.status == "paused":
                await self._v1.subscriptions.resume_async(
                    provider_id,
                    {"payment_behavior": "resume_on_payment_success"},
                    {"idempotency_key": f"{key}/resume"},
                )
        if found.status == "paused":
            return await self.look_up_subscription(provider_id)
        return await self._update(provider_id, {"pause_collection": ""}, key)

    async def extend_trial(self, provider_id: str, until: datetime, key: str) -> ProviderSubscription:
        """Move the end of the trial, and with it the first charge and every one after it. Raises Refused."""
        change: SubscriptionUpdateParams = {"trial_end": int(until.timestamp())}
        return await self._update(provider_id, change, key)

    async def change_price(self, provider_id: str, price: str, key: str) -> ProviderSubscription:
        with vocabulary():
            found = await self._v1.subscriptions.retrieve_async(provider_id)
        item: SubscriptionUpdateParamsItem = {"id": found["items"].data[0].id, "price": price}
        return await self._update(provider_id, {"items": [item], "proration_behavior": "none"}, key)

    async def _update(self, provider_id: str, change: "SubscriptionUpdateParams", key: str) -> ProviderSubscription:
        try:
            with vocabulary():
                await self._v1.subscriptions.update_async(provider_id, change, {"idempotency_key": key})
        except Refused:
            return await self._canceled(provider_id)
        return await self.look_up_subscription(provider_id)

    async def _canceled(self, provider_id: str) -> ProviderSubscription:
        found = await self.look_up_subscription(provider_id)
        if found.status != "canceled":
            raise Refused(f"Stripe will not change subscription {provider_id}, which is {found.status}")
        return found

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
        """A hosted page where the customer gives a card, unless the trial needs none, and the subscription starts."""
        data: SessionCreateParamsSubscriptionData = {"metadata": _ownership(tenant, subscription)}
        if trial.days:
            data["trial_period_days"] = trial.days
        if trial.end:
            data["trial_settings"] = {"end_behavior": {"missing_payment_method": trial.end.value}}
        with vocabulary():
            session = await self._v1.checkout.sessions.create_async(
                {
                    "mode": "subscription",
                    "customer": customer,
                    "line_items": [{"price": price, "quantity": 1}],
                    "payment_method_collection": "if_required" if trial.end else "always",
                    "subscription_data": data,
                    "client_reference_id": subscription,
                    "metadata": _ownership(tenant, subscription),
                    "success_url": success_url,
                    "cancel_url": cancel_url,
                },
                {"idempotency_key": key},
            )
        return _checkout(session)

    async def look_up_checkout(self, session: str) -> Checkout:
        """The session as it stands."""
        with vocabulary():
            return _checkout(await self._v1.checkout.sessions.retrieve_async(session))

    async def close_checkout(self, session: str) -> None:
        """Expire the session; Stripe refuses where it is complete or expired already, and then there is nothing to close."""
        with contextlib.suppress(Refused), vocabulary():
            await self._v1.checkout.sessions.expire_async(session)

    async def portal(self, customer: str, return_url: str) -> str:
        """The address of a fresh Customer Portal session; it lives for minutes."""
        with vocabulary():
            session = await self._v1.billing_portal.sessions.create_async(
                {"customer": customer, "return_url": return_url}
            )
        return session.url

    async def reachable(self) -> bool:
        """Whether Stripe answers and takes our key."""
        try:
            with vocabulary():
                await self._v1.prices.list_async({"limit": 1})
        except Failure:
            return False
        return True

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]


def _checkout(session: stripe.checkout.Session) -> Checkout:
    return Checkout(
        id=session.id,
        url=session.url or "",
        expires_at=instant(session.expires_at),
        status=session.status or "open",
        subscription=reference(session.subscription),
        success_url=session.success_url or "",
        cancel_url=session.cancel_url or "",
    )


def _ownership(tenant: str, subscription: str) -> dict[str, str]:
    return {"perdura_tenant": tenant, "perdura_subscription": subscription}


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]

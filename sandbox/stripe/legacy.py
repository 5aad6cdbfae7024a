"""What the official CLI still sends, although the API it belongs to has moved on.

Its fixtures carry no ``Stripe-Version``, and Stripe answers such requests by the account's default version. Requests
with a version get none of this.
"""

from typing import Any

from sandbox.stripe import checkout
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj

# Paths the CLI uses that are not in the public API: Checkout's own, and ``stripe events resend``.
UNDOCUMENTED = frozenset(
    {
        ("GET", "/v1/payment_pages/{session}"),
        ("POST", "/v1/payment_pages/{session}/confirm"),
        ("POST", "/v1/events/{event}/retry"),
    }
)


def translate(template: str, raw: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a request without version, as the current API writes them."""
    if template == "/v1/promotion_codes" and "coupon" in raw:
        raw["promotion"] = {"type": "coupon", "coupon": raw.pop("coupon")}
    if template.startswith("/v1/subscription_schedules"):
        for phase in (raw.get("phases") or {}).values():
            if "iterations" in phase:
                phase["duration"] = {"interval": "month", "interval_count": phase.pop("iterations")}
    return raw


@operation("GET", "/v1/payment_pages/{session}")
def page(call: Call) -> Obj:
    """What Checkout's page would load."""
    return call.account.store.get("checkout.session", call.id)


@operation("POST", "/v1/payment_pages/{session}/confirm")
def confirm(call: Call) -> Obj:
    """What Checkout's button would do."""
    session = call.account.store.get("checkout.session", call.id)
    method = call.account.store.get("payment_method", call.params.get("payment_method", ""), param="payment_method")
    return checkout.complete_session(
        call.account, session, method, email=method["billing_details"]["email"] or "", name=""
    )


@operation("POST", "/v1/events/{event}/retry")
def retry(call: Call) -> Obj:
    """Deliver an event again."""
    event = call.account.store.get("event", call.id)
    call.account.post(event)
    return event

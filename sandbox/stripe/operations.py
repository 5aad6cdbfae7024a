"""Gathers every module that answers operations; importing them is what registers them."""

from sandbox.stripe import (
    catalog,
    checkout,
    customers,
    endpoints,
    erasure,
    intents,
    invoice_routes,
    payment_methods,
    portal,
    resources,
    subscription_routes,
    vouchers,
)

MODULES = (
    catalog,
    checkout,
    customers,
    endpoints,
    erasure,
    intents,
    invoice_routes,
    payment_methods,
    portal,
    subscription_routes,
    vouchers,
)


def register() -> None:
    """Make every operation known; doing it twice changes nothing."""
    resources.register()

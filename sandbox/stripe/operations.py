"""Gathers every module that answers operations; importing them is what registers them."""

from sandbox.stripe import (
    catalog,
    checkout,
    credit_notes,
    customers,
    discounts,
    disputes,
    endpoints,
    erasure,
    intents,
    invoice_items,
    invoice_routes,
    items,
    legacy,
    payment_methods,
    portal,
    previews,
    refunds,
    resources,
    schedules,
    search,
    setups,
    subscription_routes,
    vouchers,
)

MODULES = (
    catalog,
    checkout,
    credit_notes,
    customers,
    discounts,
    disputes,
    endpoints,
    erasure,
    intents,
    invoice_items,
    invoice_routes,
    items,
    legacy,
    payment_methods,
    portal,
    previews,
    refunds,
    schedules,
    search,
    setups,
    subscription_routes,
    vouchers,
)


def register() -> None:
    """Make every operation known; doing it twice changes nothing."""
    resources.register()

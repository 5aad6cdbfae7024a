"""Gathers every module that answers operations; importing them is what registers them."""

from importlib import import_module

from sandbox.stripe import resources

MODULES = (
    "catalog", "checkout", "credit_notes", "customers", "discounts", "disputes", "endpoints", "erasure", "intents",
    "invoice_items", "invoice_routes", "items", "legacy", "payment_methods", "portal", "previews", "refunds",
    "schedules", "search", "setups", "subscription_routes", "vouchers",
)  # fmt: skip


def register() -> None:
    """Make every operation known; doing it twice changes nothing."""
    for name in MODULES:
        import_module(f"sandbox.stripe.{name}")
    resources.register()

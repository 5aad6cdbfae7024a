"""Customers."""

from typing import Any

from sandbox.stripe import payment_methods
from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id

_FIELDS = (
    "address", "balance", "business_name", "description", "email", "individual_name", "invoice_prefix",
    "invoice_settings", "metadata", "name", "next_invoice_sequence", "phone", "preferred_locales", "shipping",
    "tax_exempt",
)  # fmt: skip
_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


@operation("POST", "/v1/customers")
def create(call: Call) -> Obj:
    """Create a customer, on a test clock when asked."""
    account, params = call.account, call.params
    clock = params.get("test_clock")
    if clock:
        account.store.get("test_helpers.test_clock", clock, param="test_clock")
    customer = account.create(
        {
            "id": new_id("cus", 14),
            "object": "customer",
            "balance": 0,
            "delinquent": False,
            "invoice_prefix": new_id("", 8)[1:].upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "next_invoice_sequence": 1,
            "preferred_locales": [],
            "tax_exempt": "none",
            "test_clock": clock,
        }
    )
    try:
        customer.update(_changes(account, customer, params))
        account.emit("customer.created", customer)
        if params.get("payment_method"):
            payment_methods.attach_to(account, params["payment_method"], customer)
        if params.get("source"):
            method = payment_methods.from_token(account, params["source"])
            payment_methods.attach_to(account, method["id"], customer)
            customer["default_source"] = None
            customer["invoice_settings"]["default_payment_method"] = method["id"]
    except Exception:
        account.store.remove(customer)
        raise
    return customer


@operation("POST", "/v1/customers/{customer}")
def update(call: Call) -> Obj:
    """Change a customer."""
    customer = call.account.store.get("customer", call.id)
    call.account.update(customer, _changes(call.account, customer, call.params), "customer.updated")
    return customer


def _changes(account: Account, customer: Obj, params: dict[str, Any]) -> Obj:
    new = changes(customer, params, _FIELDS)
    if isinstance(new.get("address"), dict):
        new["address"] = {name: new["address"].get(name) for name in _ADDRESS}
    if "email" in new and new["email"] and "@" not in new["email"]:
        raise invalid(f"Invalid email address: {new['email']}", param="email", code="email_invalid")
    default = new.get("invoice_settings", {}).get("default_payment_method")
    if default:
        method = payment_methods.resolve(account, default, param="invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            if params.get("payment_method") != default:
                raise invalid(
                    "The customer does not have a payment method with the ID "
                    f"{default}. The payment method must be attached to the customer.",
                    param="invoice_settings[default_payment_method]",
                    code="resource_missing",
                )
            # Stripe's own CLI attaches and sets the default in one call with a magic id.
            method = payment_methods.attach_to(account, method["id"], customer)
            params.pop("payment_method")
        new["invoice_settings"]["default_payment_method"] = method["id"]
    return new

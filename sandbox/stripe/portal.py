"""The Customer Portal: sessions and configurations (docs.stripe.com/api/customer_portal)."""

import copy
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.edits import changes
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id

_FEATURES: dict[str, Any] = {
    "customer_update": {"allowed_updates": ["email", "phone"], "enabled": True},
    "invoice_history": {"enabled": True},
    "payment_method_update": {"enabled": True, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": ["too_expensive", "unused", "other"]},
        "enabled": True,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "products": None,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}


def _merged(features: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The features with switches and choices replaced; what a feature does not have is not added to it."""
    merged = copy.deepcopy(features)
    for name, value in given.items():
        if isinstance(merged.get(name), dict) and isinstance(value, dict):
            merged[name] = _merged(merged[name], value)
        elif name in merged and not isinstance(value, dict | list) and value != "":
            merged[name] = value
    return merged


def _configuration(account: Account, params: dict[str, Any], *, default: bool) -> Obj:
    now = account.now()
    features = _merged(_FEATURES, params.get("features") or {})
    business = params.get("business_profile") or {}
    return account.create(
        {
            "id": new_id("bpc"),
            "object": "billing_portal.configuration",
            "active": True,
            "business_profile": {
                name: business.get(name) for name in ("headline", "privacy_policy_url", "terms_of_service_url")
            },
            "created": now,
            "default_return_url": params.get("default_return_url"),
            "features": features,
            "is_default": default,
            "login_page": {"enabled": False, "url": None},
            "metadata": params.get("metadata") or {},
            "updated": now,
        }
    )


@operation("POST", "/v1/billing_portal/configurations")
def create_configuration(call: Call) -> Obj:
    """A portal's features."""
    made = _configuration(call.account, call.params, default=False)
    call.account.emit("billing_portal.configuration.created", made)
    return made


@operation("POST", "/v1/billing_portal/configurations/{configuration}")
def update_configuration(call: Call) -> Obj:
    """Change a portal's features."""
    made = call.account.store.get("billing_portal.configuration", call.id)
    new = changes(made, call.params, ("active", "business_profile", "default_return_url", "metadata", "name"))
    new["features"] = _merged(made["features"], call.params.get("features") or {})
    call.account.update(made, new, "billing_portal.configuration.updated")
    return made


@operation("POST", "/v1/billing_portal/sessions")
def create(call: Call) -> Obj:
    """A link with which a customer manages cards, invoices and subscriptions."""
    account, params = call.account, call.params
    if not params.get("customer"):
        raise invalid("Missing required param: customer.", param="customer", code="parameter_missing")
    customer = account.store.get("customer", params["customer"], param="customer")
    chosen = params.get("configuration")
    if chosen:
        account.store.get("billing_portal.configuration", chosen, param="configuration")
    else:
        default = next(account.store.newest("billing_portal.configuration", is_default=True), None)
        chosen = (default or _configuration(account, {}, default=True))["id"]
    identifier = new_id("bps")
    session = account.create(
        {
            "id": identifier,
            "object": "billing_portal.session",
            "configuration": chosen,
            "created": account.now(customer),
            "customer": customer["id"],
            "locale": params.get("locale"),
            "return_url": params.get("return_url"),
            "url": f"{account.settings.base_url}/portal/{identifier}",
        }
    )
    account.emit("billing_portal.session.created", session)
    return session

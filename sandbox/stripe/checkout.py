"""Checkout Sessions (docs.stripe.com/api/checkout/sessions): subscription, setup and payment mode."""

from typing import Any

from sandbox.stripe import catalog, payment_methods, payments, setups, subscription_start
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Authentication
from sandbox.stripe.customers import create as create_customer
from sandbox.stripe.due import on
from sandbox.stripe.refusal import card_error, invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.resources import page
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj, new_id

A_PERSON = 60  # seconds that somebody has to fill the page in, however short the days are


@operation("POST", "/v1/checkout/sessions")
def create(call: Call) -> Obj:
    """Open a session with a page at its ``url``; it expires after 24 hours unless ``expires_at`` says otherwise."""
    account, params = call.account, call.params
    mode = params.get("mode", "payment")
    customer = account.store.get("customer", params["customer"], param="customer") if params.get("customer") else None
    if mode != "setup" and not params.get("line_items"):
        raise invalid("Missing required param: line_items.", param="line_items", code="parameter_missing")
    if mode == "setup" and not params.get("currency") and not params.get("payment_method_types"):
        params["currency"] = "mxn"
    if not params.get("success_url") and params.get("ui_mode", "hosted_page") in {"hosted", "hosted_page"}:
        raise invalid("Missing required param: success_url.", param="success_url", code="parameter_missing")
    items = _items(account, params)
    total = sum(item["amount_total"] for item in items)
    now = account.now(customer)
    days = (params.get("subscription_data") or {}).get("trial_period_days")
    due = 0 if mode == "subscription" and days else total
    identifier = new_id("cs_test", 58)
    session = account.create(
        {
            "id": identifier,
            "object": "checkout.session",
            "amount_subtotal": due if items else None,
            "amount_total": due if items else None,
            "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
            "cancel_url": params.get("cancel_url"),
            "client_reference_id": params.get("client_reference_id"),
            "currency": items[0]["currency"] if items else params.get("currency"),
            "custom_text": {
                "after_submit": None,
                "shipping_address": None,
                "submit": None,
                "terms_of_service_acceptance": None,
            },
            "customer": customer["id"] if customer else None,
            "customer_creation": None if customer or mode == "setup" else "always",
            "customer_details": _details(customer, params.get("customer_email")),
            "customer_email": params.get("customer_email"),
            "created": now,
            "expires_at": params.get("expires_at") or int(now + max(account.calendar(customer).days(1), A_PERSON)),
            "locale": params.get("locale"),
            "metadata": params.get("metadata") or {},
            "mode": mode,
            "payment_method_collection": params.get("payment_method_collection", "always"),
            "payment_method_options": {},
            "payment_method_types": _types(params, mode, items),
            "payment_status": "no_payment_required" if mode == "setup" or due == 0 else "unpaid",
            "phone_number_collection": {"enabled": False},
            "status": "open",
            "success_url": params.get("success_url"),
            "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
            "ui_mode": params.get("ui_mode", "hosted_page"),
            "url": f"{account.settings.base_url}/checkout/{identifier}",
        }
    )
    if mode == "setup":
        data = params.get("setup_intent_data") or {}
        session["setup_intent"] = setups.new_setup(account, session["customer"], None, data)["id"]
    account.store.note(identifier).update(
        items=items,
        subscription_data=params.get("subscription_data") or {},
        prices=[{"price": item["price"]["id"], "quantity": item["quantity"]} for item in items],
    )
    account.schedule(session, session["expires_at"], "session_end")
    return session


def _types(params: dict[str, Any], mode: str, items: list[Obj]) -> list[str]:
    """Vouchers and transfers are for single payments in pesos (docs.stripe.com/payments/oxxo/accept-a-payment)."""
    usable = ["card"]
    if mode == "payment" and items[0]["currency"] == "mxn":
        usable += ["oxxo", "customer_balance"]
    allowed = params.get("allowed_payment_method_types") or usable
    excluded = params.get("excluded_payment_method_types") or []
    return [kind for kind in usable if kind in allowed and kind not in excluded] or ["card"]


def _details(customer: Obj | None, email: str | None) -> Obj | None:
    if customer is None and email is None:
        return None
    return {
        "address": None,
        "business_name": None,
        "email": customer["email"] if customer else email,
        "individual_name": None,
        "name": customer["name"] if customer else None,
        "phone": customer["phone"] if customer else None,
        "tax_exempt": "none",
        "tax_ids": None,
    }


def _items(account: Account, params: dict[str, Any]) -> list[Obj]:
    items = []
    for index, given in enumerate(params.get("line_items") or []):
        if given.get("price_data"):
            price = catalog.new_price(account, given["price_data"])
        else:
            price = account.store.get("price", given.get("price", ""), param=f"line_items[{index}][price]")
        quantity = given.get("quantity", 1)
        amount = (price["unit_amount"] or 0) * quantity
        product = account.store.find(price["product"]) or {"name": ""}
        item: Obj = {
            "id": new_id("li"),
            "object": "item",
            "amount_discount": 0,
            "amount_subtotal": amount,
            "amount_tax": 0,
            "amount_total": amount,
            "currency": price["currency"],
            "description": product["name"],
            "price": price,
            "quantity": quantity,
        }
        items.append(complete(account.contract, item))
    return items


@operation("GET", "/v1/checkout/sessions/{session}/line_items")
def line_items(call: Call) -> Obj:
    """What is being bought."""
    session = call.account.store.get("checkout.session", call.id)
    return page(call, call.account.store.note(session["id"])["items"], call.path)


@operation("POST", "/v1/checkout/sessions/{session}")
def update(call: Call) -> Obj:
    """Change a session's metadata."""
    session = call.account.store.get("checkout.session", call.id)
    session["metadata"] = {**session["metadata"], **(call.params.get("metadata") or {})}
    return session


@operation("POST", "/v1/checkout/sessions/{session}/expire")
def expire(call: Call) -> Obj:
    """Close an open session."""
    session = call.account.store.get("checkout.session", call.id)
    if session["status"] != "open":
        raise invalid(f"Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a "
                      f"status of {session['status']}.")  # fmt: skip
    _close(call.account, session)
    return session


def _close(account: Account, session: Obj) -> None:
    session.update(status="expired", url=None)
    account.emit("checkout.session.expired", session)


@on("session_end")
def session_end(account: Account, session: Obj, _: str) -> None:
    """The session's time is over."""
    if session["status"] == "open":
        _close(account, session)


def cardless(session: Obj) -> bool:
    """Whether the customer may go on without a card: ``payment_method_collection=if_required``, and nothing is due today."""
    needed = session["payment_method_collection"] != "if_required" or session["payment_status"] != "no_payment_required"
    return not needed


def complete_session(account: Account, session: Obj, method: Obj | None, *, email: str, name: str) -> Obj:
    """The customer pressed the button. With a voucher or a transfer the session is complete and ``unpaid`` until the
    money comes. Raises Refusal when the card is refused or missing, leaving the session open."""
    if session["status"] != "open":
        raise invalid("This Checkout Session is no longer active.")
    if method is None and not cardless(session):
        raise invalid("This Checkout Session needs a payment method.")
    if method is not None and method["type"] not in session["payment_method_types"]:
        raise invalid(f"This Checkout Session cannot be paid by {method['type']}.")
    customer = account.store.find(session["customer"])
    if customer is None:
        details = {"email": email or session["customer_email"] or "cliente@example.com", "name": name or None}
        customer = create_customer(Call(account, {k: v for k, v in details.items() if v}))
        session["customer"] = customer["id"]
    note = account.store.note(session["id"])
    if method is not None and method["type"] == "card":
        method = _save(account, session, method, customer)
    if session["mode"] == "subscription":
        data = {k: v for k, v in note["subscription_data"].items() if k in {"metadata", "description", "trial_end",
                "trial_period_days", "trial_settings"}}  # fmt: skip
        given = {**data, "items": note["prices"], "payment_behavior": "error_if_incomplete"}
        if method is not None:
            given["default_payment_method"] = method["id"]
        subscription = subscription_start.begin(account, customer, given)
        session.update(subscription=subscription["id"], invoice=subscription["latest_invoice"])
        if session["payment_status"] == "unpaid":
            session["payment_status"] = "paid"
    elif session["mode"] == "payment" and method is not None:
        intent = payments.new_intent(
            account,
            amount=session["amount_total"],
            currency=session["currency"],
            customer=customer["id"],
            payment_method_types=session["payment_method_types"],
        )
        refusal = payments.confirm(account, intent, method, off_session=False, authenticated=True)
        if refusal is not None:
            raise refusal
        account.store.note(intent["id"])["session"] = session["id"]
        session.update(payment_intent=intent["id"], payment_status="paid" if method["type"] == "card" else "unpaid")
    session["customer_details"] = _details(customer, None)
    session.update(status="complete", url=None)
    account.emit("checkout.session.completed", session)
    return session


def _save(account: Account, session: Obj, method: Obj, customer: Obj) -> Obj:
    card = payment_methods.card_of(account, method)
    if card and card.authentication is not Authentication.NEVER:
        if card.decline:
            raise card_error("Your card has insufficient funds.", code="card_declined", decline_code=card.decline)
        account.store.note(method["id"])["authenticated"] = True  # Checkout's own page has asked the customer
    method = payment_methods.attach_to(account, method["id"], customer)
    if session["setup_intent"]:
        intent = account.store.objects[session["setup_intent"]]
        intent.update(customer=customer["id"], payment_method=method["id"], status="succeeded")
        account.emit("setup_intent.succeeded", intent)
    return method

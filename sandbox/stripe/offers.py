"""What the pages offer to pay with, and paying an invoice by hand with it."""

from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from starlette.responses import Response

from sandbox.html import error, page
from sandbox.stripe import cards, invoices, payment_methods, payments
from sandbox.stripe.account import Account
from sandbox.stripe.refusal import Refusal
from sandbox.stripe.store import Obj

_OFFERED = (
    ("pm_card_visa", "Visa 4242, crédito / credit: aprobada / approved"),
    ("pm_card_visa_debit", "Visa 5556, débito / debit: aprobada / approved"),
    ("pm_card_mastercard", "Mastercard 4444, crédito / credit: aprobada / approved"),
    ("pm_card_chargeCustomerFail", "Visa 0341: se guarda, el cobro falla / saves, then fails when charged"),
    ("pm_card_visa_chargeDeclined", "Visa 0002: rechazada / declined"),
    ("pm_card_visa_chargeDeclinedInsufficientFunds", "Visa 9995: fondos insuficientes / insufficient funds"),
    ("pm_card_authenticationRequired", "Visa 3184: pide autenticación / asks for 3-D Secure"),
)


_LATER = (("oxxo", "OXXO: efectivo en tienda / cash at a shop"), ("customer_balance", "SPEI: transferencia / transfer"))


def choice(types: Iterable[str] = ("card",), *, needed: bool = True) -> str:
    """A list of test cards, and the other ways to pay among ``types``; none first, where none is ``needed``."""
    none = [] if needed else [("", "Sin tarjeta / No card")]
    offered = [*none, *_OFFERED, *(each for each in _LATER if each[0] in types)]
    options = "".join(f'<option value="{value}">{escape(text)}</option>' for value, text in offered)
    return f'<label for="card">Tarjeta / Card</label><select id="card" name="card">{options}</select>'


def method_named(account: Account, given: str) -> Obj:
    """A new payment method for what was chosen. Raises Refusal when there is no such test card."""
    if given in dict(_LATER):
        return payment_methods.of_kind(account, given)
    card = cards.named(given) if given.startswith(("pm_card_", "tok_")) else cards.numbered(given)
    if card is None:
        raise Refusal(400, "invalid_request_error", "Esa tarjeta de prueba no existe. / There is no such test card.")
    return payment_methods.from_card(account, card)


def gone(what: str) -> Response:
    """The page of something that does not exist."""
    return page("No encontrado / Not found", error(f"{what} no existe o ya no está disponible."), status=404)


def pay_invoice(account: Account, invoice: Obj, method: Obj, *, save: bool) -> Obj | None:
    """The customer pays an invoice by hand. Answers the intent the customer must still act on, if any. Raises Refusal."""
    intent = invoices.intent_of(account, invoice)
    if invoice["status"] not in {"open", "uncollectible"} or intent is None:
        raise Refusal(400, "invalid_request_error", "Esta factura ya no se puede pagar. / It can no longer be paid.")
    customer = account.store.objects[invoice["customer"]]
    if save and method["type"] == "card" and method["customer"] is None:
        method = payment_methods.attach_to(account, method["id"], customer)
        settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
        account.update(customer, {"invoice_settings": settings}, "customer.updated")
    invoice["attempted"] = True
    refusal = payments.confirm(account, intent, method, off_session=False, billing=True)
    if intent["status"] == "requires_action":
        if method["type"] != "card":
            invoices.waits_for(account, intent)
        return intent
    if refusal is not None:
        account.emit("invoice.payment_failed", invoice)
        raise refusal
    invoices.paid_by(account, intent)
    return None


def next_page(intent: Obj, back: str) -> str:
    """Where the customer acts on the intent: authenticates, or pays the voucher or the transfer."""
    authentic = (intent["next_action"] or {}).get("type") == "redirect_to_url"
    return f"/authenticate/{intent['id']}?then={quote(back)}" if authentic else f"/voucher/{intent['id']}"

"""The pages a customer sees at Stripe. All forms are plain posts:

- ``POST /checkout/{session}``: ``card``, ``email``, ``name``; answers 303 to the session's ``success_url``.
- ``POST /portal/{session}``: ``action`` is ``update_card`` (with ``card``), ``pay_invoice`` (with ``invoice``, and
  ``card`` to pay with another one), ``cancel`` or ``keep`` (with ``subscription``); answers 303 back to the portal.
- ``POST /pay/{invoice}``: ``card``, and ``save=on`` to make it the default; answers 303 back to the page.
- ``POST /authenticate/{intent}``: ``result`` is ``complete`` or ``fail``; ``then`` is where to go afterwards.
- ``POST /voucher/{intent}``: pays the OXXO voucher or the SPEI transfer.

``card`` is a test card: its number (4242 4242 4242 4242) or its name (pm_card_visa). A refused card answers 402 with
the same page and the reason.
"""

from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.html import done, error, money, page
from sandbox.stripe import cards, checkout, invoices, payment_methods, payments, setups, subscriptions, vouchers
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


def _choice() -> str:
    options = "".join(f'<option value="{value}">{escape(text)}</option>' for value, text in _OFFERED)
    return f'<label for="card">Tarjeta / Card</label><select id="card" name="card">{options}</select>'


def _method(account: Account, given: str) -> Obj:
    card = cards.named(given) if given.startswith(("pm_card_", "tok_")) else cards.numbered(given)
    if card is None:
        raise Refusal(400, "invalid_request_error", "Esa tarjeta de prueba no existe. / There is no such test card.")
    return payment_methods.from_card(account, card)


def _gone(what: str) -> Response:
    return page("No encontrado / Not found", error(f"{what} no existe o ya no está disponible."), status=404)


class Pages:
    """The routes of the pages, on one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def routes(self) -> list[Route]:
        """Starlette routes."""
        return [
            Route("/checkout/{id}", self.checkout, methods=["GET", "POST"]),
            Route("/portal/{id}", self.portal, methods=["GET", "POST"]),
            Route("/pay/{id}", self.pay, methods=["GET", "POST"]),
            Route("/pay/{id}/pdf", self.pay, methods=["GET"]),
            Route("/authenticate/{id}", self.authenticate, methods=["GET", "POST"]),
            Route("/voucher/{id}", self.voucher, methods=["GET", "POST"]),
        ]

    async def checkout(self, request: Request) -> Response:
        """The Checkout page of a session."""
        account = self.account
        session = account.store.find(request.path_params["id"])
        if session is None or session["object"] != "checkout.session":
            return _gone("La sesión / The session")
        message = ""
        if request.method == "POST":
            form = await request.form()
            try:
                method = _method(account, str(form.get("card", "")))
                checkout.complete_session(
                    account, session, method, email=str(form.get("email", "")), name=str(form.get("name", ""))
                )
                account.changed()
                target = (session["success_url"] or "/").replace("{CHECKOUT_SESSION_ID}", session["id"])
                return RedirectResponse(target, status_code=303)
            except Refusal as refusal:
                message = str(refusal)
        if session["status"] != "open":
            return page("Pago / Checkout", done(f"Sesión {session['status']}."))
        items = account.store.note(session["id"]).get("items", [])
        rows = "".join(
            f"<tr><td>{escape(item['description'] or '')} × {item['quantity']}</td>"
            f"<td>{money(item['amount_total'], item['currency'])}</td></tr>"
            for item in items
        )
        trial = account.store.note(session["id"])["subscription_data"].get("trial_period_days")
        notice = f"<p>Primeros {trial} días gratis / First {trial} days free</p>" if trial else ""
        email = session["customer_email"] or (session["customer_details"] or {}).get("email") or ""
        form_html = (
            f"<table>{rows}</table>{notice}{error(message)}<form method=post>"
            f'<label for="email">Correo / E-mail</label><input id="email" name="email" type="email" '
            f'value="{escape(email)}"><label for="name">Nombre / Name</label><input id="name" name="name">'
            f"{_choice()}<button>Continuar / Continue</button></form>"
        )
        back = session["cancel_url"]
        form_html += f'<p><a href="{escape(back)}">Volver / Back</a></p>' if back else ""
        return page("Pago / Checkout", form_html, status=402 if message else 200)

    async def portal(self, request: Request) -> Response:
        """The Customer Portal of a session."""
        account = self.account
        session = account.store.find(request.path_params["id"])
        if session is None or session["object"] != "billing_portal.session":
            return _gone("La sesión / The session")
        customer = account.store.find(session["customer"])
        if customer is None:
            return _gone("El cliente / The customer")
        message = ""
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.form()).items()}
            try:
                intent = self.portal_action(customer, form)
                account.changed()
                here = f"/portal/{session['id']}"
                target = f"/authenticate/{intent['id']}?then={quote(here)}" if intent else f"{here}?hecho=1"
                return RedirectResponse(target, status_code=303)
            except Refusal as refusal:
                message = str(refusal)
        note = done("Listo. / Done.") if request.query_params.get("hecho") and not message else ""
        body = error(message) + note + self.portal_body(customer)
        if session["return_url"]:
            body += f'<p><a href="{escape(session["return_url"])}">Volver / Back</a></p>'
        return page("Tu suscripción / Your subscription", body, status=402 if message else 200)

    def portal_action(self, customer: Obj, form: dict[str, str]) -> Obj | None:
        """Do what the form asks. Answers the intent the customer must authenticate, if any. Raises Refusal."""
        account, action = self.account, form.get("action", "")
        if action == "update_card":
            method = payment_methods.attach_to(account, _method(account, form.get("card", ""))["id"], customer)
            settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
            account.update(customer, {"invoice_settings": settings}, "customer.updated")
            for subscription in account.store.newest("subscription", customer=customer["id"]):
                if subscription["default_payment_method"] and subscription["status"] in subscriptions.LIVE:
                    new = {"default_payment_method": method["id"]}
                    account.update(subscription, new, "customer.subscription.updated")
            return None
        if action == "pay_invoice":
            invoice = account.store.get("invoice", form.get("invoice", ""), param="invoice")
            if invoice["customer"] != customer["id"]:
                raise Refusal(404, "invalid_request_error", "La factura no existe. / No such invoice.")
            if form.get("card"):
                return pay_invoice(account, invoice, _method(account, form["card"]), save=False)
            current = invoices.method_for(account, invoice)
            if current is None:
                raise Refusal(400, "invalid_request_error", "Agrega una tarjeta primero. / Add a card first.")
            return pay_invoice(account, invoice, current, save=False)
        subscription = account.store.get("subscription", form.get("subscription", ""), param="subscription")
        if subscription["customer"] != customer["id"] or action not in {"cancel", "keep"}:
            raise Refusal(400, "invalid_request_error", "No se puede hacer eso aquí. / That cannot be done here.")
        ends: int | None = account.store.note(subscription["id"])["next"] if action == "cancel" else None
        details = {**subscription["cancellation_details"]}
        details["reason"] = "cancellation_requested" if ends else None
        changes: Obj = {
            "cancel_at_period_end": action == "cancel",
            "cancel_at": ends,
            "canceled_at": account.now(subscription) if ends else None,
            "cancellation_details": details,
        }
        account.update(subscription, changes, "customer.subscription.updated")
        return None

    def portal_body(self, customer: Obj) -> str:
        """Cards, open invoices and subscriptions of the customer."""
        account = self.account
        default = account.store.find(customer["invoice_settings"]["default_payment_method"])
        shown = f"{default['card']['brand']} ···· {default['card']['last4']}" if default else "ninguna / none"
        parts = [
            f"<p>Tarjeta actual / Current card: <b>{escape(shown)}</b></p>",
            '<form method=post><input type=hidden name=action value="update_card">'
            f"{_choice()}<button>Cambiar tarjeta / Change card</button></form>",
        ]
        for invoice in account.store.newest("invoice", customer=customer["id"], status="open"):
            parts.append(
                f"<form method=post><p>Factura / Invoice {escape(invoice['number'] or '')}: "
                f"<b>{money(invoice['amount_due'], invoice['currency'])}</b></p>"
                '<input type=hidden name=action value="pay_invoice">'
                f'<input type=hidden name=invoice value="{invoice["id"]}">'
                "<button>Pagar ahora / Pay now</button></form>"
            )
        for subscription in account.store.newest("subscription", customer=customer["id"]):
            if subscription["status"] not in subscriptions.LIVE:
                continue
            action = "keep" if subscription["cancel_at_period_end"] else "cancel"
            label = "Conservar / Keep" if action == "keep" else "Cancelar al final del periodo / Cancel at period end"
            parts.append(
                f"<form method=post><p>{escape(subscription['id'])}: {subscription['status']}</p>"
                f'<input type=hidden name=action value="{action}">'
                f'<input type=hidden name=subscription value="{subscription["id"]}"><button>{label}</button></form>'
            )
        return "".join(parts)

    async def pay(self, request: Request) -> Response:
        """The hosted invoice page."""
        account = self.account
        invoice = account.store.find(request.path_params["id"])
        if invoice is None or invoice["object"] != "invoice" or invoice["status"] == "draft":
            return _gone("La factura / The invoice")
        message = ""
        if request.method == "POST":
            form = await request.form()
            try:
                method = _method(account, str(form.get("card", "")))
                intent = pay_invoice(account, invoice, method, save=form.get("save") == "on")
                account.changed()
                here = f"/pay/{invoice['id']}"
                target = f"/authenticate/{intent['id']}?then={quote(here)}" if intent else here
                return RedirectResponse(target, status_code=303)
            except Refusal as refusal:
                message = str(refusal)
        rows = "".join(
            f"<tr><td>{escape(line['description'] or '')}</td><td>{money(line['amount'], line['currency'])}</td></tr>"
            for line in invoice["lines"]["data"]
        )
        total = money(invoice["amount_due"], invoice["currency"])
        body = f"<table>{rows}<tr><th>Total</th><th>{total}</th></tr></table>"
        if invoice["status"] == "paid":
            body += done("Pagada, gracias. / Paid, thank you.")
        elif invoice["status"] == "void":
            body += error("Esta factura fue anulada. / This invoice was voided.")
        else:
            body += (
                f"{error(message)}<form method=post>{_choice()}"
                '<label><input type=checkbox name=save value=on style="width:auto"> Guardar la tarjeta / Save the card'
                f"</label><button>Pagar {total} / Pay</button></form>"
            )
        return page(f"Factura / Invoice {invoice['number']}", body, status=402 if message else 200)

    async def authenticate(self, request: Request) -> Response:
        """3-D Secure: complete or fail."""
        account = self.account
        intent = account.store.find(request.path_params["id"])
        if intent is None or intent["object"] not in {"payment_intent", "setup_intent"}:
            return _gone("El pago / The payment")
        then = request.query_params.get("then") or account.store.note(intent["id"]).get("return_url") or ""
        if request.method == "POST":
            form = await request.form()
            refusal = setups.authenticate(account, intent, passed=form.get("result") == "complete")
            account.changed()
            target = str(form.get("then") or then)
            if target and refusal is None:
                return RedirectResponse(target, status_code=303)
            if refusal is not None:
                return page("Autenticación / Authentication", error(str(refusal)), status=402)
            return page("Autenticación / Authentication", done(f"{intent['status']}"))
        if intent["status"] != "requires_action":
            return page("Autenticación / Authentication", done("No hay nada que autenticar. / Nothing to do."))
        body = (
            f'<form method=post><input type=hidden name=then value="{escape(then)}">'
            "<p>Tu banco quiere saber si eres tú. / Your bank asks whether it is you.</p>"
            '<button name=result value="complete">Sí, autorizar / Complete</button> '
            '<button name=result value="fail">No, rechazar / Fail</button></form>'
        )
        return page("Autenticación / Authentication", body)

    async def voucher(self, request: Request) -> Response:
        """An OXXO voucher or SPEI instructions, with a button that pays them."""
        account = self.account
        intent = account.store.find(request.path_params["id"])
        if intent is None or intent["object"] != "payment_intent":
            return _gone("El pago / The payment")
        if request.method == "POST":
            vouchers.settle(account, intent)
            account.changed()
        if intent["status"] != "requires_action":
            return page("Pago en efectivo o transferencia / Voucher", done(f"{intent['status']}"))
        total = money(intent["amount"], intent["currency"])
        button = f"<form method=post><button>Pagar {total} / Pay</button></form>"
        return page("Pago en efectivo o transferencia / Voucher", button)


def pay_invoice(account: Account, invoice: Obj, method: Obj, *, save: bool) -> Obj | None:
    """The customer pays an invoice by hand. Answers the intent to authenticate, if any. Raises Refusal."""
    intent = invoices.intent_of(account, invoice)
    if invoice["status"] not in {"open", "uncollectible"} or intent is None:
        raise Refusal(400, "invalid_request_error", "Esta factura ya no se puede pagar. / It can no longer be paid.")
    customer = account.store.objects[invoice["customer"]]
    if save and method["customer"] is None:
        method = payment_methods.attach_to(account, method["id"], customer)
        settings = {**customer["invoice_settings"], "default_payment_method": method["id"]}
        account.update(customer, {"invoice_settings": settings}, "customer.updated")
    invoice["attempted"] = True
    refusal = payments.confirm(account, intent, method, off_session=False, billing=True)
    if intent["status"] == "requires_action":
        return intent
    if refusal is not None:
        account.emit("invoice.payment_failed", invoice)
        raise refusal
    invoices.paid_by(account, intent)
    return None

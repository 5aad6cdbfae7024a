"""The Customer Portal: change the card, pay what is open, cancel or keep. ``pages.py`` lists its forms."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.html import done, error, money, page
from sandbox.stripe import invoices, payment_methods, subscriptions
from sandbox.stripe.account import Account
from sandbox.stripe.offers import choice, gone, method_named, next_page, pay_invoice
from sandbox.stripe.refusal import Refusal
from sandbox.stripe.store import Obj


class PortalPage:
    """The portal of one account's customers."""

    def __init__(self, account: Account) -> None:
        self.account = account

    async def portal(self, request: Request) -> Response:
        """The Customer Portal of a session."""
        account = self.account
        session = account.store.find(request.path_params["id"])
        if session is None or session["object"] != "billing_portal.session":
            return gone("La sesión / The session")
        customer = account.store.find(session["customer"])
        if customer is None:
            return gone("El cliente / The customer")
        message = ""
        if request.method == "POST":
            form = {name: str(value) for name, value in (await request.form()).items()}
            try:
                intent = self.portal_action(customer, form)
                account.changed()
                here = f"/portal/{session['id']}"
                target = next_page(intent, here) if intent else f"{here}?hecho=1"
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
            method = payment_methods.attach_to(account, method_named(account, form.get("card", ""))["id"], customer)
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
                return pay_invoice(account, invoice, method_named(account, form["card"]), save=False)
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
            f"{choice()}<button>Cambiar tarjeta / Change card</button></form>",
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

"""The pages a customer sees at Stripe. All forms are plain posts:

- ``POST /checkout/{session}``: ``card``, ``email``, ``name``; answers 303 to the session's ``success_url``. Without a
  card where the session needs none.
- ``POST /portal/{session}``: ``action`` is ``update_card`` (with ``card``), ``pay_invoice`` (with ``invoice``, and
  ``card`` to pay with another one), ``cancel`` or ``keep`` (with ``subscription``); answers 303 back to the portal.
- ``POST /pay/{invoice}``: ``card``, and ``save=on`` to make it the default; answers 303 back to the page.
- ``POST /authenticate/{intent}``: ``result`` is ``complete`` or ``fail``; ``then`` is where to go afterwards.
- ``POST /voucher/{intent}``: pays the OXXO voucher or the SPEI transfer; ``result=expire`` lets the voucher expire.

``card`` is a test card, by its number (4242 4242 4242 4242) or its name (pm_card_visa), or, where those can be used,
``oxxo`` or ``customer_balance`` (SPEI). A refused card answers 402 with the same page and the reason.
"""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.html import done, error, money, page
from sandbox.stripe import checkout
from sandbox.stripe.account import Account
from sandbox.stripe.action_pages import ActionPages
from sandbox.stripe.offers import choice, gone, method_named, next_page, pay_invoice
from sandbox.stripe.portal_page import PortalPage
from sandbox.stripe.refusal import Refusal


class Pages:
    """The routes of the pages, on one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def routes(self) -> list[Route]:
        """Starlette routes."""
        acting = ActionPages(self.account)
        return [
            Route("/checkout/{id}", self.checkout, methods=["GET", "POST"]),
            Route("/portal/{id}", PortalPage(self.account).portal, methods=["GET", "POST"]),
            Route("/pay/{id}", self.pay, methods=["GET", "POST"]),
            Route("/pay/{id}/pdf", self.pay, methods=["GET"]),
            Route("/authenticate/{id}", acting.authenticate, methods=["GET", "POST"]),
            Route("/voucher/{id}", acting.voucher, methods=["GET", "POST"]),
        ]

    async def checkout(self, request: Request) -> Response:
        """The Checkout page of a session."""
        account = self.account
        session = account.store.find(request.path_params["id"])
        if session is None or session["object"] != "checkout.session":
            return gone("La sesión / The session")
        message = ""
        if request.method == "POST":
            form = await request.form()
            try:
                card = str(form.get("card", ""))
                method = method_named(account, card) if card or not checkout.cardless(session) else None
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
            f"{choice(session['payment_method_types'], needed=not checkout.cardless(session))}<button>Continuar / Continue</button></form>"
        )
        back = session["cancel_url"]
        form_html += f'<p><a href="{escape(back)}">Volver / Back</a></p>' if back else ""
        return page("Pago / Checkout", form_html, status=402 if message else 200)

    async def pay(self, request: Request) -> Response:
        """The hosted invoice page."""
        account = self.account
        invoice = account.store.find(request.path_params["id"])
        if invoice is None or invoice["object"] != "invoice" or invoice["status"] == "draft":
            return gone("La factura / The invoice")
        message = ""
        if request.method == "POST":
            form = await request.form()
            try:
                method = method_named(account, str(form.get("card", "")))
                intent = pay_invoice(account, invoice, method, save=form.get("save") == "on")
                account.changed()
                here = f"/pay/{invoice['id']}"
                target = next_page(intent, here) if intent else here
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
                f"{error(message)}<form method=post>{choice(('oxxo', 'customer_balance') if invoice['currency'] == 'mxn' else ())}"
                '<label><input type=checkbox name=save value=on style="width:auto"> Guardar la tarjeta / Save the card'
                f"</label><button>Pagar {total} / Pay</button></form>"
            )
        return page(f"Factura / Invoice {invoice['number']}", body, status=402 if message else 200)

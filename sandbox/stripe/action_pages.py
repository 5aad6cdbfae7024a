"""What a customer must do after choosing how to pay: authenticate the card, pay the voucher or the transfer."""

from html import escape

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sandbox.html import done, error, money, page
from sandbox.stripe import setups, vouchers
from sandbox.stripe.account import Account
from sandbox.stripe.offers import gone
from sandbox.stripe.refusal import Refusal


class ActionPages:
    """The pages on one account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    async def authenticate(self, request: Request) -> Response:
        """3-D Secure: complete or fail."""
        account = self.account
        intent = account.store.find(request.path_params["id"])
        if intent is None or intent["object"] not in {"payment_intent", "setup_intent"}:
            return gone("El pago / The payment")
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
            return gone("El pago / The payment")
        message = ""
        if request.method == "POST":
            try:
                if (await request.form()).get("result") == "expire":
                    vouchers.expire(account, intent)
                else:
                    vouchers.settle(account, intent)
            except Refusal as refusal:
                message = str(refusal)
            account.changed()
        if intent["status"] != "requires_action":
            return page("Pago en efectivo o transferencia / Voucher", done(f"{intent['status']}"))
        total = money(intent["amount"], intent["currency"])
        buttons = f"<form method=post><button>Pagar {total} / Pay</button></form>"
        if intent["next_action"]["type"] == "oxxo_display_details":
            buttons += '<form method=post><button name=result value="expire">Dejar vencer / Let expire</button></form>'
        status = 402 if message else 200
        return page("Pago en efectivo o transferencia / Voucher", error(message) + buttons, status=status)

"""Charges and the money given back on them."""

from typing import Any

from sandbox.stripe import payment_methods
from sandbox.stripe.account import Account
from sandbox.stripe.due import on
from sandbox.stripe.refusal import invalid
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj, new_id


@operation("POST", "/v1/refunds")
def refund(call: Call) -> Obj:
    """Give money back, in part or whole; never more than was paid."""
    account, params = call.account, call.params
    charge = _charge_to_refund(account, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount", left)
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount < 1:
        raise invalid("This value must be greater than or equal to 1.", param="amount")
    if amount > left:
        raise invalid(
            f"Refund amount ({amount / 100:.2f} {charge['currency'].upper()}) is greater than unrefunded amount on "
            f"charge ({left / 100:.2f} {charge['currency'].upper()})",
            param="amount",
        )
    method = account.store.find(charge["payment_method"])
    card = payment_methods.card_of(account, method) if method else None
    fate = card.refund if card else None
    made = account.create(
        {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": new_id("txn"),
            "charge": charge["id"],
            "created": account.now(charge),
            "currency": charge["currency"],
            "customer": charge["customer"],
            "metadata": params.get("metadata") or {},
            "payment_intent": charge["payment_intent"],
            "reason": params.get("reason"),
            "status": "pending" if fate == "succeeded" else "succeeded",
        }
    )
    if fate:
        account.schedule(made, account.timeline(made).now(), f"refund:{fate}")
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    account.emit("refund.created", made)
    account.emit("charge.refunded", charge, before)
    account.emit("charge.refund.updated", made)
    return made


@on("refund")
def decided(account: Account, made: Obj, fate: str) -> None:
    """A moment later the bank took the money, or sent it back: then it can be refunded once more, in another way."""
    if fate == "failed":
        charge = account.store.objects[made["charge"]]
        charge["amount_refunded"] -= made["amount"]
        charge["refunded"] = False
        made.update(failure_balance_transaction=new_id("txn"), failure_reason="expired_or_canceled_card")
    made["status"] = fate
    account.emit("refund.failed" if fate == "failed" else "refund.updated", made)
    account.emit("charge.refund.updated", made)


def _charge_to_refund(account: Account, params: dict[str, Any]) -> Obj:
    if params.get("charge"):
        charge = account.store.get("charge", params["charge"], param="charge")
    elif params.get("payment_intent"):
        intent = account.store.get("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.")
        charge = account.store.objects[intent["latest_charge"]]
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    if charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} is not refundable.", code="charge_not_refundable")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    return charge

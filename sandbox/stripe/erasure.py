"""Deleting customers, with what hangs on them."""

from sandbox.stripe import payment_methods, subscriptions
from sandbox.stripe.registry import Call, operation
from sandbox.stripe.store import Obj


@operation("DELETE", "/v1/customers/{customer}")
def delete(call: Call) -> Obj:
    """Delete a customer; their subscriptions are canceled at once."""
    account = call.account
    customer = account.store.get("customer", call.id)
    for subscription in list(account.store.newest("subscription", customer=customer["id"])):
        if subscription["status"] not in {"canceled", "incomplete_expired"}:
            subscriptions.end(account, subscription)
    for method in list(account.store.newest("payment_method", customer=customer["id"])):
        payment_methods.release(account, method)
    account.emit("customer.deleted", customer)
    account.store.retire(customer)
    return _stub(customer["id"])


@operation("GET", "/v1/customers/{customer}")
def retrieve(call: Call) -> Obj:
    """A customer; of a deleted one only that it was deleted."""
    if call.id in call.account.store.objects and call.account.store.note(call.id).get("deleted"):
        return _stub(call.id)
    return call.account.store.get("customer", call.id)


def _stub(identifier: str) -> Obj:
    return {"id": identifier, "object": "customer", "deleted": True}

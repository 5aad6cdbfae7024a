"""How a customer is told to pay later: an OXXO voucher, or the account for a SPEI transfer.

Sources: docs.stripe.com/payments/oxxo and docs.stripe.com/payments/bank-transfers.
"""

from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.store import Obj, new_id

OXXO_DAYS = 3  # Stripe's default validity of a voucher


def issue(account: Account, intent: Obj, method: Obj) -> None:
    """Show the customer how to pay; the intent waits in ``requires_action``."""
    action = _oxxo(account, intent) if method["type"] == "oxxo" else _spei(account, intent)
    intent.update(status="requires_action", next_action=action)
    account.emit("payment_intent.requires_action", intent)


def _oxxo(account: Account, intent: Obj) -> dict[str, Any]:
    expires = int(account.timeline(intent).now() + account.calendar(intent).days(OXXO_DAYS))
    account.schedule(intent, expires, "voucher_expires")
    return {
        "type": "oxxo_display_details",
        "oxxo_display_details": {
            "expires_after": expires,
            "hosted_voucher_url": f"{account.settings.base_url}/voucher/{intent['id']}",
            "number": f"{abs(hash(intent['id'])) % 10**32:032d}",
        },
    }


def _spei(account: Account, intent: Obj) -> dict[str, Any]:
    return {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": intent["amount"],
            "currency": intent["currency"],
            "financial_addresses": [],
            "hosted_instructions_url": f"{account.settings.base_url}/voucher/{intent['id']}",
            "reference": new_id("", 12)[1:].upper(),
            "type": "mx_bank_transfer",
        },
    }

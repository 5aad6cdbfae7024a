"""How a customer is told to pay later: an OXXO voucher, or the account for a SPEI transfer.

Sources: docs.stripe.com/payments/oxxo and docs.stripe.com/payments/bank-transfers.
"""

import zlib
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
    number = f"{account.count('voucher'):032d}"
    account.schedule(intent, expires, f"voucher_expires:{number}")
    return {
        "type": "oxxo_display_details",
        "oxxo_display_details": {
            "expires_after": expires,
            "hosted_voucher_url": f"{account.settings.base_url}/voucher/{intent['id']}",
            "number": number,
        },
    }


def _spei(account: Account, intent: Obj) -> dict[str, Any]:
    return {
        "type": "display_bank_transfer_instructions",
        "display_bank_transfer_instructions": {
            "amount_remaining": intent["amount"],
            "currency": intent["currency"],
            "financial_addresses": [_clabe(intent)],
            "hosted_instructions_url": f"{account.settings.base_url}/voucher/{intent['id']}",
            "reference": new_id("", 12)[1:].upper(),
            "type": "mx_bank_transfer",
        },
    }


def _clabe(intent: Obj) -> dict[str, Any]:
    where = {"city": "Ciudad de México", "country": "MX", "line1": "Av. Paseo de la Reforma 1", "line2": None,
             "postal_code": "06500", "state": "CDMX"}  # fmt: skip
    digits = zlib.crc32(str(intent["customer"]).encode()) % 10**10  # a customer keeps their account
    return {
        "type": "spei",
        "spei": {
            "account_holder_address": where,
            "account_holder_name": "Perdura Sandbox",
            "bank_address": where,
            "bank_code": "002",
            "bank_name": "BANAMEX",
            "clabe": f"002180{digits:010d}00",
        },
        "supported_networks": ["spei"],
    }

"""Links that stay good inside a message: signed with our key, they lead to a fresh page of the provider when opened.

A Customer Portal session lives for minutes and cannot be written into a WhatsApp; our own link can.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from models.safekeeping.rotating_secret import RotatingSecret

_SEAL_BYTES = 16


class Purpose(StrEnum):
    """Where a link leads."""

    PAY = "pay"  # the unpaid invoice
    CARD = "card"  # the Customer Portal
    PDF = "pdf"  # a tax invoice as PDF; the subject is the document
    XML = "xml"
    ACKNOWLEDGEMENT = "acuse"  # the SAT's answer to a cancellation
    CHECKOUT = "checkout"  # another checkout page for what an abandoned one was about; the subject is that subscription
    PROMISE = "promise"  # a page on which a day to pay by is chosen
    EMBED = "embed"  # how a customer stands, asked by a browser in the product's page; the subject is dated
    DATA = "data"  # what is held of a customer: a copy of it, keeping it, having it deleted
    SIGNUP = "signup"  # what became of a signup, for whoever is in the middle of it; the subject is dated
    ACCOUNT = "account"  # all that a customer sees of their subscription; the subject is dated
    INVOICE = "invoice"  # a form on which a tax invoice in one's name is asked for; the subject is the bill
    TAX_DATA = "tax_data"  # a form for the tax data a PAC refused; the subject is the document


def link(public_url: str, key: RotatingSecret, purpose: Purpose, tenant: str, subject: str) -> str:
    """`https://…/go/{token}`. The token carries ids only and cannot be made without the key."""
    return f"{public_url.rstrip('/')}/go/{_token(key, purpose, tenant, subject)}"


def dated(subject: str, until: datetime) -> str:
    """A subject that is good until an instant (UTC, to the second): for links that show personal data."""
    return f"{subject}@{int(until.timestamp())}"


@dataclass(frozen=True, slots=True)
class Dated:
    """What a dated link speaks of. `over`: it was good once."""

    tenant: str
    subject: str
    over: bool


def dated_token(key: RotatingSecret, purpose: Purpose, tenant: str, subject: str, until: datetime) -> str:
    """The token of a link that ends."""
    return _token(key, purpose, tenant, dated(subject, until))


def opened_dated(token: str, key: RotatingSecret, purpose: Purpose, now: datetime) -> Dated | None:
    """What a dated token of this purpose speaks of, or None when it was not made with this key."""
    found = opened(token, key)
    if found is None or found[0] is not purpose:
        return None
    subject, _, until = found[2].rpartition("@")
    return Dated(found[1], subject, now >= datetime.fromtimestamp(int(until), UTC)) if until.isdigit() else None


def opened(token: str, key: RotatingSecret) -> tuple[Purpose, str, str] | None:
    """Purpose, tenant and subject (a subscription or a document) of a token, or None when it was not made with this key."""
    body, _, seal = token.partition(".")
    try:
        purpose, tenant, subject = base64.urlsafe_b64decode(body + "===").decode().split(":", 2)
        found = Purpose(purpose), tenant, subject
    except ValueError:
        return None
    return found if key.signed(body, seal, size=_SEAL_BYTES) else None


def _token(key: RotatingSecret, purpose: Purpose, tenant: str, subject: str) -> str:
    body = base64.urlsafe_b64encode(f"{purpose}:{tenant}:{subject}".encode()).decode().rstrip("=")
    return f"{body}.{key.sign(body, size=_SEAL_BYTES)}"

"""What would stop tax invoices soon: a certificate about to end, stamps about to run out. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from models.cfdi.certificates import StoredCsd, chosen
from models.watching.attention import Finding, Rule

LEAST_STAMPS = 100
BALANCE_ASKED_EVERY = timedelta(hours=1)


def certificate_ending(tenant: str, rfc: str, stored: Sequence[StoredCsd], now: datetime) -> Finding | None:
    """The issuer's certificate in use ends within 30 days, or there is none that is good today."""
    used = chosen(list(stored), rfc, now)
    if used is None:
        ended = max((each.valid_until for each in stored if each.rfc == rfc), default=None)
        since = f"since {ended:%Y-%m-%d}" if ended else "yet"
        text = f"no certificate (CSD) is good {since}: no tax invoice can be sealed"
        return Finding(tenant, Rule.CERTIFICATE_ENDING, tenant, text)
    if not used.ending(now):
        return None
    text = f"certificate {used.number} ends on {used.valid_until:%Y-%m-%d}"
    return Finding(tenant, Rule.CERTIFICATE_ENDING, used.number, text)


def stamps_low(tenant: str, pac: str, left: int | None) -> Finding | None:
    """Few stamps are left at a PAC that counts them."""
    if left is None or left >= LEAST_STAMPS:
        return None
    return Finding(tenant, Rule.STAMPS_LOW, pac, f"{left} stamps are left at {pac}")

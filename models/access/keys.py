"""API keys: what a program shows to be let in, and what it may do then."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from models.access.permissions import Scope
from models.people import FieldInvalid

EVERYTHING = frozenset(Scope)
OVERLAP = timedelta(hours=24)  # how long a rotated key still works, when nobody says otherwise
LONGEST_OVERLAP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A tenant's key. Only the SHA-256 of the secret is kept; `hint` is what a person recognises it by. Instants are UTC."""

    tenant: str
    id: str
    name: str
    scopes: frozenset[Scope]
    hint: str
    created_at: datetime
    last_used_at: datetime | None = None  # to the minute
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def usable(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def issue(tenant: str, name: str, scopes: frozenset[Scope], now: datetime) -> tuple[ApiKey, str]:
    """A new key and its secret, which is told once.

    Raises:
        FieldInvalid: the name cannot be used, or there is no scope.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}", name):
        raise FieldInvalid(
            "name", "use 1 to 40 letters, digits, spaces, . - and _; it stands in the audit, so no personal data"
        )
    if not scopes:
        raise FieldInvalid("scopes", f"give at least one of {', '.join(Scope)}")
    secret = f"pk_live_{secrets.token_urlsafe(24)}"
    return ApiKey(tenant, f"k_{secrets.token_urlsafe(9)}", name, scopes, secret[:12], now), secret


def digest(secret: str) -> str:
    """What a secret of ours is found by. Its 192 random bits cannot be guessed, so a plain hash suffices, and the look-up is one probe."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()

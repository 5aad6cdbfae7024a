"""A tenant's endpoint for webhooks: where it is, what it hears of, and the secrets that sign what is sent to it."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from models.people import FieldInvalid
from models.telling.addresses import public
from models.telling.outgoing import SUBSCRIBABLE, EventType

_PREFIX = "whsec_"
_SECRET_BYTES = 32  # Standard Webhooks: between 24 and 64
_LONGEST_URL = 2_000
MOST = 20  # endpoints of one tenant: each event is written once for every one of them
OVERLAP = timedelta(hours=24)  # how long a rotated secret still signs, when nobody says otherwise
LONGEST_OVERLAP = timedelta(days=30)


class Disabled(StrEnum):
    """Why nothing is sent to an endpoint any more."""

    ORDER = "order"  # somebody said so
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # nothing reached it for days


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Unique by (tenant, id). No `types` means all of them. `previous` also signs until `previous_until`. Instants are UTC."""

    tenant: str
    id: str
    url: str
    created_at: datetime
    secret: str = field(repr=False)
    types: frozenset[EventType] = frozenset()
    description: str = ""
    previous: str = field(default="", repr=False)
    previous_until: datetime | None = None
    last_success_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_for: Disabled | None = None

    def hears(self, type: EventType) -> bool:
        """Whether it is told of such events."""
        return self.disabled_at is None and (not self.types or type in self.types)

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The secrets that sign now, the newest first."""
        overlapping = self.previous_until is not None and now < self.previous_until
        return (self.secret, self.previous) if overlapping else (self.secret,)


def fresh(
    tenant: str, url: str, types: Iterable[str], now: datetime, *, local: bool = False, description: str = ""
) -> Endpoint:
    """A new endpoint with a secret of its own. Raises FieldInvalid, as `checked_url` and `checked_types` do."""
    return Endpoint(
        tenant,
        f"we_{secrets.token_hex(8)}",
        checked_url(url, local=local),
        now,
        fresh_secret(),
        checked_types(types),
        description.strip(),
    )


def rotated(endpoint: Endpoint, now: datetime, overlap: timedelta) -> Endpoint:
    """The endpoint with another secret; the one before goes on signing beside it for the overlap.

    Raises:
        FieldInvalid: it was rotated already and the secret before still signs; a third would be one too many to know.
    """
    if len(endpoint.signing(now)) > 1:
        raise FieldInvalid("endpoint", f"was rotated already: the secret before signs until {endpoint.previous_until}")
    return replace(endpoint, secret=fresh_secret(), previous=endpoint.secret, previous_until=now + overlap)


def fresh_secret() -> str:
    """`whsec_…`: random bytes in base64, as Standard Webhooks writes them."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def checked_url(url: str, *, local: bool = False) -> str:
    """An address that events may be sent to; where its name leads is looked at when they are sent.

    `local`, for development, also takes http and addresses that are not public.

    Raises:
        FieldInvalid: naming `url` and what to write instead.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise FieldInvalid("url", "not an address; write https://host/path") from None
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise FieldInvalid("url", "write an https:// address")
    if not host or len(text) > _LONGEST_URL or re.search(r"[^\x21-\x7e]", text):
        raise FieldInvalid("url", f"not an address; write https://host/path in at most {_LONGEST_URL} ASCII characters")
    if parts.username is not None or parts.password is not None:
        raise FieldInvalid("url", "leave name and password out: the signature says who sends")
    if parts.fragment:
        raise FieldInvalid("url", "leave out what follows #: it is never sent")
    if not local and not _may_be_public(host):
        raise FieldInvalid("url", "leads to an address that is not public")
    return text


def checked_types(types: Iterable[str]) -> frozenset[EventType]:
    """Event types by name.

    Raises:
        FieldInvalid: naming `events` and those that are not there.
    """
    wanted = set(types)
    if strange := sorted(wanted - set(SUBSCRIBABLE)):
        raise FieldInvalid("events", f"there is no event '{strange[0]}'; there are {', '.join(SUBSCRIBABLE)}")
    return frozenset(EventType(each) for each in wanted)


def signed_headers(id: str, at: datetime, body: bytes, signing: Sequence[str]) -> dict[str, str]:
    """The headers of Standard Webhooks: one `v1` signature, HMAC-SHA-256 in base64, for each secret."""
    moment = str(int(at.timestamp()))
    told = f"{id}.{moment}.".encode() + body
    signatures = [
        base64.b64encode(hmac.new(base64.b64decode(each.removeprefix(_PREFIX)), told, hashlib.sha256).digest()).decode()
        for each in signing
    ]
    return {
        "webhook-id": id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


def _may_be_public(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host != "localhost" and not host.endswith((".localhost", ".local", ".internal"))
    return public(host)

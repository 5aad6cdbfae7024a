"""A confirmation: a signed, short-lived token that says what somebody was shown, so that this and nothing else is carried out.

It carries ids and a fingerprint, no personal data, and cannot be made without the key.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from models.changing.change_records import ChangeKind, When
from models.safekeeping.rotating_secret import RotatingSecret

LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What was shown: to which subscription, what kind of change, when it was asked for (Unix seconds), and its fingerprint."""

    tenant: str
    subscription: str
    kind: ChangeKind
    when: When
    plan: str
    at: int
    fingerprint: str
    expires: int

    def sealed(self, key: RotatingSecret) -> str:
        """The token."""
        body = base64.urlsafe_b64encode(json.dumps(asdict(self), separators=(",", ":")).encode()).decode().rstrip("=")
        return f"{body}.{key.sign(_named(body))}"

    @property
    def change(self) -> str:
        """The id of the change that it confirms, once however often it is given."""
        return f"pc_{hashlib.sha256(repr(self).encode()).hexdigest()[:20]}"


def opened(token: str, key: RotatingSecret, now: datetime) -> Confirmation | None:
    """What a token says; None when it was not made with this key, or is too old."""
    body, _, seal = token.partition(".")
    if not key.signed(_named(body), seal):
        return None
    told = json.loads(base64.urlsafe_b64decode(body + "==="))
    found = Confirmation(**{**told, "kind": ChangeKind(told["kind"]), "when": When(told["when"])})
    return found if now.timestamp() < found.expires else None


def _named(body: str) -> str:
    # So that no other kind of token signed with this key can be taken for one of these.
    return f"plan-change:{body}"

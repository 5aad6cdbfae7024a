"""Access tokens: signed JSON Web Tokens (RFC 7519, HS256) that say who is logged in, for minutes. Nothing in them is secret or personal.

`PERDURA_SESSION_KEY` may hold several keys joined by commas: the first signs, all verify. To rotate, put the new key first,
restart every API process, and drop the old key once the longest access token has run out (`PERDURA_SESSION_MINUTES`).
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import jwt

from models.sessions import Session

_ISSUER, _ALGORITHM = "perdura", "HS256"


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, and of which session."""

    tenant: str
    user: str
    session: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Signs and reads access tokens."""

    keys: tuple[str, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the setting."""
        return cls(tuple(key.strip() for key in text.split(",")))

    def issue(self, session: Session, now: datetime, lasting: timedelta) -> tuple[str, datetime]:
        """The token, and when it runs out: with its session at the latest."""
        until = min(now + lasting, session.expires_at)
        claims = {
            "iss": _ISSUER,
            "sub": session.user,
            "ten": session.tenant,
            "sid": session.id,
            "iat": int(now.timestamp()),
            "exp": int(until.timestamp()),
        }
        key = self.keys[0]
        return jwt.encode(claims, key, _ALGORITHM, headers={"kid": _name(key)}), until

    def read(self, token: str) -> Claims | None:
        """What a token of ours says; None when it is not ours, was altered or has run out."""
        try:
            wanted = str(jwt.get_unverified_header(token).get("kid", ""))
            key = next((key for key in self.keys if _name(key) == wanted), None)
            if key is None:
                return None
            # The algorithm is ours to say, never the token's.
            said = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "ten", "sid"]},
            )
        except (jwt.InvalidTokenError, UnicodeError):
            return None
        return Claims(str(said["ten"]), str(said["sub"]), str(said["sid"]))

    def blind(self, *what: str) -> str:
        """A name for something that is counted and need not be readable, such as an e-mail that somebody tries to log in with."""
        told = "\0".join(what).encode("utf-8", "surrogatepass")
        return hmac.new(self.keys[0].encode(), told, hashlib.sha256).hexdigest()


def _name(key: str) -> str:
    return hashlib.sha256(f"perdura session key\0{key}".encode()).hexdigest()[:12]

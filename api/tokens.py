"""Access tokens: signed JSON Web Tokens (RFC 7519, HS256) that say who is logged in, for minutes. Nothing in them is secret or personal.

`PERDURA_SESSION_KEY` may hold several keys joined by commas (`RotatingSecret`): the old one may go once the longest access token has
run out (`PERDURA_SESSION_MINUTES`, `PERDURA_CONSOLE_MINUTES`).
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import jwt

from models.access.sessions import Session
from models.safekeeping.rotating_secret import RotatingSecret

_ISSUER, _ALGORITHM = "perdura", "HS256"


@dataclass(frozen=True, slots=True)
class Claims:
    """Whose token it is, of which session, and until when (UTC) it is good."""

    tenant: str
    user: str
    session: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Tokens:
    """Signs and reads access tokens."""

    secret: RotatingSecret

    def issue(self, session: Session, now: datetime, lasting: timedelta) -> tuple[str, datetime]:
        """The token, and when it runs out: with its session at the latest."""
        claims = Claims(session.tenant, session.user, session.id, min(now + lasting, session.expires_at))
        return self._signed(claims, now), claims.until

    def renew(self, claims: Claims, now: datetime, lasting: timedelta) -> tuple[str, datetime]:
        """Another token of the same session, and when it runs out. The session itself may end before: it is looked up each time."""
        later = replace(claims, until=now + lasting)
        return self._signed(later, now), later.until

    def _signed(self, claims: Claims, now: datetime) -> str:
        told = {
            "iss": _ISSUER,
            "sub": claims.user,
            "ten": claims.tenant,
            "sid": claims.session,
            "iat": int(now.timestamp()),
            "exp": int(claims.until.timestamp()),
        }
        key = self.secret.current
        return jwt.encode(told, key, _ALGORITHM, headers={"kid": _name(key)})

    def read(self, token: str) -> Claims | None:
        """What a token of ours says; None when it is not ours, was altered or has run out."""
        try:
            wanted = str(jwt.get_unverified_header(token).get("kid", ""))
            key = next((key for key in self.secret.values if _name(key) == wanted), None)
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
        until = datetime.fromtimestamp(int(said["exp"]), UTC)
        return Claims(str(said["ten"]), str(said["sub"]), str(said["sid"]), until)

    def blind(self, *what: str) -> str:
        """A name for something that is counted and need not be readable, such as an e-mail that somebody tries to log in with."""
        return self.secret.sign("\0".join(what))

    def blinded(self, seal: str, *what: str) -> bool:
        """Whether `blind` said so, with a key that is still known."""
        return self.secret.signed("\0".join(what), seal)


def _name(key: str) -> str:
    return hashlib.sha256(f"perdura session key\0{key}".encode()).hexdigest()[:12]

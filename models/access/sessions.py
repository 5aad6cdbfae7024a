"""Sessions of people: a short-lived access token that is verified, and a refresh token that is good once."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Session:
    """A person logged in somewhere. All refresh tokens that follow one another belong to it and end with it."""

    tenant: str
    id: str
    user: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    ended: str = ""


class Ended(StrEnum):
    """Why a session ended before its time."""

    LOGGED_OUT = "logged out"
    REUSED = "a refresh token was used twice"
    PASSWORD = "the password was changed"
    DISABLED = "the user was disabled"
    RESTORED = "the database was restored from a backup"


def fresh_session_id() -> str:
    return f"z_{secrets.token_urlsafe(9)}"


def fresh_refresh_token() -> str:
    return f"rt_{secrets.token_urlsafe(32)}"


def fresh_invitation() -> str:
    return f"in_{secrets.token_urlsafe(24)}"

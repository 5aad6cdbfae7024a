"""People who log in for a tenant."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from models.permissions import Role


@dataclass(frozen=True, slots=True)
class User:
    """A person with a role at one tenant. The e-mail is unique in the tenant; `id` (`u_…`) is what logs, orders and the audit carry."""

    tenant: str
    id: str
    email: str
    role: Role
    created_at: datetime
    password: str = ""  # argon2id, in the PHC string format; empty until the invitation was accepted
    invited_until: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def active(self) -> bool:
        """May log in."""
        return bool(self.password) and self.disabled_at is None


def fresh_user_id() -> str:
    return f"u_{secrets.token_urlsafe(9)}"


def orphaned(users: list[User], changed: User) -> str:
    """Why a change to one of the tenant's `users` is refused: nobody would be left to manage people. Empty when it may be made."""
    held = any(user.active and user.role is Role.OWNER for user in users)
    kept = [changed if user.id == changed.id else user for user in users]
    if held and not any(user.active and user.role is Role.OWNER for user in kept):
        return "this is the last owner who can log in: make somebody else an owner first"
    return ""

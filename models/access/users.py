"""People who log in for a tenant."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from models.access.permissions import Role
from models.refusals import NONE, Refusal, Why


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


class PeopleWhy(Why):
    """Orders about the people of a business."""

    LAST_OWNER = (
        "Es la última persona dueña que puede entrar: nombra antes a otra",
        "this is the last owner who can log in: make somebody else an owner first",
    )
    DISABLED = ("Esta persona está desactivada: actívala primero", "this person is disabled: enable them first")
    TAKEN = ("Ya hay una persona con este correo", "somebody with this e-mail is there already")
    GONE = (
        "Esta invitación ya se usó, se reemplazó o venció: pide otra",
        "this invitation was used, replaced or has run out: ask for another one",
    )


def fresh_user_id() -> str:
    return f"u_{secrets.token_urlsafe(9)}"


def orphaned(users: list[User], changed: User) -> Refusal:
    """Why a change to one of the tenant's `users` is refused: nobody would be left to manage people. NONE when it may be made."""
    held = any(user.active and user.role is Role.OWNER for user in users)
    kept = [changed if user.id == changed.id else user for user in users]
    if held and not any(user.active and user.role is Role.OWNER for user in kept):
        return PeopleWhy.LAST_OWNER()
    return NONE

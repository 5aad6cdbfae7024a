"""Who is asking: a person who logged in, or a program with an API key."""

from dataclasses import dataclass

from models.access.permissions import Permission, Role, Scope, of_role, of_scopes
from models.records import Tenant


@dataclass(frozen=True, slots=True)
class Principal:
    """The authenticated caller. `id` is the user's (`u_…`) or the key's (`k_…`): neither is personal data, so it may be logged.

    A person has a `role` and a `session`, an API key has a `name` and `scopes`.
    """

    tenant: Tenant
    id: str
    name: str = ""
    role: Role | None = None
    scopes: frozenset[Scope] = frozenset()
    session: str = ""

    @property
    def permissions(self) -> frozenset[Permission]:
        return of_role(self.role) if self.role else of_scopes(self.scopes)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def signature(self, claimed: str) -> str:
        """Who an order is from, as the audit keeps it: a person's id; a key's name and, behind a slash, for whom it spoke."""
        if self.role:
            return self.id
        return f"{self.name}/{claimed.strip()}" if claimed.strip() else self.name

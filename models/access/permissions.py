"""Who may do what: one table for the roles of people and the scopes of API keys. docs/security.md shows it; a test compares them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is to a tenant."""

    OWNER = "owner"
    SUPPORT = "support"
    VIEWER = "viewer"


class Scope(StrEnum):
    """What an API key is for. No scope includes another: a key says all that it may."""

    READ = "read"
    WRITE = "write"
    ORDERS = "orders"
    MONEY = "money"
    ADMIN = "admin"


class Permission(StrEnum):
    """A kind of thing that can be done. Every route declares one."""

    READ = "read"
    ENTER = "enter"
    USAGE = "usage"
    ORDER = "order"
    MONEY = "money"
    POLICIES = "policies"
    CATALOG = "catalog"
    ISSUER = "issuer"
    BRAND = "brand"
    ERASE = "erase"
    DELETIONS = "deletions"
    PAYLOADS = "payloads"
    USERS = "users"
    KEYS = "keys"
    WEBHOOKS = "webhooks"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Grant:
    """Who has a permission: these roles, and keys with this scope (None: no key, it is about a person's own account)."""

    means: str
    roles: frozenset[Role]
    scope: Scope | None


_ALL = frozenset(Role)
_SERVING = frozenset({Role.OWNER, Role.SUPPORT})
_OWNER = frozenset({Role.OWNER})

GRANTS: Mapping[Permission, Grant] = {
    Permission.READ: Grant(
        "look at plans, subscriptions, timelines, tax invoices, lists and figures", _ALL, Scope.READ
    ),
    Permission.ENTER: Grant(
        "sign customers up, keep what is known of them, open checkout and card pages", _SERVING, Scope.WRITE
    ),
    Permission.USAGE: Grant(
        "tell of what customers used of their plans, mint tokens for their browsers", _SERVING, Scope.WRITE
    ),
    Permission.ORDER: Grant(
        "give orders: grace, retry, pause, skip, suspend, restore, cancel, refresh, correct and retry a tax invoice",
        _SERVING,
        Scope.ORDERS,
    ),
    Permission.MONEY: Grant(
        "what the books feel: write off, record a payment made elsewhere, take a CFDI back", _OWNER, Scope.MONEY
    ),
    Permission.POLICIES: Grant("change dunning policies", _OWNER, Scope.ADMIN),
    Permission.CATALOG: Grant("change what is sold: plans, packages, services, products", _OWNER, Scope.ADMIN),
    Permission.ISSUER: Grant("set who issues tax invoices: certificate (CSD), régimen, VAT, PAC", _OWNER, Scope.ADMIN),
    Permission.BRAND: Grant(
        "set how customers see the business: name, logo, colours, contact, legal texts", _OWNER, Scope.ADMIN
    ),
    Permission.ERASE: Grant(
        "erase a customer's personal data, begin their deletion, take a copy of it", _OWNER, Scope.ADMIN
    ),
    Permission.DELETIONS: Grant(
        "say what the product deleted of a customer, and where it gives a copy", _SERVING, Scope.WRITE
    ),
    Permission.PAYLOADS: Grant("read sealed payloads in the Temporal UI", _SERVING, Scope.ADMIN),
    Permission.USERS: Grant("invite, change and disable people", _OWNER, Scope.ADMIN),
    Permission.KEYS: Grant("make, rotate and revoke API keys", _OWNER, Scope.ADMIN),
    Permission.WEBHOOKS: Grant("say where events are sent, and what signs them", _OWNER, Scope.ADMIN),
    Permission.ACCOUNT: Grant("one's own account: who am I, password, log out", _ALL, None),
}


def of_role(role: Role) -> frozenset[Permission]:
    """All that a person of this role may do."""
    return frozenset(permission for permission, grant in GRANTS.items() if role in grant.roles)


def of_scopes(scopes: Iterable[Scope]) -> frozenset[Permission]:
    """All that a key with these scopes may do."""
    held = frozenset(scopes)
    return frozenset(permission for permission, grant in GRANTS.items() if grant.scope in held)

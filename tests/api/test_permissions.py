"""Who may use which route: a declaration for each, a table, and nobody past it; and nothing of another tenant's, anywhere."""

import inspect
from pathlib import Path
from typing import Any, cast, get_type_hints

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlmodel import SQLModel

from activities.failures import Failure
from activities.gateways.store_sql import SqlStore
from activities.ports.figures import Figures
from activities.ports.payments import Payments
from activities.ports.register import Register
from api import access
from api.app import build
from models.access.permissions import GRANTS, Permission, Role, Scope, of_role, of_scopes
from tests.api.conftest import ANA, SETTINGS, World
from tests.api.credentials import key, person, session

APP: FastAPI = build(
    settings=SETTINGS, store=cast(SqlStore, None), payments=cast(Payments, None), processes=cast(Any, None)
)
ROUTES = {(method, path): declared for method, path, declared in access.routes(APP.routes)}
GUARDED = {
    route: [each.permission for each in declared if isinstance(each, access.Needs)]
    for route, declared in ROUTES.items()
    if isinstance(declared[0], access.Needs)
}
# Whoever opens a route to everybody writes it here as well.
OPEN = {
    ("GET", "/registro"),
    ("POST", "/registro"),
    ("GET", "/registro/primeros-pasos/{tenant}"),
    ("POST", "/auth/signup-trial"),
    ("GET", "/api/tenant/config"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/go/{token}"),
    ("HEAD", "/go/{token}"),
    ("GET", "/brand/{tenant}/logo"),
    ("HEAD", "/brand/{tenant}/logo"),
    ("POST", "/webhooks/stripe"),
    ("POST", "/webhooks/twilio"),
    ("GET", "/datos-fiscales/{token}"),
    ("GET", "/factura/{token}"),
    ("POST", "/factura/{token}"),
    ("GET", "/pagar/{token}"),
    ("POST", "/pagar/{token}"),
    ("GET", "/promesa/{token}"),
    ("POST", "/promesa/{token}"),
    ("GET", "/planes/{tenant}"),
    ("GET", "/cuenta"),
    ("POST", "/cuenta"),
    ("GET", "/cuenta/{token}"),
    ("GET", "/cuenta/{token}/tarjeta"),
    ("GET", "/cuenta/{token}/plan"),
    ("POST", "/cuenta/{token}/plan"),
    ("GET", "/cuenta/{token}/plan/{plan}"),
    ("POST", "/cuenta/{token}/deshacer"),
    ("GET", "/cuenta/{token}/cancelar"),
    ("POST", "/cuenta/{token}/cancelar"),
    ("POST", "/cuenta/{token}/conservar"),
    ("POST", "/cuenta/{token}/quedarme"),
    ("POST", "/cuenta/{token}/reanudar"),
    ("POST", "/cuenta/{token}/ayuda"),
    ("GET", "/contratar/{tenant}/{plan}"),
    ("POST", "/contratar/{tenant}/{plan}"),
    ("GET", "/contratar/{tenant}/pago/{token}"),
    ("GET", "/contratar/{tenant}/listo/{token}"),
    ("GET", "/mis-datos/{token}"),
    ("GET", "/embed/entitlement"),
    ("GET", "/embed/perdura.js"),
    ("POST", "/mis-datos/{token}"),
    ("GET", "/mis-datos/{token}/copia.zip"),
    ("GET", "/mis-datos/{token}/certificado.pdf"),
    ("GET", "/legal/{tenant}/{text}"),
    ("POST", "/datos-fiscales/{token}"),
    ("GET", "/console/sign-in"),
    ("POST", "/console/sign-in"),
    ("GET", "/console/static/{name}"),
    ("GET", "/console/invitation"),
    ("POST", "/console/invitation"),
    ("POST", "/v1/sessions"),
    ("POST", "/v1/sessions/refresh"),
    ("POST", "/v1/invitations/accept"),
}
# What only the owner, or a key made for it, may do. Moving a route out of here is a decision.
OWNERS = {
    ("POST", "/v1/subscriptions/{subscription}/overrides/write_off"): Permission.MONEY,
    ("POST", "/v1/subscriptions/{subscription}/overrides/agree_instalments"): Permission.MONEY,
    ("POST", "/v1/subscriptions/{subscription}/overrides/record_external_payment"): Permission.MONEY,
    ("POST", "/v1/documents/{source}/cancel"): Permission.MONEY,
    ("PUT", "/v1/brand"): Permission.BRAND,
    ("PUT", "/v1/catalog"): Permission.CATALOG,
    ("PUT", "/v1/tickets/settings"): Permission.POLICIES,
    ("PUT", "/v1/legal/{kind}"): Permission.BRAND,
    ("POST", "/v1/deletions"): Permission.ERASE,
    ("GET", "/v1/subscriptions/{subscription}/export"): Permission.ERASE,
    ("GET", "/api/clientes/exportacion"): Permission.ERASE,
    ("GET", "/v1/users"): Permission.USERS,
    ("POST", "/v1/users"): Permission.USERS,
    ("PATCH", "/v1/users/{user}"): Permission.USERS,
    ("POST", "/v1/users/{user}/invite"): Permission.USERS,
    ("GET", "/v1/keys"): Permission.KEYS,
    ("POST", "/v1/keys"): Permission.KEYS,
    ("POST", "/v1/keys/{key}/rotate"): Permission.KEYS,
    ("DELETE", "/v1/keys/{key}"): Permission.KEYS,
    ("PUT", "/v1/alerts"): Permission.WEBHOOKS,
    ("GET", "/v1/webhooks/endpoints"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks/endpoints"): Permission.WEBHOOKS,
    ("PATCH", "/v1/webhooks/endpoints/{endpoint}"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks/endpoints/{endpoint}/rotate"): Permission.WEBHOOKS,
    ("POST", "/v1/webhooks/endpoints/{endpoint}/test"): Permission.WEBHOOKS,
    ("DELETE", "/v1/webhooks/endpoints/{endpoint}"): Permission.WEBHOOKS,
}


def test_the_table_of_permissions_is_whole() -> None:
    assert set(GRANTS) == set(Permission)
    assert of_role(Role.OWNER) == set(Permission)
    assert of_role(Role.VIEWER) == {Permission.READ, Permission.ACCOUNT}
    assert of_role(Role.VIEWER) < of_role(Role.SUPPORT) < of_role(Role.OWNER)
    assert of_scopes(Scope) == set(Permission) - {Permission.ACCOUNT}
    assert of_scopes([]) == frozenset()


def test_the_page_on_security_shows_the_table_as_it_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    for permission, grant in GRANTS.items():
        may = " | ".join("yes" if role in grant.roles else "–" for role in Role)
        scope = f"`{grant.scope}`" if grant.scope else "–"
        assert f"| `{permission}` | {grant.means} | {may} | {scope} |" in page


def test_routes_open_to_everybody_are_those_that_are_listed() -> None:
    found = {route for route in ROUTES if route not in GUARDED}
    assert {route for route in found if not route[1].startswith("/codec/")} <= OPEN
    for route in OPEN & found:
        assert all(isinstance(each, access.Public) and each.why for each in ROUTES[route]), route


def test_what_only_owners_may_do_is_declared_so() -> None:
    assert {route: GUARDED[route][-1] for route in OWNERS} == OWNERS


def test_nothing_that_changes_something_asks_for_reading_alone() -> None:
    for (method, path), permissions in GUARDED.items():
        if method not in ("GET", "HEAD"):
            assert set(permissions) != {Permission.READ}, (method, path)


def test_an_app_with_an_undeclared_route_does_not_start() -> None:
    app = FastAPI()

    @app.get("/v1/forgotten")
    async def forgotten() -> None: ...

    with pytest.raises(access.Undeclared, match="GET /v1/forgotten"):
        access.insist(app.routes)


CALLERS: list[Role | Scope] = [*Role, *Scope]


@pytest.mark.parametrize("caller", CALLERS)
async def test_a_caller_passes_where_the_table_says_and_nowhere_else(world: World, caller: Role | Scope) -> None:
    headers = await (session(world, await person(world, caller)) if isinstance(caller, Role) else key(world, caller))
    held = of_role(caller) if isinstance(caller, Role) else of_scopes([caller])
    for (method, path), permissions in GUARDED.items():
        if path in ("/v1/sessions", "/v1/sessions/current", "/console/sign-out"):
            continue  # ends the session the test goes on with; test_sessions has it
        answer = await world.http.request(method, _filled(path, "nothing"), headers=headers, json={})
        refused = answer.status_code == 403
        assert refused != (set(permissions) <= held), (method, path, caller, answer.status_code, answer.text)
        assert answer.status_code < 500 or answer.status_code == 503, (method, path, answer.text)


async def test_without_good_credentials_every_guarded_route_answers_401(world: World) -> None:
    for method, path in GUARDED:
        for headers in ({}, {"Authorization": "Bearer pk_live_x"}, {"Authorization": "Bearer a.b.c"}):
            answer = await world.http.request(method, _filled(path, "nothing"), headers=headers, json={})
            assert answer.status_code == 401, (method, path, answer.text)


async def _of(world: World) -> dict[str, str]:
    """Things of tenant acme, by the name of the path's parameter."""
    user = await person(world, Role.VIEWER)
    (mine,) = await world.store.keys("acme")
    return {"subscription": await world.signed_up(), "user": user.id, "key": mine.id, "source": "ch_1", "id": "at_1"}


async def test_every_route_hides_what_is_another_tenants(world: World) -> None:
    things = await _of(world)
    headers = await session(world, await person(world, tenant="other"))
    before = await _rows(world.store, "acme")
    for method, path in GUARDED:
        if path.startswith(("/v1/sessions", "/console/sign-out")):
            continue
        parameters = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        where = path
        for name in parameters:
            where = where.replace(f"{{{name}}}", things.get(name, "nothing"))
        query = {"subscription": things["subscription"]} if path == "/v1/documents" else {}
        query |= {"customer_reference": "user-1042"} if path == "/v1/billing/subscription" else {}
        body = await _body(world, method, path)
        answer = await world.http.request(method, where, headers=headers, json=body, params=query)
        if parameters & things.keys() or query:
            assert answer.status_code in (404, 422), (method, path, answer.status_code, answer.text)
        for thing in (*things.values(), ANA["email"].lower(), "user-1042"):
            told = answer.text.replace(where, "").replace(f"'{things.get('subscription')}'", "")
            assert answer.status_code >= 400 or thing not in told, (method, path, thing)
    assert await _rows(world.store, "acme") == before
    assert world.door.orders == []


async def _body(world: World, method: str, path: str) -> Any:
    """The smallest body that the route takes."""
    description = APP.openapi()
    operation = description["paths"].get(path, {}).get(method.lower(), {})
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = next((s for s in schema.get("anyOf", [schema]) if "$ref" in s), schema)
    if "$ref" not in schema:
        return None
    known = {"reason": "curious", "days": 1, "step": 1, "at_period_end": True, "method": "spei", "reference": "x"}
    known |= {"motive": "02", "role": "viewer"}
    model = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return {name: known[name] for name in model.get("required", []) if name in known}


# Methods of the record without a tenant to be scoped by, each with its reason.
WORLDWIDE = {
    "key_holder": "finds the tenant by the secret of its key",
    "sole_business": "before anybody is known: the one business of an installation need not be named to sign in",
    "user_invited": "finds the tenant by the secret of an invitation",
    "refresh_session": "finds the tenant by the secret of a token",
    "try_login": "counts tries before a tenant is known",
    "forgive_login": "counts tries before a tenant is known",
    "receive": "an event's owner is not known when it comes",
    "ping": "looks whether SQL answers",
    "customers_by_phone": "whoever writes to our number has not said to which tenant; the answers name theirs",
    "notice_by_reference": "the provider's id of a message is unique in the world; the answer names its tenant",
    "pending_events": "the sweep hands over events of all tenants",
    "settle_event": "of an event that came, whose owner is in it",
    "living_accounts": "a provider's customer is unique in the world; the answers name their tenant",
    "owner_of": "finds the tenant by the id of the provider's object",
    "signup_by_email": "a business that signs up is of no tenant yet; its e-mail is unique in the installation",
    "issuing_tenants": "the day's look at certificates goes through all of them",
}
# Counts over the whole house for /metrics, without an id of anybody.
COUNTS = {name for name, _ in inspect.getmembers(Figures, inspect.isfunction)}


def test_every_question_to_the_record_is_asked_in_the_name_of_a_tenant() -> None:
    unscoped = [
        name
        for name, method in inspect.getmembers(Register, inspect.isfunction)
        if not name.startswith("_") and name not in {*WORLDWIDE, *COUNTS} and not _scoped(method)
    ]
    assert unscoped == [], "give them a tenant, or a reason in WORLDWIDE"
    assert all(hasattr(Register, name) for name in WORLDWIDE)


def _scoped(method: Any) -> bool:
    hints = get_type_hints(method)
    names = inspect.signature(method).parameters
    return "tenant" in names or any(
        "tenant" in getattr(hints.get(name), "__dataclass_fields__", {}) or name in ("tenant", "customer")
        for name in names
        if name != "self"
    )


async def test_every_question_answers_nothing_about_another_tenants_things(world: World) -> None:
    things = await _of(world)
    record = await world.store.subscription("acme", things["subscription"])
    assert record is not None
    known = {
        **things,
        "customer": record.customer,
        "reference": "user-1042",
        "email": ANA["email"].lower(),
        "code": "pro",
    }
    before = await _rows(world.store, "acme")
    asked = 0
    for name, method in inspect.getmembers(Register, inspect.isfunction):
        parameters = list(inspect.signature(method).parameters.values())[1:]
        wanted = [p for p in parameters if p.default is inspect.Parameter.empty]
        hints = get_type_hints(method)
        if name.startswith("_") or not wanted or wanted[0].name != "tenant":
            continue
        if any(hints.get(p.name) is not str for p in wanted):
            continue  # takes a value or an instant: its rows are compared by the writers' own tests
        given = {p.name: known.get(p.name, "nothing") for p in wanted} | {"tenant": "other"}
        try:
            answer = await getattr(world.store, name)(**given)
        except (Failure, ValueError):
            answer = None
        asked += 1
        assert not any(thing in repr(answer) for thing in (things["subscription"], record.customer, things["user"])), (
            name
        )
    assert asked >= 15
    assert await _rows(world.store, "acme") == before


async def _rows(store: SqlStore, tenant: str) -> dict[str, list[str]]:
    """Every row of a tenant, table by table; when a key was last used does not count."""
    found: dict[str, list[str]] = {}
    async with store._db._engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if "tenant_id" in table.columns:
                rows = await connection.execute(
                    text(f"SELECT * FROM {table.name} WHERE tenant_id = :tenant").bindparams(tenant=tenant)
                )
                names = list(rows.keys())
                found[table.name] = sorted(
                    repr([value for name, value in zip(names, row, strict=True) if name != "last_used_at"])
                    for row in rows
                )
    return found


def _filled(path: str, value: str) -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))

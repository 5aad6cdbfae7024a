"""Who may use which route: a declaration for each, a table, and nobody past it; and nothing of another tenant's, anywhere."""

from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI

from activities.gateways.store_sql import SqlStore
from activities.ports.payments import Payments
from api import access
from api.app import build
from models.access.permissions import GRANTS, Permission, Role, Scope, of_role, of_scopes
from tests.api.conftest import SETTINGS, World
from tests.api.credentials import key, person, session
from tests.api.test_fuzz import lived as lived  # a fixture

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
    ("GET", "/cuenta/{token}/contratar"),
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


def _filled(path: str, value: str) -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))

"""Inviting people, changing what they are, and letting them in no more."""

from typing import Any

import pytest

from models.access.permissions import Role, Scope
from tests.api.conftest import World
from tests.api.credentials import HASHED, PASSWORD, key, person, session

NEW = "a long and quite new password"


async def test_an_owner_invites_somebody_who_chooses_their_own_password(world: World) -> None:
    owner = await session(world, await person(world))
    answer = await world.http.post("/v1/users", json={"email": "Eva@acme.mx", "role": "support"}, headers=owner)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["email"], body["role"], body["active"]) == ("eva@acme.mx", "support", False)
    accepted = {"invitation": body["invitation"], "password": NEW}
    assert (await world.http.post("/v1/invitations/accept", json=accepted)).status_code == 204
    assert (await world.http.post("/v1/invitations/accept", json=accepted)).status_code == 410
    login = await world.http.post("/v1/sessions", json={"tenant": "acme", "email": "eva@acme.mx", "password": NEW})
    assert login.status_code == 201
    trail = await world.store.audit_trail("acme", "")
    assert [entry.action for entry in trail] == ["user invited as support"]
    assert "eva@" not in str(trail)


async def test_an_e_mail_is_there_once_in_a_tenant_and_may_be_at_another(world: World) -> None:
    owner, other = await session(world, await person(world)), await session(world, await person(world, tenant="other"))
    order = {"email": "eva@acme.mx", "role": "viewer"}
    assert (await world.http.post("/v1/users", json=order, headers=owner)).status_code == 201
    twice = await world.http.post("/v1/users", json={**order, "email": "EVA@ACME.MX"}, headers=owner)
    assert (twice.status_code, [e["field"] for e in twice.json()["errors"]]) == (409, ["email"])
    assert (await world.http.post("/v1/users", json=order, headers=other)).status_code == 201


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "sofia.vega@acme and more", "x" * 300])
async def test_a_weak_password_is_refused_in_words(world: World, password: str) -> None:
    owner = await session(world, await person(world))
    order = {"email": "sofia.vega@acme.mx", "role": "viewer"}
    invitation = (await world.http.post("/v1/users", json=order, headers=owner)).json()["invitation"]
    answer = await world.http.post("/v1/invitations/accept", json={"invitation": invitation, "password": password})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]
    assert password not in answer.text


async def test_another_password_ends_the_other_sessions(world: World) -> None:
    user = await person(world)
    here, there = await session(world, user), await session(world, user)
    wrong = await world.http.post("/v1/me/password", json={"old": "no", "new": NEW}, headers=here)
    assert [error["field"] for error in wrong.json()["errors"]] == ["old"]
    done = await world.http.post("/v1/me/password", json={"old": PASSWORD, "new": NEW}, headers=here)
    assert done.status_code == 204, done.text
    assert [(await world.http.get("/v1/me", headers=h)).status_code for h in (here, there)] == [200, 401]


async def test_the_last_owner_stays_one(world: World) -> None:
    user = await person(world)
    owner = await session(world, user)
    changes: list[dict[str, Any]] = [{"role": "viewer"}, {"disabled": True}]
    for change in changes:
        assert (await world.http.patch(f"/v1/users/{user.id}", json=change, headers=owner)).status_code == 409
    second = await person(world)
    answer = await world.http.patch(f"/v1/users/{second.id}", json={"disabled": True}, headers=owner)
    assert (answer.status_code, answer.json()["active"]) == (200, False)


async def test_nobody_hands_out_more_than_they_have(world: World) -> None:
    manager = await key(world, Scope.ADMIN)
    order = {"email": "eva@acme.mx", "role": "owner"}
    assert (await world.http.post("/v1/users", json=order, headers=manager)).status_code == 403
    new = await world.http.post("/v1/keys", json={"name": "x", "scopes": ["money"]}, headers=manager)
    assert new.status_code == 403
    owner = await person(world, Role.OWNER)
    changed = await world.http.patch(f"/v1/users/{owner.id}", json={"disabled": True}, headers=manager)
    assert changed.status_code == 403


async def test_a_new_invitation_replaces_the_one_before(world: World) -> None:
    owner = await session(world, await person(world))
    user = await person(world, Role.VIEWER, password=HASHED)
    first = (await world.http.post(f"/v1/users/{user.id}/invite", headers=owner)).json()["invitation"]
    second = (await world.http.post(f"/v1/users/{user.id}/invite", headers=owner)).json()["invitation"]
    old = await world.http.post("/v1/invitations/accept", json={"invitation": first, "password": NEW})
    new = await world.http.post("/v1/invitations/accept", json={"invitation": second, "password": NEW})
    assert (old.status_code, new.status_code) == (410, 204)

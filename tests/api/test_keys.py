"""API keys: told once, limited to their scopes, rotated with an overlap, revoked at once."""

from models.access.permissions import Scope
from tests.api.conftest import World
from tests.api.credentials import key, person, session


async def test_a_key_is_told_once_and_lists_its_use(world: World) -> None:
    owner = await session(world, await person(world))
    answer = await world.http.post("/v1/keys", json={"name": "till", "scopes": ["read"]}, headers=owner)
    assert answer.status_code == 201, answer.text
    secret = answer.json()["secret"]
    headers = {"Authorization": f"Bearer {secret}"}
    assert (await world.http.get("/v1/plans", headers=headers)).status_code == 200
    listed = (await world.http.get("/v1/keys", headers=owner)).json()
    (mine,) = [each for each in listed if each["name"] == "till"]
    assert (mine["scopes"], bool(mine["last_used_at"]), mine["hint"]) == (["read"], True, secret[:12])
    assert secret not in str(listed)


async def test_a_rotated_key_works_on_for_its_overlap_and_a_revoked_one_no_more(world: World) -> None:
    owner = await session(world, await person(world))
    made = (await world.http.post("/v1/keys", json={"name": "till", "scopes": ["read"]}, headers=owner)).json()
    fresh = await world.http.post(f"/v1/keys/{made['id']}/rotate", json={"overlap_hours": 1}, headers=owner)
    assert fresh.status_code == 201, fresh.text

    async def works(secret: str) -> bool:
        answer = await world.http.get("/v1/plans", headers={"Authorization": f"Bearer {secret}"})
        return answer.status_code == 200

    assert (await works(made["secret"]), await works(fresh.json()["secret"])) == (True, True)
    assert (await world.http.post(f"/v1/keys/{made['id']}/rotate", headers=owner)).status_code == 409
    at_once = await world.http.post(f"/v1/keys/{fresh.json()['id']}/rotate", json={"overlap_hours": 0}, headers=owner)
    assert (await works(fresh.json()["secret"]), await works(at_once.json()["secret"])) == (False, True)
    assert (await world.http.delete(f"/v1/keys/{made['id']}", headers=owner)).status_code == 204
    assert not await works(made["secret"])


async def test_orders_are_signed_by_the_person_or_with_the_name_of_the_key(world: World) -> None:
    subscription = await world.signed_up()
    path = f"/v1/subscriptions/{subscription}/overrides/suspend_now"
    user = await person(world)
    headers = await session(world, user)
    assert (await world.http.post(path, json={"reason": "abuse"}, headers=headers)).status_code == 200
    claimed = await world.http.post(path, json={"reason": "abuse", "actor": "the boss"}, headers=headers)
    assert (claimed.status_code, [e["field"] for e in claimed.json()["errors"]]) == (422, ["actor"])
    robot = await key(world, Scope.ORDERS, name="helpdesk")
    for body in ({"reason": "abuse", "actor": "ana"}, {"reason": "abuse"}):
        assert (await world.http.post(path, json=body, headers=robot)).status_code == 200
    assert [order.actor for _, _, order in world.door.orders] == [user.id, "helpdesk/ana", "helpdesk"]

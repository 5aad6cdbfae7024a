"""Customers' pets, and a subscription for each of them."""

from typing import Any

from tests.api.conftest import World

OWNER = {
    "customer_reference": "dueno-7",
    "name": "Ana López",
    "email": "ana@example.mx",
    "phone": "+52 55 1234 5678",
}
LUNA = {"name": "Luna", "species": "Perro", "sex": "hembra", "weight_grams": 12_500, "born": "2026-03-01"}


async def _luna(world: World, **changes: Any) -> str:
    assert (await world.post("/v1/customers", OWNER)).status_code == 201
    answer = await world.post("/v1/customers/dueno-7/pets", LUNA | changes)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_pet_is_entered_changed_and_sealed(world: World) -> None:
    luna = await _luna(world)
    answer = await world.patch(f"/v1/customers/dueno-7/pets/{luna}", {"weight_grams": 13_000, "sterilised": True})
    assert answer.json() | {"id": ""} == {
        "id": "",
        "name": "Luna",
        "species": "perro",
        "sex": "hembra",
        "weight_grams": 13_000,
        "born": "2026-03-01",
        "sterilised": True,
    }
    assert [pet["id"] for pet in (await world.get("/v1/customers/dueno-7/pets")).json()["data"]] == [luna]


async def test_what_is_wrong_with_a_pet_is_named(world: World) -> None:
    await _luna(world)
    for field, value in (
        ("name", " "),
        ("species", ""),
        ("weight_grams", 0),
        ("born", "2999-01-01"),
        ("born", "1700-01-01"),
    ):
        answer = await world.post("/v1/customers/dueno-7/pets", LUNA | {field: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


async def test_another_tenants_pets_are_not_there(world: World) -> None:
    luna = await _luna(world)
    other = await world.store.issue_key("other")
    for method, path, body in (
        ("GET", "/v1/customers/dueno-7/pets", None),
        ("POST", "/v1/customers/dueno-7/pets", LUNA),
        ("PATCH", f"/v1/customers/dueno-7/pets/{luna}", {"name": "Sol"}),
    ):
        answer = await world.http.request(method, path, json=body, headers={"Authorization": f"Bearer {other}"})
        assert answer.status_code == 404


async def test_an_owner_subscribes_once_for_each_pet(world: World) -> None:
    luna = await _luna(world)
    sol = str((await world.post("/v1/customers/dueno-7/pets", LUNA | {"name": "Sol"})).json()["id"])
    signup = OWNER | {"plan": "pro", "payment_method": "pm_card_visa"}
    found = [await world.post("/v1/subscriptions", signup | {"pet": pet}) for pet in (luna, sol, "")]
    assert [answer.status_code for answer in found] == [201, 201, 201]
    assert len({answer.json()["id"] for answer in found}) == 3
    again = await world.post("/v1/subscriptions", signup | {"pet": luna})
    assert (again.status_code, again.json()["subscription"]) == (409, found[0].json()["id"])
    stranger = await world.post("/v1/subscriptions", signup | {"pet": "pet_of_nobody"})
    assert (stranger.status_code, stranger.json()["errors"][0]["field"]) == (422, "pet")

"""The catalogue over the API: looked at, proposed, put in place, and refused by field."""

from typing import Any

import pytest
import yaml

from models import shipped
from models.access.permissions import Role
from tests.api.conftest import ANA, World
from tests.api.credentials import person, session


def page(name: str = "contabilidad-pyme") -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(shipped.page("catalogs", name) or "")
    return made


def of(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["verb"], each["code"]) for each in told["changes"]]


async def test_what_would_change_is_told_and_nothing_done(world: World) -> None:
    told = (await world.put("/v1/catalog", {"catalog": page(), "dry_run": True})).json()
    assert (told["applied"], told["revision"]) == (False, 0)
    assert of(told) == [("change", "pro"), ("add", "pro-anual")]
    assert world.payments.sold == []
    assert [plan["code"] for plan in (await world.get("/v1/plans")).json()] == ["pro"]


async def test_a_catalogue_is_put_in_place_once(world: World) -> None:
    told = (await world.put("/v1/catalog", {"catalog": page(), "reason": "new year"})).json()
    assert (told["applied"], told["revision"]) == (True, 1)
    again = (await world.put("/v1/catalog", {"catalog": page()})).json()
    assert (again["applied"], again["revision"], again["changes"], again["at_provider"]) == (False, 1, [], 0)
    assert world.payments.sold == [
        "perdura_acme_pro",
        "acme/pro/14900MXN/month",
        "acme/pro-anual/120000MXN/year",
    ]
    (entry,) = await world.store.audit_trail("acme", "")
    assert (entry.action, entry.reason) == ("catalog applied", "new year")
    assert "add plan pro-anual" in entry.detail


async def test_what_is_sold_is_shown_with_what_a_year_saves_and_can_be_put_back(world: World) -> None:
    await world.put("/v1/catalog", {"catalog": page()})
    shown = (await world.get("/v1/catalog")).json()
    monthly, yearly = shown["plans"]
    assert (monthly["saving"], yearly["tier"]) == (None, "pro")
    assert yearly["saving"] == {
        "amount": {"centavos": 58_800, "currency": "MXN", "text": "$588.00 MXN"},
        "percent": 33,
        "months": 4,
    }
    assert (monthly["trial_days"], monthly["card_required"]) == (7, True)
    same = (await world.put("/v1/catalog", {"catalog": shown["page"]})).json()
    assert same["changes"] == []


async def test_a_clinics_packages_and_rates_are_shown(world: World) -> None:
    assert (await world.put("/v1/catalog", {"catalog": page("clinica-veterinaria")})).json()["applied"]
    shown = (await world.get("/v1/catalog")).json()
    adult = next(plan for plan in shown["plans"] if plan["code"] == "adulto-anual")
    assert (adult["price"]["centavos"], adult["highest"]["centavos"], adult["kind"]) == (200_000, 300_000, "package")
    assert [(each["service"], each["units"], each["percent_off"]) for each in adult["benefits"]] == [
        ("consulta", 2, 100),
        ("vacunacion", None, 100),
        ("desparasitacion", 2, 100),
        ("limpieza-dental", None, 20),
    ]
    dogs = next(item for item in shown["items"] if item["code"] == "hospitalizacion")["rates"][0]
    assert (dogs["species"], dogs["lowest"]["centavos"], dogs["highest"]["centavos"]) == ("perro", 40_000, 80_000)


async def test_a_plan_that_is_archived_is_sold_to_nobody_and_kept_by_who_has_it(world: World) -> None:
    signed = await world.post("/v1/subscriptions", ANA)
    assert signed.status_code == 201, signed.text
    other = {"catalog": page("inventarios")}
    assert ("archive", "pro") in of((await world.put("/v1/catalog", other)).json())
    refused = await world.post("/v1/subscriptions", {**ANA, "customer_reference": "b", "email": "b@example.mx"})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"field": "plan", "message": "is no longer sold; GET /v1/plans lists those that are", "code": ""}
    ]
    assert (await world.get(f"/v1/subscriptions/{signed.json()['id']}")).json()["plan"] == "pro"
    assert "pro" not in [plan["code"] for plan in (await world.get("/v1/plans")).json()]


async def test_a_new_price_is_for_those_who_come_then(world: World) -> None:
    signed = (await world.post("/v1/subscriptions", ANA)).json()["id"]
    dearer = page()
    dearer["plans"][0]["prices"]["month"] = "199.00"
    await world.put("/v1/catalog", {"catalog": dearer})
    record = await world.store.subscription("acme", signed)
    assert record is not None
    assert record.price is not None
    assert record.price.centavos == 14_900
    assert (await world.store.plan("acme", "pro")).price.centavos == 19_900


@pytest.mark.parametrize(
    ("catalog", "field", "says"),
    [
        (
            {"plans": [{"code": "a", "name": "A", "prices": {"month": 149}}]},
            "catalog.plans.0.prices.month",
            "in quotes",
        ),
        ({"plans": [{"code": "a", "name": "A", "prices": {}}]}, "catalog.plans.0.prices", "give a price"),
        ({"plan": []}, "catalog.plan", "not permitted"),
        ({"services": [{"code": "s", "name": "a\nb"}]}, "catalog.services.0.name", ""),
    ],
)
async def test_a_mistake_is_told_by_its_field(world: World, catalog: dict[str, Any], field: str, says: str) -> None:
    answer = await world.put("/v1/catalog", {"catalog": catalog})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"].startswith(field)
    assert says in error["message"]


async def test_who_looked_at_another_revision_is_told(world: World) -> None:
    await world.put("/v1/catalog", {"catalog": page()})
    answer = await world.put("/v1/catalog", {"catalog": page("inventarios"), "revision": 0})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "revision")
    assert (await world.put("/v1/catalog", {"catalog": page("inventarios"), "revision": 1})).status_code == 200


async def test_a_tenants_catalogue_is_its_own(world: World) -> None:
    await world.put("/v1/catalog", {"catalog": page("inventarios")})
    assert [plan.code for plan in (await world.store.catalog("other")).sold.plans] == ["pro"]


async def test_support_may_look_and_not_change(world: World) -> None:
    support = await session(world, await person(world, Role.SUPPORT))
    assert (await world.http.get("/v1/catalog", headers=support)).status_code == 200
    assert (await world.put("/v1/catalog", {"catalog": page()}, support)).status_code == 403

"""The first steps of a business, computed from what there is; and its public look."""

import re

import pytest
import typer
from typer.main import get_command

import cli
from models.access.onboarding import GUIDES, Step, checklist, following
from models.look.brand import neutral
from tests.api.conftest import World, unpaid


async def test_steps_are_done_by_what_there_is(world: World) -> None:
    first = (await world.get("/v1/onboarding")).json()
    assert [each["step"] for each in first["steps"] if each["done"]] == ["catalog", "api_key"]
    assert (first["done"], first["of"], first["next"]) == (2, 8, "brand")
    await world.store.save_brand(neutral("acme", "Acme"))
    await world.signed_up()
    world.payments.invoices["in_1"] = unpaid()
    then = (await world.get("/v1/onboarding")).json()
    assert [each["step"] for each in then["steps"] if each["done"]] == ["brand", "catalog", "api_key", "first_customer"]
    assert then["next"] == "policy"
    assert await world.store.steps_taken("nobody") == frozenset()


def test_when_all_is_done_nothing_is_next() -> None:
    assert following(checklist(frozenset(Step))) is None
    assert following(checklist(frozenset())) == checklist(frozenset())[0]


async def test_every_step_names_a_way_that_exists(world: World) -> None:
    described = (await world.http.get("/openapi.json")).json()["paths"]
    for guide in GUIDES.values():
        method, path = guide.api.split(" ")
        assert method.lower() in described[path]
        assert guide.why.es != guide.why.en


@pytest.mark.parametrize("step", list(Step))
def test_every_command_of_a_step_is_there(step: Step) -> None:
    guide = GUIDES[step]
    command: typer.core.click.Command = get_command(cli.app())
    for word in re.findall(
        r"[a-z][a-z-]*", guide.command.removeprefix("perdura").partition(" TENANT")[0].partition(" FILE")[0]
    ):
        command = command.commands[word]  # type: ignore[attr-defined]


async def test_a_front_end_reads_a_businesss_look_without_credentials(world: World) -> None:
    answer = await world.http.get("/api/tenant/config?tenant=acme")
    told = answer.json()
    assert (told["name"], told["logo_url"], told["time_zone"]) == ("Acme", "", "America/Mexico_City")
    assert told["pricing_url"].endswith("/planes/acme")
    assert re.fullmatch(r"#[0-9a-f]{6}", told["primary"])
    assert (await world.http.get("/api/tenant/config?tenant=nobody")).status_code == 404
    assert (await world.http.get("/api/tenant/config?tenant=a@b")).status_code == 422

"""Policies and the simulator at the console: drawn, tried on the open cases, and a virtual year, with nothing done to anybody."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from api.console import policies
from models.access.permissions import Role
from models.collecting.cases import Stage
from models.money import Money
from models.policies.presets import preset, preset_page, presets
from models.records import Assignment, CaseRecord
from models.simulating.comparison_picture import LOST
from models.simulating.trial_year import MOST
from models.speaking.notices import Language
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in

RUTHLESS = preset("ruthless")
PATH = f"/console/policies/ruthless/{RUTHLESS.version}"


@pytest.fixture
async def owner(world: World) -> Browser:
    subscription = await world.signed_up()
    name = f"ruthless v{RUTHLESS.version}"
    await world.store.save_case(CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, name, NOW))
    return await signed_in(world)


async def test_every_policy_is_listed_with_who_runs_by_it(world: World, owner: Browser) -> None:
    page = await owner.page("/console/policies")
    assert all(f"{name} v{preset(name).version}" in page for name in presets())
    assert "incluida" in page
    await world.store.add_policy("acme", preset_page("gentle-28d").replace("gentle-28d", "ours"), "ana")
    await world.store.assign_policy(Assignment("acme", "pro", "ours", preset("gentle-28d").version), "ana")
    page = await owner.page("/console/policies")
    assert "tuya" in page
    assert ">pro<" in page.replace("\n", "")


@pytest.mark.parametrize("name", presets())
async def test_a_policy_is_drawn_told_step_by_step_and_as_it_is_written(owner: Browser, name: str) -> None:
    policy = preset(name)
    path = f"/console/policies/{name}/{policy.version}"
    page, english = await owner.page(path), await owner.page(path, english=True)
    assert "<svg" in page
    assert "Fin de la cobranza" in page
    assert "Collecting ends" in english
    assert "steps:" in page
    assert page.count('<th scope="row"') >= len(policy.steps)


async def test_a_dry_run_tells_what_would_be_done_to_the_open_cases(world: World, owner: Browser) -> None:
    page = await owner.page(f"{PATH}/dry-run?days=40")
    assert "user-1042" in page
    assert "Corte de servicio" in page
    assert world.door.orders == []
    assert (await owner.get(f"{PATH}/dry-run?days=900")).status_code == 422
    viewer = await signed_in(world, Role.VIEWER)
    assert "Ensayar" not in await viewer.page(PATH)
    assert (await viewer.get(f"{PATH}/dry-run")).status_code == 403


async def test_a_dry_run_reads_no_more_cases_than_it_tries_and_counts_the_others(
    world: World, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = await world.store.running_cases("acme", NOW)
    for number in (2, 3):
        at = NOW + timedelta(hours=number)
        await world.store.save_case(replace(first.record, invoice=f"in_{number}", opened_at=at))
    assert await world.store.running_cases("acme", NOW, limit=2) == (await world.store.running_cases("acme", NOW))[:2]
    assert await world.store.running_count("acme") == 3
    monkeypatch.setattr(policies, "MOST_CASES", 2)
    page = await owner.page(f"{PATH}/dry-run?days=40")
    assert "2 casos ensayados; 1 quedaron fuera" in " ".join(page.split())


async def test_a_version_that_nobody_has_is_not_there(owner: Browser) -> None:
    for path in ("/console/policies/ruthless/99", "/console/policies/none/1", "/console/simulator?policy=none+v1"):
        assert (await owner.get(path)).status_code == 404


async def test_a_year_of_two_policies_is_lived_and_compared_within_a_moment(owner: Browser) -> None:
    rival = f"standard-21d v{preset('standard-21d').version}"
    asked = f"policy=ruthless v{RUTHLESS.version}&rival={rival}&code=expired_card"
    plain = await owner.page("/console/simulator")
    assert LOST.in_(Language.ES) not in plain  # a year is lived when it is asked for
    page = await owner.page(f"/console/simulator?{asked}&customers=20")
    assert LOST.in_(Language.ES) in page
    assert "20 clientes virtuales" in page
    assert page.count("<svg") == 3
    assert "Prioridad: normal" in page  # of the ticket that the second one's escalation opens
    assert "No aplica" in page  # a card that has expired is not charged again
    again = await owner.page(f"/console/simulator?{asked}&customers=20")
    assert again.partition("<main")[2] == page.partition("<main")[2]  # the same luck, the same year
    began = time.monotonic()
    assert (await owner.get(f"/console/simulator?{asked}&customers={MOST}")).status_code == 200
    assert time.monotonic() - began < 10  # a moment, on a machine that has others to serve
    assert (await owner.get(f"/console/simulator?{asked}&customers={MOST + 1}")).status_code == 422

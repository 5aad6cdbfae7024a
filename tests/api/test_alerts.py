"""What a business is alerted of, over HTTP: what is so, from when on, and where it is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from api.pulse import Pulse
from models.kpis.traffic import Traffic
from models.watching.attention import Finding, Rule
from tests.api.conftest import World

NOW = datetime.now(UTC)
WANTED: dict[str, Any] = {
    "thresholds": {"past_due_percent": 5},
    "emails": ["Ana@Acme.example", "ana@acme.example"],
    "phones": ["55 1234 5678"],
    "webhook": False,
    "off": ["nearly_late"],
}


async def test_alerts_are_told_with_what_they_mean_and_may_be_acknowledged(world: World) -> None:
    mine = Finding("acme", Rule.PAST_DUE_HIGH, "past_due", "9.1 % (> 8 %)")
    await world.store.keep_finding(mine, at=NOW)
    await world.store.keep_finding(Finding("other", Rule.PAST_DUE_HIGH, "past_due", "9 %"), at=NOW)
    await world.store.keep_finding(Finding("", Rule.ERRORS_HIGH, "api", "5 %"), at=NOW)
    await world.store.keep_finding(Finding("acme", Rule.CFDI_HELD, "ch_1", "held"), at=NOW)
    (alert,) = (await world.get("/v1/alerts")).json()["data"]
    assert (alert["id"], alert["text"]) == (mine.id, "9.1 % (> 8 %)")
    assert alert["title"]["es"] == "La cartera vencida pasa del límite"
    said = {"note": "llamando", "actor": "ana"}
    answer = (await world.post(f"/v1/attention/{mine.id}/acknowledge", said)).json()
    assert (answer["note"], answer["acknowledged_by"]) == ("llamando", "api/ana")
    await world.store.resolve_findings([Rule.PAST_DUE_HIGH], unseen_since=datetime.now(UTC), at=datetime.now(UTC))
    assert (await world.get("/v1/alerts")).json()["data"] == []
    assert len((await world.get("/v1/alerts?resolved=true")).json()["data"]) == 1


async def test_whoever_runs_the_installation_may_acknowledge_its_alerts_and_nobody_else(world: World) -> None:
    failing = Finding("", Rule.ERRORS_HIGH, "api", "5 %")
    await world.store.keep_finding(failing, at=NOW)
    said = {"note": "mirando", "actor": "ana"}
    path = f"/v1/attention/{failing.id}/acknowledge"
    assert (await world.post(path, said)).status_code == 404, "it is not shown to them either"
    context = world.app.state.context
    world.app.state.context = replace(context, settings=context.settings.model_copy(update={"house_tenant": "acme"}))
    assert (await world.post(path, said)).status_code == 200
    (alert,) = (await world.get("/v1/alerts")).json()["data"]
    assert (alert["id"], alert["acknowledged_by"], alert["note"]) == (failing.id, "api/ana", "mirando")


async def test_when_and_where_is_said_and_kept_for_this_business_alone(world: World) -> None:
    usual = (await world.get("/v1/alerts")).json()["settings"]
    assert (usual["emails"], usual["thresholds"]["past_due_percent"], usual["webhook"]) == ([], 8, True)
    told = (await world.put("/v1/alerts", WANTED)).json()
    assert told["emails"] == ["ana@acme.example"], "two spellings of one mailbox"
    assert told["phones"] == ["+525512345678"]
    assert (told["thresholds"]["past_due_percent"], told["thresholds"]["past_due_days"]) == (5, 2)
    assert (await world.get("/v1/alerts")).json()["settings"] == told
    other = replace(world, key=await world.store.issue_key("other"))
    assert (await other.get("/v1/alerts")).json()["settings"] == usual
    assert [entry.action for entry in await world.store.audit_trail("acme", "")] == ["alerts set"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"emails": ["ana"]}, "emails"),
        ({"phones": ["12"]}, "phones"),
        ({"off": ["charged_twice"]}, "off"),
        ({"thresholds": {"past_due_percent": 0}}, "past_due_percent"),
    ],
)
async def test_what_cannot_be_is_named(world: World, changes: dict[str, Any], field: str) -> None:
    answer = await world.put("/v1/alerts", WANTED | changes)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


async def test_a_process_tells_what_it_has_answered_since_it_told_last(world: World) -> None:
    registry: CollectorRegistry = world.app.state.context.registry
    pulse = Pulse(registry, world.store)
    for _ in range(3):
        await world.get("/health")
    await world.get("/v1/plans")
    await pulse.tell(NOW)
    first = await world.store.traffic_since(NOW)
    assert (first.requests, first.errors, sum(first.buckets)) == (4, 0, 4)
    await world.get("/health")
    later = NOW.replace(year=NOW.year + 1)
    await pulse.tell(later)
    assert (await world.store.traffic_since(later)).requests == 1
    assert Pulse(CollectorRegistry(), world.store).counted() == Traffic()

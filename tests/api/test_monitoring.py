"""What is handed to Prometheus and Grafana speaks of figures that exist."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from temporalio.worker import Worker

from api.metrics import of_the_books
from models.watching.attention import Rule
from sandbox.ports import HOST, Ports
from tests.api.conftest import World
from tests.conftest import KEYRING, Stage, eventually
from workflows.connection import connect
from workflows.sweep import InboxSweepWorkflow

PLACE = Path(__file__).parents[2] / "docs" / "monitoring"
DASHBOARD: dict[str, Any] = json.loads((PLACE / "dashboard.json").read_text(encoding="utf-8"))
ALERTS: dict[str, Any] = yaml.safe_load((PLACE / "alerts.yaml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])
]
# Told by Temporal's SDK once there is something to tell (docs.temporal.io/references/sdk-metrics).
IN_TIME = {
    "temporal_workflow_task_execution_failed_total",
    "temporal_workflow_task_schedule_to_start_latency_seconds_bucket",
    "temporal_sticky_cache_size",
    "temporal_activity_execution_failed_total",
    "temporal_activity_schedule_to_start_latency_seconds_bucket",
}


def asked_for(prefix: str) -> set[str]:
    """The figures of that kind that rules and dashboard speak of."""
    return {name for expression in EXPRESSIONS for name in re.findall(rf"\b{prefix}_\w+", expression)}


def told(text: str) -> dict[str, list[dict[str, str]]]:
    """Every figure of a scrape, with the labels it comes with."""
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


async def test_every_figure_of_ours_in_rules_and_dashboard_exists(world: World) -> None:
    await world.signed_up()
    books = await of_the_books(world.store, datetime.now(UTC))
    context = world.app.state.context
    figures = told((generate_latest(books) + generate_latest(context.registry)).decode())
    empty = {
        "perdura_cases_open",
        "perdura_cfdis",
        "perdura_money_at_risk_centavos",
        "perdura_notices",
        "perdura_tickets_open",
    }
    described = {family.name for family in books.collect()}
    assert asked_for("perdura") - figures.keys() - (empty & described) == set()
    assert {labels["became"] for labels in figures["perdura_reconciliation_drift"]} == {"repaired", "open"}


def test_rules_name_statuses_and_broken_rules_as_the_product_does() -> None:
    for expression in EXPRESSIONS:
        for left_out in re.findall(r'rule!~"([^"]+)"', expression):
            assert set(left_out.split("|")) <= set(Rule)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "description"}
    assert (PLACE.parent / "monitoring.md").read_text(encoding="utf-8").count(rule["alert"]) == 1


def test_panels_do_not_overlap_and_choose_their_source() -> None:
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] == "row" or panel["datasource"]["uid"] == "${datasource}"
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


async def test_the_worker_tells_prometheus_what_temporal_s_sdk_knows(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", stage.still.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", stage.still.namespace)
    address = f"{HOST}:{Ports.free().api}"
    client = await connect(KEYRING, metrics=address)
    async with (
        Worker(client, task_queue=f"{stage.queue}-measured", workflows=[InboxSweepWorkflow]),
        httpx.AsyncClient(trust_env=False) as http,
    ):

        async def told_all() -> bool:
            figures = told((await http.get(f"http://{address}/metrics")).text)
            assert not any("workflow_id" in labels for every in figures.values() for labels in every)
            return asked_for("temporal") - figures.keys() <= IN_TIME

        await eventually(told_all)

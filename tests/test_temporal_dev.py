"""The one description of the local Temporal, and what it makes of a server."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType

from sandbox import namespace, temporal
from sandbox.children import Child
from sandbox.obstacle import Obstacle
from sandbox.ports import Ports
from workflows import visibility

TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: "Keyword",
    SearchAttributeIndexedValueType.INT: "Int",
    SearchAttributeIndexedValueType.DATETIME: "Datetime",
}


def test_declares_exactly_the_search_attributes_that_workflows_set() -> None:
    declared = {key.name: TYPES[key.indexed_value_type] for key in visibility.ALL}
    assert temporal.read().search_attributes == declared


def test_becomes_a_command_line(tmp_path: Path) -> None:
    line = temporal.read().command(Path("temporal"), tmp_path)
    pairs = set(pairwise(line))
    assert ("--sqlite-pragma", "journal_mode=WAL") in pairs
    assert ("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"') in pairs
    assert ("--dynamic-config-value", "history.timerProcessorMaxPollRPS=1000") in pairs
    assert ("--search-attribute", "PerduraAmountDue=Int") in pairs
    assert ("--db-filename", str(tmp_path / "temporal.db")) in pairs


@pytest.mark.parametrize("retention", ["30", "30 days", "d30", ""])
def test_a_retention_that_is_no_span_is_named(tmp_path: Path, retention: str) -> None:
    page = tmp_path / "temporal-dev.yaml"
    page.write_text(temporal.DESCRIPTION.read_text().replace("retention: 30d", f"retention: '{retention}'"))
    with pytest.raises(Obstacle, match=f"temporal-dev.yaml: '{retention}' is not a span"):
        temporal.read(page)


def test_an_unknown_field_is_named(tmp_path: Path) -> None:
    page = tmp_path / "temporal-dev.yaml"
    page.write_text(temporal.DESCRIPTION.read_text() + "\nprot: 7233\n")
    with pytest.raises(Obstacle, match="prot"):
        temporal.read(page)


def test_the_setting_points_at_another_temporal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "temporal"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv(temporal.BINARY, str(other))
    assert temporal.binary() == other
    monkeypatch.setenv(temporal.BINARY, str(tmp_path / "absent"))
    with pytest.raises(Obstacle, match=temporal.BINARY):
        temporal.binary()


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[temporal.DevServer]:
    """A Temporal server started from the file, on free ports."""
    state, ports = tmp_path_factory.mktemp("temporal"), Ports.free()
    described = replace(temporal.read(), port=ports.temporal, ui_port=ports.ui)
    child = Child("temporal", described.command(temporal.binary(), state), os.environ, state / "temporal.log")
    child.start()
    try:
        async with asyncio.timeout(30):
            while not await _answers(described):
                child.check()
                await asyncio.sleep(0.05)
        yield described
    finally:
        child.stop()


async def _answers(server: temporal.DevServer) -> bool:
    with suppress(RuntimeError):
        return await (await Client.connect(server.target)).service_client.check_health()
    return False


async def test_the_server_it_starts_needs_only_its_retention_set(server: temporal.DevServer) -> None:
    client = await Client.connect(server.target, namespace=server.namespace)
    assert await namespace.prepare(client, server) == ["namespace perdura: retention 30 days"]
    assert await namespace.prepare(client, server) == []


async def test_any_other_server_gets_namespace_and_attributes_once(server: temporal.DevServer) -> None:
    client = await Client.connect(server.target, namespace="elsewhere")
    changed = await namespace.prepare(client, server)
    assert changed[0] == "namespace elsewhere made, retention 30 days"
    assert {line.split()[2] for line in changed[1:]} == set(server.search_attributes)
    assert await namespace.prepare(client, server) == []


async def test_an_attribute_of_another_type_is_named(server: temporal.DevServer) -> None:
    client = await Client.connect(server.target, namespace=server.namespace)
    other = replace(server, search_attributes={**server.search_attributes, "PerduraAmountDue": "Keyword"})
    with pytest.raises(Obstacle, match="PerduraAmountDue is there with another type"):
        await namespace.prepare(client, other)

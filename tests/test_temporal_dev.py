"""The one description of the local Temporal, and what it makes of a server."""

from itertools import pairwise
from pathlib import Path

import pytest
from temporalio.common import SearchAttributeIndexedValueType

from sandbox import temporal
from sandbox.obstacle import Obstacle
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

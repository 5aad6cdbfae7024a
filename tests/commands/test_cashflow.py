"""Cash to come, from the terminal."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

import cli
from models import shipped


def perdura(*words: str) -> Result:
    return CliRunner().invoke(cli.app(), ["cashflow", *words])


def test_a_shipped_scenario_is_told_drawn_and_printed(tmp_path: Path) -> None:
    drawn = tmp_path / "cash.svg"
    told = perdura("scenario", "pagos-anuales", "--begins", "2026-01", "--picture", str(drawn))
    assert told.exit_code == 0, told.output
    assert "$46,430.00" in told.output
    assert "2026-03" in drawn.read_text(encoding="utf-8")
    assert perdura("example").output == shipped.page("scenarios", "pagos-anuales")


def test_a_scenario_of_ones_own_as_json_in_centavos(tmp_path: Path) -> None:
    page = tmp_path / "mine.yaml"
    page.write_text('name: Mine\nprices: {month: "100.00"}\njoins: {1: {month: 3}}\n', encoding="utf-8")
    (month,) = json.loads(perdura("scenario", str(page), "--months", "1", "--json").output)
    assert (month["collected"], month["spent"], month["currency"]) == (30_000, 18_000, "MXN")


def test_what_cannot_be_reckoned_with_is_told_by_its_field(tmp_path: Path) -> None:
    page = tmp_path / "mine.yaml"
    page.write_text("name: Mine\nprices: {month: 100}\njoins: {}\n", encoding="utf-8")
    told = perdura("scenario", str(page))
    assert told.exit_code == 1
    assert "prices.month" in told.output
    assert "shipped are conservador, pagos-anuales" in perdura("scenario", "nothing").output

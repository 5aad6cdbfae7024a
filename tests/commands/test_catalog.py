"""A catalogue on the command line: checked, shown, applied."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from models import shipped

CATALOGS = Path(__file__).parents[2] / "models" / "catalogs"


def perdura(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["catalog", *words])


@pytest.mark.parametrize("name", shipped.names("catalogs"))
def test_a_shipped_catalogue_is_told_in_words_and_printed_whole(name: str) -> None:
    told = perdura("check", str(CATALOGS / f"{name}.yaml"))
    assert told.exit_code == 0, told.output
    assert "MXN a " in told.output
    assert name in perdura("example").output.splitlines()
    assert perdura("example", name).output == (CATALOGS / f"{name}.yaml").read_text(encoding="utf-8")


def test_limits_trial_and_benefits_are_told() -> None:
    told = perdura("check", str(CATALOGS / "software-veterinario.yaml")).output
    assert "plan basico (Básico): $499.00 MXN a month; 14 days of trial without a card; pets 100, vets 2;" in told
    told = perdura("check", str(CATALOGS / "clinica-veterinaria.yaml")).output
    assert "package adulto-anual (Plan Adulto): $2,000.00 MXN to $3,000.00 MXN a year" in told
    assert "2 × consulta, vacunacion, 2 × desparasitacion, limpieza-dental at 20 % off" in told
    assert "product alimentos (Alimentos): said when sold" in told


def test_a_wrong_page_is_refused_by_its_fields(tmp_path: Path) -> None:
    page = tmp_path / "mine.yaml"
    page.write_text("plans:\n  - {code: a, name: A, prices: {month: 149}}\n  - {code: b}\n")
    told = perdura("check", str(page))
    assert told.exit_code == 1
    assert f"{page}: plans.0.prices.month (a): '149' is no amount" in told.output
    assert f"{page}: plans.1.prices (b): is missing" in told.output
    assert "'nothing'; use one of" in perdura("example", "nothing").output

"""The command line: what it prints, and one clear message for whatever is wrong."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner, Result

import cli
from models.policies.presets import preset, presets
from sandbox import environment, temporal
from sandbox.ports import Ports

RUTHLESS = Path(__file__).parent.parent / "models" / "policies" / "ruthless.yaml"


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """None of our settings come in, and what a command sets ends with the test."""
    kept = dict(os.environ)
    for name in kept:
        if name.startswith(("PERDURA_", "TEMPORAL_")):
            del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture
def state(tmp_path: Path, database: str) -> Path:
    """The directory of a stack that does not run, its database migrated."""
    ports = Ports.free()
    composed = environment.compose(tmp_path, temporal.read(), ports, day_seconds=86_400.0, real={})
    environment.save(tmp_path, composed | {"PERDURA_DATABASE_URL": database})
    assert perdura("migrate", state=tmp_path).exit_code == 0
    return tmp_path


def perdura(*words: str, state: Path) -> Result:
    return CliRunner().invoke(cli.app(), [*words, "--state", str(state)])


def said(result: Result) -> str:
    """What went wrong, as the user sees it."""
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output


def test_migrating_twice_is_migrating_once(state: Path) -> None:
    assert perdura("migrate", state=state).output == "the database is up to date\n"


def test_a_tenant_gets_its_key_once(state: Path) -> None:
    made = perdura("tenant", "create", "Café Ñandú", state=state)
    name, key = made.output.splitlines()
    assert name == "tenant cafe-nandu"
    assert key.startswith("API key pk_live_")
    assert "cafe-nandu' exists already" in said(perdura("tenant", "create", "Café Ñandú", state=state))


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("create", "!!!"), "--id"),
        (("create", "Acuario", "--id", "Not Short"), "--id"),
        (("create", "Acuario", "--zone", "Mars/Olympus"), "Mars/Olympus"),
    ],
)
def test_a_wrong_tenant_is_refused_by_field(state: Path, words: tuple[str, ...], complaint: str) -> None:
    assert complaint in said(perdura("tenant", *words, state=state))


def test_a_plan_is_added(state: Path) -> None:
    perdura("tenant", "create", "Acuario", state=state)
    made = perdura(
        "plan",
        "create",
        "acuario",
        "pro",
        "Plan Pro",
        "1299.50",
        "--interval",
        "year",
        "--trial-days",
        "7",
        state=state,
    )
    assert made.output == "plan pro: $1,299.50 MXN a year, 7 days of trial\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("acuario", "pro", "Pro", "12,50"), "price: '12,50'"),
        (("acuario", "pro", "Pro", "12.5"), "price: '12.5'"),
        (("acuario", "mi plan", "Pro", "12"), "code"),
        (("nobody", "pro", "Pro", "12"), "no tenant 'nobody'"),
    ],
)
def test_a_wrong_plan_is_refused_by_field(state: Path, words: tuple[str, ...], complaint: str) -> None:
    perdura("tenant", "create", "Acuario", state=state)
    assert complaint in said(perdura("plan", "create", *words, state=state))


@pytest.mark.parametrize("name", presets())
def test_a_policy_is_told_in_words(name: str) -> None:
    told = CliRunner().invoke(cli.app(), ["policy", "check", str(RUTHLESS.with_name(f"{name}.yaml"))])
    assert told.exit_code == 0
    policy, lines = preset(name), told.output.splitlines()[1:]
    steps = (*policy.reminders, *policy.steps)
    assert [line.partition(",")[0] for line in lines] == [f"  {step.name}" for step in steps]
    for step, line in zip(steps, lines, strict=True):
        assert (f"notice {step.notice}" in line) is (step.notice is not None)
        assert ("on payday" in line) is step.on_payday


def test_a_wrong_policy_is_refused_by_step(tmp_path: Path) -> None:
    page = tmp_path / "policy.yaml"
    page.write_text(RUTHLESS.read_text().replace("at: 3d", "at: three days"))
    assert "'three days'" in said(CliRunner().invoke(cli.app(), ["policy", "check", str(page)]))


def test_a_policy_is_given_to_a_tenant(state: Path) -> None:
    perdura("tenant", "create", "Acuario", state=state)
    assert "3 retries" in perdura("policy", "set", "acuario", str(RUTHLESS), state=state).output
    assert "no tenant 'nobody'" in said(perdura("policy", "set", "nobody", str(RUTHLESS), state=state))


def test_an_order_that_does_not_exist_is_refused_with_those_that_do(state: Path) -> None:
    told = said(perdura("override", "forgive", "ana", "--actor", "sofia", "--reason", "why not", state=state))
    assert "'forgive'" in told
    assert "extend_grace" in told


def test_without_a_key_an_order_says_how_to_get_one(state: Path) -> None:
    told = said(perdura("override", "retry_now", "ana", "--actor", "sofia", "--reason", "asked", state=state))
    assert "PERDURA_API_KEY" in told


@pytest.mark.parametrize("words", [("status",), ("override", "retry_now", "ana", "--actor", "a", "--reason", "b")])
def test_without_an_api_it_is_named_with_the_setting_that_moves_it(state: Path, words: tuple[str, ...]) -> None:
    os.environ["PERDURA_API_KEY"] = "pk_live_x"
    assert "PERDURA_PUBLIC_URL" in said(perdura(*words, state=state))


@pytest.mark.parametrize("part", ["worker", "api"])
def test_missing_settings_are_all_named(tmp_path: Path, part: str) -> None:
    told = said(perdura(part, state=tmp_path))
    for name in (
        "PERDURA_STRIPE_KEY",
        "PERDURA_LINK_KEY",
        "PERDURA_SMTP_URL",
        "PERDURA_PAC_TOKEN",
        "PERDURA_ENCRYPTION_KEYS",
    ):
        assert name in told


def test_a_temporal_that_is_down_is_said_in_one_line(state: Path) -> None:
    told = said(perdura("temporal", "setup", state=state))
    assert "cannot be reached" in told


def test_a_temporal_nobody_named_is_asked_for(tmp_path: Path) -> None:
    assert "TEMPORAL_ADDRESS" in said(perdura("temporal", "setup", state=tmp_path))


def test_help_costs_no_vendor() -> None:
    """`perdura --help` must not load what it does not need."""
    seen = "import cli, sys; cli.app(); print([m for m in ('stripe', 'twilio', 'satcfdi', 'reportlab') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"


def parts(first: str = "") -> dict[str, object]:
    """What may come first, and what each of it is."""
    whole = get_command(cli.app(first))
    assert isinstance(whole, TyperGroup)
    return dict(whole.commands)


def within(family: object) -> set[str]:
    assert isinstance(family, TyperGroup)
    return set(family.commands)


def test_each_command_is_found_without_the_others() -> None:
    whole = parts()
    assert set(whole) == {*cli.FAMILIES, *(word for words in cli.ALONE.values() for word in words)}
    for words in cli.ALONE.values():
        for word in words:
            assert set(parts(word)) == set(words)
    for family in cli.FAMILIES:
        alone = parts(family)
        assert set(alone) == {family}
        assert within(alone[family]) == within(whole[family])

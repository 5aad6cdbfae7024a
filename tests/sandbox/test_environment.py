"""The stack's environment: its own secrets, kept; real settings, respected."""

import os
import stat
from pathlib import Path

import pytest

from sandbox import environment, temporal
from sandbox.ports import Ports

PORTS = Ports(1, 2, 3, 4, 5)


def compose(state: Path, **real: str) -> dict[str, str]:
    return environment.compose(state, temporal.read(), PORTS, day_seconds=2.0, real=real)


def test_secrets_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    first = compose(tmp_path)
    environment.save(tmp_path, first)
    assert stat.S_IMODE((tmp_path / environment.FILE).stat().st_mode) == 0o600
    assert compose(tmp_path) == first
    environment.save(tmp_path / "fresh", first)  # books and logs are written beside it
    assert stat.S_IMODE((tmp_path / "fresh").stat().st_mode) == 0o700
    assert compose(tmp_path / "other")["PERDURA_LINK_KEY"] != first["PERDURA_LINK_KEY"]


def test_product_and_sandbox_are_told_the_same(tmp_path: Path) -> None:
    env = compose(tmp_path)
    for secret in ("STRIPE_KEY", "STRIPE_WEBHOOK_SECRET", "TWILIO_AUTH_TOKEN", "PAC_TOKEN"):
        assert env[f"PERDURA_{secret}"] == env[f"PERDURA_SANDBOX_{secret}"]
    assert env["PERDURA_SANDBOX_STRIPE_WEBHOOK_URL"].startswith(env["PERDURA_PUBLIC_URL"])
    assert env["PERDURA_DAY_SECONDS"] == env["PERDURA_SANDBOX_DAY_SECONDS"] == "2.0"


def test_with_a_real_stripe_key_that_part_goes_to_stripe(tmp_path: Path) -> None:
    env = compose(tmp_path, PERDURA_STRIPE_KEY="sk_live_x")
    assert not {"PERDURA_STRIPE_KEY", "PERDURA_STRIPE_BASE_URL", "PERDURA_STRIPE_WEBHOOK_SECRET"} & env.keys()
    assert "PERDURA_TWILIO_BASE_URL" in env


def test_any_other_setting_of_the_real_environment_wins(tmp_path: Path) -> None:
    real = "postgresql+asyncpg://db/perdura"
    assert "PERDURA_DATABASE_URL" not in compose(tmp_path, PERDURA_DATABASE_URL=real)


def test_commands_beside_a_stack_find_it_and_what_is_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.save(tmp_path, {"PERDURA_PUBLIC_URL": "http://stack", "PERDURA_API_KEY": "pk_1"})
    monkeypatch.setenv("PERDURA_PUBLIC_URL", "http://mine")
    monkeypatch.delenv("PERDURA_API_KEY", raising=False)
    environment.apply(tmp_path)
    assert (os.environ["PERDURA_PUBLIC_URL"], os.environ.pop("PERDURA_API_KEY")) == ("http://mine", "pk_1")

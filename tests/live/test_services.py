"""Without keys nothing runs and nobody fails; with a key of live mode nothing runs at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.services import STRIPE, TWILIO, chosen

ROOT = Path(__file__).parents[2]


def live(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The sandbox's tests as `make test-live` runs them, with these keys and no others."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PERDURA_LIVE_")} | environment
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/sandbox", "--live", "-q", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=100, check=False)


def test_without_keys_it_says_what_is_missing_and_succeeds() -> None:
    told = live()
    assert told.returncode == 0, told.stdout + told.stderr
    for service in (STRIPE, TWILIO):
        assert f"NOT RUN AGAINST {service.name}: set {', '.join(service.variables)}" in told.stdout
    assert "passed" not in told.stdout


def test_with_a_key_the_marked_tests_of_that_service_are_chosen() -> None:
    told = live("--collect-only", PERDURA_LIVE_STRIPE_KEY="sk_test_x")
    chosen_tests = [line for line in told.stdout.splitlines() if "::" in line]
    assert len(chosen_tests) >= 40
    assert not any("test_twilio" in line or "test_control" in line for line in chosen_tests)
    assert "NOT RUN AGAINST TWILIO" in told.stdout
    assert "NOT RUN AGAINST STRIPE" not in told.stdout


@pytest.mark.parametrize("key", ["sk_live_x", "pk_test_x", "x"])
def test_a_key_that_could_move_money_is_refused(key: str) -> None:
    with pytest.raises(pytest.UsageError, match="test mode"):
        chosen({"PERDURA_LIVE_STRIPE_KEY": key})


def test_what_is_set_is_not_missing() -> None:
    stripe, twilio = chosen({"PERDURA_LIVE_STRIPE_KEY": "sk_test_x", "PERDURA_LIVE_TWILIO_ACCOUNT_SID": "AC1"})
    assert (stripe.missing, twilio.missing) == ((), ("PERDURA_LIVE_TWILIO_AUTH_TOKEN",))

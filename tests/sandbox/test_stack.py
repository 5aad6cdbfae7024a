"""The whole stack as a user runs it: started, stopped, killed, started again. Nothing is left behind and nothing is lost."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import psutil
import pytest
from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload, Payloads

from models.safekeeping.keyring import Keyring
from sandbox import environment
from sandbox.ports import SETTINGS, Ports
from tests.databases import new_database
from workflows.codec import Sealing

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

UP = [sys.executable, "-m", "cli", "up"]


class Up:
    """`perdura up` in a directory, on ports of its own."""

    def __init__(self, state: Path, ports: Ports) -> None:
        self.state = state
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("PERDURA_", "TEMPORAL_"))}
        self.env |= {SETTINGS[name]: str(port) for name, port in asdict(ports).items()}
        self.env["PERDURA_LOG_LEVEL"] = "debug"  # what they say is held against what must not be said
        self.log = state.with_name(f"{state.name}.log")
        self.process: subprocess.Popen[bytes] | None = None
        self.family: list[psutil.Process] = []

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*UP, "--state", str(self.state)], env=self.env, stdout=log, stderr=subprocess.STDOUT
            )
        until(lambda: "Ctrl-C stops everything" in self.said() or not self.runs())
        assert self.runs(), self.said()
        self.family = psutil.Process(self.process.pid).children(recursive=True)
        assert len(self.family) >= 4

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def said(self) -> str:
        return self.log.read_text()

    def send(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def leftovers(self) -> list[str]:
        return [p.name() for p in self.family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def perdura(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *words, "--state", str(self.state)]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60, check=False)


def until(true: Callable[[], bool], seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def stack(
    request: pytest.FixtureRequest, on_postgresql: bool, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Up]:
    up = Up(tmp_path_factory.mktemp("stack") / "state", Ports.free())
    if on_postgresql:
        up.env["PERDURA_DATABASE_URL"] = new_database(request.getfixturevalue("postgres"))
    try:
        up.start()
        yield up
    finally:
        if up.runs():
            up.send(signal.SIGTERM)


def test_everything_it_prints_can_be_opened(stack: Up) -> None:
    urls = [word for word in stack.said().split() if word.startswith("http")]
    assert len(urls) == 4
    for url in urls:
        answer = httpx.get(url, trust_env=False, timeout=10)
        asks = (
            url.endswith("/console") and "password" in answer.text
        )  # the form to sign in stands at the address itself
        assert answer.is_success or asks


def test_its_sandbox_judges_itself(stack: Up) -> None:
    port = stack.env[SETTINGS["sandbox"]]
    found = httpx.get(f"http://127.0.0.1:{port}/_sandbox/violations", trust_env=False, timeout=10).json()
    assert found["on"]
    assert not found["violations"]


async def test_sealed_payloads_open_where_its_temporal_ui_asks(stack: Up) -> None:
    env, page = environment.load(stack.state), f"http://127.0.0.1:{stack.env[SETTINGS['ui']]}"
    sealed = await Sealing(Keyring.parse(env["PERDURA_ENCRYPTION_KEYS"]), "acuario").encode(
        [Payload(metadata={"encoding": b"json/plain"}, data=b'"hola"')]
    )
    async with httpx.AsyncClient(trust_env=False, timeout=10, headers={"Origin": page}) as http:
        codec = (await http.get(f"{page}/api/v1/settings")).json()["Codec"]["Endpoint"]
        answer = await http.post(f"{codec}/decode", json=MessageToDict(Payloads(payloads=sealed)))
    assert base64.b64decode(answer.json()["payloads"][0]["data"]) == b'"hola"'
    assert answer.headers["access-control-allow-origin"] == page


def test_the_secrets_are_the_owners_alone(stack: Up) -> None:
    assert (stack.state / environment.FILE).stat().st_mode & 0o077 == 0


def test_commands_beside_it_find_it(stack: Up) -> None:
    told = stack.perdura("status")
    assert (told.returncode, told.stderr) == (0, "")
    assert "temporal ok" in told.stdout
    again = stack.perdura("temporal", "setup")
    assert again.stdout == "nothing to do\n"
    order = stack.perdura("override", "retry_now", "nobody", "--actor", "sofia", "--reason", "asked")
    assert (order.returncode, order.stdout, "Traceback" in order.stderr) == (1, "", False)
    assert "no such subscription" in order.stderr


def test_a_second_one_in_the_directory_is_refused(stack: Up) -> None:
    told = stack.perdura("up")
    assert told.returncode == 1
    assert "another stack is running" in told.stderr


def test_a_port_in_use_is_named_with_the_setting_that_moves_it(stack: Up, tmp_path: Path) -> None:
    command = [*UP, "--state", str(tmp_path / "elsewhere")]
    told = subprocess.run(command, env=stack.env, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1
    assert (
        f"port {stack.env['PERDURA_TEMPORAL_PORT']}, for Temporal, is in use: set PERDURA_TEMPORAL_PORT" in told.stderr
    )


def test_stopped_and_started_again_it_goes_on_where_it_was(stack: Up) -> None:
    env = environment.load(stack.state)
    shop = httpx.Client(
        base_url=env["PERDURA_PUBLIC_URL"],
        headers={"Authorization": f"Bearer {env['PERDURA_API_KEY']}"},
        trust_env=False,
        timeout=30,
    )
    signup = {
        "plan": "mensual",
        "customer_reference": "ana",
        "name": "Ana",
        "email": "ana@cliente.example",
        "phone": "5512345678",
        "payment_method": "pm_card_visa",
    }
    with shop:
        signed = shop.post("/v1/subscriptions", json=signup)
        assert signed.status_code == 201, signed.text
        assert stack.send(signal.SIGTERM) == 130
        assert stack.leftovers() == []
        stack.start()
        assert environment.load(stack.state) == env
        refreshed = shop.post("/v1/billing/subscription/refresh", json={"customer_reference": "ana"})
    # The answer comes from the process in Temporal, which asked the sandbox: both still know the subscription.
    assert (refreshed.status_code, refreshed.json()["status"]) == (200, "trialing"), refreshed.text
    assert refreshed.json()["id"] == signed.json()["id"]


def test_a_part_that_ends_by_itself_ends_the_stack_with_its_name(stack: Up) -> None:
    (worker,) = [p for p in stack.family if p.cmdline()[-1] == "worker"]
    worker.kill()
    assert stack.process is not None
    assert stack.process.wait(60) == 1
    assert "worker ended with code -9" in stack.said()
    assert stack.leftovers() == []
    stack.start()


def test_killed_it_leaves_nothing_behind(stack: Up) -> None:
    stack.send(signal.SIGKILL)
    until(lambda: stack.leftovers() == [], seconds=30)
    assert json.loads((stack.state / environment.FILE).read_text())

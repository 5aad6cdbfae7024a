"""The sandbox on a free port, in this process, for the gateways that speak to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from sandbox.server import build
from sandbox.settings import SandboxSettings
from sandbox.verification import Verification
from tests.conftest import official_contracts


@dataclass(frozen=True)
class Local:
    """A running sandbox: where it is and what it was set to."""

    url: str
    settings: SandboxSettings
    verification: Verification

    async def order(self, what: str, **body: object) -> None:
        """An order behind the providers' backs."""
        async with httpx.AsyncClient(trust_env=False) as http:
            (await http.post(f"{self.url}/_sandbox/{what}", json=body)).raise_for_status()

    async def calls(self) -> list[dict[str, str]]:
        async with httpx.AsyncClient(trust_env=False) as http:
            calls: list[dict[str, str]] = (await http.get(f"{self.url}/_sandbox/journal")).json()["calls"]
            return calls


@pytest.fixture(scope="session")
async def local(unused_tcp_port_factory: Callable[[], int]) -> AsyncIterator[Local]:
    document = official_contracts() / "twilio" / "twilio_api_v2010.json"
    settings = SandboxSettings(
        port=unused_tcp_port_factory(),
        day_seconds=0.5,
        twilio_step_seconds=0.01,
        verify=True,
        twilio_contract=document if document.is_file() else None,
    )
    app = build(settings)
    config = uvicorn.Config(app, port=settings.port, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Local(settings.base_url, settings, app.state.world.verification)
    server.should_exit = True
    await serving


@pytest.fixture(autouse=True)
async def _by_contract(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Whatever the sandbox says to a gateway, and whatever the gateway asks, is held against the vendors' contracts."""
    yield
    if "local" in request.fixturenames:
        verification: Verification = request.getfixturevalue("local").verification
        wrong, verification.violations[:] = [str(each) for each in verification.violations], []
        assert verification.on
        assert not wrong, wrong

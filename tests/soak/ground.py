"""Where a run takes place: the embedded stack on free ports, the sandbox keeping its world in memory."""

import asyncio
import os
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from activities.gateways.store_sql import SqlStore
from api.idempotency import HEADER
from sandbox import shop
from sandbox.browser import Browser
from sandbox.children import Child
from sandbox.ports import HOST, Ports
from sandbox.stack import Stack
from tests.soak.bank import Bank

OFTEN = {"PERDURA_SWEEP_SECONDS": "3", "PERDURA_CHECK_SECONDS": "15"}
PATIENCE_SECONDS, PAUSE_SECONDS = 420.0, 0.25


@dataclass
class Ground:
    """The stack and the ways to it."""

    stack: Stack
    api: httpx.AsyncClient
    bank: Bank
    browser: Browser

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the API until it answers at all: it, or Temporal behind it, may be down. Its refusals are answers."""
        deadline, said = time.monotonic() + PATIENCE_SECONDS, "nothing"
        # As every client should: an order asked for again is one order, and who is told when to ask again does.
        once = {HEADER: str(uuid.uuid4())} if method == "POST" else {}
        while time.monotonic() < deadline:
            pause = PAUSE_SECONDS
            try:
                answer = await self.api.request(method, path, json=body, headers=once)
            except httpx.TransportError as error:
                said = type(error).__name__
            else:
                if answer.status_code not in (429, 500, 502, 503, 504) and "Retry-After" not in answer.headers:
                    return answer
                said = f"{answer.status_code} {answer.text[:200]}"
                pause = float(answer.headers.get("Retry-After", pause))
            await asyncio.sleep(pause)
        raise RuntimeError(f"{method} {path} was not answered for {PATIENCE_SECONDS:.0f} s, at last: {said}")

    async def break_down(self, part: Child) -> None:
        """Kill a process and start it again."""
        part.kill()
        await asyncio.sleep(0.5)
        part.start()
        if part is self.stack.temporal:
            await self.stack.temporal_ready()

    async def whole(self) -> None:
        """Everything runs, and the worker polls."""
        for part in self.stack.children:
            if part.exit_code is not None:
                part.start()
        await self.stack.temporal_ready()
        await self.stack.worker_ready()


@asynccontextmanager
async def opened(state: Path, *, day_seconds: float) -> AsyncIterator[Ground]:
    """The ground, up and running; everything stopped in the end."""
    os.environ.update(OFTEN)
    stack = Stack(state, Ports.free(), day_seconds=day_seconds, real=OFTEN)
    # It writes its whole world twice a second, which a year of mails makes slow; and nobody kills it here.
    env = {**os.environ, "PYTHONUNBUFFERED": "1", **stack.env}
    del env["PERDURA_SANDBOX_STATE_FILE"]
    stack.sandbox = Child("sandbox", [sys.executable, "-m", "sandbox"], env, stack.state / "logs" / "sandbox.log")
    store = SqlStore(stack.database_url, stack.keyring)
    keys: list[str] = []

    async def prepare() -> None:
        keys.append(await shop.open_shop(store, stack.state))

    try:
        async with stack.running(prepare):
            bank = Bank(f"http://{HOST}:{stack.ports.sandbox}", stack.env["PERDURA_STRIPE_KEY"])
            browser = Browser()
            headers = {"Authorization": f"Bearer {keys[0]}"}
            url = stack.env["PERDURA_PUBLIC_URL"]
            async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=60) as api:
                yield Ground(stack, api, bank, browser)
            await bank.close()
            await browser.close()
    finally:
        await store.close()

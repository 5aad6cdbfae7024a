"""A town to try the product in: the whole embedded stack on free ports in a directory of its own, with short days.

Real Temporal on a file, real API and worker as child processes, the sandbox behind the vendors' own SDKs. What is
seen is seen from outside: by HTTP, at the bank, in the mailbox, at the PAC.
"""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import httpx
import pytest

from activities.gateways.store_sql import SqlStore
from models.records import CaseRecord, InboxEvent
from models.selling.plans import Interval, Plan
from models.subscribing.entitlements import Access
from models.subscribing.subscriptions import Status
from sandbox import shop
from sandbox.browser import Browser
from sandbox.demo.cast import ROBOTICA, Ending, Role
from sandbox.demo.outside import Outside
from sandbox.demo.shopfront import Shopfront
from sandbox.ports import HOST, Ports
from sandbox.stack import Stack
from sandbox.verification import Violation
from tests.conftest import official_contracts

DAY_SECONDS = 1.5
PATIENCE = 45.0  # seconds on top of the days that a thing takes: the machine may be busy
SWEEP_SECONDS = 3.0
TENANT = shop.TENANT.id
SHORT = Plan(TENANT, "breve", "Acuario Breve", shop.YEARLY.price, Interval.YEAR, trial_days=3)
GOOD, BROKE = "pm_card_visa", "pm_card_chargeCustomerFail_insufficient_funds"

Json = dict[str, Any]


def subscriber(
    reference: str, plan: Plan = SHORT, card: str = GOOD, fiscal: tuple[str, str, str, str] = ROBOTICA
) -> Role:
    """Somebody who signs up; how their story must end is the test's to say."""
    return Role(reference, reference.title(), "", plan, card, fiscal, Ending(Status.ACTIVE, Access.FULL))


@dataclass
class Town:
    """The stack and what can be seen of it."""

    stack: Stack
    store: SqlStore
    shop: Shopfront
    outside: Outside
    api: httpx.AsyncClient
    sandbox: httpx.AsyncClient
    browser: Browser

    # --- people

    async def signs_up(self, role: Role) -> str:
        """The id of the new subscription."""
        answer = await self.shop.sign_up(role)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def pays_by(self, link: str) -> None:
        """Open a pay link and pay with a good card."""
        page = await self.browser.follow(await self.browser.open(link), "tarjeta")
        await self.browser.press(page, "Pagar", card=GOOD)

    # --- what is seen

    async def status(self, subscription: str) -> str:
        answer = await self.api.get(f"/v1/subscriptions/{subscription}")
        return str(answer.json()["status"])

    async def stands(self, subscription: str, status: str, *, days: float = 0, seconds: float = 0) -> None:
        """Wait until the API shows a status."""

        async def shown() -> bool:
            return await self.status(subscription) == status

        try:
            await self.until(shown, days=days, seconds=seconds)
        except TimeoutError:
            seen = await self.status(subscription)
            story = "\n".join(f"{e['at']} {e['what']} {e['detail']}" for e in await self.shop.timeline(subscription))
            raise AssertionError(f"{seen}, not {status}; what happened:\n{story}") from None

    async def until(self, check: Callable[[], Awaitable[bool]], *, days: float = 0, seconds: float = 0) -> None:
        """Wait for something that takes so many days and seconds. Raises TimeoutError."""
        async with asyncio.timeout(days * DAY_SECONDS + seconds + PATIENCE):
            while not await check():
                await asyncio.sleep(0.1)

    async def messages(self, role: Role) -> list[str]:
        """The texts that came to their phone, oldest first."""
        mine = f"whatsapp:{role.phone}"
        entries = [e for e in await self.outside.mailbox() if e["channel"] == "whatsapp" and mine in e["to"]]
        return [entry["text"] for entry in reversed(entries)]

    async def message(self, role: Role, words: str, *, days: float = 0) -> str:
        """Wait for a WhatsApp with these words."""
        found: list[str] = []

        async def came() -> bool:
            found[:] = [text for text in await self.messages(role) if words in text]
            return bool(found)

        await self.until(came, days=days)
        return found[0]

    async def link(self, role: Role, words: str, *, days: float = 0) -> str:
        """The link in that WhatsApp."""
        link = re.search(r"https?://\S+", await self.message(role, words, days=days))
        assert link is not None
        return link[0]

    async def told(self, subscription: str) -> list[str]:
        """What happened, oldest first, in the timeline's words."""
        return [str(entry["what"]) for entry in await self.shop.timeline(subscription)]

    async def case(self, subscription: str) -> CaseRecord:
        """The only dunning case there is."""
        (case,) = await self.store.cases(TENANT, subscription)
        return case

    async def waiting(self) -> list[InboxEvent]:
        """Events stored, and not yet handed over."""
        return list(await self.store.pending_events(datetime.now(UTC), 500))

    async def order_fault(self, operation: str, kind: str, *, seconds: float) -> None:
        """The next such call at Stripe goes wrong."""
        order = {"operation": operation, "kind": kind, "times": 1, "seconds": seconds}
        (await self.sandbox.post("/_sandbox/faults", json=order)).raise_for_status()

    async def faults_ordered(self) -> int:
        """How many ordered faults have not happened yet."""
        return len((await self.sandbox.get("/_sandbox")).json()["faults"])

    async def violations(self) -> list[str]:
        """What the sandbox was asked, or said, against the vendors' contracts since the last look."""
        found = (await self.sandbox.delete("/_sandbox/violations")).json()
        assert found["on"]
        return [str(Violation(**each)) for each in found["violations"]]

    async def decline_next(self, role: Role, times: int) -> None:
        """The bank refuses their next charges."""
        await self.outside.refuse_charges(role.email, "insufficient_funds", times)

    # --- what breaks

    async def restart_temporal(self) -> None:
        """Start the killed server on its file again and wait until it answers."""
        self.stack.temporal.start()
        await self.stack.temporal_ready()

    async def perdura(self, *words: str) -> tuple[int, str]:
        """A command of ours as an operator types it: its exit code and what it prints, faults too."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli", *words, "--state", str(self.stack.state)),
            env=os.environ | {"PERDURA_DATABASE_URL": self.stack.database_url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        return process.returncode or 0, said.decode()

    async def whole(self) -> None:
        """Put up again whatever a test left lying."""
        for child, ready in (
            (self.stack.temporal, self.stack.temporal_ready),
            (self.stack.worker, self.stack.worker_ready),
        ):
            if child.exit_code is not None:
                child.start()
                await ready()


@asynccontextmanager
async def built(state: Path, database: str = "") -> AsyncIterator[Town]:
    """A town, up and running; its books are a file of its own, or in `database`."""
    sweeping = {"PERDURA_SWEEP_SECONDS": str(SWEEP_SECONDS), "PERDURA_LOG_LEVEL": "debug"}
    if database:
        sweeping["PERDURA_DATABASE_URL"] = database
    document = official_contracts() / "twilio" / "twilio_api_v2010.json"
    if document.is_file():
        sweeping["PERDURA_SANDBOX_TWILIO_CONTRACT"] = str(document)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in sweeping.items():
            environment.setenv(name, value)
        stack = Stack(state, Ports.free(), day_seconds=DAY_SECONDS, real=sweeping)
    keys: list[str] = []
    async with _closing(SqlStore(stack.database_url, stack.keyring)) as store:

        async def prepare() -> None:
            keys.append(await shop.open_shop(store, stack.state))
            await store.save_plan(SHORT)

        async with stack.running(prepare):
            async with _visited(stack, store, keys[0]) as town:
                yield town
            # A polite end takes the worker seconds, and nobody comes back to this town.
            for child in stack.children:
                child.kill()


@asynccontextmanager
async def _visited(stack: Stack, store: SqlStore, key: str) -> AsyncIterator[Town]:
    api, sandbox = stack.env["PERDURA_PUBLIC_URL"], f"http://{HOST}:{stack.ports.sandbox}"
    with_key = {"Authorization": f"Bearer {key}"}
    async with (
        httpx.AsyncClient(base_url=api, headers=with_key, trust_env=False, timeout=30) as http,
        httpx.AsyncClient(base_url=sandbox, trust_env=False, timeout=30) as control,
        _closing(Shopfront(api, key)) as shopfront,
        _closing(Outside(sandbox, stack.env["PERDURA_STRIPE_KEY"])) as outside,
        _closing(Browser()) as browser,
    ):
        yield Town(stack, store, shopfront, outside, http, control, browser)


class Closable(Protocol):
    async def close(self) -> None: ...


C = TypeVar("C", bound=Closable)


@asynccontextmanager
async def _closing(part: C) -> AsyncIterator[C]:
    try:
        yield part
    finally:
        await part.close()

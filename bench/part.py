"""`python -m bench.part NAME STATE …`: one of the measured processes. It says READY and works until SIGTERM."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

from activities.billing import Billing
from activities.composing import Links
from activities.failures import FailureInterceptor
from activities.gateways.store_sql import SqlStore
from activities.inbox import Inbox
from activities.notices import Notices
from activities.policies import Policies
from activities.ports.payments import Payments
from activities.records import Records
from api.app import build
from bench import floor, floor_effects
from bench.ground import KEYRING, READY, RECORDS
from bench.stand_ins import Listener, Mailbox, NoInvoicing, Phone, Provider
from models.safekeeping.keyring import Keyring
from models.safekeeping.rotating_secret import RotatingSecret
from models.settings import Settings
from workflows.connection import POLLING, connect, runner, verbs
from workflows.dunning import DunningWorkflow
from workflows.interface import QUEUE, Interface
from workflows.notice import NoticeWorkflow
from workflows.subscription import SubscriptionWorkflow

WEBHOOK_SECRET = "whsec_bench"
PUBLIC = "http://127.0.0.1"


def settings(state: Path) -> Settings:
    """The product's settings; no vendor is ever called."""
    return Settings(
        database_url=f"sqlite+aiosqlite:///{state / 'perdura.db'}",
        public_url=PUBLIC,
        link_key=SecretStr("a-key-of-the-benchmark"),
        session_key=SecretStr("sessions of the benchmark: never used"),
        encryption_keys=SecretStr(Keyring.fresh("bench")),
        stripe_key=SecretStr("sk_test"),
        stripe_webhook_secret=SecretStr(WEBHOOK_SECRET),
        twilio_account_sid="AC1",
        twilio_auth_token=SecretStr("token"),
        twilio_from="whatsapp:+5215512345678",
        smtp_url=SecretStr("smtp://127.0.0.1:9"),
        mail_from="cobros@example.mx",
        pac_url="http://127.0.0.1:9",
        pac_token=SecretStr("token"),
        csd_directory=state,
        requests_per_minute=10_000_000,  # it is the work that is measured, not the limit
    )


async def product_worker(state: Path, workflows: Sequence[type]) -> AsyncIterator[None]:
    """The product's workflows and activities on the real store, with stand-ins where vendors would be."""
    client = await connect(KEYRING)
    door, store, provider = (
        Interface(client),
        SqlStore(settings(state).database_url, RECORDS),
        Provider(state / "ledger"),
    )
    payments = cast(Payments, provider)
    notices = Notices(
        store=store,
        payments=payments,
        messenger=Phone(client, door, provider),
        mail=Mailbox(),
        links=Links(PUBLIC, RotatingSecret.parse("a-key-of-the-benchmark")),
    )
    owners = (Billing(payments, store), Records(store, door), Policies(store), notices, Inbox(store, door))
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=workflows,
        activities=[verb for owner in owners for verb in verbs(owner)],
        workflow_runner=runner(),
        interceptors=[FailureInterceptor()],
        **POLLING,
    )
    async with worker:
        yield
    await store.close()


async def floor_worker(state: Path) -> AsyncIterator[None]:
    """The bare workflows, sandboxed as Temporal does by itself, polled and cached as the product's."""
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    connection = await floor_effects.opened(state / "floor.db")
    worker = Worker(
        client,
        task_queue=floor.QUEUE,
        workflows=floor.WORKFLOWS,
        activities=[floor_effects.plus_one, *verbs(floor_effects.FloorEffects(client, connection))],
        **POLLING,
    )
    async with worker:
        yield
    await connection.close()


async def product_api(state: Path, port: int, *, keeping: bool = True, url: str = "") -> AsyncIterator[None]:
    """The product's API on the real store and the real door; without `keeping` entitlements are read for each question."""
    set_to = settings(state) if keeping else settings(state).model_copy(update={"entitlement_seconds": 0.0})
    store = SqlStore(url or settings(state).database_url, RECORDS)
    door = Interface(await connect(KEYRING, lazy=True))
    app = build(settings=set_to, store=store, payments=cast(Payments, Provider(state / "ledger")), processes=door)
    async with _served(app, port):
        yield
    await store.close()


async def answering_api(port: int, length: int) -> AsyncIterator[None]:
    """The barest API that answers with so many bytes of JSON."""
    async with _served(floor_effects.answering(length), port):
        yield


async def floor_api(state: Path, port: int) -> AsyncIterator[None]:
    """The barest API that keeps an event."""
    connection = await floor_effects.opened(state / "floor.db")
    async with _served(floor_effects.api(connection), port):
        yield
    await connection.close()


@contextlib.asynccontextmanager
async def _served(app: FastAPI, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="warning", access_log=False))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await task


PARTS: dict[str, Callable[..., AsyncIterator[None]]] = {
    "dunning-worker": lambda state: product_worker(state, (DunningWorkflow, NoticeWorkflow, Listener)),
    "subscription-worker": lambda state: product_worker(
        state, (SubscriptionWorkflow, DunningWorkflow, NoticeWorkflow, NoInvoicing)
    ),
    "floor-worker": floor_worker,
    "product-api": lambda state, port: product_api(state, int(port)),
    "customers-api": lambda state, port, url: product_api(state, int(port), url=url),
    "reading-api": lambda state, port: product_api(state, int(port), keeping=False),
    "floor-api": lambda state, port: floor_api(state, int(port)),
    "answering-api": lambda _, port, length: answering_api(int(port), int(length)),
}


async def main(name: str, state: str, *words: str) -> None:
    """Run one part until it is told to stop."""
    stop = asyncio.Event()
    working: Callable[..., Any] = contextlib.asynccontextmanager(PARTS[name])
    async with working(Path(state), *words):
        # Only now: uvicorn takes the signal for itself when it starts.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        print(READY, flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

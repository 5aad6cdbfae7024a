"""(d) What an open subscription costs while it waits: worker memory, Temporal's database, ours; beside a bare workflow with one timer."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

from activities.gateways.store_sql import SqlStore
from bench import floor, floor_effects
from bench.figures import Report
from bench.floor import FloorSleeper
from bench.ground import PATIENCE, RECORDS, Ground, cost, ground, settled
from bench.stand_ins import PLAN, PRICE, TENANT, Subscriber
from models.messages import SubscriptionStart
from models.periods import Calendar
from models.records import Tenant
from models.subscribing.subscriptions import Status
from sandbox.children import Child
from workflows.interface import Interface

AT_ONCE = 16
BATCHES = 2
WARM = 30


async def measure(report: Report, *, subscriptions: int) -> None:
    """Add the figures of section (d): both sides in turns, in two batches each, until so many are open on each side."""
    async with ground() as under:
        (under.state / "ledger").mkdir()
        floor_effects.prepare(under.state / "floor.db")
        store = SqlStore(under.url, RECORDS)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(PLAN)
        product, bare = await asyncio.gather(under.part("subscription-worker"), under.part("floor-worker"))
        each = subscriptions // BATCHES
        await _open(under, store, 0, WARM)
        await _sleep(under, 0, WARM)
        memory, histories, rows = [], [], []
        for batch in range(BATCHES):
            first = WARM + batch * each
            sql = await settled(under.sql)
            ours = await _growth(under, product, _open(under, store, first, each))
            rows.append((await settled(under.sql) - sql) / each)
            theirs = await _growth(under, bare, _sleep(under, first, each))
            memory.append((ours[0] / each / 1e3, theirs[0] / each / 1e3))
            histories.append((ours[1] / each / 1e3, theirs[1] / each / 1e3))
        await store.close()
    report.paired("d", f"worker memory per open subscription ({subscriptions:,} open)", "kB", memory, "≤ 1.5")
    report.paired("d", "Temporal's database per open subscription", "kB", histories, "≤ 1.3")
    report.alone("d", "our database per open subscription", "kB", sum(rows) / len(rows) / 1e3)


async def _growth(under: Ground, worker: Child, work: Awaitable[None]) -> tuple[float, float]:
    """Bytes by which the worker and Temporal's database grew."""
    disk, memory = await under.history_bytes(), cost(worker).rss
    await work
    return cost(worker).rss - memory, await under.history_bytes() - disk


async def _open(under: Ground, store: SqlStore, first: int, count: int) -> None:
    """Customers signed up and active, each waiting for the notice before its renewal."""
    door, turn = Interface(under.client, patience=PATIENCE), asyncio.Semaphore(AT_ONCE)

    async def sign_up(one: Subscriber) -> None:
        async with turn:
            await store.sign_up(one.customer, one.record(datetime.now(UTC)))
            start = SubscriptionStart(
                TENANT, one.subscription, one.customer.reference, PLAN.code, PRICE, Calendar(), payment_method="pm_1"
            )
            opening = await door.start_subscription(start)
            assert opening is not None
            assert opening.status is Status.ACTIVE

    await asyncio.gather(*(sign_up(Subscriber(first + n, owes=False)) for n in range(count)))


async def _sleep(under: Ground, first: int, count: int) -> None:
    """As many bare workflows, each waiting for a timer."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def start(number: int) -> None:
        async with turn:
            name = f"sleeper-{number}"
            handle = await under.plain.start_workflow(FloorSleeper.run, id=name, task_queue=floor.QUEUE)
            await handle.query(FloorSleeper.waits)

    await asyncio.gather(*(start(first + n) for n in range(count)))

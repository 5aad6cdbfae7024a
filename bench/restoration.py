"""(c) From a payment's webhook to service restored, beside a bare workflow that gets a signal and writes one row.

Each customer is suspended; the provider's ledger says paid, its event is posted, and the row that the entitlement is read
from is watched until it says active. On the way: inbox, subscription (looks at the provider), case (ends, reports), subscription (records).
"""

import asyncio
import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from activities.gateways.store_sql import SqlStore
from bench import floor, floor_effects
from bench.figures import Report, quantile
from bench.floor import FloorService
from bench.ground import PATIENCE, RECORDS, Ground, ground
from bench.stand_ins import PLAN, PRICE, TENANT, Subscriber
from bench.webhooks import event
from bench.wire import Line, got, line, posted
from models.commands import CaseCommand
from models.messages import SkipToStep, SubscriptionStart
from models.periods import Calendar
from models.policies.policy import Action
from models.policies.presets import preset
from models.records import Tenant
from models.speaking.notices import NoticeKind
from sandbox.ports import Ports
from workflows.interface import Interface

STATUS = "SELECT status FROM subscriptions WHERE id = ?"
BARE_STATUS = "SELECT status FROM service WHERE id = ?"
DELIVERY = "SELECT delivery FROM notices WHERE key = ?"
DELIVERED = "delivered"
WARM = 5  # pairs that do not count
AT_ONCE = 8  # customers prepared at a time
SUSPENSION = next(n for n, step in enumerate(preset("ruthless").steps, start=1) if step.action is Action.SUSPEND)


class Watch:
    """Looks into a SQLite file, in which others write, until a row says what it should."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)

    def close(self) -> None:
        self._connection.close()

    async def until(self, what: str, query: str, name: str) -> float:
        """The instant at which it was seen. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                row = self._connection.execute(query, [name]).fetchone()
                if row and row[0] == what:
                    return time.perf_counter()
                await asyncio.sleep(0.001)


async def measure(report: Report, *, payments: int) -> None:
    """Add the figures of section (c): so many payments of each side, in turns, one at a time."""
    async with ground() as under:
        (under.state / "ledger").mkdir()
        floor_effects.prepare(under.state / "floor.db")
        store = SqlStore(under.url, RECORDS)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(PLAN)
        key = await store.issue_key(TENANT)
        ports = Ports.free()
        await asyncio.gather(
            under.part("subscription-worker"), under.part("floor-worker"), under.part("product-api", str(ports.api))
        )
        subscribers = [Subscriber(n) for n in range(payments + WARM)]
        with (
            closing(Watch(under.sql)) as ours,
            closing(Watch(under.state / "floor.db")) as theirs,
        ):
            await _suspended(under, store, subscribers, ours)
            await store.close()
            await _served(under, len(subscribers))
            pairs = []
            async with line(ports.api) as api:
                for number, one in enumerate(subscribers):
                    restored = await _pay(under, api, one, ours)
                    assert await _access(api, one, key) == "full"
                    handle = under.plain.get_workflow_handle(f"service-{number}")
                    start = time.perf_counter()
                    await handle.signal(FloorService.pay)
                    bare = await theirs.until("active", BARE_STATUS, handle.id) - start
                    # What follows a payment (receipt, tax invoice) must not slow the next pair down.
                    await ours.until(DELIVERED, DELIVERY, f"{one.invoice}/{NoticeKind.PAYMENT_RECEIVED}")
                    pairs.append((restored * 1e3, bare * 1e3))
        kept = pairs[WARM:]
        for share, name in ((0.5, "p50"), (0.99, "p99")):
            product, bare = (quantile(side, share) for side in zip(*kept, strict=True))
            report.paired("c", f"payment → service restored, {name} of {payments}", "ms", [(product, bare)])
        report.notes["restoration_ms"] = kept


async def _suspended(under: Ground, store: SqlStore, subscribers: list[Subscriber], rows: Watch) -> None:
    """Sign them all up with an unpaid invoice and take their cases to the suspension."""
    door, turn = Interface(under.client, patience=PATIENCE), asyncio.Semaphore(AT_ONCE)

    async def prepare(one: Subscriber) -> None:
        async with turn:
            await store.sign_up(one.customer, one.record(datetime.now(UTC)))
            reference = one.customer.reference
            await door.start_subscription(
                SubscriptionStart(
                    TENANT, one.subscription, reference, PLAN.code, PRICE, Calendar(), payment_method="pm_1"
                )
            )
            # The first notice first: an order given before it would pass it over.
            await rows.until(DELIVERED, DELIVERY, f"{one.invoice}/{NoticeKind.PAYMENT_FAILED}")
            order = SkipToStep("bench", "to the suspension", step=SUSPENSION)
            await door.command_case(TENANT, one.invoice, CaseCommand.SKIP_TO_STEP, order)
            await rows.until(DELIVERED, DELIVERY, f"{one.invoice}/{NoticeKind.SUSPENDED}")
            await rows.until("suspended", STATUS, one.subscription)

    await asyncio.gather(*(prepare(one) for one in subscribers))


async def _served(under: Ground, count: int) -> None:
    """The floor's customers, suspended."""
    with closing(sqlite3.connect(under.state / "floor.db")) as connection, connection:
        connection.executemany("INSERT INTO service VALUES (?, 'suspended')", [(f"service-{n}",) for n in range(count)])
    for number in range(count):
        name = f"service-{number}"
        await under.plain.start_workflow(FloorService.run, name, id=name, task_queue=floor.QUEUE)


async def _pay(under: Ground, api: Line, one: Subscriber, rows: Watch) -> float:
    """Seconds from the event's post to the row."""
    (under.state / "ledger" / one.invoice).touch()
    request = posted(event(f"evt_{one.invoice}", one, "invoice.paid"))
    start = time.perf_counter()
    status, body = await api.ask(request)
    assert status == 200, f"answered {status}: {body[:200]!r}"
    return await rows.until("active", STATUS, one.subscription) - start


async def _access(api: Line, one: Subscriber, key: str) -> str:
    status, body = await api.ask(got(f"/v1/subscriptions/{one.subscription}/entitlement", key))
    assert status == 200, f"answered {status}: {body[:200]!r}"
    return str(json.loads(body)["access"])

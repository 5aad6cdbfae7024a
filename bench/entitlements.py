"""(f) What a customer may use, asked over real HTTP; beside a bare FastAPI route that answers with bytes of the same length.

The product authenticates the key by SQL for each question. Asked with the answers of the last seconds kept, as it runs, and with none.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from activities.gateways.store_sql import SqlStore
from bench.figures import Report, quantile
from bench.ground import RECORDS, ground
from bench.stand_ins import PLAN, TENANT, Subscriber
from bench.wire import got, line, send
from models.records import Tenant
from models.selling.plans import Limit
from models.subscribing.subscriptions import Status
from sandbox.ports import Ports

CUSTOMERS = 50
MANY = 8  # at a time


async def measure(report: Report, *, questions: int, reps: int) -> None:
    """Add the figures of section (f): `reps` pairs of `questions` questions, by a product whose server asks about all its customers."""
    async with ground() as under:
        (under.state / "ledger").mkdir()
        store = SqlStore(under.url, RECORDS)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(replace(PLAN, limits=(Limit("documents", 1_000, monthly=True), Limit("users", 5))))
        subscribers = [Subscriber(n) for n in range(CUSTOMERS)]
        now = datetime.now(UTC)
        for one in subscribers:
            await store.sign_up(one.customer, one.record(now))
            await store.save_subscription(replace(one.record(now), status=Status.ACTIVE, period_start=now))
        key = await store.issue_key(TENANT)
        await store.close()
        ports = Ports.free()
        asked = [got(f"/v1/entitlements/{one.customer.reference}", key) for one in subscribers]
        await asyncio.gather(
            under.part("product-api", str(ports.api)),
            under.part("reading-api", str(ports.smtp)),
        )
        async with line(ports.api) as connection:
            _, body = await connection.ask(asked[0])
        await under.part("answering-api", str(ports.sandbox), str(len(body)))
        for name, port in (("kept for 2 s", ports.api), ("read each time", ports.smtp)):
            rates, halves, tails = [], [], []
            for rep in range(reps + 1):
                found = []
                for where in (port, ports.sandbox):
                    wall, waits = await send(where, [asked[n % CUSTOMERS] for n in range(questions)], MANY)
                    found.append((questions / wall, quantile(waits, 0.5) * 1e3, quantile(waits, 0.99) * 1e3))
                if rep:  # the first pair only warms up
                    ours, floor = found
                    rates.append((ours[0], floor[0]))
                    halves.append((ours[1], floor[1]))
                    tails.append((ours[2], floor[2]))
            report.paired("f", f"entitlements per second, {MANY} at a time, {name}", "1/s", rates)
            report.paired("f", "… p50", "ms", halves)
            report.paired("f", "… p99", "ms", tails)

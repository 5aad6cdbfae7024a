"""(b) A provider's event: posted, signature checked, stored, acknowledged; beside bare FastAPI with one insert.

Over real HTTP, with an invoice in the event, as Stripe sends it. Behind the product's answer its handover goes on as always:
each event is matched to its subscription, whose process (a listener here) is told by signal.
"""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from activities.gateways.store_sql import SqlStore
from bench import floor_effects
from bench.figures import Report, quantile
from bench.ground import PATIENCE, RECORDS, ground
from bench.stand_ins import PLAN, PRICE, TENANT, Subscriber
from bench.wire import posted, send
from models.records import Tenant
from sandbox.ports import Ports
from workflows.ids import subscription_id
from workflows.interface import QUEUE

CUSTOMERS = 20
MANY = 8  # at a time
ALONE = 5  # of so many events one more is sent when nothing else is under way
PAUSE = 0.03  # seconds between those


def event(name: str, subscriber: Subscriber, kind: str = "invoice.payment_failed") -> dict[str, Any]:
    """An event about an invoice of one of our subscriptions: Stripe's shape, and about as long as Stripe's own (4 kB)."""
    ours = {"perdura_tenant": TENANT, "perdura_subscription": subscriber.subscription}
    parent = {
        "type": "subscription_details",
        "subscription_details": {"metadata": ours, "subscription": f"sub_{subscriber.subscription}"},
    }
    lines = [
        {
            "id": f"il_{subscriber.subscription}_{n}",
            "object": "line_item",
            "amount": PRICE.centavos,
            "currency": "mxn",
            "description": "1 × Pro (at $149.00 / month)",
            "discount_amounts": [],
            "discountable": True,
            "invoice": subscriber.invoice,
            "livemode": False,
            "metadata": ours,
            "parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False}},
            "period": {"start": 1_795_000_000, "end": 1_797_592_000},
            "pricing": {"type": "price_details", "price_details": {"price": "price_pro", "product": "prod_pro"}},
            "quantity": 1,
            "taxes": [],
        }
        for n in range(5)
    ]
    invoice = {
        "id": subscriber.invoice,
        "object": "invoice",
        "account_country": "MX",
        "amount_due": PRICE.centavos,
        "amount_paid": 0,
        "attempt_count": 1,
        "attempted": True,
        "billing_reason": "subscription_cycle",
        "collection_method": "charge_automatically",
        "currency": "mxn",
        "customer": subscriber.customer.provider_id,
        "customer_email": subscriber.customer.email,
        "hosted_invoice_url": f"https://invoice.stripe.com/i/acct_1/{subscriber.invoice}" + "x" * 120,
        "lines": {"object": "list", "data": lines, "has_more": False},
        "parent": parent,
        "status": "open",
        "total": PRICE.centavos,
    }
    return {"id": name, "object": "event", "type": kind, "created": 1, "data": {"object": invoice}}


async def handed_over(file: Path) -> None:
    """Wait until no stored event waits for its process."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while connection.execute("SELECT 1 FROM inbox_events WHERE status = 'pending' LIMIT 1").fetchone():
                await asyncio.sleep(0.05)


async def measure(report: Report, *, events: int, reps: int) -> None:
    """Add the figures of section (b): `reps` pairs of `events` events."""
    async with ground() as under:
        (under.state / "ledger").mkdir()
        floor_effects.prepare(under.state / "floor.db")
        store = SqlStore(under.url, RECORDS)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(PLAN)
        subscribers = [Subscriber(n) for n in range(CUSTOMERS)]
        for one in subscribers:
            await store.sign_up(one.customer, one.record(datetime.now(UTC)))
            await under.client.start_workflow(
                "SubscriptionWorkflow", id=subscription_id(TENANT, one.subscription), task_queue=QUEUE
            )
        await store.close()
        ports = Ports.free()
        await asyncio.gather(
            under.part("dunning-worker"),
            under.part("product-api", str(ports.api)),
            under.part("floor-api", str(ports.sandbox)),
        )
        rates, halves, tails, quiet = [], [], [], []
        for rep in range(reps + 1):
            found = []
            for port in (ports.api, ports.sandbox):
                many = [event(f"evt_{rep}_{n}", subscribers[n % CUSTOMERS]) for n in range(events)]
                few = [event(f"evt_{rep}_alone_{n}", subscribers[n % CUSTOMERS]) for n in range(events // ALONE)]
                wall, waits = await send(port, [posted(one) for one in many], MANY)
                await handed_over(under.sql)  # what is still on its way must not slow the next turn down
                _, alone = await send(port, [posted(one) for one in few], 1, pause=PAUSE)
                await handed_over(under.sql)
                found.append((events / wall, waits, alone))
            if rep:  # the first pair only warms up
                (rate, waits, alone), (floor_rate, floor_waits, floor_alone) = found
                rates.append((rate, floor_rate))
                halves.append((quantile(waits, 0.5) * 1e3, quantile(floor_waits, 0.5) * 1e3))
                tails.append((quantile(waits, 0.99) * 1e3, quantile(floor_waits, 0.99) * 1e3))
                quiet.append((quantile(alone, 0.5) * 1e3, quantile(floor_alone, 0.5) * 1e3))
        report.paired("b", f"webhooks acknowledged per second, {MANY} at a time", "1/s", rates)
        report.paired("b", "… p50", "ms", halves, "≤ 1.5")
        report.paired("b", "… p99", "ms", tails, "≤ 2")
        report.paired("b", "one at a time, p50", "ms", quiet)

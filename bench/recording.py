"""(h) A fact in the books, with all that follows from it in its transaction: of a customer with years of invoices beside one with none.

SQLite, one writer, an invoice and its payment in turn. CPU of this process: what it costs must not grow with what there is already.
"""

import tempfile
import time
from datetime import UTC, datetime, timedelta

from activities.gateways.store_sql import SqlStore
from bench.figures import Report
from bench.ground import RECORDS
from bench.stand_ins import PLAN, TENANT, Subscriber
from models.bookkeeping.ledger import Fact, Kind
from models.migrations.run import upgrade
from models.money import Money
from models.records import Payment, Tenant
from models.subscribing.invoices import Funding

PRICE = Money(14_900)
DAY = timedelta(days=1)


async def measure(report: Report, *, past: int, facts: int, reps: int) -> None:
    """Add the figure of section (h): `reps` pairs of `facts` facts; the one customer has `past` invoices, the other none."""
    with tempfile.TemporaryDirectory(prefix="perdura-bench-") as place:
        url = f"sqlite+aiosqlite:///{place}/perdura.db"
        await upgrade(url)
        store = SqlStore(url, RECORDS)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(PLAN)
        now = datetime.now(UTC)
        old, *young = (Subscriber(number) for number in range(reps + 2))
        for one in (old, *young):
            await store.sign_up(one.customer, one.record(now))
        await _spent(store, old.subscription, "past", past * 2, now - 3650 * DAY)
        pairs = []
        for rep, new in enumerate(young):
            pairs.append([await _spent(store, one.subscription, f"rep{rep}", facts, now) for one in (old, new)])
        await store.close()
    told = [(ours / facts * 1e3, theirs / facts * 1e3) for ours, theirs in pairs[1:]]  # the first pair only warms up
    report.paired("h", f"CPU per fact, {past} invoices before it beside none", "ms", told, aim="ratio ≤ 1.2")


async def _spent(store: SqlStore, account: str, name: str, facts: int, since: datetime) -> float:
    """Seconds of CPU for so many facts: invoices, each with its payment."""
    began = time.process_time()
    for number in range(facts // 2):
        invoice, at = f"in_{account}_{name}_{number}", since + number * DAY
        await store.post(Fact(TENANT, account, Kind.ISSUED, invoice, PRICE, at, invoice))
        await store.record_payment(Payment(TENANT, f"ch_{invoice}", invoice, account, PRICE, Funding.CREDIT, at))
    return time.process_time() - began

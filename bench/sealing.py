"""What sealing costs a reader: the list of 200 subscribers, sealed and in clear. Run `python -m bench.sealing`."""

import asyncio
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from activities.gateways.store_sql import SqlStore
from bench.ground import RECORDS
from models.fiscal import Receiver
from models.keyring import Keyring
from models.migrations.run import upgrade
from models.money import Money
from models.plans import Plan
from models.records import Customer, SubscriptionRecord, Tenant
from models.subscriptions import Status

COUNT, ROUNDS = 200, 60


class _Clear(Keyring):
    """Keys that seal nothing, for comparison."""

    def seal_text(self, plain: str, *, context: str) -> str:  # noqa: ARG002 - as the keyring has it
        return plain

    def open_text(self, sealed: str, *, context: str) -> str:  # noqa: ARG002 - as the keyring has it
        return sealed


async def _filled(store: SqlStore) -> None:
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    now = datetime.now(UTC)
    for number in range(COUNT):
        receiver = Receiver("FUNK671228PH6", "KARLA FUENTE NOLASCO", "605", "01160")
        name = f"{number:04d}"
        customer = Customer(
            "acme", f"c_{name}", f"u_{name}", "Ana", f"{name}@example.mx", "+525512345678", receiver=receiver
        )
        record = SubscriptionRecord("acme", f"s_{name}", customer.id, "pro", Status.ACTIVE, now, now)
        await store.sign_up(customer, record)


async def _measured() -> tuple[float, float]:
    """Median seconds of processor time for one list, sealed and in clear, which take turns."""
    with tempfile.TemporaryDirectory() as directory:
        stores = []
        for name, keyring in (("sealed", RECORDS), ("clear", _Clear(RECORDS.keys))):
            url = f"sqlite+aiosqlite:///{Path(directory) / name}.db"
            await upgrade(url)
            stores.append(SqlStore(url, keyring))
            await _filled(stores[-1])
        took: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for store, seconds in zip(stores, took, strict=True):
                begun = time.process_time()
                assert len(await store.subscribers("acme", limit=COUNT)) == COUNT
                seconds.append(time.process_time() - begun)
        for store in stores:
            await store.close()
        return statistics.median(took[0]), statistics.median(took[1])


if __name__ == "__main__":
    sealed, clear = asyncio.run(_measured())
    print(
        f"{COUNT} subscribers: {sealed * 1e3:.1f} ms of processor time sealed, {clear * 1e3:.1f} ms in clear, ratio {sealed / clear:.2f}"
    )

"""What both sides stand on: a dev server as `temporal-dev.yaml` describes it, an empty SQL database, and child processes.

Everything is in one temporary directory and on free ports, and every process is ended with the block.
"""

import asyncio
import os
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import psutil
from temporalio.client import Client
from temporalio.service import RPCError

from models.migrations.run import upgrade
from models.safekeeping.keyring import KEY_BYTES, Keyring
from sandbox import namespace, temporal
from sandbox.children import Child
from sandbox.ports import HOST, Ports
from sandbox.temporal import DevServer
from workflows.connection import DATA_CONVERTER, sealing_converter

# One key for all parts of a run. With PERDURA_BENCH_CLEAR=1 payloads are not sealed: what the codec costs is the difference.
KEYRING = None if os.environ.get("PERDURA_BENCH_CLEAR") else Keyring((("bench", bytes(KEY_BYTES)),))
CONVERTER = sealing_converter(KEYRING) if KEYRING else DATA_CONVERTER
RECORDS = Keyring((("bench", bytes(KEY_BYTES)),))  # what personal data in SQL are sealed with
READY = "READY"  # a part's log says so once it can work
PATIENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process has used so far: `cpu` in seconds, `rss` in bytes."""

    cpu: float
    rss: int


@dataclass
class Ground:
    """The server, and the way to it for product (`client`) and floor (`plain`: Temporal's own converter)."""

    state: Path
    server: DevServer
    temporal: Child
    ports: Ports
    client: Client
    plain: Client
    children: list[Child] = field(default_factory=list)

    @property
    def sql(self) -> Path:
        """The product's database."""
        return self.state / "perdura.db"

    @property
    def url(self) -> str:
        """The same as an SQLAlchemy address."""
        return f"sqlite+aiosqlite:///{self.sql}"

    async def part(self, name: str, *words: str) -> Child:
        """Start `python -m bench.part NAME …` and wait until it can work."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PERDURA_", "TEMPORAL_"))}
        environment |= {"TEMPORAL_ADDRESS": self.server.target, "TEMPORAL_NAMESPACE": self.server.namespace}
        child = Child(
            name, [sys.executable, "-m", "bench.part", name, str(self.state), *words], environment, self._log(name)
        )
        self.children.append(child)
        child.start()
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while READY not in child.tail():
                child.check()
                await asyncio.sleep(0.05)
        return child

    def _log(self, name: str) -> Path:
        return self.state / f"{name}.{len(self.children)}.log"

    async def history_bytes(self) -> int:
        """Bytes of Temporal's database in use, once it has come to rest."""
        return await settled(self.state / self.server.database)


def cost(child: Child) -> Cost:
    """What a child has used so far."""
    process = psutil.Process(child.pid)
    times = process.cpu_times()
    return Cost(times.user + times.system, process.memory_info().rss)


def used(file: Path) -> int:
    """Bytes of a SQLite database that hold something, whatever of it is still in the write-ahead log."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as connection:
        count, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return int((count - free) * size)


async def settled(file: Path) -> int:
    """`used`, once it has not changed for a second: servers tidy up after themselves."""
    last, same = used(file), 0
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while same < 5:
            await asyncio.sleep(0.2)
            now = used(file)
            same, last = (same + 1 if now == last else 0), now
    return last


@contextmanager
def _ended(children: list[Child]) -> Iterator[None]:
    try:
        yield
    finally:
        for child in reversed(children):
            child.stop()


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """A fresh server with the product's namespace and search attributes, and a migrated database.

    Raises:
        Obstacle: there is no temporal program, or a part ended by itself; the message has the end of its log.
    """
    children: list[Child] = []
    with tempfile.TemporaryDirectory(prefix="perdura-bench-") as directory, _ended(children):
        state = Path(directory)
        described = temporal.read()
        ports = Ports.free()
        server = replace(described, address=HOST, port=ports.temporal, ui_port=ports.ui)
        child = Child("temporal", server.command(temporal.binary(), state), os.environ, state / "temporal.log")
        children.append(child)
        child.start()
        await upgrade(f"sqlite+aiosqlite:///{state / 'perdura.db'}")
        plain = await _connected(child, server)
        await namespace.prepare(plain, server)
        client = await Client.connect(server.target, namespace=server.namespace, data_converter=CONVERTER)
        yield Ground(state, server, child, ports, client, plain, children)


async def _connected(child: Child, server: DevServer) -> Client:
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while True:
            child.check()
            try:
                return await Client.connect(server.target, namespace=server.namespace)
            except (RPCError, RuntimeError):  # temporalio's refused connection
                await asyncio.sleep(0.1)

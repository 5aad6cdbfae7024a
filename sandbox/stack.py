"""The embedded stack: Temporal, the sandbox, the API and the worker as child processes over one state directory.

Everything that lasts is in that directory, so a restart continues every process where it was.
"""

import asyncio
import fcntl
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from models.migrations.run import upgrade
from models.safekeeping.keyring import Keyring
from models.safekeeping.rotating_secret import RotatingSecret
from sandbox import environment, namespace, temporal
from sandbox.children import Child
from sandbox.obstacle import Obstacle
from sandbox.pki import authority
from sandbox.ports import HOST, Ports

READY_SECONDS = 180.0  # on a busy machine; a part that ends by itself is noticed at once
WORKFLOW = TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW
PAUSE_SECONDS = 0.05


class Stack:
    """A stack in `state`. `env` is what its parts, and anyone who talks to it, need to know."""

    def __init__(self, state: Path, ports: Ports, *, day_seconds: float, real: Mapping[str, str]) -> None:
        self.state = state.resolve()
        self.server = replace(temporal.read(), port=ports.temporal, ui_port=ports.ui)
        self.ports = ports
        self.day_seconds = day_seconds
        self.env = environment.compose(self.state, self.server, ports, day_seconds=day_seconds, real=real)
        # Whoever can open this UI, on this machine alone, may read: the server behind it asks nobody for a password either.
        codec_key = RotatingSecret.parse(self.env.get("PERDURA_CODEC_KEY") or real["PERDURA_CODEC_KEY"]).current
        self.server = replace(self.server, codec=f"http://{HOST}:{ports.api}/codec/{codec_key}")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PERDURA_", "TEMPORAL_")) or k in real}
        # Set in many images: each part would compile all of the product anew whenever it starts, the worker some of it for each process.
        inherited.pop("PYTHONDONTWRITEBYTECODE", None)
        self._inherited = {**inherited, "PYTHONUNBUFFERED": "1", **self.env}
        # In the order of starting; stopped in reverse.
        self.temporal = self._child("temporal", self.server.command(temporal.binary(), self.state))
        self.sandbox = self._child("sandbox", [sys.executable, "-m", "sandbox"])
        self.api = self._child("api", [sys.executable, "-m", "cli", "api"])
        self.worker = self._child("worker", [sys.executable, "-m", "cli", "worker"])

    @property
    def children(self) -> tuple[Child, ...]:
        """All parts, in the order of starting."""
        return (self.temporal, self.sandbox, self.api, self.worker)

    @property
    def database_url(self) -> str:
        """Where its books are: its own file, or what the real environment names."""
        return self._inherited["PERDURA_DATABASE_URL"]

    @property
    def keyring(self) -> Keyring:
        """What seals the stack's personal data."""
        return Keyring.parse(self._inherited["PERDURA_ENCRYPTION_KEYS"])

    @property
    def urls(self) -> dict[str, str]:
        """What a person opens in a browser."""
        sandbox = f"http://{HOST}:{self.ports.sandbox}"
        return {
            "Console": f"http://{HOST}:{self.ports.api}/console",
            "Temporal UI": self.server.ui,
            "API docs": f"http://{HOST}:{self.ports.api}/docs",
            "Mailbox": f"{sandbox}/mailbox",
        }

    def _child(self, name: str, argv: list[str]) -> Child:
        return Child(name, argv, self._inherited, self.state / "logs" / f"{name}.log")

    @asynccontextmanager
    async def running(self, prepare: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
        """Started and ready inside the block; every child stopped, in order, at its end, however it ends.

        `prepare` runs once the database is migrated; nobody is served before it is done.

        Raises:
            Obstacle: a port is in use, another stack uses the directory, or a part does not get ready.
        """
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)  # books, logs and keys are its owner's alone
        with self._alone():
            self.ports.check()
            environment.save(self.state, self.env)
            try:
                await self._start(prepare)
                yield
            finally:
                for child in reversed(self.children):
                    child.stop()

    async def watch(self) -> None:
        """Returns never; raises Obstacle when a part ended by itself."""
        while True:
            for child in self.children:
                child.check()
            await asyncio.sleep(0.5)

    async def client(self) -> Client:
        """A plain client of the stack's Temporal."""
        return await Client.connect(self.server.target, namespace=self.server.namespace)

    async def temporal_ready(self) -> None:
        """Wait until Temporal answers and has what the product needs."""
        await self._until(self.temporal, self._connects)
        await namespace.prepare(await self.client(), self.server)

    async def worker_ready(self) -> None:
        """Wait until the worker polls its queue."""
        client = await self.client()
        queue = TaskQueue(name=self.env.get("PERDURA_TASK_QUEUE", "perdura"))
        request = DescribeTaskQueueRequest(namespace=client.namespace, task_queue=queue, task_queue_type=WORKFLOW)

        async def polls() -> bool:
            return bool((await client.workflow_service.describe_task_queue(request)).pollers)

        await self._until(self.worker, polls)

    async def _start(self, prepare: Callable[[], Awaitable[object]]) -> None:
        """Each part starts as early as it can: most of the time goes into loading libraries, which they do side by side."""
        self.temporal.start()
        # Made before sandbox and shop both need it: two makers would make two.
        await asyncio.to_thread(authority, self.state / "authority")
        self.sandbox.start()
        await self.temporal_ready()
        self.api.start()
        self.worker.start()
        await upgrade(self.database_url, keyring=self.keyring)
        await prepare()
        await self._until(self.sandbox, _answers(f"http://{HOST}:{self.ports.sandbox}/_sandbox"))
        await self._until(self.api, _answers(f"http://{HOST}:{self.ports.api}/ready"))
        await self.worker_ready()

    async def _connects(self) -> bool:
        client = await self.client()
        return await client.service_client.check_health()

    async def _until(self, child: Child, ready: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await _quietly(ready):
                    child.check()
                    await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError:
            late = f"{child.name} is not ready after {READY_SECONDS:.0f} s; the end of {child.log}:"
            raise Obstacle(f"{late}\n{child.tail()}") from None

    def _set(self, name: str) -> str:
        """A setting of this stack, or of the real environment, which wins."""
        return self.env.get(name) or os.environ[name]

    def _alone(self) -> "_Lock":
        return _Lock(self.state / "lock")


class _Lock:
    """One stack per directory: a second one would write to the same files."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = self._path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Obstacle(f"another stack is running in {self._path.parent}: stop it first") from None

    def __exit__(self, *_: object) -> None:
        self._file.close()


async def _quietly(ready: Callable[[], Awaitable[bool]]) -> bool:
    with suppress(httpx.TransportError, RPCError, RuntimeError):  # RuntimeError: temporalio's refused connection
        return await ready()
    return False


def _answers(url: str) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            return (await http.get(url)).is_success

    return ask

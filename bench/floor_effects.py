"""The floor's effects: activities that reach something and keep nothing, one local write, and the barest API that keeps an event."""

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import aiosqlite
from fastapi import FastAPI, Request, Response
from temporalio import activity
from temporalio.client import Client

from bench.floor import QUEUE, Record

PRAGMAS = ("busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON")  # the product's own
AFTER = 0.1  # seconds until a message is reported as delivered, and until its reader pays


@activity.defn
async def plus_one(number: int) -> int:
    """Nothing."""
    return number + 1


class FloorEffects:
    """The activities that reach something."""

    def __init__(self, client: Client, connection: aiosqlite.Connection) -> None:
        self._client = client
        self._connection = connection
        self._later: set[asyncio.Task[None]] = set()

    @activity.defn
    async def word(self, record: Record) -> int:
        if record.tell:
            await self._client.get_workflow_handle(f"{record.name}-listener").signal("case_reported", "grace")
        for number, name in enumerate(record.notices, start=1):
            pays = record.pays and number == len(record.notices)
            await self._client.start_workflow("FloorNotice", record.name if pays else "", id=name, task_queue=QUEUE)
        return 1

    @activity.defn
    async def send(self, case: str) -> str:
        self._soon(str(activity.info().workflow_id), "arrived")
        if case:
            self._soon(case, "pay")
        return "sent"

    @activity.defn
    async def restore(self, name: str) -> int:
        return (await self._connection.execute("UPDATE service SET status = 'active' WHERE id = ?", [name])).rowcount

    def _soon(self, process: str, signal: str) -> None:
        async def tell() -> None:
            await asyncio.sleep(AFTER)
            await self._client.get_workflow_handle(process).signal(signal)

        task = asyncio.create_task(tell())
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def prepare(file: Path) -> None:
    """Make the floor's database: one table for events, one for the service."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE inbox (id TEXT PRIMARY KEY, type TEXT, payload TEXT)")
        connection.execute("CREATE TABLE service (id TEXT PRIMARY KEY, status TEXT)")


async def opened(file: Path) -> aiosqlite.Connection:
    """A connection with the product's pragmas, committing each statement."""
    connection = await aiosqlite.connect(file, isolation_level=None)
    for pragma in PRAGMAS:
        await connection.execute(f"PRAGMA {pragma}")
    return connection


def api(connection: aiosqlite.Connection) -> FastAPI:
    """Bare FastAPI: read the body, insert one row, answer."""
    app = FastAPI()

    @app.post("/webhooks/stripe")
    async def take(request: Request) -> Response:
        body = await request.body()
        event: dict[str, Any] = json.loads(body)
        row = [event["id"], event["type"], body.decode()]
        await connection.execute("INSERT INTO inbox VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row)
        return Response(status_code=200)

    return app


def answering(length: int) -> FastAPI:
    """Bare FastAPI: one route, so many bytes."""
    app, body = FastAPI(), json.dumps({"access": "x" * max(0, length - 14)}).encode()

    @app.get("/v1/entitlements/{customer}")
    async def tell(customer: str) -> Response:
        return Response(body, media_type="application/json", headers={"X-Customer": customer})

    return app

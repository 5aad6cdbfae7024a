"""A client that costs almost nothing, so that the servers are what is measured: prepared requests over kept connections."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bench.part import WEBHOOK_SECRET
from sandbox.ports import HOST


class Line:
    """One HTTP/1.1 connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send prepared bytes; the answer's status and body."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = await self._reader.readexactly(length)
        return int(head.split(b" ", 2)[1]), body


@asynccontextmanager
async def line(port: int) -> AsyncIterator[Line]:
    """A connection to a server here."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def posted(event: dict[str, Any]) -> bytes:
    """A Stripe event as Stripe posts it, signed (docs.stripe.com/webhooks#verify-manually)."""
    body, now = json.dumps(event).encode(), int(time.time())
    seal = hmac.new(WEBHOOK_SECRET.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    head = [
        "POST /webhooks/stripe HTTP/1.1",
        f"Host: {HOST}",
        "Content-Type: application/json; charset=utf-8",
        f"Content-Length: {len(body)}",
        f"Stripe-Signature: t={now},v1={seal}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def got(path: str, key: str) -> bytes:
    """A question of a tenant's."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()


async def send(port: int, requests: Sequence[bytes], lanes: int, *, pause: float = 0.0) -> tuple[float, list[float]]:
    """Send all, so many at a time. Seconds for all, and for each until it was acknowledged; `pause` seconds after each.

    Raises:
        AssertionError: one was not acknowledged.
    """
    todo, waits = iter(requests), list[float]()

    async def lane() -> None:
        async with line(port) as connection:
            for request in todo:
                start = time.perf_counter()
                status, body = await connection.ask(request)
                waits.append(time.perf_counter() - start)
                assert status == 200, f"answered {status}: {body[:200]!r}"
                if pause:
                    await asyncio.sleep(pause)

    start = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(lanes)))
    return time.perf_counter() - start, waits

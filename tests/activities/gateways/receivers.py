"""A tenant's system that hears of events, over real HTTP: it remembers what came, and answers as it is told."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Heard:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verified(self, secret: str) -> Any:
        """What it says, if the standard's own library accepts its signature."""
        return Webhook(secret).verify(self.body, self.headers)


def fine(_: Heard) -> int:
    return 204


@dataclass
class Receiver:
    """`answer` gives the status for a request; None hangs, and -1 hangs up."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], int | None] = fine
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        try:
            request = await _read(reader)
            if request is not None:
                self.heard.append(request)
                await self._reply(writer, self.answer(request))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    async def _reply(self, writer: asyncio.StreamWriter, status: int | None) -> None:
        if status is None:
            await self.released.wait()
        elif status > 0:
            where = f"Location: {self.url}/elsewhere\r\n" if status in (301, 302, 307, 308) else ""
            writer.write(f"HTTP/1.1 {status} Said\r\n{where}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Heard | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return Heard(first.split()[1], headers, await reader.readexactly(int(headers.get("content-length", "0"))))


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of this machine."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    receiver.url = f"{'https' if tls else 'http'}://{'localhost' if tls else '127.0.0.1'}:{port}"
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.close()
        await server.wait_closed()

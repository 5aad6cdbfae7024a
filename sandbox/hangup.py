"""Hanging up on a client without an answer, as a network does: what was done is done, and nobody learns of it."""

import asyncio
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_TRANSPORT = "sandbox.transport"


class Wire:
    """Outermost around the application: remembers the connection, which ASGI hides, for those who must cut it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note uvicorn's transport in the scope; elsewhere there is none to note."""
        cycle: Any = getattr(send, "__self__", None)
        if scope["type"] == "http" and hasattr(cycle, "transport"):
            scope[_TRANSPORT] = cycle.transport
        await self.app(scope, receive, send)


class Hangup(Response):
    """A response that is none."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut the connection; where it cannot be reached, promise a body and never send it."""
        del receive
        transport = scope.get(_TRANSPORT)
        if transport is not None:
            transport.abort()
            await asyncio.sleep(0.01)  # uvicorn must notice before it misses the answer
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"64")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

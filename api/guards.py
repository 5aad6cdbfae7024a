"""What every request passes: a limit to its body, careful headers, and a net for our own bugs. Plain ASGI, for speed."""

import asyncio
import logging
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem
from api.request_log import template

log = logging.getLogger(__name__)

LARGEST = 1_048_576  # bytes: several times the largest event Stripe sends
PATIENCE = 30.0  # seconds for the whole body: a megabyte over a poor mobile connection

_STRICT = "default-src 'none'; frame-ancestors 'none'"
# The API's description is drawn by Swagger UI's scripts, which we serve ourselves.
_DOCS = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)


class SecurityHeaders:
    """Sets the headers on every answer; `secure` adds HSTS where the public address is https."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = str(scope["path"])

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                # The path of a signed link is the link. Pages with forms for signed-in people bring their own: with none at
                # all a browser would not say that the form was ours.
                headers.setdefault("Referrer-Policy", "no-referrer")
                # A page for customers brings its own (`api.layout`): it names its one style sheet by its hash.
                headers.setdefault("Content-Security-Policy", _DOCS if path.startswith("/docs") else _STRICT)
                headers.setdefault("Cache-Control", "no-store")
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, guarded)


class BodyLimit:
    """Refuses a body that is too large, whether it says so or not, and does not wait for one that does not come.

    `largest` is in bytes, `patience` in seconds from the first look at the body to its end. Without it a visitor could hold
    a connection for ever with half a request, and all there are with many halves.
    """

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST, patience: float = PATIENCE) -> None:
        self._app = app
        self._largest = largest
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self._largest:
            await _too_large(self._largest).response()(scope, receive, send)
            return
        await self._app(scope, self._limited(receive), send)

    def _limited(self, receive: Receive) -> Receive:
        seen, whole, until = 0, False, 0.0

        async def limited() -> Message:
            nonlocal seen, whole, until
            if whole:  # what is waited for now is that the visitor leaves
                return await receive()
            until = until or asyncio.get_running_loop().time() + self._patience
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(self._patience) from None
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise _too_large(self._largest)
            whole = not message.get("more_body", False)
            return message

        return limited


class Bugs:
    """Turns an error of ours into a bare 500. Its message may hold values of the request, so the log gets the places alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            places = "".join(traceback.format_tb(error.__traceback__))
            log.error("%s in %s %s\n%s", type(error).__name__, scope["method"], template(scope), places)
            if not begun:
                sorry = Problem(500, "something went wrong on our side; it has been noted", kind="bug")
                await sorry.response()(scope, receive, send)


def _too_large(largest: int) -> Problem:
    return Problem(413, f"the body is larger than {largest} bytes", kind="too_large")


def _too_slow(patience: float) -> Problem:
    why = f"the body did not come within {patience:g} seconds"
    return Problem(408, why, kind="too_slow", headers={"Connection": "close"})

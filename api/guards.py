"""What every request passes: a limit to its size, careful headers, and a net for our own bugs. Plain ASGI, for speed."""

import logging
import traceback

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem
from api.request_log import template

log = logging.getLogger(__name__)

LARGEST = 1_048_576  # bytes: several times the largest event Stripe sends

_STRICT = "default-src 'none'; frame-ancestors 'none'"
_PAGE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
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
                headers["Referrer-Policy"] = "no-referrer"  # the path of a signed link is the link
                policy = _DOCS if path.startswith("/docs") else _PAGE if path.startswith("/go/") else _STRICT
                headers["Content-Security-Policy"] = policy
                headers.setdefault("Cache-Control", "no-store")
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, guarded)


class SizeLimit:
    """Refuses a body that is too large, whether it says so or not."""

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self._largest:
            await _too_large(self._largest).response()(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                raise _too_large(self._largest)
            return message

        await self._app(scope, counted, send)


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

"""One line for each request: method, route, status, milliseconds, request id, tenant. Plain ASGI.

The route is its template, never the path: a path may be a signed link, and holds ids that customers gave.
"""

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

log = logging.getLogger(__name__)

HEADER = "X-Request-Id"
_USABLE = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = frozenset({"/health", "/ready"})  # asked every few seconds by whoever watches: told when they fail


class RequestLog:
    """Gives each request an id, the caller's own when it is usable, binds it to all that is logged meanwhile, and answers with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request = given if _USABLE.fullmatch(given) else uuid.uuid4().hex
        began, status = time.perf_counter(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request
            await send(message)

        with bound_contextvars(request_id=request):
            try:
                await self._app(scope, receive, named)
            finally:
                route = template(scope)
                told = {
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(1000 * (time.perf_counter() - began), 1),
                }
                quiet = route in _QUIET and status < 400
                log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=told)
                unbind_contextvars("tenant", "caller")


def name_caller(tenant: str, caller: str) -> None:
    """Bind who asks to this request's lines: ids only."""
    bind_contextvars(tenant=tenant, caller=caller)


def template(scope: Scope) -> str:
    """The route that answers, as it was declared; a path that has none is not repeated."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "(none)"

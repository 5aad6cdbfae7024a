"""A span for each request, around all that happens in it. Plain ASGI; without traces it is not there."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.ports.tracing import Tracing
from api.request_log import template


class Traced:
    """The route is its template, never the path: a path may be a signed link, and holds ids that customers gave."""

    def __init__(self, app: ASGIApp, tracing: Tracing) -> None:
        self._app, self._tracing = app, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with self._tracing.request(scope["method"], dict(Headers(scope=scope))) as answered:
            try:
                await self._app(scope, receive, noted)
            finally:
                answered.with_(status, template(scope))

"""How often one caller may ask: by API key or person, and by address where nobody is known. Counted in memory, by each API process.

Webhooks are not limited: a refused event may be one that the provider gives up on. Nor is whoever asks whether we live.
"""

from math import ceil
from time import time

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.failures import Failure
from api.deps import Context, recognised
from api.problems import Problem

UNLIMITED = ("/webhooks/", "/health", "/ready", "/metrics")


class RateLimit:
    """Answers 429 to who asks too often, and tells everybody what is left, as draft-ietf-httpapi-ratelimit-headers-06 writes it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or str(scope["path"]).startswith(UNLIMITED):
            await self._app(scope, receive, send)
            return
        context: Context = scope["app"].state.context
        try:
            known, name, most = await _caller(Request(scope), context)
        except Failure:  # whom we ask is away: the route says so in its own words
            await self._app(scope, receive, send)
            return
        item = RateLimitItemPerMinute(most)
        allowed = await self._limiter.hit(item, known, name)
        left = await self._limiter.get_window_stats(item, known, name)
        reset = max(1, ceil(left.reset_time - time()))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Limit"] = str(most)
                headers["RateLimit-Remaining"] = str(max(0, left.remaining))
                headers["RateLimit-Reset"] = str(reset)
            await send(message)

        if allowed:
            await self._app(scope, receive, told)
            return
        why = f"more than {most} requests in a minute: wait {reset} seconds"
        slow = Problem(429, why, kind="too_many", headers={"Retry-After": str(reset)})
        await slow.response()(scope, receive, told)


async def _caller(request: Request, context: Context) -> tuple[str, str, int]:
    try:
        who = await recognised(request, context)
    except Problem:  # wrong credentials are nobody's
        who = None
    if who is not None:
        return "caller", f"{who.tenant.id}/{who.id}", context.settings.requests_per_minute
    address = request.client.host if request.client else ""
    if request.url.path.startswith(
        "/codec/"
    ):  # a page of the Temporal UI asks forty times; the key is too long to be guessed
        return "codec", address, context.settings.requests_per_minute
    return "address", address, context.settings.guest_requests_per_minute

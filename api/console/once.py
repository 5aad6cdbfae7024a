"""A form that is told a secret, sent twice: a browser shows the last answer alone, so that must be the one with the secret."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from activities.failures import Failure
from api.console.frame import HEADERS
from api.console.route import ConsoleRoute
from api.console.visitor import PRESS, press_of
from api.deps import Context, recognised
from api.idempotency import HOLD
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.principals import Principal

Answer = Callable[[Request], Awaitable[Response]]
_LOOKS, _PAUSE = 50, 0.2  # how often, and how many seconds apart, a second press looks for the answer to the first


class ToldOnceRoute(ConsoleRoute):
    """For a router whose forms are answered with a page, not a redirect: one press is carried out once, and its page kept for a day.

    It is sealed, as the answer to a request with an `Idempotency-Key` is. What tells nothing (a redirect, a fault) is not kept.
    """

    def handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().handler()

        async def once(request: Request) -> Response:
            form = await request.form() if request.method == "POST" else FormData()
            context: Context = request.app.state.context
            who = await recognised(request, context) if form.get(PRESS) else None
            return await (_once(request, context, who, answer) if who else answer(request))

        return once


async def _once(request: Request, context: Context, who: Principal, answer: Answer) -> Response:
    """Raises Problem, 409: the first press is still being carried out."""
    name = await press_of(request, who)
    for _ in range(_LOOKS):
        _, page, ours = await context.store.begin_request(who.tenant.id, name, name, datetime.now(UTC), hold=HOLD)
        if page:
            return HTMLResponse(page, headers=HEADERS)
        if ours:
            return await _first(request, context, who, name, answer)
        await asyncio.sleep(_PAUSE)
    raise Problem(409, ApiWhy.IN_PROGRESS(), kind="in_progress")


async def _first(request: Request, context: Context, who: Principal, name: str, answer: Answer) -> Response:
    kept = ""
    try:
        response = await answer(request)
        if response.status_code == 200:
            kept = bytes(response.body).decode()
        return response
    finally:
        with suppress(Failure):  # what was done stands, whether this can be noted or not
            await context.store.answer_request(who.tenant.id, name, kept, datetime.now(UTC))

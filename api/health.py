"""Whether we live, and whether we can work."""

import asyncio
from collections.abc import Awaitable

from fastapi import APIRouter, Response
from pydantic import Field

from activities.failures import Failure
from api.access import public
from api.deps import Ctx
from api.views import View

router = APIRouter(tags=["health"], dependencies=[public("whoever watches us has no key; the answer names no tenant")])

PATIENCE = 3.0  # seconds for each part


class Health(View):
    """The process answers."""

    status: str = Field(default="ok", examples=["ok"])


class Readiness(View):
    """Each part we need: `ok` or `down`."""

    sql: str = Field(examples=["ok"])
    temporal: str = Field(examples=["ok"])


@router.get("/health", summary="Alive")
async def health() -> Health:
    """Says nothing about the parts behind us: restart the process only when this fails."""
    return Health()


@router.get("/ready", summary="Able to work", responses={503: {"model": Readiness, "description": "a part is down"}})
async def ready(context: Ctx, response: Response) -> Readiness:
    """Looks at SQL and Temporal. Webhooks are taken as long as SQL is up; commands need both."""
    sql, temporal = await asyncio.gather(_up(_pinged(context)), _up(context.door.ready()))
    if not (sql and temporal):
        response.status_code = 503
    return Readiness(sql=_word(sql), temporal=_word(temporal))


async def _pinged(context: Ctx) -> bool:
    try:
        await context.store.ping()
    except Failure:
        return False
    return True


async def _up(question: Awaitable[bool]) -> bool:
    try:
        return await asyncio.wait_for(question, PATIENCE)
    except TimeoutError:
        return False


def _word(up: bool) -> str:
    return "ok" if up else "down"

"""Signing in to the console and out of it: the sessions of the API, kept in a cookie that is renewed while the person works.

No refresh token is handed to the browser: several tabs would use it at once, and a second use ends the session. The cookie's token
lasts `PERDURA_CONSOLE_MINUTES` from the last page that was opened; the session is looked up with each request, so that signing out,
a lost role and a disabled account count at once.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr

from api import cookies
from api.access import needs, public
from api.console import places
from api.console.route import ConsoleRoute
from api.console.sign_in_page import BUSINESS, REMEMBERED, SIGN_IN, ours, sign_in_page
from api.console.visitor import Visiting
from api.deps import Ctx
from api.problems import Problem
from api.sessions import admitted, opened
from models.access.permissions import Permission
from models.access.sessions import Ended

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)
_NOTHING = SecretStr("")
_CREDENTIALS = public("the password is the authorisation")


@router.get(SIGN_IN, dependencies=[_CREDENTIALS])
async def form(request: Request, context: Ctx) -> Response:
    """The form."""
    return await sign_in_page(request, context)


@router.post(SIGN_IN, dependencies=[_CREDENTIALS])
async def sign_in(
    request: Request,
    context: Ctx,
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[SecretStr, Form(max_length=1000)] = _NOTHING,
    business: Annotated[str, Form(max_length=64)] = "",
    onward: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """As `POST /v1/sessions`, with its limits; then on to the page that was asked for."""
    wanted = business.strip() or await context.store.sole_business()
    try:
        cookies.insist_on_own_page(request, context.settings)
        user = await admitted(context, request, wanted, email, password)
    except Problem as problem:
        return await sign_in_page(
            request,
            context,
            status=problem.status_code,
            problem=problem,
            business=wanted,
            email=email,
            onward=onward,
        )
    session, _ = await opened(context, user)
    now, settings = datetime.now(UTC), context.settings
    answer = RedirectResponse(ours(onward), 303)
    cookies.put_access(
        answer, settings, *context.tokens.issue(session, now, timedelta(minutes=settings.console_minutes))
    )
    cookies.put_own(answer, settings, BUSINESS, user.tenant, until=now + REMEMBERED, path=places.HOME)
    return answer


@router.post(f"{places.HOME}/sign-out", dependencies=[needs(Permission.ACCOUNT)])
async def sign_out(context: Ctx, visitor: Visiting) -> Response:
    """The session ends at once, in every tab."""
    await context.store.end_session(visitor.tenant.id, visitor.who.session, Ended.LOGGED_OUT, visitor.now)
    answer = RedirectResponse(SIGN_IN, 303)
    cookies.clear(answer, context.settings)
    return answer

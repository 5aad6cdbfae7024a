"""How every page of the console answers: to whom nobody knows with the sign-in form, to what one may not do with a page that says so.

router = APIRouter(prefix="/console/notices", route_class=ConsoleRoute, include_in_schema=False)
"""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from activities.failures import Failure
from activities.ports.processes import CommandRefused, ProcessNotFound
from api import cookies
from api.access import Needs
from api.console.fault_words import fault_said
from api.console.frame import framed
from api.console.sign_in_page import sign_in_page
from api.console.visitor import insist_on_our_form, visitor_of
from api.deps import Context, recognised
from api.problems import Problem, of_error
from models.access.principals import Principal
from models.people import FieldInvalid

FORESEEN = (
    HTTPException,
    RequestValidationError,
    ValidationError,
    FieldInvalid,
    CommandRefused,
    ProcessNotFound,
    Failure,
)
_SAFE = frozenset({"GET", "HEAD"})


class ConsoleRoute(APIRoute):
    """For a router of pages of people who signed in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = self.handler()
        guarded = any(isinstance(each.dependency, Needs) for each in self.dependencies)

        async def shown(request: Request) -> Response:
            context: Context = request.app.state.context
            who = await _known(request, context) if guarded else None
            try:
                if who is not None:
                    await insist_on_our_form(request, context, who)
                response = await answer(request)
            except FORESEEN as error:
                return await refused(request, context, who, of_error(error))
            finally:
                await request.close()  # the files of its form
            if who is not None:
                keep_signed_in(request, context, response)
            return response

        return shown

    def handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers a request whose form is known to be ours."""
        return super().get_route_handler()


async def refused(request: Request, context: Context, who: Principal | None, problem: Problem) -> Response:
    """What is wrong, as a page; the sign-in form where nobody is known. A part of a page gets the bare problem: it stays as it was."""
    if request.headers.get("hx-request"):
        return problem.response()
    if problem.status_code == 401:
        return await sign_in_page(request, context, status=401)
    if who is None:
        return await sign_in_page(request, context, status=problem.status_code, problem=problem)
    try:
        visitor = await visitor_of(request, context, who)
    except Failure:
        return await sign_in_page(request, context, status=503, problem=problem)
    titles = {
        403: visitor.say("No puedes hacer esto", "You may not do this"),
        404: visitor.say("No encontramos esta página", "We cannot find this page"),
        409: visitor.say("No se puede ahora", "This cannot be done now"),
        422: visitor.say("Falta corregir algo", "Something must be corrected"),
        503: visitor.say("No hay respuesta ahora", "No answer right now"),
    }
    title = titles.get(problem.status_code, visitor.say("No se pudo", "It could not be done"))
    back = request.headers.get("referer", "") if request.method not in _SAFE else ""
    page = framed(
        visitor,
        "console/refused.html",
        title=title,
        status=problem.status_code,
        problem=problem,
        faults=[
            (each.field, fault_said(each.field.split(".")[-1], each.message, visitor.language))
            for each in problem.errors
        ],
        back=_ours(request, back),
    )
    page.headers.update(problem.headers or {})
    return page


def keep_signed_in(request: Request, context: Context, response: Response) -> None:
    """A new cookie when a quarter of the old one's time has gone. Parts that ask by themselves do not count: nobody may be there."""
    settings = context.settings
    name = cookies.access_name(settings)
    claims = context.tokens.read(request.cookies.get(name, ""))
    taken_back = any(each.startswith(f"{name}=") for each in response.headers.getlist("set-cookie"))
    if claims is None or taken_back or request.headers.get("hx-request"):
        return
    now, lasting = datetime.now(UTC), timedelta(minutes=settings.console_minutes)
    if claims.until - now < lasting * 3 / 4:
        cookies.put_access(response, settings, *context.tokens.renew(claims, now, lasting))


async def _known(request: Request, context: Context) -> Principal | None:
    with suppress(Problem, Failure):  # the route's own permission says what is wrong
        return await recognised(request, context)
    return None


def _ours(request: Request, address: str) -> str:
    """The path of a page of ours; empty for any other address."""
    own = str(request.base_url)
    path = f"/{address.removeprefix(own)}" if address.startswith(own) else ""
    return path if path.startswith("/console") else ""

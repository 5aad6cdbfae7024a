"""Where somebody who was invited chooses their password. The invitation in the address is the authorisation."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api import cookies
from api import people as api
from api.access import public
from api.console import places
from api.console.fault_words import fault_said
from api.console.forms import written
from api.console.frame import bare
from api.console.route import ConsoleRoute
from api.console.sign_in_page import SIGN_IN
from api.console.visitor import language_of
from api.deps import Ctx
from api.problems import Problem
from models.access import passwords
from models.speaking.notices import Language

router = APIRouter(
    prefix=f"{places.HOME}/invitation",
    route_class=ConsoleRoute,
    include_in_schema=False,
    dependencies=[public("the invitation is the authorisation")],
)


@router.get("")
async def form(request: Request, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Two fields, and what a password must be."""
    return _page(request, code)


@router.post("")
async def accept(request: Request, context: Ctx) -> Response:
    """As `POST /v1/invitations/accept`; then on to signing in."""
    given = await written(request)
    code = given.get("code", "")
    try:
        cookies.insist_on_own_page(request, context.settings)
        order = api.Acceptance.model_validate({"invitation": code, "password": given.get("password", "")})
        await api.accept(order, context)
    except Problem as problem:
        return _page(request, code, problem)
    return RedirectResponse(SIGN_IN, 303)


def _page(request: Request, code: str, problem: Problem | None = None) -> Response:
    language = language_of(request)
    return bare(
        "console/invitation.html",
        language,
        title="Choose your password" if language is Language.EN else "Elige tu contraseña",
        status=problem.status_code if problem else 200,
        action=f"{places.HOME}/invitation",
        code=code,
        problem=problem,
        fault_said=fault_said,
        shortest=passwords.SHORTEST,
    )

"""The form with which people sign in. It stands wherever nobody is known, at the address that was asked for, and leads on to it."""

import re
from datetime import timedelta

from fastapi import Request, Response

from activities.failures import Failure
from api.console import places
from api.console.frame import bare, remember
from api.console.visitor import language_of
from api.deps import Context
from api.markup import address
from api.problems import Problem
from models.look.brand import Brand, neutral
from models.speaking.notices import Language

SIGN_IN = f"{places.HOME}/sign-in"
BUSINESS = "perdura_business"  # the cookie that remembers which business was signed in to
REMEMBERED = timedelta(days=365)
_OURS = re.compile(r"/console(?:[/?][^\\\s]*)?")


async def sign_in_page(
    request: Request,
    context: Context,
    *,
    status: int = 200,
    problem: Problem | None = None,
    business: str = "",
    email: str = "",
    onward: str = "",
) -> Response:
    """With what is wrong, where something is; `onward` is the page that signing in leads to."""
    language = language_of(request)
    asked = {name: value for name, value in request.query_params.items() if name not in ("business", "lang")}
    here = address(request.url.path, **asked) if request.method == "GET" else places.HOME
    if _from_elsewhere(request):
        # The cookie is not sent with a link of another site; it is with a step from a page of ours to itself.
        return bare("console/onward.html", language, title="Perdura", status=status, onward=here)
    try:
        sole = await context.store.sole_business()
    except Failure:
        sole = ""
    given = business or request.query_params.get("business", "") or request.cookies.get(BUSINESS, "")
    answer = bare(
        "console/sign_in.html",
        language,
        title="Sign in" if language is Language.EN else "Entrar",
        status=status,
        brand=await _brand(context, sole),
        action=SIGN_IN,
        sole=sole,
        business=given,
        email=email,
        onward=ours(onward or here),
        problem=problem,
        public=context.settings.public_url,
        other=address(SIGN_IN, lang="es" if language is Language.EN else "en"),
    )
    remember(answer, request.url.query, language)
    return answer


def ours(path: str) -> str:
    """A path of the console that signing in may lead to; its first page for any other."""
    fits = _OURS.fullmatch(path) and not path.startswith((SIGN_IN, f"{places.HOME}/sign-out"))
    return path if fits else places.HOME


def _from_elsewhere(request: Request) -> bool:
    return request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site"


async def _brand(context: Context, business: str) -> Brand:
    if not business:
        return neutral("", "Perdura")
    try:
        return await context.store.brand(business)
    except Failure:
        return neutral("", "Perdura")

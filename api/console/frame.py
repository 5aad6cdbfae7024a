"""The console's frame: lays a page out, answers a poll with what has changed, and says what a form came to.

A handler reads what it shows and ends with one of three:

    return framed(visitor, "console/notices.html", title=visitor.say("Avisos", "Notices"), notices=found)
    return fragment(request, visitor, "console/notices_list.html", notices=found)     # what `live` on that page asks for again
    return done(context, "/console/notices", visitor.say("Listo", "Done"))            # after a POST: 303, and the words are shown once

A template extends `console/frame.html` and fills the block `main`. Beside its own facts it may use `visitor`, `say(es, en)`,
`tell` (`api.console.telling`), `hidden()` for the hidden fields of a form, `live(address, template)` and `places`.
"""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from api import cookies
from api.console import places
from api.console.assets import address_of
from api.console.telling import Teller
from api.console.visitor import LANGUAGE, PRESS, SEAL, TOLD, Visitor, told_cookie
from api.deps import Context
from api.markup import markup
from models.speaking.notices import Language

SECONDS = 10  # between two looks of a live part
# No script, style or frame but our own; htmx is told by its meta tag to evaluate nothing and to bring no styles.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "Vary": "Cookie"}
_YEAR = timedelta(days=365)


def framed(visitor: Visitor, template: str, *, title: str, status: int = 200, **facts: Any) -> HTMLResponse:
    """A whole page. `title` is text: it names the page in its heading's place and in the browser's list."""
    language = visitor.language
    here = next((each for each in places.PLACES if each.holds(visitor.path)), None)
    known = _known(visitor) | {
        "title": title,
        "here": here,
        "places": [
            (group, [each for each in places.PLACES if each.group is group and visitor.may(each.permission)])
            for group in places.Group
        ],
        "other": f"{visitor.path}?{urlencode({**dict(parse_qsl(visitor.query)), 'lang': 'es' if visitor.english else 'en'})}",
    }
    answer = HTMLResponse(_filled(template, visitor, known | facts), status, HEADERS)
    remember(answer, visitor.query, language)
    if visitor.told:
        answer.delete_cookie(TOLD, path=places.HOME)
    return answer


def fragment(request: Request, visitor: Visitor, template: str, **facts: Any) -> Response:
    """A part of a page, for whoever polls it: 304 without a body when it is as it was."""
    body = _filled(template, visitor, _known(visitor) | facts)
    headers = HEADERS | {"ETag": _etag(body), "Cache-Control": "no-cache, private"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return HTMLResponse(body, headers=headers)


def done(context: Context, path: str, words: str) -> RedirectResponse:
    """Back to a page after a form, which says once what came of it."""
    answer = RedirectResponse(path, 303)
    until = datetime.now(UTC) + timedelta(minutes=1)
    cookies.put_own(answer, context.settings, TOLD, told_cookie(context, words), until=until, path=places.HOME)
    return answer


def remember(answer: Response, query: str, language: Language) -> None:
    """The language that an address asked for, for a year: no secret, and of no session."""
    if "lang" in dict(parse_qsl(query)):
        answer.set_cookie(LANGUAGE, language, max_age=int(_YEAR.total_seconds()), path=places.HOME, samesite="lax")


def bare(template: str, language: Language, *, title: str, status: int, **facts: Any) -> HTMLResponse:
    """A page for whom nobody knows yet: to sign in, or that something went wrong before."""
    body = markup(template, language, title=title, asset=address_of, **facts)
    return HTMLResponse(body, status, HEADERS)


def _known(visitor: Visitor) -> dict[str, Any]:
    return {
        "visitor": visitor,
        "tell": Teller(visitor.language, visitor.calendar, visitor.now),
        "hidden": lambda key="": _hidden(visitor, key),
        "asset": address_of,
        "to": places,
    }


def _filled(template: str, visitor: Visitor, facts: dict[str, Any]) -> str:
    def live(address: str, part: str, seconds: int = SECONDS) -> Markup:
        """A part of this page that looks for news by itself, from an address that answers with `fragment` of the same part."""
        body = markup(part, visitor.language, **facts)
        return Markup(
            f'<div class="live" hx-get="{escape(address)}" hx-trigger="every {seconds}s" hx-swap="innerHTML" '
            f'data-etag="{escape(_etag(body))}">{body}</div>'
        )

    facts["live"] = live
    return markup(template, visitor.language, **facts)


def _hidden(visitor: Visitor, key: str) -> Markup:
    """For a form. In a live part `key` says what is done to what, so that the part is the same as long as nothing changed."""
    return Markup('<input type="hidden" name="{}" value="{}"><input type="hidden" name="{}" value="{}">').format(
        SEAL, visitor.seal, PRESS, key or secrets.token_urlsafe(12)
    )


def _etag(body: str) -> str:
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:24]}"'

"""Who looks at the console: the signed-in person, their language, and the clock of their business."""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

from api import cookies
from api.deps import By, Context, Ctx, Who
from api.markup import spoken
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.permissions import Permission
from models.access.principals import Principal
from models.look.brand import Brand
from models.periods import Calendar
from models.records import Tenant
from models.speaking.notices import Language

LANGUAGE = "perdura_language"  # the cookie that remembers the choice
TOLD = "perdura_told"  # the cookie that carries what a form came to, to the page that follows
SEAL, PRESS = "csrf", "press"  # the hidden fields of every form
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person at the screen. `seal` proves that a form is of this session; `told` is what the last form came to, to be shown once.

    `press` names the press of the form that was sent.
    """

    who: Principal
    language: Language
    calendar: Calendar
    brand: Brand
    now: datetime
    path: str
    query: str = ""
    seal: str = ""
    told: str = ""
    press: str = ""

    @property
    def tenant(self) -> Tenant:
        """The one business whose data they may see."""
        return self.who.tenant

    @property
    def english(self) -> bool:
        return self.language is Language.EN

    def may(self, permission: Permission | str) -> bool:
        """What they may not do is not offered. The route refuses it all the same."""
        return self.who.may(Permission(permission))

    def say(self, spanish: str, english: str) -> str:
        return english if self.english else spanish

    def by(self) -> By:
        """In whose name a form's order is given. Pressed twice, it is one order."""
        return By(self.who, self.press)


async def visitor_of(request: Request, context: Context, who: Principal) -> Visitor:
    """For a request of theirs."""
    return Visitor(
        who=who,
        language=language_of(request),
        calendar=context.calendar(who.tenant),
        brand=await context.store.brand(who.tenant.id),
        now=datetime.now(UTC),
        path=request.url.path,
        query=request.url.query,
        seal=seal_of(context, who),
        told=_told(request, context),
    )


async def _visiting(request: Request, context: Ctx, who: Who) -> Visitor:
    return replace(await visitor_of(request, context, who), press=await press_of(request, who))


# Who looks: the first parameter of a console page's handler.
Visiting = Annotated[Visitor, Depends(_visiting)]


async def press_of(request: Request, who: Principal) -> str:
    """What one press of a form is known by; empty where none was sent. Pressed twice it is the same.

    What was written, and where to, is part of it: somebody who goes back and corrects it, or chooses another button, sends another order.
    """
    form = await request.form() if request.method == "POST" else FormData()
    if not form.get(PRESS):
        return ""
    written = (f"{name}={value}" for name, value in form.multi_items() if name != SEAL)
    said = "\0".join((who.id, request.url.path, *written))
    return hashlib.sha256(said.encode(errors="replace")).hexdigest()[:40]


def language_of(request: Request) -> Language:
    """What the address asks for (`?lang=en`), else what was chosen before, else Spanish."""
    return spoken(request.query_params.get("lang", ""), spoken(request.cookies.get(LANGUAGE, "")))


def seal_of(context: Context, who: Principal) -> str:
    """What every form of this session carries; nobody else can know it."""
    return context.tokens.blind(*_form(who))


def _form(who: Principal) -> tuple[str, ...]:
    return "console form", who.tenant.id, who.session or who.id


async def insist_on_our_form(request: Request, context: Context, who: Principal) -> None:
    """Raises a Problem, 403, where a change is asked for by cookie and not by a form (or a script) of a page of this session.

    Beside the `Origin` and the cookie's SameSite, which `api.cookies` asks for, since each of them is only as good as the browser.
    """
    if request.method in _SAFE or not request.cookies.get(cookies.access_name(context.settings)):
        return
    if request.headers.get("authorization"):
        return  # no browser adds it by itself
    given = request.headers.get("X-Perdura-Seal") or str((await request.form()).get(SEAL, ""))
    if not context.tokens.blinded(given, *_form(who)):
        raise Problem(403, ApiWhy.FOREIGN_FORM(), kind="foreign_form")


def told_cookie(context: Context, words: str) -> str:
    """The words as a cookie carries them: sealed, so that nobody else can put words into our mouth."""
    text = base64.urlsafe_b64encode(words.encode()).decode()
    return f"{text}.{context.tokens.blind('console words', text)}"


def _told(request: Request, context: Context) -> str:
    text, _, seal = request.cookies.get(TOLD, "").partition(".")
    if not text or not context.tokens.blinded(seal, "console words", text):
        return ""
    return base64.urlsafe_b64decode(text).decode()

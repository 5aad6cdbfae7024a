"""A customer asks for a person on their account's page: it comes into their ticket, and opens one where there is none."""

import re
import secrets
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from activities.hearing import Hearing, Said
from api.deps import Ctx
from api.markup import address, spoken
from api.pages.account import BY_TOKEN, account, whose
from api.pages.account_changes import from_our_page
from api.pages.account_page import drawn
from api.pages.page_routes import PAGES, PageRoute
from api.pricing import Lang
from api.ticket_views import LONGEST
from models.speaking.notices import Language
from models.speaking.replies import Meaning
from models.tickets.topics import topic_of

router = APIRouter(
    prefix="/cuenta/{token}", tags=["pages"], route_class=PageRoute, dependencies=[BY_TOKEN, Depends(from_our_page)]
)
_NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
_CONTROL = re.compile(r"[^\S\n]|[\x00-\x09\x0b-\x1f\x7f]")


@router.post(
    "/ayuda",
    summary="Ask for a person",
    response_class=HTMLResponse,
    responses=PAGES | {303: {"description": "back to the account, which says that it has arrived"}},
)
async def ask(
    token: str,
    context: Ctx,
    text: Annotated[str, Form(max_length=4 * LONGEST)] = "",
    nonce: Annotated[str, Form(max_length=64)] = "",
    lang: Lang = "",
) -> Response:
    """What they write is sealed in the record; sent twice by the same form it is one word."""
    found = await whose(context, token, spoken(lang))
    written = _CONTROL.sub(" ", text.replace("\r\n", "\n")).strip()
    if not written or len(written) > LONGEST:
        known = await account(context, found, token, lang)
        return drawn(known, status=422, asked=text[:LONGEST], unasked=True)
    now = datetime.now(UTC)
    hearing = Hearing(context.store, context.door, day_seconds=context.settings.day_seconds)
    said = Said(
        tenant=found.record.tenant,
        customer=found.customer.id,
        subscription=found.record.id,
        id=f"te_{nonce if _NONCE.fullmatch(nonce) else secrets.token_urlsafe(12)}",
        text=written,
        at=now,
        topic=topic_of(Meaning.OTHER, written),
    )
    await hearing.heard(said, now)
    tongue = "en" if spoken(lang, found.customer.language) is Language.EN else ""
    return RedirectResponse(address(f"/cuenta/{token}", lang=tongue, done="help"), 303)

"""What a business and its customers agree on: the pages everybody may read, and publishing a text."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field, field_validator

from activities.failures import Missing
from activities.publishing import publish_text
from api.access import needs, public
from api.deps import Caller, Context, Ctx, Orderer
from api.layout import Frame, laid_out
from api.markup import address, markup, spoken, switched
from api.pages.page_routes import PAGES, PageRoute
from api.pages.prose import prose
from api.pricing import Lang, shopfront
from api.problems import answers
from api.views import Body, View
from models.access.permissions import Permission
from models.agreements import legal
from models.agreements.legal import LONGEST, LegalKind, LegalText
from models.speaking.notices import Language
from models.words import Words

router = APIRouter(prefix="/v1/legal", tags=["brand"])
pages = APIRouter(tags=["pages"], route_class=PageRoute, dependencies=[public("legal texts are there to be read")])

_KEPT = "public, max-age=60"
_SHOWN = PAGES | {303: {"description": "on to the business's own page of it, at `Location`"}}


@pages.get("/legal/{tenant}/{text}", summary="A legal text", response_class=HTMLResponse, responses=_SHOWN)
async def show(
    tenant: str,
    text: str,
    context: Ctx,
    version: Annotated[
        int | None, Query(ge=1, le=1_000_000, description="an earlier one; left out: the newest")
    ] = None,
    lang: Lang = "",
) -> Response:
    """`terminos`, `privacidad`, `sla` or `dpa`, with its version and day. Where the business has it elsewhere, on to there."""
    brand, language, kind = await shopfront(context, tenant), spoken(lang), legal.by_path(text)
    if kind is None:
        raise Missing("there is no such text")
    found = await context.store.legal_text(tenant, kind, version)
    where = brand.text_address(kind, language)
    if where.startswith("https://") and version is None:
        return RedirectResponse(where, 303)
    if found is None:
        raise Missing("it is not published")
    calendar = context.calendar(await context.store.tenant(tenant))
    english = language is Language.EN
    title, path = kind.named(language), f"/legal/{tenant}/{text}"
    written = found.words.in_(language)
    body = markup(
        "legal.html",
        language,
        title=title,
        version=found.version,
        day=calendar.show_day(found.published_at, english=english),
        text=prose(written),
        tongue=Language.ES if written == found.words.es else Language.EN,
        earlier=address(path, version=str(found.version - 1), lang="en" if english else "")
        if found.version > 1
        else "",
        newest="" if version is None else address(path, lang="en" if english else ""),
    )
    frame = Frame(
        other=switched(path, language, version=str(version or "")),
        home=address(f"/planes/{tenant}", lang="en" if english else ""),
        listed=version is None,
    )
    answer = laid_out(brand, title=title, body=body, language=language, frame=frame)
    answer.headers["Cache-Control"] = _KEPT
    return answer


class TextOrder(Body):
    """A text to be published."""

    text: str = Field(
        max_length=LONGEST + 1,
        description="Spanish; paragraphs, or Markdown",
        examples=["## 1. Quiénes somos\n\nAcuario …"],
    )
    english: str = Field(default="", max_length=LONGEST + 1, description="left out: the Spanish serves for both")
    actor: str = Field(
        default="", max_length=100, description="with an API key: whom it speaks for. A person leaves it out"
    )
    reason: str = Field(default="", max_length=500, description="kept in the audit")

    @field_validator("*", mode="before")
    @classmethod
    def _printable(cls, value: Any) -> Any:
        return value  # a text has lines; `models.agreements.legal.checked` says what else it may not have


class TextView(View):
    """A published text."""

    kind: LegalKind
    version: int = Field(examples=[2])
    published_at: datetime
    text: str
    english: str
    url: str
    """Where customers read it."""

    @classmethod
    def of(cls, text: LegalText, context: Context) -> "TextView":
        url = f"{context.settings.public_url.rstrip('/')}/legal/{text.tenant}/{text.kind.path}"
        return cls(
            kind=text.kind,
            version=text.version,
            published_at=text.published_at,
            text=text.words.es,
            english=text.words.en,
            url=url,
        )


@router.get("", summary="Legal texts", dependencies=[needs(Permission.READ)], responses=answers(503))
async def texts(context: Ctx, tenant: Caller) -> list[TextView]:
    """The newest version of each that was published here."""
    return [TextView.of(text, context) for text in await context.store.legal_texts(tenant.id)]


@router.put(
    "/{kind}", summary="Publish a legal text", dependencies=[needs(Permission.BRAND)], responses=answers(422, 503)
)
async def publish(kind: LegalKind, order: TextOrder, context: Ctx, by: Orderer) -> TextView:
    """As a new version, for whoever reads or accepts it from now on. The words of the newest version again change nothing."""
    tenant = by.who.tenant
    actor, reason = by.sign(order.actor, order.reason)
    words = Words(legal.checked(order.text), legal.checked(order.english, "english", needed=False))
    now = datetime.now(UTC)
    text = await publish_text(context.store, tenant.id, kind, words, at=now, actor=actor, reason=reason)
    return TextView.of(text, context)

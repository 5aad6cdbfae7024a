"""Every message to customers: the list, and one as it was sent, with what became of it."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse

from activities.ports.clinic import Cursor
from api.access import needs
from api.console import case_words, places
from api.console.frame import fragment, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.markup import address
from api.problems import Problem
from api.subscriptions import read_cursor, written_cursor
from models.access.permissions import Permission
from models.records import Delivery, NoticeRecord
from models.speaking.notices import Channel, NoticeKind
from models.watching.overview import NoticeFilter

HERE = f"{places.HOME}/notices"
router = APIRouter(
    prefix=HERE, route_class=ConsoleRoute, include_in_schema=False, dependencies=[needs(Permission.READ)]
)
PAGE = 50
_IDS = r"[\x20-\x7e]{1,200}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for. A select whose first line means "any" sends it as nothing."""

    channel: Annotated[Channel | str, Query(max_length=20)] = ""
    delivery: Annotated[Delivery | str, Query(max_length=20)] = ""
    kind: Annotated[NoticeKind | str, Query(max_length=40)] = ""
    cursor: Annotated[str, Query(max_length=300, description="where the page before ended")] = ""


Asking = Annotated[Asked, Depends()]


@router.get("")
async def notices(context: Ctx, visitor: Visiting, asked: Asking) -> HTMLResponse:
    """The newest first, narrowed by how they went, what became of them and what they are about."""
    facts = await _listed(context, visitor, asked)
    title = visitor.say("Mensajes", "Messages")
    return framed(visitor, "console/notices.html", title=title, **facts)


@router.get("/list")
async def listed(request: Request, context: Ctx, visitor: Visiting, asked: Asking) -> Response:
    """The list alone."""
    facts = await _listed(context, visitor, asked)
    return fragment(request, visitor, "console/notices_list.html", **facts)


@router.get("/{channel}/{key:path}")
async def notice(channel: str, key: str, context: Ctx, visitor: Visiting) -> HTMLResponse:
    """One of them, word for word; and the others that said the same on another channel."""
    known = await _of_key(context, visitor, key)
    shown = next((each for each in known if each.channel.value == channel), None)
    if shown is None:
        raise Problem(404, "there is no such message", kind="missing")
    names = await context.store.names(visitor.tenant.id, [shown.subscription])
    return framed(
        visitor,
        "console/notice.html",
        title=case_words.notice_said(shown.kind, visitor.language),
        notice=shown,
        others=[each for each in known if each is not shown],
        name=names.get(shown.subscription, ""),
        words=case_words,
    )


async def _of_key(context: Context, visitor: Visitor, key: str) -> list[NoticeRecord]:
    found = [await context.store.notice(visitor.tenant.id, key, each) for each in Channel]
    return [each for each in found if each is not None]


async def _listed(context: Context, visitor: Visitor, asked: Asked) -> dict[str, Any]:
    wanted = NoticeFilter(
        Channel(asked.channel) if asked.channel in set(Channel) else None,
        Delivery(asked.delivery) if asked.delivery in set(Delivery) else None,
        NoticeKind(asked.kind) if asked.kind in set(NoticeKind) else None,
    )
    after = read_cursor(asked.cursor, _IDS) if asked.cursor else None
    found = await context.store.notice_page(visitor.tenant.id, wanted, after=after, limit=PAGE + 1)
    shown, query = found[:PAGE], {name: str(getattr(asked, name)) for name in ("channel", "delivery", "kind")}
    last = Cursor(shown[-1].requested_at, f"{shown[-1].key}/{shown[-1].channel}") if shown else None
    more = written_cursor(last) if last and len(found) > PAGE else ""
    return {
        "notices": shown,
        "names": await context.store.names(visitor.tenant.id, {each.subscription for each in shown}),
        "wanted": wanted,
        "words": case_words,
        "more": address(HERE, **query, cursor=more) if more else "",
        "first": address(HERE, **query) if asked.cursor else "",
        "poll": address(f"{HERE}/list", **query, cursor=asked.cursor),
        "channels": list(Channel),
        "deliveries": list(Delivery),
        "kinds": sorted(NoticeKind, key=lambda each: case_words.notice_said(each, visitor.language)),
    }

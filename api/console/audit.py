"""The audit: who did what, why, and what changed by it; and whether the chain of its lines is as it was written."""

import json
from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.access import needs
from api.console import case_words, places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.markup import address
from models.access.permissions import Permission
from models.periods import written_day
from models.watching.overview import AuditFilter, AuditLine

HERE = f"{places.HOME}/audit"
router = APIRouter(
    prefix=HERE, route_class=ConsoleRoute, include_in_schema=False, dependencies=[needs(Permission.READ)]
)
PAGE = 50
Text = Annotated[str, Query(max_length=100)]


@router.get("")
async def audit(
    context: Ctx,
    visitor: Visiting,
    who: Text = "",
    what: Text = "",
    about: Text = "",
    since: Text = "",
    until: Text = "",
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    verify: bool = False,
) -> HTMLResponse:
    """The newest line first."""
    tenant = visitor.tenant.id
    people = {each.id: each.email for each in await context.store.users(tenant)}
    query = {"who": who.strip(), "what": what.strip(), "about": about.strip(), "since": since, "until": until}
    wrong = {
        name: _no_day(visitor) for name in ("since", "until") if query[name] and _day(visitor, query[name]) is None
    }
    wanted = AuditFilter(
        actor=next((key for key, email in people.items() if email == query["who"]), query["who"]),
        action=query["what"],
        subscription=query["about"],
        since=_day(visitor, since),
        until=_day(visitor, until, days=1),
    )
    lines = await context.store.audit_page(tenant, wanted, before=before, limit=PAGE + 1)
    shown = lines[:PAGE]
    return framed(
        visitor,
        "console/audit.html",
        title=visitor.say("Auditoría", "Audit"),
        status=422 if wrong else 200,
        lines=[(line, _changes(line)) for line in shown],
        people=people,
        query=query,
        wrong=wrong,
        words=case_words,
        more=address(HERE, **query, before=str(shown[-1].seq)) if len(lines) > PAGE else "",
        first=address(HERE, **query) if before else "",
        chain=await _chain(context, visitor) if verify else None,
    )


async def _chain(context: Context, visitor: Visitor) -> dict[str, Any]:
    """Read from end to end: the first line that is not as it was written, and how many there are."""
    broken = await context.store.verify_chain(visitor.tenant.id)
    head = await context.store.chain_head(visitor.tenant.id)
    return {"broken": broken, "length": head.seq}


def _changes(line: AuditLine) -> list[tuple[str, str, str]]:
    """Which field was what, and what it is after it."""
    before, after = (_told(text) for text in (line.entry.before, line.entry.after))
    return [(name, _text(before.get(name)), _text(after.get(name))) for name in {**before, **after}]


def _told(text: str) -> dict[str, Any]:
    told = json.loads(text) if text else {}
    return told if isinstance(told, dict) else {"": told}


def _text(value: Any) -> str:
    return "–" if value is None or value == "" else value if isinstance(value, str) else json.dumps(value)


def _day(visitor: Visitor, text: str, *, days: int = 0) -> datetime | None:
    """When a day begins on the business's clock, so many days later; None where it is none."""
    try:
        day = written_day(text)
    except ValueError:
        return None
    zone = visitor.calendar.local(visitor.now).tzinfo
    return datetime.combine(day + timedelta(days=days), time(), zone).astimezone(visitor.now.tzinfo)


def _no_day(visitor: Visitor) -> str:
    return visitor.say("Escríbelo como 2026-11-21.", "Write it like 2026-11-21.")

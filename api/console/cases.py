"""The cases: all that are open, those that wait for a person first; and one of them, with its ladder drawn and all that was done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup

from activities.ports.processes import ProcessesUnavailable
from activities.ports.register import Subscriber
from api.access import needs
from api.console import case_words, places
from api.console.case_offers import offered
from api.console.frame import fragment, framed
from api.console.offers import Offer
from api.console.route import ConsoleRoute
from api.console.telling import Teller
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.markup import address
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.permissions import Permission
from models.collecting.cases import Case, HoldKind, Stage
from models.collecting.decline_words import plainly
from models.collecting.ladder_picture import drawn
from models.collecting.open_cases import CaseWish
from models.collecting.rungs import Rung, about, rungs
from models.collecting.rungs import attempts as tried
from models.collecting.running_cases import RunningCase, rebuilt
from models.policies.policy import Action
from models.policies.running_policies import RunningPolicies
from models.records import AuditEntry, CaseRecord
from models.subscribing.invoices import ChargeOutcome

router = APIRouter(prefix=f"{places.HOME}/cases", route_class=ConsoleRoute, include_in_schema=False)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Found:
    """One case: its row, whose it is, and as its process remembers it. `guessed`: put together from the row, for nobody answered."""

    record: CaseRecord
    subscriber: Subscriber
    case: Case | None
    guessed: bool = False


@router.get("", dependencies=[needs(Permission.READ)])
async def cases(
    context: Ctx,
    visitor: Visiting,
    stage: Annotated[str, Query(max_length=20)] = "",
    least: Annotated[str, Query(max_length=12, description="pesos")] = "",
    next_step: Annotated[str, Query(alias="next", max_length=20)] = "",
    waiting: Annotated[str, Query(max_length=4)] = "",
    page: Annotated[int, Query(ge=1, le=1_000)] = 1,
) -> Response:
    """What cannot be narrowed by is passed over: the list then is whole."""
    tell = Teller(visitor.language, visitor.calendar, visitor.now)
    pesos = least.strip().replace(",", "").partition(".")[0]
    wish = CaseWish(
        stage=Stage(stage) if stage in set(Stage) else None,
        least=int(pesos) * 100 if pesos.isascii() and pesos.isdigit() else 0,
        next=Action(next_step) if next_step in set(Action) else None,
        waiting=bool(waiting),
    )
    listed = await context.store.cases_to_see(visitor.tenant.id, wish, skip=(page - 1) * PAGE, limit=PAGE + 1)
    return framed(
        visitor,
        "console/cases.html",
        title=visitor.say("Casos de cobranza", "Collection cases"),
        listed=listed[:PAGE],
        more=len(listed) > PAGE,
        page=page,
        wish=wish,
        pesos=pesos if wish.least else "",
        stages=[(each, tell.word(each)) for each in Stage if each is not Stage.CLOSED],
        steps=[(each, case_words.ACTIONS[each].in_(visitor.language)) for each in Action],
        hold=HoldKind,
        link=lambda number: address(visitor.path, **{**dict(parse_qsl(visitor.query)), "page": str(number)}),
        words=case_words,
        plainly=plainly,
    )


@router.get("/{invoice}", dependencies=[needs(Permission.READ)])
async def one(invoice: str, context: Ctx, visitor: Visiting) -> Response:
    """All that is known of a case."""
    found = await case_found(context, visitor, invoice)
    store, tenant, record = context.store, visitor.tenant.id, found.record
    story = about(await store.audit_trail(tenant, record.subscription), invoice)
    notices = await store.notices(tenant, record.subscription)
    replies = await store.replies(tenant, settled=True, customer=found.subscriber.customer.id)
    ui = context.settings.temporal_ui_url.rstrip("/")
    return framed(
        visitor,
        "console/case.html",
        title=found.subscriber.customer.name or found.subscriber.customer.reference,
        **_standing(visitor, found, story),
        attempts=tried(story),
        charged=_charged,
        notices=[notice for notice in notices if notice.key.partition("/")[0] == invoice],
        replies=[reply for reply in replies if reply.received_at >= record.opened_at],
        story=story[::-1],
        offers=_may(visitor, await _offers(context, visitor, found)),
        temporal=f"{ui}/{context.door.page_of_case(tenant, invoice)}" if ui else "",
    )


@router.get("/{invoice}/ladder", dependencies=[needs(Permission.READ)])
async def ladder(invoice: str, request: Request, context: Ctx, visitor: Visiting) -> Response:
    """Where it stands, for the page that looks for news."""
    found = await case_found(context, visitor, invoice)
    story = about(await context.store.audit_trail(visitor.tenant.id, found.record.subscription), invoice)
    return fragment(request, visitor, "console/case_ladder.html", **_standing(visitor, found, story))


async def case_found(context: Context, visitor: Visitor, invoice: str) -> Found:
    """The case of an invoice of theirs. Raises Problem, 404."""
    store, tenant = context.store, visitor.tenant.id
    record = await store.case_of(tenant, invoice)
    subscriber = await store.subscriber(tenant, record.subscription) if record else None
    if record is None or subscriber is None:
        raise Problem(404, f"there is no case of an invoice '{invoice}'", kind="missing")
    try:
        case = await context.door.case_state(tenant, invoice)
    except ProcessesUnavailable:
        case = None
    if case is not None:
        return Found(record, subscriber, case)
    running = RunningCase(record, subscriber.customer.reference, subscriber.record.plan)
    policy = await RunningPolicies(store, tenant).policy(record.policy)
    return Found(record, subscriber, rebuilt(running, policy, visitor.calendar, visitor.now), guessed=True)


async def offer_of(context: Context, visitor: Visitor, found: Found, order: str) -> Offer:
    """The order of this name, which may be given to the case as it stands.

    Raises:
        Problem: 403, not by them; 404, there is none, or not now.
    """
    for offer in await _offers(context, visitor, found):
        if offer.path == order:
            if not visitor.may(offer.permission):
                raise Problem(403, ApiWhy.NEEDS(permission=offer.permission), kind="forbidden")
            return offer
    raise Problem(404, f"the order '{order}' cannot be given to this case as it stands", kind="missing")


async def _offers(context: Context, visitor: Visitor, found: Found) -> Sequence[Offer]:
    if found.case is None or found.guessed or found.case.outcome is not None:
        return ()
    return offered(found.case, await context.store.policies(visitor.tenant.id), visitor.now)


def _may(visitor: Visitor, offers: Sequence[Offer]) -> list[Offer]:
    return [offer for offer in offers if visitor.may(offer.permission)]


def _charged(outcome: str) -> ChargeOutcome | str:
    """What an attempt came to; one that the provider would not hear of is in the story by its words."""
    return ChargeOutcome(outcome) if outcome in set(ChargeOutcome) else outcome


def _standing(visitor: Visitor, found: Found, story: Sequence[AuditEntry]) -> dict[str, Any]:
    steps: Sequence[Rung] = rungs(found.case, story, visitor.now) if found.case else ()
    picture = ""
    if steps:
        svg = drawn(steps, found.record.opened_at, visitor.now, visitor.calendar, english=visitor.english).svg()
        picture = Markup(svg)
    return {
        "found": found,
        "rungs": steps,
        "picture": picture,
        "words": case_words,
        "plainly": plainly,
    }

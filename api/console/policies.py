"""The policies: which there are and who runs by them; one with its ladder drawn, its versions, and what it would do to the open cases."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from markupsafe import Markup

from activities.failures import Missing
from api.access import needs
from api.console import case_words, places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.problems import Problem
from api.refusals import ApiWhy
from models.access.permissions import Permission
from models.collecting.course import What
from models.collecting.ladder_picture import drawn
from models.policies.dry_run import dry_run
from models.policies.policy import Policy
from models.policies.policy_page import PolicyInvalid, parse
from models.policies.presets import preset, preset_page, presets
from models.policies.running_policies import RunningPolicies
from models.policies.sample_case import sample
from models.records import Assignment

router = APIRouter(prefix=f"{places.HOME}/policies", route_class=ConsoleRoute, include_in_schema=False)
MOST_CASES, MOST_LINES = 500, 60
Version = Annotated[int, Path(ge=1, le=10**9)]


@dataclass(frozen=True, slots=True)
class Known:
    """One version of a policy: the business's own, or one that is shipped with the product."""

    name: str
    version: int
    own: bool
    running: int
    plans: tuple[str, ...]  # "" is every plan without one of its own

    @property
    def told(self) -> str:
        return f"{self.name} v{self.version}"


@router.get("", dependencies=[needs(Permission.READ)])
async def policies(context: Ctx, visitor: Visiting) -> Response:
    """The business's own first, then those shipped."""
    title = visitor.say("Políticas de cobranza", "Collection policies")
    return framed(visitor, "console/policies.html", title=title, known=await known_policies(context, visitor))


@router.get("/{name}/{version}", dependencies=[needs(Permission.READ)])
async def one(name: str, version: Version, context: Ctx, visitor: Visiting) -> Response:
    """Its ladder as it would go for somebody who never pays, from today on."""
    page, policy = await read(context, visitor, name, version)
    every = await known_policies(context, visitor)
    this = next((each for each in every if (each.name, each.version) == (name, version)), None)
    facts = walked(policy, visitor, "insufficient_funds")
    return framed(
        visitor,
        "console/policy.html",
        title=f"{policy.name} v{policy.version}",
        policy=policy,
        page=page,
        this=this,
        versions=[each for each in every if each.name == name],
        **facts,
    )


@router.get("/{name}/{version}/dry-run", dependencies=[needs(Permission.ORDER)])
async def tried(
    name: str,
    version: Version,
    context: Ctx,
    visitor: Visiting,
    days: Annotated[int, Query(ge=1, le=90)] = 30,
) -> Response:
    """What it would do to the open cases if they were moved to it now and nobody paid. Nothing is done."""
    _, policy = await read(context, visitor, name, version)
    now, calendar = visitor.now, visitor.calendar
    found = await context.store.running_cases(visitor.tenant.id, now, limit=MOST_CASES)
    every = await context.store.running_count(visitor.tenant.id) if len(found) == MOST_CASES else len(found)
    running = RunningPolicies(context.store, visitor.tenant.id)
    cases = [(each, await running.policy(each.record.policy)) for each in found]
    until = now + calendar.days(days)
    deeds = await asyncio.to_thread(dry_run, cases, [], policy, calendar, now=now, until=until)
    counts = Counter(deed.what for deed in deeds)
    return framed(
        visitor,
        "console/policy_dry_run.html",
        title=visitor.say(f"Ensayo de {policy.name} v{policy.version}", f"Dry run of {policy.name} v{policy.version}"),
        policy=policy,
        days=days,
        deeds=deeds[:MOST_LINES],
        left_out=max(0, len(deeds) - MOST_LINES),
        counts=[(case_words.what_said(what, visitor.language), counts[what]) for what in What if counts[what]],
        cases=len(cases),
        passed_over=max(0, every - len(cases)),
        words=case_words,
    )


async def read(context: Context, visitor: Visitor, name: str, version: int) -> tuple[str, Policy]:
    """A version's page and what it says: the business's own, else the one shipped.

    Raises:
        Problem: 404, there is none; 409, it breaks a rule that came after it was written.
    """
    try:
        page = await context.store.policy_page(visitor.tenant.id, name, version)
    except Missing:
        page = preset_page(name) if name in presets() else ""
    try:
        policy = parse(page) if page else None
    except PolicyInvalid as told:
        raise Problem(409, ApiWhy.RUNS_NO_MORE(told=told), kind="refused") from None
    if policy is None or policy.version != version:
        raise Problem(404, f"there is no policy '{name}' v{version}", kind="missing")
    return page, policy


async def known_policies(context: Context, visitor: Visitor) -> list[Known]:
    """All versions, with who runs by them."""
    store, tenant = context.store, visitor.tenant.id
    running = await store.cases_by_policy(tenant)
    assigned = await store.assignments(tenant)
    own = [(each.name, each.version) for each in await store.policies(tenant)]
    shipped = [(name, preset(name).version) for name in presets()]
    return [
        Known(name, version, is_own, running.get(f"{name} v{version}", 0), _plans(assigned, name, version))
        for is_own, versions in ((True, own), (False, [each for each in shipped if each not in own]))
        for name, version in versions
    ]


def walked(policy: Policy, visitor: Visitor, code: str) -> dict[str, Any]:
    """A policy's ladder from now on for somebody whose card is refused so, each step with its day, and drawn."""
    opened = visitor.now.replace(minute=0, second=0, microsecond=0)
    rungs = sample(policy, visitor.calendar, opened, code=code)
    picture = drawn(rungs, opened, opened + timedelta(), visitor.calendar, english=visitor.english).svg()
    return {"rungs": rungs, "picture": Markup(picture), "words": case_words}


def _plans(assigned: Sequence[Assignment], name: str, version: int) -> tuple[str, ...]:
    return tuple(
        each.plan
        for each in assigned
        if (name, version) in ((each.policy, each.version), (each.rival, each.rival_version))
    )

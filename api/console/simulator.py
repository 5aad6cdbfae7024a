"""The simulator: a ladder walked for somebody whose card is refused, and a virtual year of two policies side by side."""

import asyncio
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Query, Response
from markupsafe import Markup

from api.access import needs
from api.console import places
from api.console.frame import framed
from api.console.policies import known_policies, read, walked
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from models.access.permissions import Permission
from models.analytics.intervals import verdict
from models.collecting.decline_words import plainly
from models.policies.policy import Policy
from models.simulating.comparison import Against
from models.simulating.comparison_picture import BY_AMOUNT, BY_CASES, LOST, chart, percent, span
from models.simulating.population import Population, behaviour, shipped_page
from models.simulating.trial_year import MOST, TrialYear, trial_year

router = APIRouter(prefix=f"{places.HOME}/simulator", route_class=ConsoleRoute, include_in_schema=False)
CODES = ("insufficient_funds", "do_not_honor", "expired_card", "authentication_required")
SECONDS = 1.2  # of reckoning, after which no further block of customers is begun
_one_at_a_time = asyncio.Semaphore(1)
_AS_SHIPPED = "ruthless"


@router.get("", dependencies=[needs(Permission.READ)])
async def simulator(
    context: Ctx,
    visitor: Visiting,
    policy: Annotated[str, Query(max_length=80, description="`ruthless v2`")] = "",
    rival: Annotated[str, Query(max_length=80)] = "",
    code: Annotated[str, Query(max_length=40)] = CODES[0],
    customers: Annotated[int, Query(ge=10, le=MOST)] = 200,
    seed: Annotated[int, Query(ge=0, le=10**9)] = 1,
) -> Response:
    """Nothing here touches a customer. The year is lived off the loop, one at a time, and within a moment."""
    known = await known_policies(context, visitor)
    names = list(dict.fromkeys(each.told for each in known))
    chosen = policy or next((name for name in names if name.startswith(_AS_SHIPPED)), names[0])
    policies = [await _named(context, visitor, name) for name in dict.fromkeys((chosen, rival)) if name]
    code = code if code in CODES else CODES[0]
    asked = "policy" in visitor.query
    year = await _lived(policies, customers, seed) if asked else None
    told = (
        visitor.say(f"{year.lived} clientes virtuales, México", f"{year.lived} virtual customers, Mexico")
        if year
        else ""
    )
    return framed(
        visitor,
        "console/simulator.html",
        title=visitor.say("Simulador", "Simulator"),
        names=[(name, name) for name in names],
        chosen=chosen,
        rival=rival,
        code=code,
        codes=[(each, plainly(each).in_(visitor.language)) for each in CODES],
        customers=customers,
        seed=seed,
        most=MOST,
        walks=[(f"{each.name} v{each.version}", walked(each, visitor, code)) for each in policies],
        year=year,
        picture=Markup(chart(year.figures, told, visitor.language).svg()) if year else "",
        rows=_rows(year, visitor) if year else (),
        verdicts=_verdicts(year.against, visitor) if year and year.against else (),
    )


async def _lived(policies: list[Policy], customers: int, seed: int) -> TrialYear:
    people = Population(behaviour(shipped_page()), customers)
    async with _one_at_a_time:
        until = monotonic() + SECONDS
        return await asyncio.to_thread(trial_year, people, policies, seed, goes_on=lambda: monotonic() < until)


async def _named(context: Context, visitor: Visitor, told: str) -> Policy:
    name, _, version = told.rpartition(" v")
    _, policy = await read(context, visitor, name, int(version) if version.isdecimal() and version.isascii() else 0)
    return policy


def _verdicts(found: Against, visitor: Visitor) -> list[str]:
    """What the second policy does differently, where that can be told from chance."""
    say = visitor.say
    alike = say("sin diferencia que se distinga del azar", "no difference that could be told from chance")
    few = say("muy pocos casos para saber", "too few cases to tell")
    more, less = say("recupera más dinero", "recovers more money"), say("recupera menos dinero", "recovers less money")
    lost = say("pierde más clientes", "loses more customers"), say("pierde menos clientes", "loses fewer customers")
    money = verdict(found.recovery_by_amount, better=more, worse=less, alike=alike, few=few)
    people = verdict(found.involuntary_churn, better=lost[0], worse=lost[1], alike=alike, few=few)
    return [f"{say('Dinero', 'Money')}: {money}", f"{say('Clientes', 'Customers')}: {people}"]


def _rows(year: TrialYear, visitor: Visitor) -> list[tuple[str, list[str]]]:
    """The figures under the picture, in words: what, and each policy's."""
    language, years = visitor.language, year.figures
    shares = (
        (BY_AMOUNT, [each.recovery_by_amount for each in years]),
        (BY_CASES, [each.recovery for each in years]),
        (LOST, [each.involuntary_churn for each in years]),
    )
    rows = [
        (words.in_(language), [f"{percent(each)} ({span(each, language)})" for each in found])
        for words, found in shares
    ]
    rows.append(
        (
            visitor.say("Días para recuperar, mediana", "Days to recover, median"),
            [f"{each.median_days:g}" for each in years],
        )
    )
    rows.append((visitor.say("Mensajes enviados", "Messages sent"), [f"{each.messages:,}" for each in years]))
    cash = [f"${(sum(each.cash) + 50) // 100:,}" for each in years]
    rows.append((visitor.say("Dinero del año", "Cash of the year"), cash))
    return rows

"""Cash to come: from the book there is and from scenarios, with what may be spent and the reserve. The numbers of `perdura cashflow`."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from api.access import needs
from api.cashflow import of_the_book
from api.console import places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting
from api.deps import Ctx
from models import shipped
from models.access.permissions import Permission
from models.forecasting.cashflow import CashMonth, Prudence
from models.forecasting.cashflow_picture import chart
from models.forecasting.scenario import parse
from models.money import Money
from models.words import Words

router = APIRouter(prefix=f"{places.HOME}/cashflow", route_class=ConsoleRoute, include_in_schema=False)

BOOK = "book"
NAMES = {
    BOOK: Words("Tus suscripciones de hoy", "Your subscriptions of today"),
    "conservador": Words("Escenario: 20, 100 y 300 usuarios", "Scenario: 20, 100 and 300 users"),
    "pagos-anuales": Words("Escenario: con pagos anuales", "Scenario: with yearly payments"),
}


@dataclass(frozen=True, slots=True)
class Projection:
    """A projection in one currency, drawn, and month by month with amounts."""

    currency: str
    picture: Markup
    rows: list[tuple[CashMonth, list[Money]]]


@router.get("", dependencies=[needs(Permission.READ)])
async def cashflow(
    context: Ctx,
    visitor: Visiting,
    of: Annotated[str, Query(max_length=40)] = BOOK,
    months: Annotated[int, Query(ge=1, le=36)] = 6,
    spend: Annotated[int, Query(ge=0, le=100)] = 60,
    reserve: Annotated[int, Query(ge=0, le=10**9)] = 20_000,
    churn: Annotated[float, Query(ge=0, le=99)] = 0,
) -> HTMLResponse:
    """The buffer's rule, the reserve and the loss of customers are the reader's where the book is looked at; a scenario brings its own."""
    which = of if of in (BOOK, *shipped.names("scenarios")) else BOOK
    if which == BOOK:
        prudence = Prudence(spend, reserve * 100, Fraction(str(churn)))
        found = await of_the_book(context, visitor.tenant, months=months, prudence=prudence)
    else:
        scenario = parse(shipped.page("scenarios", which) or "")
        found = {scenario.currency: scenario.months(visitor.calendar.local(visitor.now).date(), months)}
    names = {
        name: NAMES[name].in_(visitor.language) if name in NAMES else name
        for name in (BOOK, *shipped.names("scenarios"))
    }
    drawn = [
        Projection(
            currency,
            Markup(chart(told, currency, names[which], visitor.language).svg()),
            [
                (each, [Money(n, currency) for n in (each.collected, each.mrr, each.spent, each.reserve, each.kept)])
                for each in told
            ],
        )
        for currency, told in found.items()
    ]
    return framed(
        visitor,
        "console/cashflow.html",
        title=visitor.say("Flujo de efectivo", "Cash flow"),
        drawn=drawn,
        names=names,
        which=which,
        months=months,
        spend=spend,
        reserve=reserve,
        churn=f"{churn:g}",
        own=which == BOOK,
    )

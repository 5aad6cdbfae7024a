"""How much cash comes in, and how much of it may be spent: from the book there is, or from a scenario."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from commands.drawing import check_ending, save
from commands.terminal import HERE, State, group, run, settings, stop
from models import shipped
from models.forecasting.cashflow import LONGEST, YEAR, CashMonth, Prudence, of_book, projections
from models.forecasting.cashflow_picture import chart
from models.forecasting.scenario import ScenarioInvalid, parse
from models.money import Money
from models.periods import Calendar

app = group("Cash by month, projected.")


@app.command("book")
def book(
    tenant: str,
    months: Annotated[int, typer.Option(min=1, max=LONGEST)] = 6,
    churn: Annotated[float, typer.Option(min=0, max=99, help="per cent of customers lost each month")] = 0.0,
    spend: Annotated[int, typer.Option(min=0, max=100, help="per cent of MRR that may be spent")] = 60,
    reserve: Annotated[int, typer.Option(min=0, help="pesos kept aside first")] = 20_000,
    picture: Annotated[Path | None, typer.Option(help="draw it: a file ending in .html, .svg or .png")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, in centavos")] = False,
    state: State = HERE,
) -> None:
    """What the subscriptions that go on bring in, month by month. Debts and customers to come are not in it."""
    if picture is not None:
        check_ending(picture)

    async def gather() -> dict[str, tuple[CashMonth, ...]]:
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            calendar = Calendar(ready.day_seconds, (await shared.store.tenant(tenant)).zone)
            now = datetime.now(UTC)
            begins = calendar.local(now).date()
            cohorts = of_book(await shared.store.coming_renewals(tenant, now, now + YEAR), begins, calendar)
            prudence = Prudence(spend, reserve * 100, Fraction(str(churn)))
            return projections(cohorts, begins=begins, months=months, prudence=prudence)

    found = run(gather())
    if not found:
        stop(f"{tenant} has no subscription that goes on; perdura cashflow scenario reckons with customers to come")
    for currency, told in found.items():
        _show(told, currency, f"the book of {tenant}", picture, as_json)


@app.command("scenario")
def scenario(
    page: Annotated[str, typer.Argument(help=f"{', '.join(shipped.names('scenarios'))}, or a file of your own")],
    months: Annotated[int, typer.Option(min=1, max=LONGEST)] = 6,
    begins: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m"], help="the first month; left out: this one")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="draw it: a file ending in .html, .svg or .png")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON, in centavos")] = False,
) -> None:
    """What customers to come would bring in. A page says who joins when: perdura cashflow example prints one to begin with."""
    if picture is not None:
        check_ending(picture)
    file = Path(page)
    text = shipped.page("scenarios", page) or (file.read_text(encoding="utf-8") if file.is_file() else None)
    if text is None:
        stop(f"there is no scenario and no file '{page}'; shipped are {', '.join(shipped.names('scenarios'))}")
    try:
        found = parse(text)
    except ScenarioInvalid as told:
        stop(str(told))
    first: date = (begins or datetime.now(UTC)).date()
    _show(found.months(first, months), found.currency, found.name, picture, as_json)


@app.command("example")
def example(name: Annotated[str, typer.Argument(help="which one")] = "pagos-anuales") -> None:
    """Print a scenario that comes with the product."""
    text = shipped.page("scenarios", name)
    if text is None:
        stop(f"there is no scenario '{name}'; use one of {', '.join(shipped.names('scenarios'))}")
    typer.echo(text, nl=False)


def _show(months: Sequence[CashMonth], currency: str, told: str, picture: Path | None, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    if picture is not None:
        save(chart(months, currency, told), picture)
    if as_json:
        rows = [{**asdict(each), "first": each.first.isoformat(), "currency": currency} for each in months]
        typer.echo(json.dumps(rows, indent=2))
        return
    headings = ("Month", "Customers", "Collected", "MRR", "May be spent", "Reserve", "Kept beside it")
    table = Table(*headings, title=f"Cash flow: {told} ({currency})", title_justify="left", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for each in months:
        pesos = [
            f"{Money(n, currency)}".rsplit(" ", 1)[0]
            for n in (each.collected, each.mrr, each.spent, each.reserve, each.kept)
        ]
        table.add_row(f"{each.first:%Y-%m}", f"{each.customers:,}", *pesos)
    Console(width=110).print(table)

"""What trials come to, from the terminal."""

from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.analytics import Since, Until, span
from commands.terminal import HERE, State, run, settings
from models.analytics.funnel import DENOMINATORS, By, Funnel, funnel
from models.analytics.intervals import Interval
from models.periods import Calendar

app = typer.Typer()


@app.command("trials")
def trials(
    tenant: str,
    by: Annotated[By, typer.Option(help="what the funnel is told by")] = By.COHORT,
    since: Since = None,
    until: Until = None,
    state: State = HERE,
) -> None:
    """From trial to card to payment, by the week in which trials began, by plan, or by whether a card was needed."""

    async def gather() -> Funnel:
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            zone = ZoneInfo((await shared.store.tenant(tenant)).zone)
            begins, ends = span(zone, since, until)
            found = await shared.store.trials(tenant, begins, ends)
            calendar = Calendar(ready.day_seconds, str(zone))
            return funnel(found, since=begins, until=ends, by=by, calendar=calendar)

    _print(run(gather()))


def _print(found: Funnel) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(found.by.capitalize(), "Trials", "Running", "Decided", "Card", "Paid", "Paid of card", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for some in (*found.groups, found.total):
        table.add_row(
            some.key,
            str(some.trials),
            str(some.running),
            str(some.decided),
            _told(some.carded, some.card_rate),
            _told(some.paid, some.paid_rate),
            _told(some.paid, some.paid_of_carded),
        )
    console.print(table)
    for line in DENOMINATORS:
        console.print(line, style="dim", highlight=False, soft_wrap=True)


def _told(count: int, rate: Interval) -> str:
    span_ = f"{rate.low * 100:.0f} to {rate.high * 100:.0f}" if rate.sure else "too few to tell"
    return f"{count} = {rate.value * 100:.1f} %\n({span_})"

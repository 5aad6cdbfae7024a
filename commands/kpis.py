"""The figures of the business, from the terminal."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings
from models.kpis.definitions import DEFINITIONS, Kpi
from models.kpis.figures import Figure, figures, shown
from models.kpis.snapshots import Snapshot, missing
from models.periods import Calendar

app = group("The figures of the business, and what each of them counts.")


@app.command("show")
def show(
    tenant: str,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    state: State = HERE,
) -> None:
    """Every figure as it stands now, with what it is of."""

    async def gather() -> Sequence[Figure]:
        from activities.measuring import gathered
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            calendar = Calendar(ready.day_seconds, (await shared.store.tenant(tenant)).zone)
            now = datetime.now(UTC)
            day = calendar.local(now).date()
            facts = await gathered(shared.store, tenant, day=day, now=now, calendar=calendar)
            return figures(facts, day=day, now=now, calendar=calendar)

    _print(run(gather()), as_json)


@app.command("history")
def history(
    tenant: str,
    kpi: Annotated[Kpi, typer.Argument(help="which figure")],
    days: Annotated[int, typer.Option(min=1, max=1_000, help="how many days back")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    state: State = HERE,
) -> None:
    """A figure on each day that was kept, and the days that were not."""

    async def gather() -> tuple[Sequence[Figure], Sequence[Snapshot]]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            zone = Calendar(zone=(await shared.store.tenant(tenant)).zone)
            last = zone.local(datetime.now(UTC)).date()
            first = last - timedelta(days=days)
            told = await shared.store.figures_of(tenant, first, last, of=[kpi])
            return told, await shared.store.snapshots(tenant, first, last)

    told, taken = run(gather())
    _print(told, as_json)
    if lacking := missing(each.day for each in taken):
        typer.echo(f"no snapshot of {_days(lacking)}", err=as_json)


@app.command("definitions")
def definitions() -> None:
    """What each figure counts."""
    for each in DEFINITIONS.values():
        typer.echo(f"{each.kpi}: {each.name.en}")
        typer.echo(f"    {each.numerator.en}\n    of: {each.denominator.en}\n    window: {each.window.en}")


def _print(told: Sequence[Figure], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_row(each) for each in told], indent=2))
        return
    for each in told:
        of = (
            f"{each.numerator:,} of {each.denominator:,}"
            if DEFINITIONS[each.kpi].divided
            else f"of {each.denominator:,}"
        )
        since = f", since {each.since}" if each.since else ""
        typer.echo(f"{each.day}  {each.kpi:<26} {each.currency:<4} {shown(each):>20}  ({of}{since})")


def _row(figure: Figure) -> dict[str, str | int | float | None]:
    value = figure.value
    return {
        "kpi": figure.kpi,
        "day": figure.day.isoformat(),
        "currency": figure.currency,
        "value": None if value is None else float(value),
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "since": figure.since.isoformat() if figure.since else None,
    }


def _days(days: Sequence[date]) -> str:
    return ", ".join(each.isoformat() for each in days)

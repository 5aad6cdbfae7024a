"""What collecting came to, from the terminal."""

import json
from datetime import UTC, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.money import Money
from models.periods import Calendar
from models.recovery import COLUMNS, DENOMINATORS, By, Report, as_csv, cells, report

app = group("What collecting came to, as figures.")


@app.command("recovery")
def recovery(
    tenant: str,
    by: Annotated[By, typer.Option(help="what the figures are told by")] = By.COHORT,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day; left out: 90 days ago")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day; left out: today")
    ] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="write the groups to this file")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="write them as Parquet; needs pyarrow")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    state: State = HERE,
) -> None:
    """Recovery by count and by amount, time to recover and churn, of the cases opened in a time."""
    if parquet is not None:
        _pyarrow()

    async def gather() -> Report:
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            zone = ZoneInfo((await shared.store.tenant(tenant)).zone)
            last = (until or datetime.now(zone)).date()
            first = since.date() if since else last - timedelta(days=90)
            begins = datetime.combine(first, time(), zone).astimezone(UTC)
            ends = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
            if begins >= ends:
                stop("--from: must not be after --to")
            return report(
                await shared.store.collected(tenant, begins, ends),
                since=begins,
                until=ends,
                by=by,
                customers=await shared.store.customers_with_service(tenant, begins, ends),
                calendar=Calendar(ready.day_seconds, str(zone)),
            )

    found = run(gather())
    if csv_file is not None:
        csv_file.write_text(as_csv(found), encoding="utf-8")
    if parquet is not None:
        _write_parquet(found, parquet)
    if as_json:
        rows = [dict(zip(COLUMNS, cells(group), strict=True)) for group in found.groups]
        span = {"since": found.since.isoformat(), "until": found.until.isoformat(), "by": found.by}
        churn = {"customers": found.customers, "churned": found.churned, "churn": found.churn.value}
        typer.echo(json.dumps({**span, **churn, "groups": rows}, indent=2))
        return
    _print(found)


def _pyarrow() -> None:
    try:
        import_module("pyarrow.parquet")
    except ImportError:
        stop("--parquet: pyarrow is not installed; install it beside perdura, or use --csv")


def _write_parquet(found: Report, file: Path) -> None:
    columns = zip(COLUMNS, zip(*(cells(group) for group in found.groups), strict=True), strict=True)
    table = import_module("pyarrow").table({name: list(values) for name, values in columns})
    import_module("pyarrow.parquet").write_table(table, file)


def _print(found: Report) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        found.by.capitalize(), "Cases", "Running", "Decided", "Recovered", "By amount", "Days p50\n/ p90", box=None
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for some in (*found.groups, *found.total):
        rate = some.rate
        span = f"{rate.low * 100:.0f} to {rate.high * 100:.0f}" if rate.sure else "too few to tell"
        days = "" if some.days_p50 is None else f"{some.days_p50:.1f} / {some.days_p90:.1f}"
        owed = Money(some.recovered_centavos, some.currency)
        table.add_row(
            some.key,
            str(some.cases),
            str(some.running),
            str(some.decided),
            f"{some.recovered} = {rate.value * 100:.1f} %\n({span})" if some.decided else "",
            f"{owed}\n= {some.amount_rate * 100:.1f} %" if some.decided else "",
            days,
        )
    console.print(table)
    console.print(
        f"\ninvoluntary churn: {found.churned} of {found.customers} subscriptions = {found.churn.value * 100:.1f} %",
        highlight=False,
    )
    for line in DENOMINATORS:
        console.print(line, style="dim", highlight=False, soft_wrap=True)

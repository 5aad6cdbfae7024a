"""What collecting came to, from the terminal."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.analytics.recovery import COLUMNS, DENOMINATORS, By, Report, cells, report
from models.analytics.recovery_export import GROUPS, FileFormat, group_rows, streamed, whole
from models.money import Money
from models.periods import Calendar

app = group("What collecting came to, as figures.")


Since = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day; left out: 90 days ago")
]
Until = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day; left out: today")]


@app.command("recovery")
def recovery(
    tenant: str,
    by: Annotated[By, typer.Option(help="what the figures are told by")] = By.COHORT,
    since: Since = None,
    until: Until = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="write the groups to this file")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="write them as Parquet, with types")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    state: State = HERE,
) -> None:
    """Recovery by count and by amount, time to recover and churn, of the cases opened in a time."""

    async def gather() -> Report:
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            zone = ZoneInfo((await shared.store.tenant(tenant)).zone)
            begins, ends = span(zone, since, until)
            return report(
                await shared.store.collected(tenant, begins, ends),
                since=begins,
                until=ends,
                by=by,
                customers=await shared.store.customers_with_service(tenant, begins, ends),
                calendar=Calendar(ready.day_seconds, str(zone)),
            )

    found = run(gather())
    for file, format in ((csv_file, FileFormat.CSV), (parquet, FileFormat.PARQUET)):
        if file is not None:
            file.write_bytes(whole(GROUPS, group_rows(found), format))
    if as_json:
        rows = [dict(zip(COLUMNS, cells(group), strict=True)) for group in found.groups]
        told = {"since": found.since.isoformat(), "until": found.until.isoformat(), "by": found.by}
        churn = {"customers": found.customers, "churned": found.churned, "churn": found.churn.value}
        typer.echo(json.dumps({**told, **churn, "groups": rows}, indent=2))
        return
    _print(found)


@app.command("cases")
def cases(
    tenant: str,
    file: Annotated[Path, typer.Argument(help="where to write them: .parquet or .csv")],
    since: Since = None,
    until: Until = None,
    state: State = HERE,
) -> None:
    """The cases behind the figures as a file, one line each, for tools of your own. No personal data."""
    if file.suffix[1:] not in list(FileFormat):
        stop(f"{file}: name a file that ends in .parquet or .csv")
    format = FileFormat(file.suffix[1:])

    async def write() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            zone = ZoneInfo((await shared.store.tenant(tenant)).zone)
            pages = shared.store.collected_pages(tenant, *span(zone, since, until))
            with file.open("wb") as written:
                async for piece in streamed(pages, format):
                    written.write(piece)

    run(write())
    typer.echo(f"written to {file}")


def span(zone: ZoneInfo, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """The instants (UTC) at which the first day begins and the last one has ended."""
    last = (until or datetime.now(zone)).date()
    first = since.date() if since else last - timedelta(days=90)
    begins = datetime.combine(first, time(), zone).astimezone(UTC)
    ends = datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)
    if begins >= ends:
        stop("--from: must not be after --to")
    return begins, ends


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
        sure = f"{rate.low * 100:.0f} to {rate.high * 100:.0f}" if rate.sure else "too few to tell"
        days = "" if some.days_p50 is None else f"{some.days_p50:.1f} / {some.days_p90:.1f}"
        owed = Money(some.recovered_centavos, some.currency)
        table.add_row(
            some.key,
            str(some.cases),
            str(some.running),
            str(some.decided),
            f"{some.recovered} = {rate.value * 100:.1f} %\n({sure})" if some.decided else "",
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

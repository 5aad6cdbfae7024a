"""What policies would do: to a virtual year of customers, and to the book as it is now. Nothing here has a side effect."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from commands.drawing import check_ending, save
from commands.policies import read_policy
from commands.terminal import HERE, State, group, run, settings, stop
from models.analytics.intervals import Interval
from models.collecting.course import What
from models.periods import Calendar
from models.policies.dry_run import DEED_COLUMNS, Deed, deed_cells, deeds_as_csv, dry_run
from models.policies.policy import Policy
from models.policies.presets import preset, presets
from models.policies.running_policies import RunningPolicies
from models.simulating.comparison import Against, Figures, against, figures
from models.simulating.comparison_picture import chart, percent, span
from models.simulating.population import Population, PopulationInvalid, behaviour, listed, shipped_page
from models.simulating.simulation import Sums, block, blocks

app = group("Try policies out before they are real.")


@app.command("population")
def population() -> None:
    """Print the assumptions that the virtual year is made of: a page to change and give back with --population."""
    typer.echo(shipped_page(), nl=False)


@app.command("year")
def year(
    policies: Annotated[
        str, typer.Option(help="presets and files, with commas between; the first is what the others are compared with")
    ] = "ruthless,standard-21d,gentle-28d",
    customers: Annotated[
        int, typer.Option(min=1, max=2_000_000, help="how many; with a CSV: as many as it has")
    ] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="another seed, other luck")] = 1,
    population: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="assumptions (.yaml) or your own customers (.csv); left out: Mexico"
        ),
    ] = None,
    processes: Annotated[int, typer.Option(min=0, help="0: one for each core; the result is the same")] = 0,
    picture: Annotated[Path | None, typer.Option(help="draw it: a file ending in .html, .svg or .png")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Live a virtual year under several policies: the same customers with the same luck, and the decisions that real cases take."""
    chosen = [policy_named(name.strip()) for name in policies.split(",") if name.strip()]
    if not chosen:
        stop(f"--policies: name at least one of {', '.join(presets())}, or a file")
    if picture is not None:
        check_ending(picture)
    people = _population(population, customers)
    began = monotonic()
    lived = list(_lived(people, chosen, seed, processes or len(os.sched_getaffinity(0)), quiet=as_json))
    by_policy = [[of_block[number] for of_block in lived] for number in range(len(chosen))]
    names = [f"{policy.name} v{policy.version}" for policy in chosen]
    years = [figures(name, sums) for name, sums in zip(names, by_policy, strict=True)]
    differences = [
        against(names[0], name, by_policy[0], sums) for name, sums in zip(names[1:], by_policy[1:], strict=True)
    ]
    seconds = monotonic() - began
    told = f"{people.count:,} customers ({people.behaviour.name}), {years[0].renewals:,} renewals under {names[0]}, seed {seed}"
    if picture is not None:
        save(chart(years, told), picture, below=_html(years, differences))
    if as_json:
        found = {"population": people.behaviour.name, "customers": people.count, "seed": seed}
        rows = [asdict(each) for each in years]
        typer.echo(json.dumps({**found, "policies": rows, "differences": [asdict(d) for d in differences]}, indent=2))
        return
    _print(years, differences, f"{told}; {seconds:.1f} s")


@app.command("book")
def book(
    policy: Annotated[str, typer.Option(help="a preset, or a file")],
    tenant: Annotated[str, typer.Option(help="whose book; left out: of the only tenant there is")] = "",
    plan: Annotated[str, typer.Option(help="only this plan")] = "",
    days: Annotated[int, typer.Option(min=1, max=400, help="how far ahead")] = 30,
    renewals_fail: Annotated[
        bool, typer.Option("--renewals-fail", help="also dun for the coming renewals, as if every charge were refused")
    ] = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="write every line to this file")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print every line as JSON")] = False,
    most: Annotated[int, typer.Option(min=0, help="lines to print; the file and JSON have all")] = 40,
    state: State = HERE,
) -> None:
    """Who would be messaged, charged and blocked, and when, if all running cases had this policy and nobody paid."""
    chosen = policy_named(policy)

    async def gather() -> tuple[str, Calendar, list[Deed]]:
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            every = [tenant] if tenant else await shared.store.tenants()
            if len(every) != 1:
                stop(f"--tenant: say whose book; there are {', '.join(every) or 'none'}")
            whose = await shared.store.tenant(every[0])
            calendar, now = Calendar(ready.day_seconds, whose.zone), datetime.now(UTC)
            until = now + calendar.days(days)
            running = RunningPolicies(shared.store, whose.id)
            cases = [
                (found, await running.policy(found.record.policy))
                for found in await shared.store.running_cases(whose.id, now, plan)
            ]
            coming = await shared.store.coming_renewals(whose.id, now, until, plan)
            deeds = dry_run(cases, coming, chosen, calendar, now=now, until=until, renewals_fail=renewals_fail)
            return f"{len(cases)} running cases and {len(coming)} renewals of {whose.id}", calendar, deeds

    told, calendar, deeds = run(gather())
    if csv_file is not None:
        csv_file.write_text(deeds_as_csv(deeds), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps([dict(zip(DEED_COLUMNS, deed_cells(deed), strict=True)) for deed in deeds], indent=2))
        return
    _print_deeds(f"{told} under {chosen.name} v{chosen.version}, {days} days", calendar, deeds, most)


def _print_deeds(told: str, calendar: Calendar, deeds: Sequence[Deed], most: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("When", "What", "Customer", "Invoice", "Owed", "Step", title=told, title_justify="left", box=None)
    for deed in deeds[:most]:
        what = f"{deed.what} {deed.notice.replace('_', ' ')}" + (f" by {deed.channel}" if deed.channel else "")
        when = f"{calendar.local(deed.at):%a %d %b %H:%M}"
        table.add_row(when, what.strip(), deed.reference, deed.invoice, str(deed.amount), deed.step)
    console.print(table)
    if len(deeds) > most:
        console.print(f"… and {len(deeds) - most} more lines: --csv FILE has them all", highlight=False)
    counts = {what: [deed for deed in deeds if deed.what is what] for what in What}
    said = [
        f"{len(some)} {what}s of {len({d.subscription for d in some})} customers"
        for what, some in counts.items()
        if some
    ]
    console.print("\n" + ("; ".join(said) or "nothing would be done"), highlight=False)
    console.print("As if nobody paid and nobody answered. Nothing was sent, charged or changed.", style="dim")


def policy_named(name: str) -> Policy:
    """A preset, or a policy in a file; what is wrong with it ends the command."""
    if name in presets():
        return preset(name)
    if not Path(name).is_file():
        stop(f"'{name}' is neither a preset ({', '.join(presets())}) nor a file")
    return read_policy(Path(name))


def _population(file: Path | None, customers: int) -> Population:
    try:
        if file is None:
            return Population(behaviour(shipped_page()), customers)
        text = file.read_text(encoding="utf-8")
        if file.suffix.lower() == ".csv":
            assumed = behaviour(shipped_page())
            people = listed(text, assumed)
            return Population(assumed, len(people), people)
        return Population(behaviour(text), customers)
    except (PopulationInvalid, UnicodeDecodeError) as told:
        stop(f"{file}: {told}")


def _lived(
    people: Population, policies: Sequence[Policy], seed: int, processes: int, *, quiet: bool
) -> Iterator[list[Sums]]:
    from rich.console import Console
    from rich.progress import Progress, TimeRemainingColumn

    parts = blocks(people.count)
    # Started afresh rather than forked: a fork of a process with threads may inherit a lock that nobody opens.
    with (
        ProcessPoolExecutor(processes, get_context("spawn")) as pool,
        Progress(
            *Progress.get_default_columns()[:3], TimeRemainingColumn(), console=Console(stderr=True), disable=quiet
        ) as bar,
    ):
        task = bar.add_task("a year is lived", total=people.count)
        jobs = [pool.submit(block, part, _only(people, part), policies, seed) for part in parts]
        for part, job in zip(parts, jobs, strict=True):
            yield job.result()
            bar.advance(task, len(part))


def _only(people: Population, part: range) -> Population:
    """What a process needs to be told of the population."""
    if not people.listed:
        return people
    return Population(people.behaviour, people.count, people.listed[part.start : part.stop])


def _pesos(centavos: float) -> str:
    return f"${centavos / 100:,.0f}"


def _rows(years: Sequence[Figures]) -> list[tuple[str, ...]]:
    return [
        (
            each.policy,
            f"{each.cases:,}",
            f"{percent(each.recovery)} ({span(each.recovery)})",
            f"{percent(each.recovery_by_amount)} ({span(each.recovery_by_amount)})",
            _pesos(each.recovered_centavos),
            f"{each.median_days:g} / {each.p90_days:g}",
            f"{each.messages_per_thousand.value:.1f}",
            f"{percent(each.involuntary_churn)} ({span(each.involuntary_churn)})",
            _pesos(sum(each.cash)),
        )
        for each in years
    ]


HEADS = (
    "Policy",
    "Cases",
    "Recovered, of cases",
    "Recovered, of pesos",
    "Recovered",
    "Days to recover, p50 / p90",
    "Messages per $1,000 recovered",
    "Customers lost",
    "Cash in the year",
)
NOTES = (
    "Recovered, of cases: invoices paid after their first refusal, of all invoices that were refused. Of pesos: the same by amount.",
    "Days: from the first refusal to the payment, of those paid. Messages: sent after the due date, for each $1,000 recovered.",
    "Customers lost: subscriptions that ended or were paused because an invoice stayed unpaid, of all customers of the year.",
    "In brackets: 95 % intervals, bootstrapped over blocks of customers. They measure the luck of the draw under the assumptions "
    "(perdura simulate population), not how far the assumptions are from your customers.",
)


def _print(years: Sequence[Figures], differences: Sequence[Against], told: str) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("", *(each.policy for each in years), title=told, title_justify="left", box=None, padding=(0, 1))
    for column in table.columns[1:]:
        column.justify = "right"
    for head, *cells in list(zip(HEADS, *_rows(years), strict=True))[1:]:
        table.add_row(head, *(cell.replace(" (", "\n(") for cell in cells))
    console.print(table)
    most = max(1, *(max(each.regained) for each in years))
    console.print("\nRecovered cash by month, in pesos", highlight=False)
    for month in range(len(years[0].regained)):
        for number, each in enumerate(years):
            bar = "█" * round(40 * each.regained[month] / most)
            label = f"{month + 1:>3} " if not number else "    "
            console.print(f"{label}{each.policy:<18} {bar} {_pesos(each.regained[month])}", highlight=False)
    for other in differences:
        console.print(f"\n{other.policy} {other.words}:", highlight=False)
        for what, found in _differences(other):
            console.print(f"  {what}: {found}", highlight=False)
    console.print()
    for note in NOTES:
        console.print(note, style="dim", highlight=False, soft_wrap=True)


def _differences(each: Against) -> list[tuple[str, str]]:
    return [
        ("recovered, of pesos", points(each.recovery_by_amount)),
        ("recovered, of cases", points(each.recovery)),
        ("customers lost", points(each.involuntary_churn)),
    ]


def points(found: Interval) -> str:
    """A difference of shares: `+3.1 points (2.8 to 3.4)`."""
    return f"{found.value * 100:+.1f} points ({found.low * 100:+.1f} to {found.high * 100:+.1f})"


def _html(years: Sequence[Figures], differences: Sequence[Against]) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) + "</tr>"

    body = "".join(cells(row, "td") for row in _rows(years))
    said = [
        f"{d.policy} {d.words}: " + "; ".join(f"{what} {found}" for what, found in _differences(d)) for d in differences
    ]
    lines = "".join(f"<p>{escape(line)}</p>" for line in (*said, *NOTES))
    return f"<table>{cells(HEADS, 'th')}{body}</table>{lines}"

"""What policies would do: to a virtual year of customers, and to the book as it is now. Nothing here has a side effect."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from html import escape
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer

from commands.drawing import save
from commands.policies import read_policy
from commands.terminal import group, stop
from models.comparison import Against, Figures, against, figures
from models.comparison_picture import chart, percent, span
from models.intervals import Interval
from models.policy import Policy
from models.population import Population, PopulationInvalid, behaviour, listed, shipped_page
from models.presets import preset, presets
from models.simulation import Sums, block, blocks

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
        console.print(note, style="dim", highlight=False)


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

"""Rounds of evidence, from the terminal."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.kpis.evidence import Round

app = group("Rounds of evidence: statuses, critical cases, figures and decisions in one file, nobody named.")


@app.command("make")
def make(
    tenant: str,
    round: Annotated[str, typer.Option(help="a name of yours, e.g. 2026-w47")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="left out: the day after the last round")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="left out: yesterday")] = None,
    file: Annotated[Path | None, typer.Option(help="where to write the zip; left out: it is only kept")] = None,
    actor: Annotated[str, typer.Option(help="who makes it")] = "cli",
    state: State = HERE,
) -> None:
    """Make a round, once: asked for again by its name it is the same, byte for byte."""

    async def made() -> tuple[Round, bytes]:
        from activities.evidence import EvidenceMaking, Wish
        from worker import gateways

        ready = settings(state)
        async with gateways(ready) as shared:
            making = EvidenceMaking(shared.store, ready.keyring, day_seconds=ready.day_seconds)
            wish = Wish(round, actor, _day(since), _day(until))
            await making.make(await shared.store.tenant(tenant), wish, datetime.now(UTC))
            found = await shared.store.round(tenant, round)
            assert found is not None
            return found

    kept, content = run(made())
    if file is not None:
        file.write_bytes(content)
    _print([kept])


@app.command("list")
def rounds(tenant: str, state: State = HERE) -> None:
    """The rounds that were made, newest first."""

    async def listed() -> Sequence[Round]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await shared.store.rounds(tenant)

    _print(run(listed()))


@app.command("get")
def get(
    tenant: str, round: str, file: Annotated[Path, typer.Argument(help="where to write it")], state: State = HERE
) -> None:
    """Write a round's zip to a file."""

    async def found() -> tuple[Round, bytes] | None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await shared.store.round(tenant, round)

    kept = run(found())
    if kept is None:
        stop(f"{tenant} has no round '{round}'; perdura evidence list shows them")
    file.write_bytes(kept[1])
    _print([kept[0]])


def _print(rounds: Sequence[Round]) -> None:
    for each in rounds:
        typer.echo(f"{each.name}  {each.since} to {each.until}  {each.size:,} bytes  sha256 {each.sha256}")
    if not rounds:
        typer.echo("no round was made yet; perdura evidence make makes one")


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None

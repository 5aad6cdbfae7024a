"""The log of decisions, from the terminal."""

from collections.abc import Sequence
from typing import Annotated

import typer

from commands.terminal import HERE, State, run, settings
from models.watching.decisions import Decision

app = typer.Typer()


@app.command()
def decisions(
    tenant: str,
    open_only: Annotated[bool, typer.Option("--open", help="only those whose outcome is not known")] = False,
    subscription: Annotated[str, typer.Option(help="of this one alone")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    state: State = HERE,
) -> None:
    """What was decided about customers: who answers for it, by which channel, and what came of it. Newest first."""

    async def listed() -> Sequence[Decision]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            return await shared.store.decisions(tenant, subscription=subscription, open_only=open_only, limit=limit)

    found = run(listed())
    for each in found:
        typer.echo(f"{each.id}  {each.at:%Y-%m-%d %H:%M} UTC  {each.kind}  {each.subscription}")
        typer.echo(f"    {each.what}; responsible {each.responsible}, by {each.channel or 'no channel'}")
        when = f" ({each.outcome_at:%Y-%m-%d})" if each.outcome_at else ""
        typer.echo(f"    {each.outcome or 'outcome not known yet'}{when}")
    typer.echo(f"{len(found)} decisions")

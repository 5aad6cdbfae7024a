"""What needs a person, of all tenants."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from commands.terminal import HERE, State, run, settings
from models.watching.attention import Attention

app = typer.Typer(help="What needs a person, of all tenants.", invoke_without_command=True)


@app.callback()
def attention(
    context: typer.Context,
    resolved: Annotated[bool, typer.Option("--resolved", help="also what is no longer so")] = False,
    state: State = HERE,
) -> None:
    """Rules that do not hold now: what is wrong, since when, and what to do."""
    if context.invoked_subcommand is not None:
        return

    async def listed() -> Sequence[Attention]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await shared.store.all_findings(resolved=resolved)

    found = run(listed())
    for each in found:
        finding = each.finding
        typer.echo(f"{finding.id}  {finding.guidance.severity:<8}  {finding.tenant or 'house'}  {finding.rule}")
        typer.echo(f"    {finding.text}")
        typer.echo(f"    since {each.first_seen:%Y-%m-%d %H:%M} UTC{_became(each)}")
        if each.resolved_at is None:
            typer.echo(f"    to do: {finding.guidance.remedy}")
    typer.echo(f"{len(found)} findings" if found else "nothing needs attention")


@app.command("ack")
def acknowledge(
    finding: Annotated[str, typer.Argument(help="its id (at_…)")],
    actor: Annotated[str, typer.Option(help="who looks at it")],
    tenant: Annotated[str, typer.Option(help="whose it is; left out: the whole house's")] = "",
    note: Annotated[str, typer.Option(help="what is being done")] = "",
    state: State = HERE,
) -> None:
    """Say that somebody is looking at it."""

    async def noted() -> Attention:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await shared.store.acknowledge(tenant, finding, actor=actor, note=note, at=datetime.now(UTC))

    typer.echo(f"{run(noted()).finding.id}: noted")


def _became(each: Attention) -> str:
    known = (
        f"; {each.acknowledged_by} looks at it{f' ({each.note})' if each.note else ''}" if each.acknowledged_at else ""
    )
    return f"{known}; resolved {each.resolved_at:%Y-%m-%d %H:%M} UTC" if each.resolved_at else known

"""The comparison of payments provider, processes and books, on demand."""

from typing import Annotated

import typer

from commands.terminal import HERE, State, name_temporal, run, settings
from models.messages import ReconciliationStart
from models.watching.reconciliation_run import Run

app = typer.Typer()


@app.command()
def reconcile(
    tenant: Annotated[str, typer.Option(help="only this tenant; left out: all")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only tell what differs; repair nothing")] = False,
    state: State = HERE,
) -> None:
    """Compare payments provider, processes and books, and repair what is safe. It never charges and never writes to a customer."""

    async def compared() -> Run:
        from workflows.connection import connect
        from workflows.interface import Interface

        told = settings(state)
        name_temporal()
        processes = Interface(await connect(told.keyring), queue=told.task_queue)
        return await processes.reconciled(ReconciliationStart(tenant, dry_run))

    for line in in_lines(run(compared())):
        typer.echo(line)


def in_lines(done: Run) -> list[str]:
    """A run as a person reads it."""
    lines = [
        f"{done.checked} things compared in {done.seconds or 0:.0f} s, looking back to {done.since:%Y-%m-%d %H:%M} UTC"
    ]
    if done.fetched:
        verb = "would be taken in" if done.dry_run else "taken in"
        lines.append(f"{done.fetched} events that were never received {verb}")
    if not done.drift:
        return [*lines, "nothing differs"]
    lines.append(
        f"{done.drift} differ: {done.repaired} {'could be' if done.dry_run else 'were'} repaired, {done.open} for a person"
    )
    return [*lines, *(f"  {note}" for note in done.notes.splitlines())]

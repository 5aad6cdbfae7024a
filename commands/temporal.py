"""The Temporal server that TEMPORAL_ADDRESS names."""

import typer

from commands.terminal import HERE, State, group, name_temporal, run
from sandbox import environment

app = group("The Temporal server.")


@app.command("setup")
def temporal_setup(state: State = HERE) -> None:
    """Give the server of TEMPORAL_ADDRESS the namespace and search attributes of temporal-dev.yaml. Doing it again changes nothing."""
    environment.apply(state)
    name_temporal()
    from sandbox import namespace, temporal
    from workflows.connection import connect

    async def setup() -> list[str]:
        return await namespace.prepare(await connect(None), temporal.read())

    for line in run(setup()) or ["nothing to do"]:
        typer.echo(line)

"""The parts of Perdura as processes: the embedded stack, the demo, or one part at a time."""

import os
import sys
from typing import Annotated

import typer

from commands.terminal import HERE, State, name_temporal, run, settings, stop
from models.safekeeping.keyring import Keyring, KeyringInvalid
from models.settings import Settings, load
from sandbox import environment
from sandbox.stack import Stack

app = typer.Typer()
Day = Annotated[float, typer.Option("--day", min=0.5, help="length of a calendar day in seconds")]


async def open_shop(stack: Stack) -> str:
    """The shop of a stack that is being started; its API key."""
    from sandbox import shop
    from worker import gateways

    os.environ.update(stack.env)
    async with gateways(load()) as shared:
        return await shop.open_shop(shared.store, stack.state)


@app.command()
def up(state: State = HERE, day: Day = 86_400.0) -> None:
    """Run the embedded stack until Ctrl-C. Its state stays: the next run goes on where this one stopped."""
    from sandbox.resident import reside

    run(reside(state, day_seconds=day, prepare=open_shop))


@app.command()
def demo(day: Day = 2.0) -> None:
    """Eleven subscribers live through the whole collections timeline, and the outcome is checked."""
    from sandbox.demo.show import show

    sys.exit(run(show(day_seconds=day, open_shop=open_shop)))


@app.command()
def drill(
    database: Annotated[str, typer.Option(help="an empty PostgreSQL database, to be destroyed; left out: a file")] = "",
) -> None:
    """Lose the database, restore it from a backup, reconcile, and prove against provider and PAC that nothing is missing."""
    from sandbox.drill import drill as play

    sys.exit(run(play(open_shop, typer.echo, database)))


@app.command("worker")
def run_worker(state: State = HERE) -> None:
    """Run the worker until it is told to stop."""
    import worker
    from commands import logs

    told = settings(state)
    name_temporal()
    logs.configure(told)
    run(worker.main(told))


@app.command("api")
def run_api(state: State = HERE) -> None:
    """Serve the API until it is told to stop."""
    import worker
    from commands import logs

    told = settings(state)
    name_temporal()
    logs.configure(told)
    run(worker.serve(told))


@app.command("sandbox")
def run_sandbox(state: State = HERE) -> None:
    """Serve the local Stripe, Twilio, PAC and mailbox until told to stop."""
    environment.apply(state)
    from sandbox.server import serve
    from sandbox.settings import SandboxSettings

    run(serve(SandboxSettings()))


@app.command()
def migrate(state: State = HERE) -> None:
    """Bring the database up to the tables of this release. Doing it again changes nothing."""
    environment.apply(state)
    from models.migrations.run import upgrade

    url = os.environ.get("PERDURA_DATABASE_URL") or str(Settings.model_fields["database_url"].default)
    try:
        keyring = Keyring.parse(os.environ.get("PERDURA_ENCRYPTION_KEYS", ""))
    except KeyringInvalid as wrong:
        stop(f"PERDURA_ENCRYPTION_KEYS: {wrong}; make one with perdura key encryption")
    run(upgrade(url, keyring=keyring))
    typer.echo("the database is up to date")

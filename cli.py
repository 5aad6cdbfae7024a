"""`perdura …`: the stack, its parts, and what an operator does from a terminal. Whatever goes wrong is one clear message."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import httpx
import typer

from activities.failures import Failure
from models.policy import PolicyInvalid
from models.settings import Settings, SettingsIncomplete, load
from sandbox import environment
from sandbox.obstacle import Obstacle
from sandbox.stack import Stack

T = TypeVar("T")

app = typer.Typer(
    help="Durable subscription billing and collections.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
temporal_app = typer.Typer(help="The Temporal server.", no_args_is_help=True)
tenant_app = typer.Typer(help="Businesses that sell with Perdura.", no_args_is_help=True)
plan_app = typer.Typer(help="What is sold.", no_args_is_help=True)
policy_app = typer.Typer(help="Dunning policies.", no_args_is_help=True)
for name, part in (("temporal", temporal_app), ("tenant", tenant_app), ("plan", plan_app), ("policy", policy_app)):
    app.add_typer(part, name=name)

State = Annotated[Path, typer.Option("--state", envvar="PERDURA_STATE", help="directory that holds the embedded stack")]
Day = Annotated[float, typer.Option("--day", min=0.5, help="length of a calendar day in seconds")]
HERE = Path(".perdura")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, or until Ctrl-C, SIGTERM or SIGHUP. What was to be expected becomes one message and exit code 1."""

    async def interruptible() -> T:
        task = asyncio.current_task()
        assert task is not None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await work

    try:
        return asyncio.run(interruptible())
    except asyncio.CancelledError:
        raise typer.Exit(130) from None
    except (Obstacle, SettingsIncomplete, PolicyInvalid, Failure) as told:
        stop(str(told))
    except (httpx.HTTPError, RuntimeError) as error:  # RuntimeError: temporalio's refused connection
        stop(f"cannot be reached: {error}")


def stop(why: str) -> NoReturn:
    """End with a message on standard error."""
    typer.echo(why, err=True)
    raise typer.Exit(1)


def settings(state: Path) -> Settings:
    """From the environment, and from the embedded stack in `state` where that says nothing."""
    environment.apply(state)
    try:
        return load()
    except SettingsIncomplete as told:
        stop(str(told))


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
    """Nine subscribers live through the whole collections timeline, and the outcome is checked."""
    from sandbox.demo.show import show

    sys.exit(run(show(day_seconds=day, open_shop=open_shop)))


@app.command("worker")
def run_worker(state: State = HERE) -> None:
    """Run the worker until it is told to stop."""
    import worker

    run(worker.main(settings(state)))


@app.command("api")
def run_api(state: State = HERE) -> None:
    """Serve the API until it is told to stop."""
    import worker

    run(worker.serve(settings(state)))


@app.command("sandbox")
def run_sandbox(state: State = HERE) -> None:
    """Serve the local Stripe, Twilio, PAC and mailbox until told to stop."""
    environment.apply(state)
    from sandbox.server import serve
    from sandbox.settings import SandboxSettings

    run(serve(SandboxSettings()))


if __name__ == "__main__":
    app()

"""`perdura up`: the stack until somebody stops it."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sandbox import environment, temporal
from sandbox.environment import OWNERS_PASSWORD
from sandbox.ports import Ports
from sandbox.shop import OWNER
from sandbox.stack import Stack

Prepare = Callable[[Stack], Awaitable[object]]


async def reside(state: Path, *, day_seconds: float, prepare: Prepare) -> None:
    """Run the stack in `state` until cancelled. Raises Obstacle when it cannot start or a part ends by itself."""
    console = Console()
    stack = Stack(state, Ports.usual(temporal.read()), day_seconds=day_seconds, real=os.environ)
    progress = console.status("Starting Temporal, sandbox, API and worker")
    progress.start()
    try:
        async with stack.running(lambda: prepare(stack)):
            progress.stop()
            console.print(addresses(stack))
            password = environment.load(stack.state).get(OWNERS_PASSWORD, "")
            if password and console.is_terminal:
                console.print(f"Sign in to the console as {OWNER} with {password}", soft_wrap=True)
            console.print(
                f"State, logs and keys: {stack.state}. Ctrl-C stops everything; nothing is lost.", soft_wrap=True
            )
            try:
                await stack.watch()
            finally:
                progress.update("Stopping")
                progress.start()
    finally:
        progress.stop()


def addresses(stack: Stack) -> Table:
    """Where to click."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, url in stack.urls.items():
        table.add_row(name, f"[link={url}]{url}[/link]")
    return table

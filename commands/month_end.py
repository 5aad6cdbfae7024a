"""`perdura cfdi progress`: how far a month's tax invoices are, followed until nothing moves by itself."""

import asyncio
import time
from typing import Annotated

import typer

from commands.fiscal import month_of_issuer
from commands.terminal import HERE, State, run, settings
from models.cfdi.month_end import Progress, told

app = typer.Typer()


@app.command("progress")
def progress(
    tenant: str,
    month: Annotated[str, typer.Argument(help="2026-11, on the issuer's clock")],
    watch: Annotated[
        bool, typer.Option("--watch", help="a line as often as --every, until nothing is under way")
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, help="seconds between two looks")] = 2.0,
    state: State = HERE,
) -> None:
    """Count a month's tax documents by where they stand, and tell how fast they are stamped."""

    async def follow() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            since, until, _ = await month_of_issuer(shared.store, shared.store, tenant, month)
            began: Progress | None = None
            while True:
                now = Progress(time.monotonic(), await shared.store.documents_counted(tenant, since, until))
                began = began or now
                typer.echo(told(now, began))
                if not (watch and now.under_way):
                    return
                await asyncio.sleep(every)

    run(follow())

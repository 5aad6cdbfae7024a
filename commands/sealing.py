"""Sealing anew what an older key sealed."""

import typer

from commands.terminal import HERE, State, run, settings

app = typer.Typer()


@app.command()
def reseal(state: State = HERE) -> None:
    """Seal everything in SQL with the first key of PERDURA_ENCRYPTION_KEYS. Cut off, it goes on where it stopped."""
    told = settings(state)

    async def work() -> int:
        from worker import gateways

        async with gateways(told) as shared:
            count = await shared.store.reseal(lambda column, count: typer.echo(f"{column}: {count}"))
            for tenant in await shared.store.tenants():
                if broken := await shared.store.seal_chain(tenant):
                    typer.echo(f"the chain of {tenant} is not whole and keeps its old seal: {broken}", err=True)
            return count

    count = run(work())
    typer.echo(f"{count} values were sealed anew; in SQL everything is sealed with key '{told.keyring.current}' now")

"""The first steps of a business, from the terminal."""

import typer

from commands.terminal import HERE, State, run, settings
from models.access.onboarding import Standing, checklist, following

app = typer.Typer()


@app.command()
def onboarding(tenant: str, state: State = HERE) -> None:
    """Which first steps are done and which are open, why each matters, and how it is taken."""

    async def standings() -> tuple[Standing, ...]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            return checklist(await shared.store.steps_taken(tenant))

    found = run(standings())
    for each in found:
        typer.echo(f"[{'x' if each.done else ' '}] {each.guide.title.en}")
        if not each.done:
            typer.echo(f"    {each.guide.why.en}")
            typer.echo(f"    {(each.guide.command or each.guide.api).replace('TENANT', tenant)}")
    coming = following(found)
    done = sum(each.done for each in found)
    typer.echo(f"{done} of {len(found)} done" + (f"; next: {coming.guide.title.en}" if coming else ""))

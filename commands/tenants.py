"""Businesses that sell with Perdura."""

import re
from typing import Annotated
from zoneinfo import available_timezones

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.access.provisioning import short_name
from models.records import Tenant

app = group("Businesses that sell with Perdura.")


@app.command("create")
def tenant_create(
    name: str,
    id: Annotated[str, typer.Option(help="short name used in ids; left out: made from the name")] = "",
    zone: Annotated[str, typer.Option(help="IANA time zone of its customers")] = "America/Mexico_City",
    state: State = HERE,
) -> None:
    """Enter a business that sells with Perdura, and print its API key: it is shown this once."""
    short = id or short_name(name)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", short):
        stop("--id: use 1 to 32 lower-case letters, digits and -")
    if zone not in available_timezones():
        stop(f"--zone: '{zone}' is not a time zone; use one such as America/Tijuana")

    async def create() -> str:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.create_tenant(Tenant(short, name, zone))
            return await shared.store.issue_key(short)

    key = run(create())
    typer.echo(f"tenant {short}\nAPI key {key}")

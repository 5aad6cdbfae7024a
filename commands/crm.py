"""What is known of customers: in and out as a sheet, and derived anew from the books."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from activities.customer_sheets import Look, exported, import_entry, imported, looked_at
from activities.exporting import Exporting
from commands.terminal import HERE, State, group, run, settings, stop
from models.crm.sheet import SheetInvalid, read

app = group("What is known of customers.")
_MOST = 200_000  # rows of one file: here nobody waits for an answer
_TOLD = 20  # errors shown


@app.command("import")
def crm_import(
    tenant: Annotated[str, typer.Argument(help="the business")],
    file: Annotated[
        Path, typer.Argument(help="CSV, UTF-8; the first row names the columns", exists=True, dir_okay=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", help="enter them; left out: only show what would happen")] = False,
    actor: Annotated[str, typer.Option(help="who does it; kept in the audit")] = "operator",
    state: State = HERE,
) -> None:
    """Enter customers from a sheet. Without --yes nothing is written; with it a second run changes nothing."""
    told = settings(state)
    try:
        text = file.read_text(encoding="utf-8-sig")
        read(tenant, text, most=_MOST)
    except (SheetInvalid, UnicodeDecodeError) as fault:
        stop(f"{file}: {fault}")

    async def work() -> None:
        from worker import gateways

        async with gateways(told) as shared:
            store = shared.store
            await store.tenant(tenant)

            async def begun(look: Look) -> None:
                await store.audit(import_entry(tenant, actor, look, f"{datetime.now(UTC)}"))

            if yes:
                look = await imported(store, tenant, text, begun=begun, most=_MOST)
            else:
                look = await looked_at(store, tenant, text, most=_MOST)
        for fault in look.faults[:_TOLD]:
            typer.echo(f"row {fault.row}  {fault.field}: {fault.message}", err=True)
        if len(look.faults) > _TOLD:
            typer.echo(f"… and {len(look.faults) - _TOLD} more", err=True)
        wrong = len({fault.row for fault in look.faults})
        done = f"{look.entered} entered" if yes else f"{look.new} would be entered (--yes enters them)"
        typer.echo(f"{look.rows} rows: {done}, {look.known} known already, {wrong} wrong")

    run(work())


@app.command("export")
def crm_export(tenant: Annotated[str, typer.Argument(help="the business")], state: State = HERE) -> None:
    """All customers as CSV on standard output: personal data, in clear."""
    told = settings(state)

    async def work() -> None:
        from worker import gateways

        async with gateways(told) as shared:
            await shared.store.tenant(tenant)
            async for piece in exported(shared.store, tenant):
                typer.echo(piece, nl=False)

    run(work())


@app.command("copy")
def crm_copy(
    tenant: Annotated[str, typer.Argument(help="the business")],
    customer: Annotated[str, typer.Argument(help="your own reference of the customer, or their id (c_…)")],
    file: Annotated[Path, typer.Argument(help="the zip to write", dir_okay=False)],
    state: State = HERE,
) -> None:
    """All that is held of one customer, for themselves: personal data, in clear. It is what their own page gives them."""
    told = settings(state)

    async def work() -> bytes:
        from worker import gateways

        async with gateways(told) as shared:
            known = await shared.store.customer_by_reference(tenant, customer)
            return await Exporting(shared.store).bundle(tenant, known.id if known else customer)

    content = run(work())
    file.write_bytes(content)
    typer.echo(f"{file}: {len(content):,} bytes")


@app.command("rebuild")
def crm_rebuild(tenant: Annotated[str, typer.Argument(help="the business")], state: State = HERE) -> None:
    """Derive profiles, the engine's lines of history and search terms anew from the books. What people wrote stays."""
    told = settings(state)

    async def work() -> int:
        from worker import gateways

        async with gateways(told) as shared:
            await shared.store.tenant(tenant)
            return await shared.store.rebuild_customers(tenant)

    typer.echo(f"{run(work())} customers were derived anew")

"""The catalogue: what a tenant sells, as a file."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models import shipped
from models.selling.catalog import Catalog, Offer, shown
from models.selling.catalog_export import write
from models.selling.catalog_file import CatalogInvalid, parse, schema

app = group("What a tenant sells, as a file: plans, packages, services and products.")
Page = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
Whose = Annotated[str, typer.Option("--tenant", help="the business that sells it")]


@app.command("check")
def catalog_check(file: Page) -> None:
    """Read a catalogue and say what it sells, or what is wrong with it."""
    for line in described(read_catalog(file, "")):
        typer.echo(line)


@app.command("schema")
def catalog_schema() -> None:
    """The JSON Schema of a catalogue's page, for editors that help while one is written."""
    typer.echo(json.dumps(schema(), indent=2))


@app.command("example")
def catalog_example(name: Annotated[str, typer.Argument(help="left out: a list of them")] = "") -> None:
    """The catalogues shipped with the product: a good page to start from."""
    known = shipped.names("catalogs")
    page = shipped.page("catalogs", name)
    if name and page is None:
        stop(f"name: there is no catalogue '{name}'; use one of {', '.join(known)}")
    typer.echo((page or "\n".join(known)).rstrip("\n"))


@app.command("apply")
def catalog_apply(
    file: Page,
    tenant: Whose,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask before it is carried out")] = False,
    actor: Annotated[str, typer.Option(help="who decides it; kept in the audit")] = "operator",
    reason: Annotated[str, typer.Option(help="why; kept in the audit")] = "applied from the command line",
    state: State = HERE,
) -> None:
    """Put this catalogue in the place of the one that is sold: what would change is shown first, here and at the provider."""
    wanted = read_catalog(file, tenant)

    async def propose_and_apply() -> None:
        from activities.cataloguing import Cataloguing, told
        from worker import gateways

        async with gateways(settings(state)) as shared:
            cataloguing = Cataloguing(shared.store, shared.payments)
            try:
                proposal = await cataloguing.propose(tenant, wanted)
            except CatalogInvalid as fault:
                stop(str(fault))
            if proposal.empty:
                typer.echo("no change")
                return
            for line in told(proposal.changes):
                typer.echo(line)
            typer.echo(
                f"at the payments provider: {len(proposal.fresh)} to make or change, {len(proposal.unfinished)} left to take down"
            )
            if not yes and not typer.confirm("Apply?"):
                stop("nothing was changed")
            await cataloguing.apply(proposal, actor=actor, reason=reason, at=datetime.now(UTC))
            typer.echo(f"applied: revision {(await shared.store.catalog(tenant)).revision}")

    run(propose_and_apply())


@app.command("show")
def catalog_show(
    tenant: Whose,
    page: Annotated[bool, typer.Option("--yaml", help="as a page that can be changed and applied")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="what is sold no more too, and every price there ever was")
    ] = False,
    state: State = HERE,
) -> None:
    """What a tenant sells."""

    async def gather() -> list[str]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            catalog = await shared.store.catalog(tenant)
            if page:
                return [write(catalog).rstrip("\n")]
            lines = [f"revision {catalog.revision}", *described(catalog)]
            if history:
                offers: list[Offer] = [*catalog.plans, *catalog.items]
                gone = [each for each in offers if each.archived]
                lines += [f"archived: {each.kind} {each.code} ({each.name})" for each in gone]
                prices = [each for each in await shared.store.listings(tenant) if each.amount is not None]
                lines += [
                    f"price {p.offer}: {p.amount} {p.interval or 'once'}, {p.state}, {p.provider_id}" for p in prices
                ]
            return lines

    for line in run(gather()):
        typer.echo(line)


def read_catalog(file: Path, tenant: str) -> Catalog:
    """The catalogue in a file; what is wrong with it ends the command."""
    try:
        return parse(file.read_text(encoding="utf-8"), tenant)
    except (OSError, UnicodeDecodeError, CatalogInvalid) as told:
        stop("\n".join(f"{file}: {line}" for line in str(told).splitlines()))


def described(catalog: Catalog) -> list[str]:
    """What is sold, a line each."""
    lines = []
    for plan in catalog.sold.plans:
        parts = [f"{plan.kind} {plan.code} ({plan.name}): {plan.price}"]
        if plan.highest is not None:
            parts[0] += f" to {plan.highest}"
        parts[0] += f" a {plan.interval}"
        if plan.trial_days:
            parts.append(f"{plan.trial_days} days of trial {'with' if plan.card_required else 'without'} a card")
        parts += [shown(each) for each in (plan.limits, plan.features, plan.benefits) if each]
        lines.append("; ".join(parts))
    for item in catalog.sold.items:
        lines.append(f"{item.kind} {item.code} ({item.name}): {shown(item.rates) if item.rates else 'said when sold'}")
    return lines

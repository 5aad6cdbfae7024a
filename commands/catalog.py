"""The catalogue: what a tenant sells, as a file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import group, stop
from models import shipped
from models.catalog import Catalog, shown
from models.catalog_file import CatalogInvalid, parse, schema

app = group("What a tenant sells, as a file: plans, packages, services and products.")
Page = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]


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

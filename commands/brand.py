"""How a business looks to its customers."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models.look import brand as brands
from models.look.brand import LARGEST_LOGO, Brand
from models.people import FieldInvalid

if TYPE_CHECKING:
    from models.look.logo import Logo

app = group("How a business looks to its customers: name, logo, colours, contact.")

Tenant = Annotated[str, typer.Option(help="whose")]
Picture = Annotated[
    Path | None,
    typer.Option("--logo", exists=True, dir_okay=False, help=f"PNG or JPEG, {LARGEST_LOGO:,} bytes at most"),
]


@app.command("set")
def brand_set(
    tenant: Tenant,
    name: Annotated[str | None, typer.Option(help="as customers know it")] = None,
    logo_file: Picture = None,
    no_logo: Annotated[bool, typer.Option("--no-logo", help="take the logo away")] = False,
    colour: Annotated[
        str | None, typer.Option("--colour", "--color", help="of buttons, #0b5fa5; empty: neutral")
    ] = None,
    accent: Annotated[str | None, typer.Option(help="of what is set apart, #f2a900; empty: neutral")] = None,
    legal_line: Annotated[str | None, typer.Option(help="the company behind it")] = None,
    phone: Annotated[str | None, typer.Option(help="of support")] = None,
    whatsapp: Annotated[str | None, typer.Option(help="of support")] = None,
    email: Annotated[str | None, typer.Option(help="of support")] = None,
    website: Annotated[str | None, typer.Option(help="https://…")] = None,
    terms_url: Annotated[str | None, typer.Option("--terms", help="https://… of terms and conditions")] = None,
    privacy_url: Annotated[str | None, typer.Option("--privacy", help="https://… of the aviso de privacidad")] = None,
    state: State = HERE,
) -> None:
    """Change what is given and keep the rest; an empty value takes away. Counts for every page, e-mail and PDF from now on."""
    given = {
        "name": name,
        "primary": colour,
        "accent": accent,
        "legal_line": legal_line,
        "phone": phone,
        "whatsapp": whatsapp,
        "email": email,
        "website": website,
        "terms_url": terms_url,
        "privacy_url": privacy_url,
    }

    async def save() -> Brand:
        from worker import gateways

        drawn = _read(logo_file)
        async with gateways(settings(state)) as shared:
            known = await shared.store.brand(tenant)
            wanted = _checked(known, {field: value for field, value in given.items() if value is not None})
            if drawn is not None or no_logo:
                wanted = replace(wanted, logo=drawn.mark if drawn else None)
            await shared.store.save_brand(wanted, drawn.content if drawn else None)
            return wanted

    _tell(run(save()))


@app.command("show")
def brand_show(tenant: Tenant, state: State = HERE) -> None:
    """What customers see."""

    async def read() -> Brand:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            return await shared.store.brand(tenant)

    _tell(run(read()))


def _read(file: Path | None) -> "Logo | None":
    from models.look.logo import logo

    if file is None:
        return None
    try:
        return logo(file.read_bytes())
    except FieldInvalid as fault:
        stop(f"--logo: {fault}")


def _checked(known: Brand, given: dict[str, str]) -> Brand:
    support = known.support
    kept = {
        "name": known.name,
        "primary": str(known.primary),
        "accent": str(known.accent),
        "legal_line": known.legal_line,
        "phone": support.phone,
        "whatsapp": support.whatsapp,
        "email": support.email,
        "website": known.website,
        "terms_url": known.terms_url,
        "privacy_url": known.privacy_url,
    }
    try:
        return brands.brand(tenant=known.tenant, logo=known.logo, **(kept | given))
    except FieldInvalid as fault:
        stop(f"{fault.field}: {fault}")


def _tell(brand: Brand) -> None:
    mark, support = brand.logo, brand.support
    shown = {
        "name": brand.name,
        "legal line": brand.legal_line,
        "colours": f"{brand.primary} and {brand.accent}",
        "logo": f"{mark.media_type}, {mark.width} x {mark.height}" if mark else "",
        "WhatsApp": support.whatsapp,
        "phone": support.phone,
        "e-mail": support.email,
        "website": brand.website,
        "terms": brand.terms_url,
        "privacy": brand.privacy_url,
    }
    for label, value in shown.items():
        typer.echo(f"{label:<11}{value or '-'}")
    for told in brand.corrections:
        typer.echo(f"note: {told}")

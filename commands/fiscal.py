"""Tax invoices: who issues, with which certificate, stamped where."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from commands.terminal import HERE, State, group, run, settings, stop
from models import certificates, fiscal, pac_accounts
from models.fiscal import Issuer, legal_name, person
from models.pac_accounts import CREDENTIALS, PacName
from models.people import FieldInvalid
from models.taxes import Withholding

csd = group("Certificates (CSD) that seal tax invoices, and who issues them.")
cfdi = group("Tax invoices (CFDI).")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]


@csd.command("add")
def csd_add(
    tenant: str,
    certificate: File,
    private_key: File,
    password: Annotated[str, typer.Option(envvar="PERDURA_CSD_PASSWORD", prompt=True, hide_input=True)],
    regime: Annotated[str, typer.Option(help="régimen fiscal, e.g. 601; needed the first time")] = "",
    postal_code: Annotated[str, typer.Option(help="LugarExpedicion; needed the first time")] = "",
    name: Annotated[str, typer.Option(help="legal name; left out: the certificate's")] = "",
    vat: Annotated[str, typer.Option(help="16, 8, 0 or exempt")] = "16",
    series: Annotated[str, typer.Option(help="Serie of every document")] = "P",
    withholding: Annotated[Withholding, typer.Option(help="kept back from a persona física")] = Withholding.NONE,
    ppd: Annotated[bool, typer.Option("--ppd/--pue", help="invoice what is billed before it is paid")] = False,
    state: State = HERE,
) -> None:
    """Check a certificate and its key as downloaded from the SAT, and seal the tenant's invoices with it from now on."""
    now = datetime.now(UTC)

    async def add() -> str:
        from worker import gateways

        told = settings(state)
        async with gateways(told) as shared:
            await shared.store.tenant(tenant)
            known = await shared.store.issuer_of(tenant)
            csd = certificates.checked(
                certificate=certificate.read_bytes(),
                private_key=private_key.read_bytes(),
                password=password,
                rfc=known.rfc if known and not regime else "",
                now=now,
            )
            if known is None or regime:
                if not (regime and postal_code):
                    stop("--regime and --postal-code: give them the first time, as on the constancia")
                issuer = _issuer(
                    csd.rfc, name or csd.name, regime, postal_code, vat, series, withholding=withholding, ppd=ppd
                )
                await shared.store.save_issuer(tenant, issuer)
            await shared.store.save_certificate(certificates.sealed(csd, tenant=tenant, keyring=told.keyring, now=now))
            return f"certificate {csd.number} of {csd.rfc}, good until {csd.valid_until:%Y-%m-%d}"

    try:
        typer.echo(run(add()))
    except FieldInvalid as fault:
        stop(f"{fault.field}: {fault}")


@csd.command("list")
def csd_list(tenant: str, state: State = HERE) -> None:
    """Who issues for a tenant, and with which certificates."""

    async def found() -> tuple[Issuer | None, list[certificates.StoredCsd]]:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            return await shared.store.issuer_of(tenant), list(await shared.store.certificates_of(tenant))

    issuer, stored = run(found())
    if issuer is None:
        stop(f"tenant {tenant} has no issuer yet: add a certificate with perdura csd add")
    now = datetime.now(UTC)
    used = certificates.chosen(stored, issuer.rfc, now)
    vat = "exempt" if issuer.vat is None else f"{issuer.vat} %"
    typer.echo(f"{issuer.rfc} {issuer.name}, régimen {issuer.regime}, CP {issuer.postal_code}, VAT {vat}")
    for each in stored:
        word = "in use" if used and used.number == each.number else "not used"
        ends = "ends" if each.valid_until > now else "ended"
        typer.echo(
            f"  {each.number} {word}, {ends} {each.valid_until:%Y-%m-%d}" + (" RENEW IT" if each.ending(now) else "")
        )


@csd.command("pac")
def csd_pac(
    tenant: str,
    name: PacName,
    credential: Annotated[list[str], typer.Option(help="name=value, once for each; e.g. token=…")],
    url: Annotated[str, typer.Option(help="left out: the PAC's own address")] = "",
    rank: Annotated[int, typer.Option(min=1, max=2, help="2: asked where the first cannot stamp")] = 1,
    state: State = HERE,
) -> None:
    """Have a tenant's documents stamped by an account of its own."""

    async def save() -> None:
        from worker import gateways

        told = settings(state)
        given = dict(each.split("=", 1) for each in credential if "=" in each)
        account = pac_accounts.account(tenant=tenant, name=name, credentials=given, url=url, rank=rank)
        async with gateways(told) as shared:
            await shared.store.tenant(tenant)
            await shared.store.save_pac_account(pac_accounts.sealed(account, told.keyring))

    try:
        run(save())
    except FieldInvalid as fault:
        stop(f"{fault.field}: {fault}")
    typer.echo(f"documents of {tenant} go to {name} (rank {rank}), opened with {', '.join(CREDENTIALS[name])}")


def _issuer(
    rfc: str, name: str, regime: str, postal_code: str, vat: str, series: str, *, withholding: Withholding, ppd: bool
) -> Issuer:
    if vat not in ("16", "8", "0", "exempt"):
        raise FieldInvalid("vat", "use 16, 8, 0 or exempt")
    return fiscal.issuer(
        rfc=rfc,
        name=legal_name(name, person(rfc)),
        regime=regime,
        postal_code=postal_code,
        vat=None if vat == "exempt" else int(vat),
        series=series,
        withholding=withholding,
        ppd=ppd,
    )

"""Tax invoices: who issues, with which certificate, stamped where."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import typer

from activities import pac_changes
from activities.ports.issuers import Issuers
from activities.ports.store import Store
from commands.terminal import HERE, State, api, group, run, settings, stop
from models.cfdi import certificates, fiscal, pac_accounts
from models.cfdi.fiscal import Issuer, legal_name, person
from models.cfdi.global_invoice import month_named
from models.cfdi.pac_accounts import CREDENTIALS, PacName
from models.cfdi.postal_zones import zone_of
from models.cfdi.taxes import CURRENCIES, PaymentMethod, Withholding
from models.people import FieldInvalid

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
    vat: Annotated[str, typer.Option(help="16, 8, 0 or exempt; at first 16")] = "",
    series: Annotated[str, typer.Option(help="Serie of every document; at first P")] = "",
    withholding: Annotated[
        Withholding | None, typer.Option(help="kept back from a persona física; at first none")
    ] = None,
    payment_method: Annotated[
        PaymentMethod | None,
        typer.Option(help="an invoice whose payment is on its way: PUE once paid, PPD at once; at first PUE"),
    ] = None,
    state: State = HERE,
) -> None:
    """Check a certificate and its key as downloaded from the SAT, and seal the tenant's invoices with it from now on.

    What is left out stays as it is. Another RFC than before is another issuer, and is told everything anew.
    """
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
            before = known if known and known.rfc == csd.rfc else None
            if before is None and not (regime and postal_code):
                stop("--regime and --postal-code: give them the first time, as on the constancia")
            issuer = fiscal.amended(
                before,
                rfc=csd.rfc,
                name=name or (before.name if before else legal_name(csd.name, person(csd.rfc))),
                regime=regime,
                postal_code=postal_code,
                vat=_rate(vat) if vat else None,
                series=series,
                withholding=withholding,
                payment_method=payment_method,
            )
            if issuer != known:
                await shared.store.save_issuer(tenant, issuer)
            await shared.store.save_certificate(certificates.sealed(csd, tenant=tenant, keyring=told.keyring, now=now))
            return f"certificate {csd.number} of {csd.rfc}, good until {csd.valid_until:%Y-%m-%d}"

    typer.echo(run(add()))


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
    kept = "" if issuer.withholding is Withholding.NONE else f", withholding {issuer.withholding}"
    typer.echo(
        f"{issuer.rfc} {issuer.name}, régimen {issuer.regime}, CP {issuer.postal_code}, VAT {vat}, "
        f"Serie {issuer.series}, {issuer.payment_method}{kept}"
    )
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
    replace: Annotated[bool, typer.Option(help="also where another PAC's account stands at this rank")] = False,
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
            await pac_changes.set_account(shared.store, account, told.keyring, replace=replace)

    run(save())
    typer.echo(f"documents of {tenant} go to {name} (rank {rank}), opened with {', '.join(CREDENTIALS[name])}")


@csd.command("remove-pac")
def csd_remove_pac(tenant: str, name: PacName, state: State = HERE) -> None:
    """Forget a tenant's account at a PAC. What it stamped stays, and can no more be cancelled through it."""

    async def remove() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await pac_changes.remove_account(shared.store, tenant, name)

    run(remove())
    typer.echo(f"{tenant} has no account at {name} any more")


def _rate(text: str) -> tuple[int | None]:
    """The rate of IVA that was typed, boxed: exempt sales have none, which is not the same as nothing typed."""
    if text not in ("16", "8", "0", "exempt"):
        raise FieldInvalid("vat", "use 16, 8, 0 or exempt")
    return (None if text == "exempt" else int(text),)


async def month_of_issuer(
    store: Store, issuers: Issuers, tenant: str, month: str
) -> tuple[datetime, datetime, ZoneInfo]:
    """First instant of a month, first of the next, and the clock they are on: the issuer's, or the tenant's before there is one."""
    try:
        wanted = month_named(month)
    except ValueError as fault:
        stop(f"month: {fault}")
    issuer, known = await issuers.issuer_of(tenant), await store.tenant(tenant)
    zone = zone_of(issuer.postal_code) if issuer else ZoneInfo(known.zone)
    return *wanted.bounds(zone), zone


Source = Annotated[str, typer.Argument(help="what is documented: a charge ch_…, a refund re_…, a month global-2026-11")]
Actor = Annotated[str, typer.Option(help="who orders it; kept in the audit")]
Reason = Annotated[str, typer.Option(help="why; kept in the audit")]
Rfc = Annotated[str, typer.Option(help="the receiver's, as on the constancia")]
Name = Annotated[str, typer.Option(help="as on the constancia")]
Regime = Annotated[str, typer.Option(help="régimen fiscal, e.g. 612")]
PostalCode = Annotated[str, typer.Option(help="of the fiscal address")]
Use = Annotated[str, typer.Option(help="UsoCFDI; left out: chosen by rule")]


@cfdi.command("find")
def cfdi_find(
    uuid: Annotated[str, typer.Option(help="folio fiscal")] = "",
    rfc: Annotated[str, typer.Option(help="the receiver's")] = "",
    month: Annotated[str, typer.Option(help="2026-11")] = "",
    state: State = HERE,
) -> None:
    """Tax documents by folio fiscal, RFC or month, through the API."""
    given = {"uuid": uuid, "rfc": rfc, "month": month}
    with api(state) as ask:
        for each in ask("GET", f"/v1/documents/search?{urlencode({k: v for k, v in given.items() if v})}"):
            refusal = f"  {each['refusal']}" if each["refusal"] else ""
            typer.echo(f"{each['key']}  {each['state']}  {each['total']['text']}  {each['uuid']}{refusal}")


@cfdi.command("export")
def cfdi_export(
    tenant: str,
    month: Annotated[str, typer.Argument(help="2026-11, on the issuer's clock")],
    file: Annotated[Path, typer.Argument(dir_okay=False, help="the zip to write")],
    state: State = HERE,
) -> None:
    """Write a month's tax documents into a zip: XML, PDF, acknowledgements and a list."""
    from activities.archive import month_archive

    async def write() -> int:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            since, until, zone = await month_of_issuer(shared.store, shared.store, tenant, month)
            archive, count = await month_archive(shared.store, tenant, since, until, zone)
            with archive, file.open("wb") as out:
                shutil.copyfileobj(archive, out)
            return count

    typer.echo(f"{run(write())} documents of {month} in {file}")


@cfdi.command("cancel")
def cfdi_cancel(
    source: Source,
    actor: Actor,
    reason: Reason,
    motive: Annotated[str, typer.Option(help="02 error, 03 the sale did not take place, 04 it is in a global invoice")],
    substitute: Annotated[str, typer.Option(help="with motive 01: the folio fiscal that takes its place")] = "",
    state: State = HERE,
) -> None:
    """Take a CFDI back, through the API."""
    _order(state, source, "cancel", actor=actor, reason=reason, motive=motive, substitute=substitute)


@cfdi.command("substitute")
def cfdi_substitute(
    source: Source,
    rfc: Rfc,
    name: Name,
    regime: Regime,
    postal_code: PostalCode,
    actor: Actor,
    reason: Reason,
    use: Use = "",
    state: State = HERE,
) -> None:
    """Correct the receiver of a stamped CFDI: another one takes its place, and it is cancelled with motive 01."""
    receiver = {"tax_id": rfc, "legal_name": name, "tax_regime": regime, "postal_code": postal_code, "cfdi_use": use}
    _order(state, source, "substitute", actor=actor, reason=reason, fiscal=receiver)


@cfdi.command("claim")
def cfdi_claim(
    source: Source,
    rfc: Rfc,
    name: Name,
    regime: Regime,
    postal_code: PostalCode,
    actor: Actor,
    reason: Reason,
    use: Use = "",
    state: State = HERE,
) -> None:
    """Invoice a sale without RFC by name after all; it is taken out of its global invoice where it is in one."""
    receiver = {"tax_id": rfc, "legal_name": name, "tax_regime": regime, "postal_code": postal_code, "cfdi_use": use}
    _order(state, source, "claim", actor=actor, reason=reason, fiscal=receiver)


def _order(state: Path, source: str, command: str, **body: object) -> None:
    with api(state) as ask:
        told = ask("POST", f"/v1/documents/{quote(source)}/{command}", body)
    typer.echo(f"{told['status']}; next: {told['next_action']}")


@cfdi.command("rate")
def cfdi_rate(
    tenant: str,
    currency: Annotated[str, typer.Argument(help=", ".join(sorted(CURRENCIES)))],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="the day of the charges, 2026-11-21")],
    pesos: Annotated[str, typer.Argument(help="for one unit, as the DOF publishes it: 17.2345")],
    state: State = HERE,
) -> None:
    """Enter the exchange rate (TipoCambio) of a day; documents that wait for it go on with the order retry."""
    found = re.fullmatch(r"(\d{1,4})(?:\.(\d{1,6}))?", pesos)
    if currency not in CURRENCIES:
        stop(f"currency: use one of {', '.join(sorted(CURRENCIES))}")
    if found is None or not (int(found[1]) or int(found[2] or 0)):
        stop("pesos: write the rate with up to six decimals, e.g. 17.2345")
    millionths = int(found[1]) * 1_000_000 + int((found[2] or "").ljust(6, "0"))

    async def save() -> None:
        from worker import gateways

        async with gateways(settings(state)) as shared:
            await shared.store.tenant(tenant)
            await shared.store.save_exchange_rate(tenant, currency, day.date(), millionths)

    run(save())
    typer.echo(f"1 {currency} = {pesos} MXN on {day:%Y-%m-%d}")

"""Who issues the tenant's tax invoices: settings, the certificate (CSD) that seals them, and the PAC that stamps them."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field, SecretStr

from activities import pac_changes
from api.access import needs
from api.deps import Caller, Context, Ctx, Who
from api.people import note
from api.problems import Problem, answers
from api.refusals import ApiWhy
from api.views import Body, View
from models.access.permissions import Permission
from models.cfdi import certificates, fiscal, pac_accounts
from models.cfdi.certificates import StoredCsd
from models.cfdi.fiscal import Issuer
from models.cfdi.pac_accounts import PacName
from models.cfdi.taxes import PaymentMethod, Withholding
from models.people import FieldInvalid
from models.records import Tenant

router = APIRouter(prefix="/v1/issuer", tags=["issuer"])


class IssuerSettings(Body):
    """The issuer as on its constancia de situación fiscal, and how its invoices are made."""

    tax_id: str = Field(max_length=32, description="RFC, the certificate's", examples=["EKU9003173C9"])
    legal_name: str = Field(max_length=300, examples=["ESCUELA KEMPER URGATE"])
    tax_regime: str = Field(max_length=8, description="SAT c_RegimenFiscal", examples=["601"])
    postal_code: str = Field(
        max_length=8, description="LugarExpedicion: it also says by which clock invoices are dated", examples=["06600"]
    )
    vat: Literal[16, 8, 0] | None = Field(
        default=16, description="per cent inside every price: 16, 8 (border stimulus), 0; null for exempt sales"
    )
    series: str = Field(default="P", max_length=25, description="Serie of every document")
    withholding: Withholding = Field(
        default=Withholding.NONE, description="what companies keep back from a persona física"
    )
    payment_method: PaymentMethod = Field(
        default=PaymentMethod.PUE,
        description="an invoice whose payment is on its way (OXXO, SPEI): PUE documents it once paid, PPD at once with a complement",
    )


class CsdUpload(Body):
    """Certificate and key as downloaded from the SAT, each in base64. The password opens the key once and is not kept."""

    certificate: str = Field(max_length=16_000, description="the .cer file, base64")
    private_key: str = Field(max_length=16_000, description="the .key file, base64")
    password: SecretStr = Field(max_length=256)


class PacSettings(Body):
    """An account at a PAC. Rank 2 is asked only where the first has said that a document is not stamped."""

    name: PacName
    credentials: dict[str, SecretStr] = Field(
        description="sw: token. finkok: username, password. facturapi: secret_key", max_length=4
    )
    url: str = Field(default="", max_length=200, description="left out: the PAC's own address")
    rank: Literal[1, 2] = 1
    replace: bool = Field(default=False, description="also where another PAC's account stands at this rank: it is lost")


class CsdView(View):
    """A certificate that was added."""

    number: str
    tax_id: str
    valid_from: datetime
    valid_until: datetime
    in_use: bool
    warning: str
    """What to do about it, and by when; empty while there is nothing to do."""


class PacView(View):
    """An account, without what opens it."""

    rank: int
    name: PacName
    url: str


class IssuerView(View):
    """Who issues."""

    tax_id: str
    legal_name: str
    tax_regime: str
    postal_code: str
    vat: int | None
    series: str
    withholding: Withholding
    payment_method: PaymentMethod
    certificates: list[CsdView]
    pac: list[PacView]
    """Empty: the house's own account."""


@router.get("", summary="Who issues", dependencies=[needs(Permission.READ)], responses=answers(404, 503))
async def issuer(context: Ctx, tenant: Caller) -> IssuerView:
    """Settings, certificates with their ends, and PAC accounts."""
    return await _view(context, tenant, await _known(context, tenant))


@router.put("", summary="Set who issues", dependencies=[needs(Permission.ISSUER)], responses=answers(422, 503))
async def save(settings: IssuerSettings, context: Ctx, who: Who) -> IssuerView:
    """For every invoice made from now on; one that is sealed stays as it is."""
    given = fiscal.issuer(
        rfc=settings.tax_id,
        name=settings.legal_name,
        regime=settings.tax_regime,
        postal_code=settings.postal_code,
        vat=settings.vat,
        series=settings.series,
        withholding=settings.withholding,
        payment_method=settings.payment_method,
    )
    await context.store.save_issuer(who.tenant.id, given)
    await note(context, who, who.tenant.id, "issuer set")
    return await _view(context, who.tenant, given)


@router.put(
    "/csd", summary="Add a certificate", dependencies=[needs(Permission.ISSUER)], responses=answers(409, 422, 503)
)
async def add_csd(upload: CsdUpload, context: Ctx, who: Who) -> IssuerView:
    """Checked (a CSD and no FIEL, the issuer's RFC, valid today, key and password right) and used from the next invoice on."""
    tenant = who.tenant
    known = await _known(context, tenant, status=409)
    now = datetime.now(UTC)
    csd = certificates.checked(
        certificate=_bytes("certificate", upload.certificate),
        private_key=_bytes("private_key", upload.private_key),
        password=upload.password.get_secret_value(),
        rfc=known.rfc,
        now=now,
    )
    kept = certificates.sealed(csd, tenant=tenant.id, keyring=context.settings.keyring, now=now)
    await context.store.save_certificate(kept)
    await note(context, who, kept.number, "certificate added")
    return await _view(context, tenant, known)


@router.put(
    "/pac", summary="Set a PAC account", dependencies=[needs(Permission.ISSUER)], responses=answers(409, 422, 503)
)
async def save_pac(given: PacSettings, context: Ctx, who: Who) -> IssuerView:
    """For documents not sent anywhere yet; one under way stays with the PAC that may have stamped it. Each PAC has one account."""
    tenant = who.tenant
    known = await _known(context, tenant, status=409)
    account = pac_accounts.account(
        tenant=tenant.id,
        name=given.name,
        credentials={name: value.get_secret_value() for name, value in given.credentials.items()},
        url=given.url,
        rank=given.rank,
    )
    await pac_changes.set_account(context.store, account, context.settings.keyring, replace=given.replace)
    await note(context, who, given.name, "PAC account set")
    return await _view(context, tenant, known)


@router.delete(
    "/pac/{name}",
    summary="Remove a PAC account",
    dependencies=[needs(Permission.ISSUER)],
    responses=answers(404, 409, 422, 503),
)
async def remove_pac(name: PacName, context: Ctx, who: Who) -> IssuerView:
    """Refused while documents are with it. What it stamped stays, and can no more be cancelled through it."""
    known = await _known(context, who.tenant, status=409)
    await pac_changes.remove_account(context.store, who.tenant.id, name)
    await note(context, who, name, "PAC account removed")
    return await _view(context, who.tenant, known)


async def _known(context: Context, tenant: Tenant, status: int = 404) -> Issuer:
    found = await context.store.issuer_of(tenant.id)
    if found is None:
        kind = "missing" if status == 404 else "refused"
        raise Problem(status, ApiWhy.NO_ISSUER(), kind=kind)
    return found


def _bytes(field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise FieldInvalid(field, "not base64; encode the file as it is") from None


async def _view(context: Context, tenant: Tenant, issuer: Issuer) -> IssuerView:
    now = datetime.now(UTC)
    stored = list(await context.store.certificates_of(tenant.id))
    used = certificates.chosen(stored, issuer.rfc, now)
    accounts = await context.store.pac_accounts_of(tenant.id)
    return IssuerView(
        tax_id=issuer.rfc,
        legal_name=issuer.name,
        tax_regime=issuer.regime,
        postal_code=issuer.postal_code,
        vat=issuer.vat,
        series=issuer.series,
        withholding=issuer.withholding,
        payment_method=issuer.payment_method,
        certificates=[_csd(each, used, now) for each in stored],
        pac=[PacView(rank=each.rank, name=each.name, url=each.url) for each in accounts],
    )


def _csd(csd: StoredCsd, used: StoredCsd | None, now: datetime) -> CsdView:
    in_use = used is not None and used.number == csd.number
    warning = ""
    if in_use and csd.ending(now):
        warning = f"it ends on {csd.valid_until:%Y-%m-%d}: renew it with CertiSAT Web and add the new one before"
    return CsdView(
        number=csd.number,
        tax_id=csd.rfc,
        valid_from=csd.valid_from,
        valid_until=csd.valid_until,
        in_use=in_use,
        warning=warning,
    )

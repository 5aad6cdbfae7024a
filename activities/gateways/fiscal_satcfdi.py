"""Builds, signs and checks CFDI 4.0 with satcfdi: documents only, never its transport (its PAC adapters know no timeout).

What the library gets wrong is said here: it must be given `fecha` (its zones are wrong for the Pacific and the
north-west), base and tax of each line (its own total misses one price in seven), and its schema is compiled once.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

from cryptography.x509.oid import NameOID
from lxml import etree
from satcfdi.create.cfd import cfdi40, pago20
from satcfdi.exceptions import CFDIError
from satcfdi.models import Signer
from satcfdi.transform import SCHEMA_ROOT

from activities.failures import Missing, Refused
from activities.gateways.fiscal_cancellation import signed_request, unsigned_request
from activities.ports.issuers import Issuers
from activities.ports.sealer import Sealer
from models.cancellation import Motive
from models.certificates import CSD_EXTENSIONS, chosen, opened
from models.documents import DocumentKind, Draft, Line, Sealed, Settlement
from models.fiscal import Issuer
from models.keyring import Keyring, Unsealable
from models.postal_zones import CENTRE
from models.taxes import WHOLE, PaymentMethod, Split, Withheld, Withholding

_TYPES = {DocumentKind.CREDIT: "E", DocumentKind.PAYMENT: "P"}
_SCHEMAS = {
    "http://www.sat.gob.mx/cfd/4": "cfd/4/cfdv40.xsd",
    "http://www.sat.gob.mx/TimbreFiscalDigital": "cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd",
    "http://www.sat.gob.mx/Pagos20": "cfd/Pagos/Pagos20.xsd",
}
# libxml2 fails when two threads compile a schema at once, so it happens here, under one lock, once per process.
_COMPILING = Lock()


class SatcfdiSealer(Sealer):
    """CSDs from SQL, sealed there; where a tenant has none, from `<directory>/<tenant>/{certificate.cer,private.key,password,issuer.json}`.

    Each is loaded once per process.
    """

    def __init__(
        self,
        directory: Path | None,
        *,
        issuers: Issuers | None = None,
        keyring: Keyring | None = None,
        threads: int = 2,
    ) -> None:
        self._directory = directory
        self._issuers = issuers
        self._keyring = keyring
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="seal")
        self._signers: dict[str, tuple[float | str, Signer]] = {}
        schema()  # in the thread that starts the worker, before any other may need it

    async def issuer(self, tenant: str) -> Issuer:
        known = await self._issuers.issuer_of(tenant) if self._issuers else None
        if known is not None:
            return known
        try:
            row = json.loads((self._place(tenant) / "issuer.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _nobody(tenant) from None
        row["withholding"] = Withholding(row.get("withholding", Withholding.NONE))
        row["payment_method"] = PaymentMethod(row.get("payment_method", PaymentMethod.PUE))
        return Issuer(**row)

    async def build_and_seal(self, tenant: str, draft: Draft) -> Sealed:
        signer = await self._signer(tenant, draft.issuer.rfc)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._seal, tenant, draft, signer)

    async def build(self, draft: Draft) -> Sealed:
        xml = await asyncio.get_running_loop().run_in_executor(self._threads, lambda: build(draft).xml_bytes())
        return Sealed(xml, f"draft:{sha256(xml).hexdigest()}")

    async def sign_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        signer = await self._signer(tenant, (await self.issuer(tenant)).rfc)
        local = at.astimezone(ZoneInfo(CENTRE)).replace(tzinfo=None, microsecond=0)
        return signed_request(
            signer.certificate.to_cryptography(),
            signer.key,
            rfc=_rfc(signer),
            uuid=uuid,
            motive=motive,
            substitute=substitute,
            at=local,
        )

    async def order_cancellation(
        self, tenant: str, *, uuid: str, motive: Motive, substitute: str, at: datetime
    ) -> bytes:
        local = at.astimezone(ZoneInfo(CENTRE)).replace(tzinfo=None, microsecond=0)
        rfc = (await self.issuer(tenant)).rfc
        return unsigned_request(rfc=rfc, uuid=uuid, motive=motive, substitute=substitute, at=local)

    def _seal(self, tenant: str, draft: Draft, signer: Signer) -> Sealed:
        if _rfc(signer) != draft.issuer.rfc:
            raise Refused(f"the certificate of tenant {tenant} is not issued to the RFC of its issuer", "303")
        document = build(draft)
        document.sign(signer)
        xml = document.xml_bytes()
        checked(xml)
        return Sealed(xml, document["Sello"])

    async def _signer(self, tenant: str, rfc: str) -> Signer:
        stored = list(await self._issuers.certificates_of(tenant)) if self._issuers else []
        if not stored:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._filed, tenant)
        csd = chosen(stored, rfc, datetime.now(UTC))
        if csd is None:
            raise Refused(f"no certificate (CSD) of tenant {tenant} is both of its issuer's RFC and valid today", "305")
        known = self._signers.get(tenant)
        if known is not None and known[0] == csd.number:
            return known[1]
        if self._keyring is None:
            raise Refused("the keys that seal certificates are missing (PERDURA_ENCRYPTION_KEYS)", "csd")
        try:
            signer = Signer.load(certificate=csd.certificate, key=opened(csd, self._keyring))
        except (Unsealable, CFDIError, ValueError):
            raise Refused(f"the certificate of tenant {tenant} does not open: upload it again", "csd") from None
        self._signers[tenant] = (csd.number, signer)
        return signer

    def _filed(self, tenant: str) -> Signer:
        place = self._place(tenant)
        try:
            age = (place / "certificate.cer").stat().st_mtime
            known = self._signers.get(tenant)
            if known is not None and known[0] == age:
                return known[1]
            signer = Signer.load(
                certificate=(place / "certificate.cer").read_bytes(),
                key=(place / "private.key").read_bytes(),
                password=(place / "password").read_bytes().strip(),
            )
        except FileNotFoundError:
            raise _nobody(tenant) from None
        except (CFDIError, ValueError, TypeError):
            raise Refused(
                f"the certificate of tenant {tenant} does not open: key, password and certificate must belong together",
                "csd",
            ) from None
        if len(signer.certificate.to_cryptography().extensions) != CSD_EXTENSIONS:
            raise Refused(f"the certificate of tenant {tenant} is a FIEL; upload the CSD, which is for sealing", "306")
        self._signers[tenant] = (age, signer)
        return signer

    def _place(self, tenant: str) -> Path:
        if self._directory is None:
            raise _nobody(tenant)
        if tenant in (".", "..") or "/" in tenant or "\\" in tenant:
            raise Refused("tenant: not the name of a directory", "csd")
        return self._directory / tenant


def _nobody(tenant: str) -> Missing:
    return Missing(f"no certificate (CSD) for tenant {tenant}: add it with perdura csd add, or PUT /v1/issuer/csd")


def _rfc(signer: Signer) -> str:
    # The subject may name a legal representative after a slash.
    names = signer.certificate.to_cryptography().subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    return str(names[0].value).split("/")[0].strip() if names else ""


def build(draft: Draft) -> cfdi40.Comprobante:
    """The document a draft describes, not yet signed.

    Raises:
        Refused: the library's own sum does not come to the draft's total (code `total`).
    """
    issuer, receiver = draft.issuer, draft.receiver
    document = cfdi40.Comprobante(
        emisor=cfdi40.Emisor(rfc=issuer.rfc, nombre=issuer.name, regimen_fiscal=issuer.regime),
        lugar_expedicion=issuer.postal_code,
        receptor=cfdi40.Receptor(
            rfc=receiver.rfc,
            nombre=receiver.name,
            domicilio_fiscal_receptor=receiver.postal_code,
            regimen_fiscal_receptor=receiver.regime,
            uso_cfdi=draft.use,
        ),
        conceptos=[_concept(line) for line in draft.lines] if draft.settles is None else _PAID,
        moneda=draft.currency,
        tipo_de_comprobante=_TYPES.get(draft.kind, "I"),
        serie=draft.series,
        folio=draft.folio,
        forma_pago=draft.form_of_payment or None,
        metodo_pago=draft.payment_method or None,
        cfdi_relacionados=[
            cfdi40.CfdiRelacionados(tipo_relacion=r.type, cfdi_relacionado=r.uuid) for r in draft.related
        ]
        or None,
        informacion_global=cfdi40.InformacionGlobal(
            periodicidad=draft.period.periodicity, meses=draft.period.months, ano=draft.period.year
        )
        if draft.period
        else None,
        tipo_cambio=_millionths(draft.exchange) if draft.exchange else None,
        complemento=_complement(draft.settles) if draft.settles else None,
        fecha=draft.issued,
    )
    total = sum(line.amount.total for line in draft.lines)
    if draft.settles is None and document["Total"] != _pesos(total):
        raise Refused(f"the document's total is {document['Total']}, what was charged is {_pesos(total)}", "total")
    return document


# The one concept of a payment complement (Anexo 20, guía de llenado del CFDI con complemento para recepción de pagos).
_PAID = cfdi40.Concepto(
    clave_prod_serv="84111506",
    cantidad=1,
    clave_unidad="ACT",
    descripcion="Pago",
    valor_unitario=Decimal(0),
    objeto_imp="01",
)


def _complement(paid: Settlement) -> pago20.Pagos:
    """Totales and the taxes of the payment are the library's sums of what is given here for its one document."""
    amount = paid.amount
    tax = {"base_dr": _pesos(amount.base), "impuesto_dr": "002"}
    if amount.rate is None:
        transfer = pago20.TrasladoDR(**tax, tipo_factor_dr="Exento")
    else:
        rate = _millionths(amount.rate * 10_000)
        transfer = pago20.TrasladoDR(**tax, tipo_factor_dr="Tasa", tasa_o_cuota_dr=rate, importe_dr=_pesos(amount.vat))
    kept = [
        pago20.RetencionDR(
            base_dr=_pesos(amount.base),
            impuesto_dr=share.tax,
            tipo_factor_dr="Tasa",
            tasa_o_cuota_dr=_millionths(share.rate),
            importe_dr=_pesos(share.amount),
        )
        for share in amount.withheld
    ]
    related = pago20.DoctoRelacionado(
        id_documento=paid.uuid,
        serie=paid.series,
        folio=paid.folio,
        moneda_dr="MXN",
        equivalencia_dr=1,
        num_parcialidad=paid.partiality,
        imp_saldo_ant=_pesos(paid.before),
        imp_pagado=_pesos(amount.total),
        objeto_imp_dr="02",
        impuestos_dr=pago20.ImpuestosDR(retenciones_dr=kept or None, traslados_dr=[transfer]),
    )
    return pago20.Pagos(
        pago=[
            pago20.Pago(
                fecha_pago=paid.paid_at,
                forma_de_pago_p=paid.form,
                moneda_p="MXN",
                tipo_cambio_p=1,
                docto_relacionado=[related],
            )
        ]
    )


def _concept(line: Line) -> cfdi40.Concepto:
    amount = line.amount
    tax = {"base": _pesos(amount.base), "impuesto": "002"}
    if amount.rate is None:
        transfer = cfdi40.Traslado(**tax, tipo_factor="Exento")
    else:
        rate = (Decimal(amount.rate) / 100).quantize(Decimal("0.000000"))
        transfer = cfdi40.Traslado(**tax, tipo_factor="Tasa", tasa_o_cuota=rate, importe=_pesos(amount.vat))
    return cfdi40.Concepto(
        clave_prod_serv=line.product,
        no_identificacion=line.identification or None,
        cantidad=Decimal(1),
        clave_unidad=line.unit,
        descripcion=line.description,
        valor_unitario=_pesos(amount.base + line.discount),
        descuento=_pesos(line.discount) if line.discount else None,
        objeto_imp="02",
        impuestos=cfdi40.Impuestos(
            traslados=transfer, retenciones=[_kept(amount, each) for each in amount.withheld] or None
        ),
    )


def _kept(amount: Split, share: Withheld) -> cfdi40.Retencion:
    return cfdi40.Retencion(
        base=_pesos(amount.base),
        impuesto=share.tax,
        tipo_factor="Tasa",
        tasa_o_cuota=_millionths(share.rate),
        importe=_pesos(share.amount),
    )


def _millionths(number: int) -> Decimal:
    return (Decimal(number) / WHOLE).quantize(Decimal("0.000000"))


def _pesos(centavos: int) -> Decimal:
    return Decimal(centavos).scaleb(-2).quantize(Decimal("0.01"))


@cache
def schema() -> etree.XMLSchema:
    """The SAT's schema of CFDI 4.0, its stamp and the complement of payments, from the library's files; half a second, once."""
    root = Path(SCHEMA_ROOT) / "www.sat.gob.mx" / "sitio_internet"
    imports = "".join(
        f'<xs:import namespace="{space}" schemaLocation="{(root / name).as_uri()}"/>'
        for space, name in _SCHEMAS.items()
    )
    with _COMPILING:
        return etree.XMLSchema(
            etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
        )


def checked(xml: bytes) -> etree._Element:
    """Parse strictly and hold against the schema.

    Raises:
        Refused: code `301`, with the schema's complaint without its values.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        tree = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        raise Refused("the document is not well-formed XML", "301") from None
    rules = schema()
    if not rules.validate(tree):
        first = rules.error_log[0]
        raise Refused(f"the document breaks the SAT's schema at {first.path}: {first.type_name}", "301")
    return tree

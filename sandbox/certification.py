"""What the sandbox PAC demands of a document before it stamps it: the SAT's own checks, as far as they can be made offline.

Codes are those of the SAT's "matriz de errores" of CFDI 4.0 and of the PACs' general validations.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from satcfdi.transform import SCHEMA_ROOT

from models.cfdi.fiscal import GENERAL_PUBLIC_RFC
from models.cfdi.postal_zones import zone_of
from sandbox.arithmetic import wrong_sums
from sandbox.complements import wrong_payment
from sandbox.pki import Authority, certificate_number
from sandbox.taxpayers import Taxpayers, wrong_receiver

CFDI = "{http://www.sat.gob.mx/cfd/4}"
TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
WINDOW = timedelta(hours=72)
AHEAD = timedelta(minutes=5)
_SAT = "SERVICIO DE ADMINISTRACION TRIBUTARIA"
_ROOT = Path(SCHEMA_ROOT) / "www.sat.gob.mx" / "sitio_internet"
# libxml2 cannot compile two schemas at once.
_COMPILING = Lock()


class Refusal(Exception):
    """The document is not stamped. `code` and the message are the SAT's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parsed(content: bytes) -> etree._Element:
    """A document, parsed strictly. Raises Refusal 301."""
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refusal("301", f"XML mal formado: {error}") from None


def certify(document: etree._Element, *, authority: Authority, taxpayers: Taxpayers, now: datetime) -> None:
    """Every check, in the order a PAC makes them. Raises Refusal at the first that fails."""
    rules = schema()
    with _COMPILING:  # a compiled schema keeps its error log to itself, so one document at a time
        if not rules.validate(document):
            raise Refusal("301", f"XML no cumple con el XSD: {rules.error_log[0].message}")
    _seal(document, authority)
    _date(document, now)
    if wrong := next(_complaints(document, taxpayers), None):
        raise Refusal(*wrong)


def original_chain(element: etree._Element, stylesheet: str) -> bytes:
    """The cadena original by the SAT's own stylesheet."""
    return str(_transform(stylesheet)(element)).encode()


def verify(seal: str, chain: bytes, key: rsa.RSAPublicKey) -> bool:
    """Whether a Sello (base64, RSA with SHA-256) signs a cadena original."""
    try:
        key.verify(base64.b64decode(seal, validate=True), chain, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


CHAIN_CFDI = "cfd/4/cadenaoriginal_4_0/cadenaoriginal_4_0.xslt"
CHAIN_TFD = "cfd/TimbreFiscalDigital/cadenaoriginal_TFD_1_1.xslt"


def _seal(document: etree._Element, authority: Authority) -> None:
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(document.get("Certificado", "")))
    except ValueError:
        raise Refusal("303", "El Certificado no se puede leer") from None
    issuer = certificate.issuer.rfc4514_string().upper()
    if _SAT in issuer:
        raise Refusal("308", "Este PAC de pruebas no acepta certificados emitidos por el SAT")
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except (InvalidSignature, ValueError, TypeError):
        raise Refusal("308", "Certificado no expedido por la autoridad de este PAC de pruebas") from None
    if certificate_number(certificate) != document.get("NoCertificado"):
        raise Refusal("712", "El NoCertificado no corresponde al Certificado")
    names = certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    if not names or str(names[0].value) != document.find(f"{CFDI}Emisor").get("Rfc"):
        raise Refusal("303", "Sello no corresponde al emisor")
    if len(certificate.extensions) != 2:
        raise Refusal("306", "El certificado no es de tipo CSD")
    issued = _issued(document)
    if not certificate.not_valid_before_utc <= issued <= certificate.not_valid_after_utc:
        raise Refusal("305", "La fecha de emisión no está dentro de la vigencia del CSD del emisor")
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    if not verify(document.get("Sello", ""), original_chain(document, CHAIN_CFDI), key):
        raise Refusal("302", "Sello mal formado o inválido")


def _date(document: etree._Element, now: datetime) -> None:
    issued = _issued(document)
    if now - issued > WINDOW:
        raise Refusal("401", "Fecha y hora de generación fuera de rango: han pasado más de 72 horas")
    if issued - now > AHEAD:
        raise Refusal("401", "Fecha y hora de generación fuera de rango: está en el futuro")


def _issued(document: etree._Element) -> datetime:
    local = datetime.fromisoformat(document.get("Fecha"))
    return local.replace(tzinfo=zone_of(document.get("LugarExpedicion"))).astimezone(UTC)


def _complaints(document: etree._Element, taxpayers: Taxpayers) -> Iterator[tuple[str, str]]:
    yield from _general_public(document)
    yield from wrong_receiver(document, taxpayers)
    if document.get("MetodoPago") == "PPD" and document.get("FormaPago") != "99":
        yield "CFDI40105", "El campo FormaPago debe ser 99 cuando MetodoPago es PPD"
    if document.get("TipoDeComprobante") == "P":
        yield from wrong_payment(document)
    else:
        yield from wrong_sums(document)


def _general_public(document: etree._Element) -> Iterator[tuple[str, str]]:
    receiver = document.find(f"{CFDI}Receptor")
    period = document.find(f"{CFDI}InformacionGlobal")
    everyone = receiver.get("Rfc") == GENERAL_PUBLIC_RFC and receiver.get("Nombre") == "PUBLICO EN GENERAL"
    if (everyone and document.get("TipoDeComprobante") == "I") != (period is not None):
        yield (
            "CFDI40130",
            "El nodo InformacionGlobal solo debe existir para PUBLICO EN GENERAL, y entonces debe existir",
        )
    if period is not None and int(period.get("Año")) not in (_issued(document).year, _issued(document).year - 1):
        yield "CFDI40136", "El campo Año debe ser el año en curso o el anterior"


@cache
def schema() -> etree.XMLSchema:
    """The SAT's schema of the document and of its stamp."""
    spaces = (
        ("http://www.sat.gob.mx/cfd/4", "cfd/4/cfdv40.xsd"),
        ("http://www.sat.gob.mx/TimbreFiscalDigital", "cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd"),
        ("http://www.sat.gob.mx/Pagos20", "cfd/Pagos/Pagos20.xsd"),
    )
    imports = "".join(
        f'<xs:import namespace="{name}" schemaLocation="{(_ROOT / file).as_uri()}"/>' for name, file in spaces
    )
    with _COMPILING:
        return etree.XMLSchema(
            etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')
        )


@cache
def _transform(stylesheet: str) -> etree.XSLT:
    return etree.XSLT(etree.parse(_ROOT / stylesheet))

"""The signed request to cancel a CFDI (SAT Cancelacion 4.0): an enveloped XML signature, RSA with SHA-1 as the SAT demands it.

Written here and not left to the library, which dates the request by the machine's own clock.
"""

import base64
import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from models.cfdi.cancellation import Motive

CANCEL = "http://cancelacfd.sat.gob.mx"
DS = "http://www.w3.org/2000/09/xmldsig#"
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_AROUND: dict[str | None, str] = {
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def signed_request(
    certificate: x509.Certificate,
    key: rsa.RSAPrivateKey,
    *,
    rfc: str,
    uuid: str,
    motive: Motive,
    substitute: str,
    at: datetime,
) -> bytes:
    """One UUID per request. `at` is local to central Mexico, naive."""
    root = _request(rfc=rfc, uuid=uuid, motive=motive, substitute=substitute, at=at)
    info = _signed_info(base64.b64encode(hashlib.sha1(_canonical(root)).digest()).decode())
    # Signed while it stands alone: canonicalised inside its parent it would come out differently.
    value = key.sign(_canonical(info), padding.PKCS1v15(), hashes.SHA1())
    signature = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={None: DS})
    signature.append(info)
    _text(signature, "SignatureValue", base64.b64encode(value).decode())
    data = etree.SubElement(etree.SubElement(signature, f"{{{DS}}}KeyInfo"), f"{{{DS}}}X509Data")
    serial = etree.SubElement(data, f"{{{DS}}}X509IssuerSerial")
    _text(serial, "X509IssuerName", certificate.issuer.rfc4514_string())
    _text(serial, "X509SerialNumber", str(certificate.serial_number))
    der = certificate.public_bytes(Encoding.DER)
    _text(data, "X509Certificate", base64.b64encode(der).decode())
    xml: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return xml


def unsigned_request(*, rfc: str, uuid: str, motive: Motive, substitute: str, at: datetime) -> bytes:
    """The same without a signature, for whoever signs himself."""
    xml: bytes = etree.tostring(_request(rfc=rfc, uuid=uuid, motive=motive, substitute=substitute, at=at))
    return xml


def _request(*, rfc: str, uuid: str, motive: Motive, substitute: str, at: datetime) -> etree._Element:
    root = etree.Element(f"{{{CANCEL}}}Cancelacion", nsmap=_AROUND | {None: CANCEL})
    root.set("RfcEmisor", rfc)
    root.set("Fecha", at.isoformat())
    folio = etree.SubElement(etree.SubElement(root, f"{{{CANCEL}}}Folios"), f"{{{CANCEL}}}Folio")
    folio.set("UUID", uuid)
    folio.set("Motivo", motive.value)
    if substitute:
        folio.set("FolioSustitucion", substitute)
    return root


def _signed_info(digest: str) -> etree._Element:
    info = etree.Element(f"{{{DS}}}SignedInfo", nsmap=_AROUND | {None: DS})
    etree.SubElement(info, f"{{{DS}}}CanonicalizationMethod").set("Algorithm", _C14N)
    etree.SubElement(info, f"{{{DS}}}SignatureMethod").set("Algorithm", f"{DS}rsa-sha1")
    reference = etree.SubElement(info, f"{{{DS}}}Reference")
    reference.set("URI", "")
    transforms = etree.SubElement(reference, f"{{{DS}}}Transforms")
    etree.SubElement(transforms, f"{{{DS}}}Transform").set("Algorithm", f"{DS}enveloped-signature")
    etree.SubElement(reference, f"{{{DS}}}DigestMethod").set("Algorithm", f"{DS}sha1")
    _text(reference, "DigestValue", digest)
    return info


def _text(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{DS}}}{name}").text = text


def _canonical(element: etree._Element) -> bytes:
    canonical: bytes = etree.tostring(element, method="c14n")
    return canonical

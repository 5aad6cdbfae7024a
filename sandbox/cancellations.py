"""Cancellations as the SAT handles them: who may, when the receiver must agree, and what the enquiry service says meanwhile."""

import base64
import hashlib
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import holidays
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from models.cfdi.fiscal import FOREIGN_RFC, GENERAL_PUBLIC_RFC
from models.cfdi.postal_zones import CENTRE
from sandbox.certification import CFDI, Refusal, parsed
from sandbox.complements import PAGO
from sandbox.pki import Authority
from sandbox.stamps import Stamped, Stamps

CANCEL = "{http://cancelacfd.sat.gob.mx}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
WITHOUT_ACCEPTANCE = Decimal(1000)  # pesos, RMF 2.7.1.35


def next_business_day(day: date) -> date:
    """The first weekday after a day that is no public holiday: until then a cancellation needs nobody's consent (RMF 2.7.1.35)."""
    closed = holidays.country_holidays("MX", years=(day.year, day.year + 1))
    following = day + timedelta(days=1)
    while following.weekday() >= 5 or following in closed:
        following += timedelta(days=1)
    return following


class Progress(StrEnum):
    """Where a request stands: the words of EstatusCancelacion."""

    WAITING = "En proceso"
    DONE = "Cancelado sin aceptación"
    ACCEPTED = "Cancelado con aceptación"
    EXPIRED = "Plazo vencido"
    REJECTED = "Solicitud rechazada"


CANCELLED = (Progress.DONE, Progress.ACCEPTED, Progress.EXPIRED)


@dataclass
class Cancellations:
    """The SAT's register, by UUID. `unknown_for` looks say 205 first, as the SAT does while its lists lag."""

    stamps: Stamps
    authority: Authority
    unknown_for: int = 0
    ahead: timedelta = timedelta()  # how far the SAT's calendar is ahead of the wall's

    @property
    def requests(self) -> dict[str, Progress]:
        """Kept with the stamps, so that a restart forgets none."""
        return {uuid: Progress(progress) for uuid, progress in self.stamps.cancellations().items()}

    def request(self, content: bytes) -> tuple[str, str]:
        """Take a signed request. Answers its UUID and the SAT's code 201 or 202.

        Raises:
            Refusal: 203 another issuer's, 204 not cancellable, 205 unknown, 207 and 208 wrong motive or substitute, 302 bad signature.
        """
        root = parsed(content)
        rfc = self._signer(root)
        folio = root.find(f"{CANCEL}Folios/{CANCEL}Folio")
        uuid, motive, substitute = (folio.get(name, "") for name in ("UUID", "Motivo", "FolioSustitucion"))
        if self.unknown_for:
            self.unknown_for -= 1
            raise Refusal("205", "UUID no encontrado")
        stamped = self.stamps.by_uuid(uuid)
        if stamped is None:
            raise Refusal("205", "UUID no encontrado")
        document = parsed(stamped.xml.encode())
        if document.find(f"{CFDI}Emisor").get("Rfc") != rfc or root.get("RfcEmisor") != rfc:
            raise Refusal("203", "UUID no corresponde al RFC del emisor")
        if motive not in ("01", "02", "03", "04"):
            raise Refusal("207", "No se especificó el motivo de cancelación o el motivo no es válido")
        if motive == "01" and (not substitute or self.stamps.by_uuid(substitute) is None):
            raise Refusal("208", "Folio sustitución inválido")
        if motive != "01" and substitute:
            raise Refusal("209", "Folio sustitución no requerido")
        known = self.requests.get(uuid)
        if known is not None and known is not Progress.REJECTED:
            return uuid, "202"
        if self._relations(uuid):
            raise Refusal("204", "UUID no aplicable para cancelación: tiene documentos relacionados vigentes")
        progress = Progress.WAITING if self._needs_acceptance(document, stamped) else Progress.DONE
        self.stamps.record_cancellation(uuid, progress)
        return uuid, "201"

    def settle(self, uuid: str, progress: Progress) -> bool:
        """The receiver accepts, rejects, or lets the time pass. False where nothing is waiting."""
        if self.requests.get(uuid) is not Progress.WAITING:
            return False
        self.stamps.record_cancellation(uuid, progress)
        return True

    def look(self, uuid: str) -> tuple[str, str, str]:
        """Estado, EsCancelable and EstatusCancelacion of a document."""
        stamped = self.stamps.by_uuid(uuid)
        if stamped is None:
            return "No Encontrado", "", ""
        progress = self.requests.get(uuid)
        if progress in CANCELLED:
            return "Cancelado", "", progress.value if progress else ""
        if self._relations(uuid):
            return "Vigente", "No cancelable", progress.value if progress else ""
        needs = self._needs_acceptance(parsed(stamped.xml.encode()), stamped)
        return "Vigente", f"Cancelable {'con' if needs else 'sin'} aceptación", progress.value if progress else ""

    def _relations(self, uuid: str) -> list[Stamped]:
        """Live documents that stand on this one; one that substitutes it (04) does not hold it back."""
        requests = self.requests
        return [
            other
            for other in self.stamps.all()
            if requests.get(other.uuid) not in CANCELLED and uuid in _stands_on(parsed(other.xml.encode()))
        ]

    def _needs_acceptance(self, document: etree._Element, stamped: Stamped) -> bool:
        generic = document.find(f"{CFDI}Receptor").get("Rfc") in (GENERAL_PUBLIC_RFC, FOREIGN_RFC)
        small = Decimal(document.get("Total")) <= WITHOUT_ACCEPTANCE
        mexico = ZoneInfo(CENTRE)
        today = (datetime.now(UTC) + self.ahead).astimezone(mexico).date()
        soon = today <= next_business_day(datetime.fromisoformat(stamped.stamped_at).astimezone(mexico).date())
        return not (generic or small or soon or document.get("TipoDeComprobante") == "E")

    def _signer(self, root: etree._Element) -> str:
        """The RFC whose certificate signed the request. Raises Refusal 302 or 308."""
        signature = root.find(f"{DS}Signature")
        try:
            given = signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
            certificate = x509.load_der_x509_certificate(base64.b64decode(given))
            certificate.verify_directly_issued_by(self.authority.certificate)
        except (AttributeError, ValueError, TypeError, InvalidSignature):
            raise Refusal("308", "Certificado no expedido por la autoridad de este PAC de pruebas") from None
        key = certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        bare = deepcopy(root)
        bare.remove(bare.find(f"{DS}Signature"))
        digest = base64.b64encode(hashlib.sha1(etree.tostring(bare, method="c14n")).digest()).decode()
        info = signature.find(f"{DS}SignedInfo")
        # Apart from its parent, with the parent's namespaces: what an inclusive canonicalisation sees.
        spaces = {prefix: space for prefix, space in root.nsmap.items() if prefix} | {None: DS[1:-1]}
        alone = etree.Element(info.tag, nsmap=spaces)
        alone.extend(deepcopy(child) for child in info)
        try:
            value = base64.b64decode(signature.findtext(f"{DS}SignatureValue"))
            key.verify(value, etree.tostring(alone, method="c14n"), padding.PKCS1v15(), hashes.SHA1())
        except (InvalidSignature, ValueError, TypeError):
            raise Refusal("302", "Sello de la solicitud mal formado o inválido") from None
        if info.findtext(f"{DS}Reference/{DS}DigestValue") != digest:
            raise Refusal("302", "La solicitud fue cambiada después de firmarse")
        return str(certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)[0].value)


def _stands_on(document: etree._Element) -> set[str]:
    """The documents that may not go while this one lives: those it is related to otherwise than 04, and those it pays."""
    related = {
        each.get("UUID", "").upper()
        for relation in document.iterfind(f"{CFDI}CfdiRelacionados")
        if relation.get("TipoRelacion") != "04"
        for each in relation
    }
    return related | {each.get("IdDocumento", "").upper() for each in document.iter(f"{PAGO}DoctoRelacionado")}

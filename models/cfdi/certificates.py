"""An issuer's certificate for sealing (CSD): checked before it is kept, sealed while it is kept, watched while it lasts.

Conventions of the SAT's certificates: the X.509 serial number is the ASCII of NoCertificado's 20 digits, the RFC is the
subject's x500UniqueIdentifier (before a slash: a legal representative may follow), a CSD has two extensions and a FIEL four.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key
from cryptography.x509.oid import NameOID

from models.people import FieldInvalid
from models.refusals import Why
from models.safekeeping.keyring import Keyring

CSD_EXTENSIONS = 2
WARNED_AHEAD = timedelta(days=30)  # a renewal takes a day at the SAT and up to 72 h until every PAC knows it


class CsdWhy(Why):
    """What is wrong with a certificate, its key or its password."""

    NO_CERTIFICATE = (
        "No es un certificado del SAT: sube el archivo .cer de tu CSD",
        "not a certificate of the SAT; upload the .cer file of your CSD",
    )
    FIEL = (
        "Es una e.firma (FIEL) o no es un CSD; las facturas solo se sellan con el CSD",
        "this is a FIEL (e.firma) or no CSD; invoices are sealed with the CSD only",
    )
    OTHER_RFC = (
        "Es del RFC {owner} y quien factura es {rfc}: sube el suyo",
        "it belongs to the RFC {owner}, the issuer is {rfc}; upload the issuer's own",
    )
    ENDED = ("Venció el {day}: renuévalo con CertiSAT Web", "it ended on {day}; renew it with CertiSAT Web")
    NOT_YET = ("No vale antes del {day}", "it is not valid before {day}")
    UNPROTECTED = (
        "La llave no está protegida por una contraseña: sube el archivo .key del SAT",
        "the key is not protected by a password; upload the SAT's .key file",
    )
    WRONG_PASSWORD = ("No abre la llave privada", "it does not open the private key")
    NO_KEY = ("No es una llave privada: sube el archivo .key", "not a private key; upload the .key file")
    NO_RSA = (
        "No es una llave RSA: sube el archivo .key de tu CSD",
        "not an RSA key; upload the .key file of your CSD",
    )
    OTHER_KEY = (
        "No es de este certificado: sube los dos archivos que se hicieron juntos",
        "it does not belong to this certificate; upload the pair made together",
    )


@dataclass(frozen=True, slots=True)
class Csd:
    """A checked certificate and its private key. `certificate` and `key` are DER; the key is open, so keep it sealed."""

    number: str
    rfc: str
    name: str
    valid_from: datetime
    valid_until: datetime
    certificate: bytes = field(repr=False)
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredCsd:
    """A certificate as SQL keeps it. Unique by (tenant, number). `sealed` opens with the key `key_id` of the keyring."""

    tenant: str
    number: str
    rfc: str
    valid_from: datetime
    valid_until: datetime
    certificate: bytes = field(repr=False)
    key_id: str
    sealed: bytes = field(repr=False)
    added_at: datetime

    def good(self, now: datetime) -> bool:
        """Whether a document dated now may be sealed with it (else the PAC answers 305)."""
        return self.valid_from <= now <= self.valid_until

    def ending(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return self.valid_until - now <= WARNED_AHEAD


def checked(*, certificate: bytes, private_key: bytes, password: str, now: datetime, rfc: str = "") -> Csd:
    """A certificate and key as downloaded from the SAT (DER, the key as encrypted PKCS#8), proved to belong together.

    Raises:
        FieldInvalid: naming `certificate`, `private_key` or `password`, and the remedy.
    """
    try:
        found = x509.load_der_x509_certificate(certificate)
        names = found.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
        number = found.serial_number.to_bytes(20, "big").decode("ascii")
        extensions = len(found.extensions)
    except (ValueError, OverflowError):
        raise FieldInvalid("certificate", CsdWhy.NO_CERTIFICATE()) from None
    if extensions != CSD_EXTENSIONS or not names:
        raise FieldInvalid("certificate", CsdWhy.FIEL())
    owner = str(names[0].value).split("/")[0].strip()
    if rfc and owner != rfc:
        raise FieldInvalid("certificate", CsdWhy.OTHER_RFC(owner=owner, rfc=rfc))
    if now > found.not_valid_after_utc:
        raise FieldInvalid("certificate", CsdWhy.ENDED(day=f"{found.not_valid_after_utc:%Y-%m-%d}"))
    if now < found.not_valid_before_utc:
        raise FieldInvalid("certificate", CsdWhy.NOT_YET(day=f"{found.not_valid_before_utc:%Y-%m-%d}"))
    try:
        key = load_der_private_key(private_key, password.encode())
    except TypeError:
        raise FieldInvalid("private_key", CsdWhy.UNPROTECTED()) from None
    except ValueError as fault:
        # The library says nothing more exact than this, and so do we where it cannot be told which of the two is wrong.
        wrong = "password" if _is_encrypted(private_key) else "private_key"
        why = CsdWhy.WRONG_PASSWORD if wrong == "password" else CsdWhy.NO_KEY
        raise FieldInvalid(wrong, why()) from fault
    public = found.public_key()
    if not isinstance(key, rsa.RSAPrivateKey) or not isinstance(public, rsa.RSAPublicKey):
        raise FieldInvalid("private_key", CsdWhy.NO_RSA())
    if key.public_key().public_numbers() != public.public_numbers():
        raise FieldInvalid("private_key", CsdWhy.OTHER_KEY())
    return Csd(
        number=number,
        rfc=owner,
        name=_name(found),
        valid_from=found.not_valid_before_utc,
        valid_until=found.not_valid_after_utc,
        certificate=found.public_bytes(Encoding.DER),
        key=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def sealed(csd: Csd, *, tenant: str, keyring: Keyring, now: datetime) -> StoredCsd:
    """A certificate ready to be kept: its key opens for this tenant and number alone."""
    key_id, hidden = keyring.seal(csd.key, context=_context(tenant, csd.number))
    return StoredCsd(
        tenant=tenant,
        number=csd.number,
        rfc=csd.rfc,
        valid_from=csd.valid_from,
        valid_until=csd.valid_until,
        certificate=csd.certificate,
        key_id=key_id,
        sealed=hidden,
        added_at=now,
    )


def opened(stored: StoredCsd, keyring: Keyring) -> bytes:
    """The private key, DER.

    Raises:
        Unsealable: its key is not in the ring, or the row was tampered with.
    """
    return keyring.open(stored.key_id, stored.sealed, context=_context(stored.tenant, stored.number))


def chosen(stored: list[StoredCsd], rfc: str, now: datetime) -> StoredCsd | None:
    """The certificate to seal with: of those of the issuer that are valid now, the one added last."""
    good = [each for each in stored if each.rfc == rfc and each.good(now)]
    return max(good, key=lambda each: each.added_at, default=None)


def name_in(certificate: bytes) -> str:
    """Whose a certificate is by its own word, in capitals as the SAT writes it; empty where it does not say. It is a certificate."""
    return _name(x509.load_der_x509_certificate(certificate))


def _name(found: x509.Certificate) -> str:
    title = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(title[0].value) if title else ""


def _context(tenant: str, number: str) -> str:
    return f"csd:{tenant}:{number}"


def _is_encrypted(der: bytes) -> bool:
    # EncryptedPrivateKeyInfo names a password scheme of PKCS#5: 1.2.840.113549.1.5 in DER.
    return b"\x2a\x86\x48\x86\xf7\x0d\x01\x05" in der[:64]

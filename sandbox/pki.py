"""A certificate authority of our own, in the SAT's manner: it certifies the PAC and the issuers' seals (CSD) of the sandbox.

Nothing it signs has any validity: the authority names itself as a sandbox, and the printed form of a document sealed
under it says SIN VALIDEZ FISCAL. The SAT's conventions followed: the certificate number is 20 digits written in ASCII
as the X.509 serial, the RFC is the subject's x500UniqueIdentifier, a CSD has exactly two extensions.
"""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from models.cfdi.fiscal import Issuer

AUTHORITY_NAME = "AC SANDBOX PERDURA SIN VALIDEZ FISCAL"
PAC_RFC = "SPP260101PA0"
PAC_NAME = "PAC SANDBOX PERDURA SIN VALIDEZ FISCAL"


@dataclass(frozen=True)
class Authority:
    """The authority's certificate, and the PAC's certificate and key that it vouches for."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    pac_certificate: x509.Certificate
    pac_key: rsa.RSAPrivateKey


def authority(directory: Path) -> Authority:
    """The authority kept in a directory, made when it is missing."""
    if not (directory / "pac.key").is_file():
        _found(directory)
    return Authority(
        _certificate(directory / "authority.cer"),
        _key(directory / "authority.key"),
        _certificate(directory / "pac.cer"),
        _key(directory / "pac.key"),
    )


def issue_csd(directory: Path, tenant: str, issuer: Issuer, authority: Path) -> None:
    """Put a CSD for a tenant where the product looks for it: `<directory>/<tenant>/{certificate.cer,private.key,password,issuer.json}`.

    Made once: one that is there stays, so that a restart does not change who sealed what.
    """
    place = directory / tenant
    if (place / "issuer.json").is_file():
        return
    certifier = _authority(authority)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _sign(
        _subject(issuer.name, issuer.rfc, unit="Matriz"),
        key.public_key(),
        issuer=certifier.certificate.subject,
        signer=certifier.key,
    )
    password = secrets.token_urlsafe(12)
    _write(place / "certificate.cer", certificate.public_bytes(Encoding.DER))
    _write(
        place / "private.key",
        key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())),
    )
    _write(place / "password", password.encode())
    # Written last: it says that the others are complete.
    _write(place / "issuer.json", json.dumps(asdict(issuer), ensure_ascii=False, indent=2).encode())


_authority = authority


def certificate_number(certificate: x509.Certificate) -> str:
    """The 20 digits that a CFDI calls NoCertificado."""
    return certificate.serial_number.to_bytes(20, "big").decode("ascii")


def _found(directory: Path) -> None:
    root = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = _subject(AUTHORITY_NAME, "", unit="Sandbox")
    certificate = _sign(name, root.public_key(), issuer=name, signer=root, ca=True)
    pac = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pac_certificate = _sign(
        _subject(PAC_NAME, PAC_RFC, unit=f"PAC{PAC_RFC}"), pac.public_key(), issuer=certificate.subject, signer=root
    )
    for stem, cert, key in (("authority", certificate, root), ("pac", pac_certificate, pac)):
        _write(directory / f"{stem}.cer", cert.public_bytes(Encoding.DER))
        _write(directory / f"{stem}.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _subject(name: str, rfc: str, *, unit: str) -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, name[:64]),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "MX"),
    ]
    if rfc:
        parts.append(x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, rfc))
    return x509.Name([*parts, x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)])


def _sign(
    subject: x509.Name,
    public_key: rsa.RSAPublicKey,
    *,
    issuer: x509.Name,
    signer: rsa.RSAPrivateKey,
    ca: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    number = f"30001{secrets.randbelow(10**15):015d}"
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(int.from_bytes(number.encode("ascii"), "big"))
        .not_valid_before(now - timedelta(days=4))  # so that documents dated up to 72 h back fall inside
        .not_valid_after(now + timedelta(days=4 * 365))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(signer, hashes.SHA256())
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content)


def _certificate(path: Path) -> x509.Certificate:
    return x509.load_der_x509_certificate(path.read_bytes())


def _key(path: Path) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key

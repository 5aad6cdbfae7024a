"""A PAC of the sandbox on a free port, issuers with certificates it trusts, and the real gateways pointed at it."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi import FastAPI
from satcfdi.models import Signer

from activities.gateways.fiscal_document import build
from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from activities.gateways.fiscal_sw import SwPac
from models.cfdi.documents import DocumentKind, Draft, Line
from models.cfdi.fiscal import issue_date
from models.cfdi.taxes import split
from sandbox.pac import router
from sandbox.pki import issue_csd
from sandbox.settings import SandboxSettings
from tests.samples import ANA, ISSUER

TENANT = "acme"


def draft(total: int = 14_900, **changes: Any) -> Draft:
    """A good invoice, dated now; `changes` replace parts of it."""
    now = datetime.now(UTC)
    good = Draft(
        kind=DocumentKind.INCOME,
        issuer=ISSUER,
        receiver=ANA,
        use="G03",
        form_of_payment="04",
        issued=issue_date(now, now, ISSUER.postal_code),
        series="P",
        folio="ch_1-1",
        lines=(Line("81112500", "E48", "Suscripción PRO", split(total)),),
    )
    return replace(good, **changes)


def signer(directory: Path, tenant: str = TENANT) -> Signer:
    place = directory / "csd" / tenant
    return Signer.load(
        certificate=(place / "certificate.cer").read_bytes(),
        key=(place / "private.key").read_bytes(),
        password=(place / "password").read_bytes(),
    )


def certificate(
    directory: Path,
    tenant: str,
    *,
    issuer: str,
    extensions: int = 2,
    key: rsa.RSAPrivateKey | None = None,
    by: x509.Certificate | None = None,
) -> None:
    """Put a certificate of a strange kind where a tenant's CSD belongs: another issuer's name, or a FIEL's four extensions."""
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = datetime.now(UTC)
    named = [x509.NameAttribute(NameOID.COMMON_NAME, issuer), x509.NameAttribute(NameOID.ORGANIZATION_NAME, issuer)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, ISSUER.rfc)]))
        .issuer_name(by.subject if by else x509.Name(named))
        .public_key(own.public_key())
        .serial_number(int.from_bytes(b"30001000000500003416", "big"))
        .not_valid_before(now - timedelta(days=4))
        .not_valid_after(now + timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    if extensions == 4:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        ).add_extension(x509.OCSPNoCheck(), critical=False)
    place = directory / "csd" / tenant
    place.mkdir(parents=True, exist_ok=True)
    (place / "certificate.cer").write_bytes(builder.sign(key or own, hashes.SHA256()).public_bytes(Encoding.DER))
    (place / "private.key").write_bytes(
        own.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    )
    (place / "password").write_bytes(b"secret")
    (place / "issuer.json").write_text(
        json.dumps({"rfc": ISSUER.rfc, "name": ISSUER.name, "regime": "601", "postal_code": "06600"})
    )


@dataclass
class FiscalWorld:
    """The PAC's address and control, the sealer, and the adapter to production's PAC pointed at the sandbox."""

    directory: Path
    url: str
    settings: SandboxSettings
    sealer: SatcfdiSealer
    pac: SwPac
    http: httpx.AsyncClient

    async def fault(self, kind: str, times: int = 1, seconds: float = 0.2) -> None:
        answer = await self.http.post("/_sandbox/pac/faults", json={"kind": kind, "times": times, "seconds": seconds})
        assert answer.status_code == 201

    async def file_taxpayer(self, **filed: Any) -> None:
        assert (await self.http.put("/_sandbox/pac/taxpayers", json=filed)).status_code == 200

    async def stamps(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = (await self.http.get("/_sandbox/pac/stamps")).json()
        return found

    async def send(self, sealed: bytes, key: str = "", token: str = "") -> httpx.Response:
        return await self.http.post(
            "/v4/cfdi33/stamp/v4",
            headers={"Authorization": f"Bearer {token or self.settings.pac_token}", "customid": key},
            files={"xml": ("xml", sealed, "text/xml")},
        )

    def sealed_as(self, change: Callable[[Any], None], of: Draft | None = None, tenant: str = TENANT) -> bytes:
        """A document changed before it was sealed, so that its seal is good and its content is not."""
        document = build(of or draft())
        hand = signer(self.directory, tenant)
        document["NoCertificado"] = hand.certificate_number
        document["Certificado"] = hand.certificate_base64()
        change(document)
        document["Sello"] = hand.sign_sha256(document.cadena_original().encode())
        xml: bytes = document.xml_bytes()
        return xml


@contextlib.asynccontextmanager
async def open_world(directory: Path) -> AsyncIterator[FiscalWorld]:
    """Serve until left. The directory may be opened again: the PAC remembers."""
    authority = directory / "authority"
    issue_csd(directory / "csd", TENANT, ISSUER, authority)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        settings = SandboxSettings(port=door.getsockname()[1], pac_authority=authority)
        app = FastAPI()
        app.include_router(router(settings))
        # Cutting a connection on purpose is an error to uvicorn: no log.
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[door]))
        while not server.started:
            await asyncio.sleep(0.01)
        pac = SwPac(settings.base_url, settings.pac_token)
        try:
            async with httpx.AsyncClient(base_url=settings.base_url) as http:
                sealer = SatcfdiSealer(directory / "csd")
                yield FiscalWorld(directory, settings.base_url, settings, sealer, pac, http)
        finally:
            await pac.aclose()
            server.should_exit = True
            await serving

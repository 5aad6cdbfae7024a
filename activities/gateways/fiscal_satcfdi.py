"""The issuer's seal, with satcfdi's signer: its documents only, never its transport (its PAC adapters know no timeout)."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.x509.oid import NameOID
from satcfdi.exceptions import CFDIError
from satcfdi.models import Signer

from activities.failures import Missing, Refused
from activities.gateways.fiscal_cancellation import signed_request, unsigned_request
from activities.gateways.fiscal_document import build
from activities.gateways.fiscal_schema import checked, schema
from activities.ports.issuers import Issuers
from activities.ports.sealer import Sealer
from models.cfdi.cancellation import Motive
from models.cfdi.certificates import CSD_EXTENSIONS, chosen, opened
from models.cfdi.documents import Draft, Sealed
from models.cfdi.fiscal import Issuer
from models.cfdi.postal_zones import CENTRE
from models.cfdi.taxes import PaymentMethod, Withholding
from models.safekeeping.keyring import Keyring, Unsealable


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

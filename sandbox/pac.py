"""A PAC that speaks SW Sapien's REST: it checks the seal and all that can be checked, stamps, and remembers.

Nothing it stamps has fiscal validity, and it takes no certificate of the real SAT. What the network can do to a request
is ordered under ``/_sandbox/pac``: no answer, a wrong one, or a lost one after the stamp was made.
"""

import asyncio
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from sandbox import sat
from sandbox.cancellations import Cancellations
from sandbox.certification import CHAIN_TFD, TFD, Refusal, certify, original_chain, parsed, schema
from sandbox.hangup import Hangup
from sandbox.pki import authority
from sandbox.settings import SandboxSettings
from sandbox.stamps import Prior, Stamped, Stamps
from sandbox.taxpayers import Taxpayer, Taxpayers

CUSTOM_ID_LIFE = timedelta(hours=72)
_CODED = "CFDI"


class FaultKind(StrEnum):
    """unavailable: 503. garbage: 200 and a page. drop_before: hung up, nothing done. drop_after: stamped, and hung up.

    slow: answers late. silent_prior: says 307 and keeps the invoice to itself, as SW does at times. no_balance: 718, no stamps left.
    """

    UNAVAILABLE = "unavailable"
    GARBAGE = "garbage"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    SLOW = "slow"
    SILENT_PRIOR = "silent_prior"
    NO_BALANCE = "no_balance"


class Fault(BaseModel):
    """What happens to the next `times` requests to stamp; `seconds` is how slow slow is."""

    kind: FaultKind
    times: int = Field(default=1, ge=1)
    seconds: float = Field(default=1.0, ge=0, le=120)


class Rejection(BaseModel):
    """A taxpayer as the SAT has it on file: a document that differs is refused. `listed` false: the RFC is unknown."""

    rfc: str
    name: str = ""
    postal_code: str = ""
    regime: str = ""
    listed: bool = True


def router(settings: SandboxSettings) -> APIRouter:
    """SW's paths and the control of this PAC. Makes the authority where it is missing."""
    certifier = authority(settings.pac_authority)
    stamps = Stamps(settings.pac_authority / "stamps.db")
    taxpayers = Taxpayers()
    faults: list[Fault] = []
    schema()  # compiled here, in one thread
    routes = APIRouter(tags=["PAC"])
    routes.include_router(sat.router(settings, Cancellations(stamps, certifier)))

    def take() -> Fault | None:
        if not faults:
            return None
        fault = faults[0]
        fault.times -= 1
        if not fault.times:
            faults.pop(0)
        return fault

    def work(content: bytes, custom_id: str) -> Stamped:
        now = datetime.now(UTC)
        document = parsed(content)
        known = stamps.by_seal(document.get("Sello", ""))
        if known is not None:
            raise Prior(known, "307")
        if next(document.iter(TFD), None) is not None:
            raise Refusal("307", "El comprobante contiene un timbre previo")
        used = stamps.by_custom_id(custom_id, now - CUSTOM_ID_LIFE)
        if used is not None:
            raise Prior(used, "CFDI3307")
        if stamps.count() >= settings.pac_stamps:
            raise Refusal("718", "No cuenta con timbres disponibles")
        certify(document, authority=certifier, taxpayers=taxpayers, now=now)
        return stamps.stamp(document, custom_id, certifier, now)

    @routes.post("/v4/cfdi33/stamp/v4")
    async def stamp(
        xml: UploadFile,
        authorization: Annotated[str, Header()] = "",
        customid: Annotated[str, Header(max_length=100)] = "",
    ) -> Response:
        if authorization.partition(" ")[2] != settings.pac_token:
            return _error(401, "AU1000", "El token no es válido")
        fault = take()
        kind = fault.kind if fault else None
        match kind:
            case FaultKind.UNAVAILABLE:
                return Response("upstream unavailable", status_code=503)
            case FaultKind.GARBAGE:
                return HTMLResponse("<html><body>Servicio en mantenimiento</body></html>")
            case FaultKind.DROP_BEFORE:
                return Hangup()
            case FaultKind.NO_BALANCE:
                return _error(400, "718", "No cuenta con timbres disponibles")
            case FaultKind.SLOW:
                await asyncio.sleep(fault.seconds if fault else 0)
        content = await xml.read()
        try:
            stamped = await asyncio.to_thread(work, content, customid)
        except Prior as prior:
            if kind is FaultKind.DROP_AFTER:
                return Hangup()
            words = {"307": "El comprobante contiene un timbre previo.", "CFDI3307": "Timbre duplicado."}
            data = _data(prior.stamped)
            if kind is FaultKind.SILENT_PRIOR:
                data = {"tfd": f'<tfd:TimbreFiscalDigital UUID="{prior.stamped.uuid}"/>', "cfdi": ""}
            return _error(400, prior.code, words[prior.code], data)
        except Refusal as refusal:
            return _error(400, refusal.code, str(refusal))
        if kind is FaultKind.DROP_AFTER:
            return Hangup()
        return JSONResponse({"data": _data(stamped), "status": "success"})

    @routes.get("/datawarehouse/v1/live/{folio}")
    async def kept(folio: str, authorization: Annotated[str, Header()] = "") -> Response:
        if authorization.partition(" ")[2] != settings.pac_token:
            return _error(401, "AU1000", "El token no es válido")
        stamped = stamps.by_uuid(folio)
        records = [{"urlXml": f"{settings.base_url}/_sandbox/pac/stamps/{stamped.uuid}.xml"}] if stamped else []
        return JSONResponse({"data": {"records": records}, "status": "success"})

    @routes.get("/account/balance")
    async def balance(authorization: Annotated[str, Header()] = "") -> Response:
        if authorization.partition(" ")[2] != settings.pac_token:
            return _error(401, "AU1000", "El token no es válido")
        used = stamps.count()
        data = {"saldoTimbres": settings.pac_stamps - used, "timbresUtilizados": used, "unlimited": False}
        return JSONResponse({"data": data, "status": "success"})

    @routes.get("/_sandbox/pac/stamps")
    async def listed() -> list[dict[str, Any]]:
        return [{k: v for k, v in asdict(s).items() if k != "xml"} for s in stamps.all()]

    @routes.get("/_sandbox/pac/stamps/{folio}.xml")
    async def xml_of(folio: str) -> Response:
        stamped = stamps.by_uuid(folio)
        if stamped is None:
            return JSONResponse({"detail": "no such stamp"}, status_code=404)
        return Response(stamped.xml, media_type="application/xml")

    @routes.post("/_sandbox/pac/faults", status_code=201)
    async def order(fault: Annotated[Fault, Body()]) -> Fault:
        faults.append(fault)
        return fault

    @routes.delete("/_sandbox/pac/faults", status_code=204)
    async def calm() -> None:
        faults.clear()

    @routes.put("/_sandbox/pac/taxpayers")
    async def file_taxpayer(rejection: Annotated[Rejection, Body()]) -> Rejection:
        taxpayers.put(Taxpayer(**rejection.model_dump()))
        return rejection

    return routes


def _data(stamped: Stamped) -> dict[str, str]:
    root = parsed(stamped.xml.encode())
    tfd = next(root.iter(TFD))
    return {
        "cadenaOriginalSAT": original_chain(deepcopy(tfd), CHAIN_TFD).decode(),
        "noCertificadoSAT": tfd.get("NoCertificadoSAT"),
        "noCertificadoCFDI": root.get("NoCertificado"),
        "uuid": stamped.uuid,
        "selloSAT": tfd.get("SelloSAT"),
        "selloCFDI": stamped.seal,
        "fechaTimbrado": tfd.get("FechaTimbrado"),
        "qrCode": "",
        "cfdi": stamped.xml,
    }


def _error(status: int, code: str, message: str, data: dict[str, str] | None = None) -> JSONResponse:
    text = f"{code} - {message}" if code.startswith(_CODED) else f"{code}. {message}"
    return JSONResponse(
        {"message": text, "messageDetail": message, "data": data, "status": "error"}, status_code=status
    )

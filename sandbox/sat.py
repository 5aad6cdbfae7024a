"""The SAT behind the sandbox PAC: cancellations by SW's path, the enquiry service by the SAT's own, and a hand to move them on."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from xml.sax.saxutils import escape

from fastapi import APIRouter, Body, Header, Request, UploadFile
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from sandbox.cancellations import Cancellations, Progress
from sandbox.certification import Refusal, parsed
from sandbox.settings import SandboxSettings

_ANSWER = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><ConsultaResponse xmlns="http://tempuri.org/">'
    '<ConsultaResult xmlns:a="http://schemas.datacontract.org/2004/07/Sat.Cfdi.Negocio.ConsultaCfdi.Servicio">'
    "<a:CodigoEstatus>{code}</a:CodigoEstatus><a:EsCancelable>{cancellable}</a:EsCancelable><a:Estado>{state}</a:Estado>"
    "<a:EstatusCancelacion>{progress}</a:EstatusCancelacion></ConsultaResult></ConsultaResponse></s:Body></s:Envelope>"
)
_FOUND = "S - Comprobante obtenido satisfactoriamente."
_NOT_FOUND = "N - 602: Comprobante no encontrado."


class ReceiverAnswer(BaseModel):
    """What the receiver does with a request that waits for its acceptance."""

    answer: Progress


class Ahead(BaseModel):
    """How many days the SAT's calendar is ahead: after the business day that follows, big invoices need the receiver's consent."""

    days: int = Field(ge=0, le=400)


class Lag(BaseModel):
    """How many cancellation requests from now on find the document unknown (205)."""

    requests: int = Field(ge=0)


def router(settings: SandboxSettings, cancellations: Cancellations) -> APIRouter:
    """Cancellation, enquiry and control."""
    routes = APIRouter(tags=["SAT"])

    @routes.post("/cfdi33/cancel/xml")
    async def cancel(xml: UploadFile, authorization: Annotated[str, Header()] = "") -> Response:
        if authorization.partition(" ")[2] != settings.pac_token:
            return JSONResponse({"status": "error", "message": "El token no es válido", "data": None}, status_code=401)
        content = await xml.read()
        try:
            uuid, code = await asyncio.to_thread(cancellations.request, content)
        except Refusal as refusal:
            message = f"{refusal.code} - {refusal}"
            return JSONResponse({"status": "error", "message": message, "data": None}, status_code=400)
        when = datetime.now(UTC).isoformat()
        note = f'<Acuse Fecha="{when}"><Folios><UUID>{uuid}</UUID><EstatusUUID>{code}</EstatusUUID></Folios></Acuse>'
        return JSONResponse({"status": "success", "data": {"acuse": note, "uuid": {uuid: code}}})

    @routes.post("/ConsultaCFDIService.svc")
    async def enquire(request: Request) -> Response:
        question = parsed(await request.body())
        printed = "".join(question.itertext()).strip().removeprefix("?")
        asked = dict(part.partition("=")[::2] for part in printed.split("&"))
        state, cancellable, progress = cancellations.look(asked.get("id", "").upper())
        answer = _ANSWER.format(
            code=_NOT_FOUND if state == "No Encontrado" else _FOUND,
            cancellable=escape(cancellable),
            state=escape(state),
            progress=escape(progress),
        )
        return Response(answer, media_type="text/xml; charset=utf-8")

    @routes.get("/_sandbox/pac/cancellations")
    async def requested() -> dict[str, Any]:
        return dict(cancellations.requests)

    @routes.post("/_sandbox/pac/cancellations/{uuid}")
    async def settle(uuid: str, said: Annotated[ReceiverAnswer, Body()]) -> Response:
        settled = cancellations.settle(uuid.upper(), said.answer)
        return Response(status_code=204 if settled else 409)

    @routes.put("/_sandbox/pac/calendar")
    async def calendar(calendar: Annotated[Ahead, Body()]) -> Ahead:
        cancellations.ahead = timedelta(days=calendar.days)
        return calendar

    @routes.put("/_sandbox/pac/lag")
    async def lag(lag: Annotated[Lag, Body()]) -> Lag:
        cancellations.unknown_for = lag.requests
        return lag

    return routes

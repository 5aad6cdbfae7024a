"""PACs that speak Finkok's SOAP and Facturapi's REST as documented, over real HTTP, with the sandbox's checks and stamps behind."""

import asyncio
import base64
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from lxml import etree

from activities.gateways.fiscal_satcfdi import SatcfdiSealer
from models.cfdi.documents import Draft, Line
from models.cfdi.fiscal import Receiver
from models.cfdi.taxes import split
from sandbox.certification import Refusal, certify, parsed
from sandbox.hangup import Hangup, Wire
from sandbox.pki import authority
from sandbox.stamps import Prior, Stamped, Stamps
from sandbox.taxpayers import Taxpayers
from tests.fiscal_world import TENANT, draft

VIEWS = "apps.services.soap.core.views"


@dataclass
class PacServer:
    """What was stamped, and what the next requests suffer: `unavailable`, `page`, `lost`, `slow_list`, or a code to refuse with."""

    directory: Path
    memory: Path
    url: str = ""
    script: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    credit: int = 12

    def __post_init__(self) -> None:
        self.authority = authority(self.directory / "authority")
        self.stamps = Stamps(self.memory / "stamps.db")
        self.taxpayers = Taxpayers()

    def work(self, content: bytes, key: str = "") -> Stamped:
        now = datetime.now(UTC)
        document = parsed(content)
        certify(document, authority=self.authority, taxpayers=self.taxpayers, now=now)
        return self.stamps.stamp(document, key, self.authority, now)

    def step(self) -> str:
        return self.script.pop(0) if self.script else ""


@contextlib.asynccontextmanager
async def served(app: FastAPI, server: PacServer) -> AsyncIterator[PacServer]:
    """Serve on a free port until left."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{door.getsockname()[1]}"
        serving = uvicorn.Server(uvicorn.Config(Wire(app), log_level="critical", access_log=False, lifespan="off"))
        task = asyncio.create_task(serving.serve(sockets=[door]))
        while not serving.started:
            await asyncio.sleep(0.01)
        try:
            yield server
        finally:
            serving.should_exit = True
            await task
            server.stamps.close()


def finkok(server: PacServer) -> FastAPI:
    """Finkok's stamp, cancel, utilities and registration."""
    app = FastAPI()

    @app.post("/servicios/soap/{service}")
    async def soap(service: str, request: Request) -> Response:
        call = etree.fromstring(await request.body()).find(".//{*}Body")[0]
        verb = etree.QName(call).localname
        given = {etree.QName(each).localname: each.text or "" for each in call}
        server.asked.append(verb)
        step = server.step()
        if step == "unavailable":
            return Response("busy", status_code=503)
        if step == "page":
            return HTMLResponse("<html><body>Mantenimiento</body></html>")
        inner = _finkok(server, verb, given, step)
        if step == "lost":
            return Hangup()
        space = f"http://facturacion.finkok.com/{service}"
        return Response(
            '<?xml version="1.0" encoding="UTF-8"?><senv:Envelope xmlns:senv="http://schemas.xmlsoap.org/soap/envelope/" '
            f'xmlns:tns="{space}" xmlns:s0="{VIEWS}"><senv:Body><tns:{verb}Response><tns:{verb}Result>{inner}'
            f"</tns:{verb}Result></tns:{verb}Response></senv:Body></senv:Envelope>",
            media_type="text/xml; charset=utf-8",
        )

    return app


def _finkok(server: PacServer, verb: str, given: dict[str, str], step: str) -> str:
    if given.get("password", given.get("reseller_password")) != "secret":
        return _incidence("300", "Usuario o contraseña inválidos")
    match verb:
        case "stamp":
            if step.isdigit():
                return _incidence(step, "rechazado")
            content = base64.b64decode(given["xml"])
            known = server.stamps.by_seal(parsed(content).get("Sello"))
            if known is not None:
                shown = "" if step == "silent" else known.xml
                return _stamped(shown) + _incidence("307", "El CFDI contiene un timbre previo", wrapped=False)
            try:
                return _stamped(server.work(content).xml)
            except Refusal as refusal:
                return _incidence(refusal.code.removeprefix("CFDI"), str(refusal))
        case "stamped":
            known = server.stamps.by_seal(parsed(base64.b64decode(given["xml"])).get("Sello"))
            if step == "slow_list":
                return _incidence("707", "Error al obtener el comprobante")
            return _stamped(known.xml) if known else _incidence("603", "El CFDI no ha sido timbrado")
        case "get_xml":
            assert given["invoice_type"] == "I"
            kept = server.stamps.by_uuid(given["uuid"])
            return f"<s0:xml>{escape(kept.xml)}</s0:xml>" if kept else "<s0:error>UUID no encontrado</s0:error>"
        case "cancel_signature":
            uuid = parsed(base64.b64decode(given["xml"])).find(".//{*}Folio").get("UUID")
            code = step if step.isdigit() else ("201" if server.stamps.by_uuid(uuid) else "205")
            folio = f"<s0:Folio><s0:UUID>{uuid}</s0:UUID><s0:EstatusUUID>{code}</s0:EstatusUUID></s0:Folio>"
            return f"<s0:Folios>{folio}</s0:Folios><s0:Acuse>{escape(escape('<Acuse/>'))}</s0:Acuse>"
        case "get_sat_status":
            return (
                "<s0:sat><s0:EsCancelable>Cancelable sin aceptación</s0:EsCancelable>"
                "<s0:CodigoEstatus>S - Comprobante obtenido satisfactoriamente.</s0:CodigoEstatus>"
                "<s0:Estado>Vigente</s0:Estado><s0:EstatusCancelacion>En proceso</s0:EstatusCancelacion></s0:sat>"
            )
        case _:
            return (
                f"<s0:users><s0:ResellerUser><s0:taxpayer_id>{given['taxpayer_id']}</s0:taxpayer_id>"
                f"<s0:credit>{server.credit}</s0:credit></s0:ResellerUser></s0:users>"
            )


def _stamped(xml: str) -> str:
    return f"<s0:xml>{escape(xml)}</s0:xml><s0:CodEstatus>Comprobante timbrado satisfactoriamente</s0:CodEstatus>"


def _incidence(code: str, message: str, *, wrapped: bool = True) -> str:
    found = (
        f"<s0:Incidencias><s0:Incidencia><s0:CodigoError>{code}</s0:CodigoError>"
        f"<s0:MensajeIncidencia>{escape(message)}</s0:MensajeIncidencia></s0:Incidencia></s0:Incidencias>"
    )
    return f"<s0:xml/>{found}" if wrapped else found


def facturapi(server: PacServer) -> FastAPI:
    """Facturapi's invoices: it builds, seals and has stamped by itself, once for each idempotency key."""
    app = FastAPI()
    made: dict[str, dict[str, Any]] = {}
    sealer = SatcfdiSealer(server.directory / "csd")

    def shown(key: str) -> dict[str, Any]:
        return {**made[key], "external_id": key}

    @app.post("/v2/invoices")
    async def create(request: Request) -> Response:
        server.asked.append("create")
        if request.headers["authorization"] != "Bearer sk_test_good":
            return JSONResponse({"message": "API key inválida", "status": 401}, 401)
        body = await request.json()
        server.bodies.append(body)
        key = body["idempotency_key"]
        step = server.step()
        if step == "unavailable":
            return Response("busy", status_code=503)
        if step == "busy":
            return JSONResponse({"message": "Too many requests"}, 429, {"Retry-After": "7"})
        if step in ("legal_name_mismatch", "invalid"):
            path = "customer.legal_name" if step == "legal_name_mismatch" else "items.0.product.price"
            return JSONResponse({"message": "rechazado", "code": step, "path": path, "status": 400}, 400)
        if key not in made:
            try:
                sealed = await sealer.build_and_seal(TENANT, _drafted(body, wrong=step == "wrong_total"))
                stamped = server.work(sealed.xml, key)
            except (Refusal, Prior) as refusal:
                return JSONResponse({"message": str(refusal), "code": getattr(refusal, "code", ""), "status": 400}, 400)
            made[key] = {"id": f"inv_{len(made) + 1}", "uuid": stamped.uuid, "status": "valid"}
        if step == "lost":
            return Hangup()
        if step == "pending":
            return JSONResponse({**shown(key), "status": "pending", "uuid": None}, 202)
        return JSONResponse(shown(key))

    @app.get("/v2/invoices")
    async def search(external_id: str) -> Any:
        return {"data": [shown(key) for key in made if key == external_id]}

    @app.get("/v2/invoices/{invoice}/xml")
    async def xml(invoice: str) -> Response:
        uuid = next(each["uuid"] for each in made.values() if each["id"] == invoice)
        found = server.stamps.by_uuid(uuid)
        assert found is not None
        return Response(found.xml, media_type="application/xml")

    @app.delete("/v2/invoices/{invoice}")
    async def cancel(invoice: str, motive: str, substitution: str = "") -> Any:
        server.bodies.append((invoice, motive, substitution))
        return {"id": invoice, "status": "valid", "cancellation_status": "pending"}

    return app


def _drafted(body: dict[str, Any], *, wrong: bool) -> Draft:
    lines = []
    for item in body["items"]:
        product = item["product"]
        assert product["tax_included"] is True
        centavos = round(product["price"] * 100) + wrong
        (tax,) = product["taxes"]
        rate = round(tax["rate"] * 100)
        lines.append(Line(product["product_key"], product["unit_key"], product["description"], split(centavos, rate)))
    customer = body["customer"]
    receiver = Receiver(customer["tax_id"], customer["legal_name"], customer["tax_system"], customer["address"]["zip"])
    return draft(lines=tuple(lines), receiver=receiver, use=body["use"], form_of_payment=body["payment_form"])

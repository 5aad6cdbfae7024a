"""The PAC SW Sapien over its REST API, timbrado v4: it stamps what we have sealed, and the CSD never leaves us.

Sources: SW knowledge base, "Timbrado v4 CustomId" (customid up to 100 characters, good for 72 h from its first use);
SAT matriz de errores CFDI 4.0. Three answers are told apart with care, for each can mean a second invoice: a reply
that was lost (send the same bytes again), a 307 or CFDI3307 (ours only if the seal in it is ours), and a 401 (never
stamped, and too late).
"""

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import httpx
from lxml import etree

from activities.failures import Contested, Expired, Refused, Rejected, Throttled, Unavailable
from activities.ports import Pac
from models.cancellation import Acknowledgement, SatWord
from models.documents import Stamp
from models.postal_zones import CENTRE, zone_of

TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_KEY_LENGTH = 100

_BESIDE = {
    "services.sw.com.mx": ("https://api.sw.com.mx", "https://consultaqr.facturaelectronica.sat.gob.mx"),
    "services.test.sw.com.mx": ("https://api.test.sw.com.mx", "https://pruebacfdiconsultaqr.cloudapp.net"),
}
_ENQUIRY = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://tempuri.org/"><s:Body>'
    "<t:Consulta><t:expresionImpresa>{}</t:expresionImpresa></t:Consulta></s:Body></s:Envelope>"
)

# Public sources disagree about these numbers, so the field named in the message decides and the number is the hint.
_NAMED = (
    ("DomicilioFiscalReceptor", "postal_code"),
    ("RegimenFiscalR", "tax_regime"),
    ("UsoCFDI", "cfdi_use"),
    ("Nombre", "legal_name"),
    ("Rfc", "tax_id"),
)
_NUMBERED = {
    **dict.fromkeys(range(40143, 40144), "tax_id"),
    **dict.fromkeys(range(40144, 40147), "legal_name"),
    **dict.fromkeys(range(40147, 40150), "postal_code"),
    **dict.fromkeys(range(40157, 40160), "tax_regime"),
    **dict.fromkeys(range(40160, 40162), "cfdi_use"),
}


class SwPac(Pac):
    """One account at SW. Its second host keeps what was stamped, and the SAT's own says what became of it; a sandbox is all three."""

    def __init__(self, url: str, token: str) -> None:
        self._api, self._sat = _BESIDE.get(httpx.URL(url).host, (url.rstrip("/"), url.rstrip("/")))
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT
        )

    async def aclose(self) -> None:
        await self._http.aclose()

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        reply = await self._answer(
            self._http.build_request(
                "POST",
                "/v4/cfdi33/stamp/v4",
                headers={"customid": _custom_id(key)},
                files={"xml": ("xml", sealed, "text/xml")},
            )
        )
        told = reply.get("data")
        data: dict[str, Any] = told if isinstance(told, dict) else {}
        if reply.get("status") == "success":
            return _stamp(str(data.get("cfdi") or ""), sealed, prior=False)
        text = f"{reply.get('message') or ''} {reply.get('messageDetail') or ''}".strip()
        code = _code(text)
        if code in ("307", "CFDI3307", "707"):
            return _stamp(str(data.get("cfdi") or "") or await self._kept(data), sealed, prior=True)
        raise _refusal(code, text, sealed)

    async def cancel(self, request: bytes) -> Acknowledgement:
        reply = await self._answer(
            self._http.build_request("POST", "/cfdi33/cancel/xml", files={"xml": ("xml", request, "text/xml")})
        )
        told = reply.get("data")
        data: dict[str, Any] = told if isinstance(told, dict) else {}
        codes = data.get("uuid")
        text = f"{reply.get('message') or ''} {reply.get('messageDetail') or ''}"
        code = str(next(iter(codes.values()), "")) if isinstance(codes, dict) else _code(text)
        if code in ("201", "202"):
            return Acknowledgement(code, str(data.get("acuse") or "").encode())
        if code == "205":  # the SAT does not know it yet: normal for minutes after the stamp
            raise Throttled("the SAT does not know the document yet", 300.0)
        if code == "798":
            raise Throttled("the SAT takes no further request for 72 h", 72 * 3600.0)
        if code in ("", "708"):
            raise Unavailable("the SAT takes no cancellations at the moment")
        raise Refused(f"the SAT did not take the cancellation ({code})", code)

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        printed = f"?re={issuer}&rr={receiver}&tt={total}&id={uuid}&fe={seal[-8:]}"
        question = _ENQUIRY.format(escape(printed))
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": "http://tempuri.org/IConsultaCFDIService/Consulta",
        }
        try:
            # A public service of the SAT: our token is not for it.
            async with httpx.AsyncClient(timeout=_TIMEOUT) as http:
                page = await http.post(
                    f"{self._sat}/ConsultaCFDIService.svc", content=question.encode(), headers=headers
                )
            page.raise_for_status()
            root = etree.fromstring(page.content, etree.XMLParser(resolve_entities=False, no_network=True))
        except (httpx.HTTPError, etree.XMLSyntaxError) as error:
            raise Unavailable(f"the SAT's enquiry service did not answer: {type(error).__name__}") from None
        said = {etree.QName(node).localname: (node.text or "").strip() for node in root.iter(etree.Element)}
        if not said.get("Estado"):
            raise Unavailable("the SAT's enquiry service says nothing of the document")
        return SatWord(said["Estado"], said.get("EsCancelable", ""), said.get("EstatusCancelacion", ""))

    async def _kept(self, data: dict[str, Any]) -> str:
        """The earlier invoice, where the PAC names it without handing it over."""
        named = re.search(r'UUID="([0-9A-Fa-f-]{36})"', str(data.get("tfd") or ""))
        uuid = data.get("uuid") or (named[1] if named else "")
        if not uuid:
            raise Unavailable("the PAC says it was stamped before but does not say which document")
        found = await self._answer(self._http.build_request("GET", f"{self._api}/datawarehouse/v1/live/{uuid}"))
        records = (found.get("data") or {}).get("records") or [{}]
        address = records[0].get("urlXml")
        if not address:
            raise Unavailable("the PAC does not have the stamped document at hand yet")
        try:
            page = await self._http.get(address)
            page.raise_for_status()
        except httpx.HTTPError as error:
            raise Unavailable(f"the stamped document could not be fetched: {type(error).__name__}") from None
        return page.text

    async def _answer(self, request: httpx.Request) -> dict[str, Any]:
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            raise Unavailable(f"the PAC did not answer: {type(error).__name__}") from None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After", "")
            raise Throttled("the PAC asks for patience", float(wait) if wait.isdigit() else None)
        if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise Refused("the PAC does not accept our token (PERDURA_PAC_TOKEN)", "300")
        try:
            reply = response.json()
        except ValueError:
            reply = None
        if response.is_server_error or not isinstance(reply, dict) or "status" not in reply:
            raise Unavailable(f"the PAC's answer says nothing (HTTP {response.status_code})")
        return reply


def _custom_id(key: str) -> str:
    return key if len(key) <= _KEY_LENGTH else sha256(key.encode()).hexdigest()


def _code(text: str) -> str:
    found = re.search(r"CFDI\d{4,5}|(?<!\d)\d{3}(?!\d)", text)
    return found[0] if found else ""


def _refusal(code: str, text: str, sealed: bytes) -> Refused | Unavailable:
    number = int(code[4:]) if code.startswith("CFDI") else 0
    if 40143 <= number <= 40161:
        field = next((ours for theirs, ours in _NAMED if theirs in text), _NUMBERED.get(number, "tax_id"))
        return Rejected(f"the PAC refused the receiver's {field} ({code})", code, field=field, text=text)
    if code == "401":
        root = etree.fromstring(sealed)
        issued = datetime.fromisoformat(root.get("Fecha")).replace(tzinfo=zone_of(root.get("LugarExpedicion")))
        if datetime.now(UTC) - issued > timedelta(hours=60):
            return Expired("not stamped within 72 h of its date", code)
        return Refused("the PAC finds the document's date in the future: check this machine's clock", code)
    if code in ("709", "708"):
        return Unavailable(f"the PAC cannot stamp at the moment ({code})")
    return Refused(f"the PAC refused the document ({code or 'no code'})", code)


def _stamp(cfdi: str, sealed: bytes, *, prior: bool) -> Stamp:
    """The invoice in a reply, once it is certain that it is the document we sent."""
    xml = cfdi.encode()
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(xml, parser)
        tfd = next(root.iter(TFD))
        uuid, stamped_at, seal = tfd.attrib["UUID"], tfd.attrib["FechaTimbrado"], tfd.attrib["SelloCFD"]
    except (etree.XMLSyntaxError, StopIteration, KeyError, ValueError):
        raise Unavailable("the PAC's answer holds no stamped document") from None
    ours = etree.fromstring(sealed).get("Sello")
    if seal != ours or root.get("Sello") != ours:
        raise Contested(f"the PAC holds document {uuid} under this key, and its seal is not ours", "307")
    local = datetime.fromisoformat(stamped_at).replace(tzinfo=ZoneInfo(CENTRE))  # FechaTimbrado is central time
    return Stamp(uuid.upper(), xml, local.astimezone(UTC), prior)

"""The PAC Finkok over SOAP: it stamps what we have sealed, and is the one that can be asked what it has stamped.

Sources: Finkok's WSDL of stamp, cancel, utilities and registration; phpcfdi/finkok's notes on stamping twice: a 307 may come without
the earlier document, and for some seconds `stamped` does not have it either.
"""

import base64
from html import unescape
from typing import Any

import httpx
from lxml import etree

from activities.failures import Refused, Throttled, Unavailable
from activities.gateways.fiscal_replies import STAMPED_BEFORE, acknowledged, code_of, kept_of, refusal, stamp_of
from activities.ports.pac import Pac
from models.cfdi.cancellation import Acknowledgement, SatWord
from models.cfdi.documents import Kept, Stamp
from models.cfdi.pac_accounts import PacName

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
VIEWS = "apps.services.soap.core.views"
STAMP = "http://facturacion.finkok.com/stamp"
CANCEL = "http://facturacion.finkok.com/cancel"
UTILITIES = "http://facturacion.finkok.com/utilities"
REGISTRATION = "http://facturacion.finkok.com/registration"
NEVER_STAMPED = "603"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_LOGIN = ("300", "702", "703", "740")


class FinkokPac(Pac):
    """One account at Finkok, and the SAT's word as Finkok passes it on. `rfc` is the issuer's, by whom stamps are counted."""

    name = PacName.FINKOK
    seals = False

    def __init__(self, url: str, username: str, password: str, rfc: str = "") -> None:
        self._login = {"username": username, "password": password}
        self._rfc = rfc
        self._http = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=_TIMEOUT)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        answer = await self._asked("stamp", STAMP, "stamp", {"xml": _encoded(sealed), **self._login})
        trouble = [
            (_said(each, "CodigoError"), _said(each, "MensajeIncidencia")) for each in _every(answer, "Incidencia")
        ]
        if xml := _said(answer, "xml"):
            return stamp_of(xml, sealed, prior=any(code in STAMPED_BEFORE for code, _ in trouble))
        code, text = trouble[0] if trouble else ("", _said(answer, "CodEstatus"))
        code = code or code_of(text)
        if code in STAMPED_BEFORE:
            earlier = await self.look_up(sealed, key)
            if earlier is None:
                raise Unavailable("Finkok says it was stamped before and does not have it at hand yet")
            return earlier
        if not code:
            raise Unavailable("Finkok's answer says nothing of the document")
        # The SAT's codes come with or without their letters.
        raise refusal(f"CFDI{code}" if len(code) == 5 and code.isdigit() else code, f"{code} {text}", sealed)

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:  # noqa: ARG002 - as above
        answer = await self._asked("stamp", STAMP, "stamped", {"xml": _encoded(sealed), **self._login})
        if xml := _said(answer, "xml"):
            return stamp_of(xml, sealed, prior=True)
        codes = [_said(each, "CodigoError") for each in _every(answer, "Incidencia")]
        if NEVER_STAMPED in codes:
            return None
        raise Unavailable(f"Finkok cannot tell whether it was stamped ({', '.join(codes) or 'no code'})")

    async def fetch(self, uuid: str, key: str) -> Kept:  # noqa: ARG002 - it keeps them by folio fiscal
        given = {**self._login, "uuid": uuid, "taxpayer_id": self._rfc, "invoice_type": "I"}  # I: no retenciones
        answer = await self._asked("utilities", UTILITIES, "get_xml", given)
        return kept_of(_said(answer, "xml"))

    async def balance(self) -> int | None:
        login = {"reseller_username": self._login["username"], "reseller_password": self._login["password"]}
        answer = await self._asked("registration", REGISTRATION, "get", {**login, "taxpayer_id": self._rfc})
        credit = _said(answer, "credit")
        if not credit.lstrip("-").isdigit():
            raise Unavailable("Finkok does not tell how many stamps are left")
        return int(credit) if int(credit) >= 0 else None  # -1: an account without a limit

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:  # noqa: ARG002
        given = {"xml": _encoded(request), **self._login, "store_pending": "false"}
        answer = await self._asked("cancel", CANCEL, "cancel_signature", given)
        code = _said(answer, "EstatusUUID") or code_of(_said(answer, "CodEstatus"))
        if code in _LOGIN:
            raise Refused("Finkok does not accept our user name and password", code)
        return acknowledged(code, unescape(_said(answer, "Acuse")).encode())

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:  # noqa: ARG002
        given = {**self._login, "taxpayer_id": issuer, "rtaxpayer_id": receiver, "uuid": uuid, "total": total}
        answer = await self._asked("cancel", CANCEL, "get_sat_status", given)
        state = _said(answer, "Estado")
        if not state:
            raise Unavailable("the SAT's enquiry service says nothing of the document")
        return SatWord(state, _said(answer, "EsCancelable"), _said(answer, "EstatusCancelacion"))

    async def _asked(self, service: str, space: str, verb: str, given: dict[str, str]) -> etree._Element:
        """The result of one SOAP call. Raises Throttled or Unavailable where there is none."""
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "f": space})
        call = etree.SubElement(etree.SubElement(envelope, f"{{{SOAP}}}Body"), f"{{{space}}}{verb}")
        for name, value in given.items():
            etree.SubElement(call, f"{{{space}}}{name}").text = value
        try:
            response = await self._http.post(
                f"/servicios/soap/{service}",
                content=etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"),
                headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{verb}"'},
            )
        except httpx.TransportError as error:
            raise Unavailable(f"Finkok did not answer: {type(error).__name__}") from None
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise Throttled("Finkok asks for patience")
        try:
            root = etree.fromstring(response.content, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError:
            root = None
        result = None if root is None else next(root.iter(f"{{{space}}}{verb}Result", f"{verb}Result"), None)
        if result is None:  # a page, a fault, or half an answer
            raise Unavailable(f"Finkok's answer says nothing (HTTP {response.status_code})")
        return result


def _encoded(xml: bytes) -> str:
    return base64.b64encode(xml).decode()


def _every(node: etree._Element, name: str) -> list[Any]:
    return [each for each in node.iter(etree.Element) if etree.QName(each).localname == name]


def _said(node: etree._Element, name: str) -> str:
    found = _every(node, name)
    return (found[0].text or "").strip() if found else ""

"""The SAT's own enquiry service (Consulta CFDI): public, and open to whoever knows a document's data."""

from xml.sax.saxutils import escape

import httpx
from lxml import etree

from activities.failures import Unavailable
from models.cfdi.cancellation import SatWord

PRODUCTION = "https://consultaqr.facturaelectronica.sat.gob.mx"
TESTING = "https://pruebacfdiconsultaqr.cloudapp.net"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_ENQUIRY = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://tempuri.org/"><s:Body>'
    "<t:Consulta><t:expresionImpresa>{}</t:expresionImpresa></t:Consulta></s:Body></s:Envelope>"
)


async def enquire(sat: str, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
    """What the SAT at this address says of a CFDI. Raises Unavailable."""
    printed = f"?re={issuer}&rr={receiver}&tt={total}&id={uuid}&fe={seal[-8:]}"
    question = _ENQUIRY.format(escape(printed))
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": "http://tempuri.org/IConsultaCFDIService/Consulta",
    }
    try:
        # A public service of the SAT: no PAC's token is for it.
        async with httpx.AsyncClient(timeout=_TIMEOUT) as http:
            page = await http.post(f"{sat}/ConsultaCFDIService.svc", content=question.encode(), headers=headers)
        page.raise_for_status()
        root = etree.fromstring(page.content, etree.XMLParser(resolve_entities=False, no_network=True))
    except (httpx.HTTPError, etree.XMLSyntaxError) as error:
        raise Unavailable(f"the SAT's enquiry service did not answer: {type(error).__name__}") from None
    said = {etree.QName(node).localname: (node.text or "").strip() for node in root.iter(etree.Element)}
    if not said.get("Estado"):
        raise Unavailable("the SAT's enquiry service says nothing of the document")
    return SatWord(said["Estado"], said.get("EsCancelable", ""), said.get("EstatusCancelacion", ""))

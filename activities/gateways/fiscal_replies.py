"""What a PAC's answer means, whichever PAC it is: whose fault a refusal is, and whether a stamp is ours.

Sources: SAT matriz de errores CFDI 4.0; the PACs' general validations (300 to 402, and Finkok's 6xx and 7xx).
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from lxml import etree

from activities.failures import Contested, Expired, Refused, Rejected, Throttled, Unavailable
from models.cfdi.cancellation import Acknowledgement
from models.cfdi.documents import Kept, Stamp
from models.cfdi.fiscal import Receiver
from models.cfdi.postal_zones import CENTRE, zone_of
from models.cfdi.taxes import ISR_TAX, UNTAXED, WHOLE, WITHHELD_AT, Share, Taxes, Terms, Withholding

TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
CFDI = "{http://www.sat.gob.mx/cfd/4}"
PAGO = "{http://www.sat.gob.mx/Pagos20}"
_TRANSFERRED, _WITHHELD = (f"{CFDI}Traslado", f"{PAGO}TrasladoDR"), (f"{CFDI}Retencion", f"{PAGO}RetencionDR")
STAMPED_BEFORE = ("307", "CFDI3307", "707")

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


def code_of(text: str) -> str:
    """The SAT's or the PAC's code in a message; empty where there is none."""
    found = re.search(r"CFDI\d{4,5}|(?<!\d)\d{3}(?!\d)", text)
    return found[0] if found else ""


def refusal(code: str, text: str, sealed: bytes) -> Refused | Unavailable:
    """The failure to raise for a document that was not stamped."""
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


def stamp_of(cfdi: str, sealed: bytes, *, prior: bool) -> Stamp:
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


def kept_of(cfdi: str | bytes) -> Kept:
    """A stamped invoice read again: folio, dates and receiver as they stand in it. Raises Unavailable where it is none."""
    xml = cfdi.encode() if isinstance(cfdi, str) else cfdi
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(xml, parser)
        tfd = next(root.iter(TFD))
        named = next(root.iter(f"{CFDI}Receptor"))
        stamped = datetime.fromisoformat(tfd.attrib["FechaTimbrado"]).replace(tzinfo=ZoneInfo(CENTRE))
        issued = datetime.fromisoformat(root.attrib["Fecha"]).replace(tzinfo=zone_of(root.attrib["LugarExpedicion"]))
        stamp = Stamp(tfd.attrib["UUID"].upper(), xml, stamped.astimezone(UTC), True, root.attrib["Sello"])
        receiver = Receiver(
            rfc=named.attrib["Rfc"],
            name=named.attrib["Nombre"],
            regime=named.attrib["RegimenFiscalReceptor"],
            postal_code=named.attrib["DomicilioFiscalReceptor"],
            use=named.attrib["UsoCFDI"],
        )
    except (etree.XMLSyntaxError, StopIteration, KeyError, ValueError):
        raise Unavailable("the PAC's answer holds no stamped document") from None
    named_before = [each.get("UUID", "") for each in root.iter(f"{CFDI}CfdiRelacionado")]
    named_before += [each.get("IdDocumento", "") for each in root.iter(f"{PAGO}DoctoRelacionado")]
    return Kept(stamp, issued.astimezone(UTC), receiver, next(iter(named_before), "").upper(), *taxes_of(root))


def taxes_of(root: etree._Element) -> tuple[Terms | None, Taxes]:
    """How a document is taxed and what it states, line by line or by the payment it tells; no terms where nothing in it is taxed."""
    taxes, withholding = UNTAXED, Withholding.NONE
    sold: dict[int | None, int] = {}
    lines = root.iter(f"{CFDI}Concepto", f"{PAGO}DoctoRelacionado")
    for element in (tax for line in lines for tax in line.iter(*_TRANSFERRED, *_WITHHELD)):
        told = {name.removesuffix("DR"): value for name, value in element.attrib.items()}
        centavos = int((Decimal(told.get("Importe", "0")) * 100).to_integral_value(ROUND_HALF_UP))
        if element.tag in _TRANSFERRED:
            taxes += Taxes(vat=centavos)
            rate = None if told["TipoFactor"] == "Exento" else int(Decimal(told["TasaOCuota"]) * 100)
            base = int((Decimal(told["Base"]) * 100).to_integral_value(ROUND_HALF_UP))
            sold[rate] = sold.get(rate, 0) + base + centavos
        elif told["Impuesto"] == ISR_TAX:
            taxes += Taxes(isr=centavos)
            withholding = WITHHELD_AT.get(int(Decimal(told["TasaOCuota"]) * WHOLE), Withholding.NONE)
        else:
            taxes += Taxes(withheld_vat=centavos)
    shares = tuple(Share(rate, sum_) for rate, sum_ in sold.items()) if len(sold) > 1 else ()
    return Terms(next(iter(sold)), withholding, shares) if sold else None, taxes


def acknowledged(code: str, note: bytes) -> Acknowledgement:
    """The answer to a request to cancel one document, by the SAT's code (EstatusUUID).

    Raises:
        Throttled: not known yet (205), or no more requests for now (798). Unavailable: it was not taken. Refused: it never will be.
    """
    if code in ("201", "202"):
        return Acknowledgement(code, note)
    if code == "205":  # the SAT does not know it yet: normal for minutes after the stamp
        raise Throttled("the SAT does not know the document yet", 300.0)
    if code == "798":
        raise Throttled("the SAT takes no further request for 72 h", 72 * 3600.0)
    if code in ("", "708"):
        raise Unavailable("the SAT takes no cancellations at the moment")
    raise Refused(f"the SAT did not take the cancellation ({code})", code)

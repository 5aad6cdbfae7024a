"""A payment complement (CFDI de pago 2.0) as the SAT checks it: fixed values of the document, balances, taxes and their sums.

The rules are those of the complemento para recepción de pagos 2.0 and its guía de llenado. Codes begin as the SAT's do (CRP20);
their numbers are this sandbox's own, so read the message.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from lxml import etree

CFDI = "{http://www.sat.gob.mx/cfd/4}"
PAGO = "{http://www.sat.gob.mx/Pagos20}"
_CENT, _HALF, _EPSILON = Decimal("0.01"), Decimal("0.005"), Decimal("0.000000000001")
_WITHHELD = {"001": "TotalRetencionesISR", "002": "TotalRetencionesIVA", "003": "TotalRetencionesIEPS"}


def wrong_payment(document: etree._Element) -> Iterator[tuple[str, str]]:
    """What is wrong with a document of type P: SAT code and message."""
    yield from _wrong_frame(document)
    complement = document.find(f"{CFDI}Complemento/{PAGO}Pagos")
    if complement is None:
        yield "CRP20999", "El nodo Pagos debe existir cuando TipoDeComprobante es P"
        return
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for payment in complement.iterfind(f"{PAGO}Pago"):
        yield from _wrong_pago(payment, sums)
    totals = complement.find(f"{PAGO}Totales")
    for name in {*sums, *totals.attrib}:
        if _number(totals, name) != sums[name]:
            yield "CRP20201", f"El campo {name} no es la suma de los pagos"


def _wrong_frame(document: etree._Element) -> Iterator[tuple[str, str]]:
    wanted = {"SubTotal": "0", "Total": "0", "Moneda": "XXX", "FormaPago": None, "MetodoPago": None}
    for name, value in wanted.items():
        if document.get(name) != value:
            yield "CRP20101", f"El campo {name} no es el de un comprobante de tipo P"
    if document.find(f"{CFDI}Receptor").get("UsoCFDI") != "CP01":
        yield "CRP20111", "El campo UsoCFDI debe ser CP01"
    lines = document.findall(f"{CFDI}Conceptos/{CFDI}Concepto")
    fixed = {"ClaveProdServ": "84111506", "ClaveUnidad": "ACT", "Descripcion": "Pago", "ObjetoImp": "01"}
    if len(lines) != 1 or any(lines[0].get(name) != value for name, value in fixed.items()):
        yield "CRP20113", "Debe existir un solo concepto: 84111506, ACT, Pago, 01"
    if document.find(f"{CFDI}Impuestos") is not None:
        yield "CRP20122", "El nodo Impuestos del comprobante no debe existir"


def _wrong_pago(payment: etree._Element, sums: defaultdict[str, Decimal]) -> Iterator[tuple[str, str]]:
    if payment.get("FormaDePagoP") == "99":
        yield "CRP20202", "El campo FormaDePagoP debe ser distinto de 99"
    if payment.get("MonedaP") == "MXN" and payment.get("TipoCambioP") != "1":
        yield "CRP20204", "El campo TipoCambioP debe ser 1 cuando MonedaP es MXN"
    taxes: defaultdict[tuple[str | None, ...], list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    paid = Decimal()
    for related in payment.iterfind(f"{PAGO}DoctoRelacionado"):
        paid += _number(related, "ImpPagado")
        left = _number(related, "ImpSaldoAnt") - _number(related, "ImpPagado")
        if left != _number(related, "ImpSaldoInsoluto") or left < 0:
            yield "CRP20238", "El campo ImpSaldoInsoluto debe ser ImpSaldoAnt menos ImpPagado, y no negativo"
        if related.get("MonedaDR") == payment.get("MonedaP") and Decimal(related.get("EquivalenciaDR", "0")) != 1:
            yield "CRP20235", "El campo EquivalenciaDR debe ser 1 cuando las monedas son la misma"
        found = [*related.iter(f"{PAGO}TrasladoDR"), *related.iter(f"{PAGO}RetencionDR")]
        if (related.get("ObjetoImpDR") == "02") != bool(found):
            yield "CRP20240", "El nodo ImpuestosDR debe existir solo cuando ObjetoImpDR es 02"
        for tax in found:
            base, amount = _number(tax, "BaseDR"), _number(tax, "ImporteDR")
            kept = tax.tag.endswith("RetencionDR")
            pair = taxes[(str(kept), *(tax.get(f"{name}DR") for name in ("Impuesto", "TipoFactor", "TasaOCuota")))]
            pair[0] += base
            pair[1] += amount
            if tax.get("TipoFactorDR") == "Exento":
                continue
            rate = _number(tax, "TasaOCuotaDR")
            lowest = ((base - _HALF) * rate).quantize(_CENT, ROUND_DOWN)
            highest = ((base + _HALF - _EPSILON) * rate).quantize(_CENT, ROUND_CEILING)
            if not lowest <= amount <= highest:
                yield "CRP20246", "El campo ImporteDR no está entre el límite inferior y el superior permitido"
    if paid != _number(payment, "Monto"):
        yield "CRP20206", "El campo Monto no es la suma de lo pagado"
    told = [*payment.iter(f"{PAGO}TrasladoP"), *payment.iter(f"{PAGO}RetencionP")]
    if len(told) != len({key if key[0] == "False" else key[:2] for key in taxes}):
        yield "CRP20255", "El nodo ImpuestosP debe resumir los impuestos de los documentos pagados"
    for key, (base, amount) in taxes.items():
        kept, code, kind, rate_text = key
        if kept == "True":
            mine = [t for t in told if t.tag.endswith("RetencionP") and t.get("ImpuestoP") == code]
            sums[_WITHHELD[str(code)]] += amount
        else:
            mine = [
                t
                for t in told
                if t.tag.endswith("TrasladoP")
                and (t.get("ImpuestoP"), t.get("TipoFactorP"), t.get("TasaOCuotaP")) == (code, kind, rate_text)
            ]
            _transferred(sums, str(kind), rate_text, base, amount)
            if mine and _number(mine[0], "BaseP") != base:
                yield "CRP20260", "El campo BaseP no es la suma de BaseDR"
        if len(mine) != 1 or _number(mine[0], "ImporteP") != amount:
            yield "CRP20262", "El campo ImporteP no es la suma de ImporteDR"
    sums["MontoTotalPagos"] += _number(payment, "Monto")


def _transferred(sums: defaultdict[str, Decimal], kind: str, rate: str | None, base: Decimal, amount: Decimal) -> None:
    if kind == "Exento":
        sums["TotalTrasladosBaseIVAExento"] += base
        return
    per_cent = f"{(Decimal(rate or '0') * 100).normalize():f}"
    sums[f"TotalTrasladosBaseIVA{per_cent}"] += base
    sums[f"TotalTrasladosImpuestoIVA{per_cent}"] += amount


def _number(node: etree._Element, name: str) -> Decimal:
    return Decimal(node.get(name, "0"))

"""The arithmetic of a CFDI as the SAT checks it, with its tolerances. All in Decimal pesos."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal

from lxml import etree

CFDI = "{http://www.sat.gob.mx/cfd/4}"
_CENT = Decimal("0.01")
_EPSILON = Decimal("0.000000000001")
_LINE = f"{CFDI}Conceptos/{CFDI}Concepto"
_WITHHOLDING = f"{CFDI}Impuestos/{CFDI}Retenciones/{CFDI}Retencion"
_TRANSFER = f"{CFDI}Impuestos/{CFDI}Traslados/{CFDI}Traslado"


def wrong_sums(document: etree._Element) -> Iterator[tuple[str, str]]:
    """What does not add up: SAT code and message."""
    lines = document.findall(_LINE)
    for line in lines:
        yield from _wrong_line(line)
    subtotal = _cents(sum((_number(line, "Importe") for line in lines), Decimal()))
    if subtotal != _number(document, "SubTotal"):
        yield "CFDI40108", "El campo SubTotal debe ser la suma de los importes de los conceptos"
    transferred = Decimal()
    groups: defaultdict[tuple[str | None, ...], Decimal] = defaultdict(Decimal)
    for transfer in (t for line in lines for t in line.findall(_TRANSFER)):
        groups[_kind(transfer)] += _number(transfer, "Importe")
        transferred += _number(transfer, "Importe")
    for transfer in document.findall(_TRANSFER):
        if _cents(groups.get(_kind(transfer), Decimal(-1))) != _number(transfer, "Importe"):
            yield "CFDI40221", "El campo Importe de Traslado debe ser la suma de los importes de los conceptos"
    taxes = document.find(f"{CFDI}Impuestos")
    if taxes is not None and taxes.get("TotalImpuestosTrasladados") is not None:
        if _cents(transferred) != _number(taxes, "TotalImpuestosTrasladados"):
            yield "CFDI40205", "El campo TotalImpuestosTrasladados debe ser la suma de los importes de los traslados"
    elif transferred:
        yield "CFDI40205", "El campo TotalImpuestosTrasladados debe existir cuando hay traslados"
    withheld = _number(taxes, "TotalImpuestosRetenidos") if taxes is not None else Decimal()
    kept = sum((_number(r, "Importe") for line in lines for r in line.findall(_WITHHOLDING)), Decimal())
    if _cents(kept) != withheld:
        yield "CFDI40199", "El campo TotalImpuestosRetenidos debe ser la suma de los importes de las retenciones"
    total = _number(document, "SubTotal") - _number(document, "Descuento") + _cents(transferred) - withheld
    if total != _number(document, "Total"):
        yield "CFDI40119", "El campo Total no es SubTotal menos descuentos más impuestos"


def _wrong_line(line: etree._Element) -> Iterator[tuple[str, str]]:
    if _number(line, "ValorUnitario") <= 0 and line.getroottree().getroot().get("TipoDeComprobante") in ("I", "E"):
        yield "CFDI40166", "El campo ValorUnitario debe ser mayor que cero"
    if _cents(_number(line, "Cantidad") * _number(line, "ValorUnitario")) != _cents(_number(line, "Importe")):
        yield "CFDI40167", "El campo Importe del concepto no es cantidad por valor unitario"
    transfers = line.findall(_TRANSFER)
    if (line.get("ObjetoImp") == "02") != bool(transfers):
        yield "CFDI40171", "El nodo Impuestos debe existir solo cuando ObjetoImp es 02"
    for transfer in (*transfers, *line.findall(_WITHHOLDING)):
        if transfer.get("TipoFactor") == "Exento":
            continue
        base, rate, tax = (_number(transfer, name) for name in ("Base", "TasaOCuota", "Importe"))
        half = Decimal(10) ** -_decimals(transfer.get("Base")) / 2
        step = Decimal(10) ** -_decimals(transfer.get("Importe"))
        lowest = ((base - half) * rate).quantize(step, ROUND_DOWN)
        highest = ((base + half - _EPSILON) * rate).quantize(step, ROUND_CEILING)
        if not lowest <= tax <= highest:
            yield "CFDI40180", "El campo Importe de Traslado no está entre el límite inferior y el superior permitido"


def _kind(transfer: etree._Element) -> tuple[str | None, ...]:
    return tuple(transfer.get(name) for name in ("Impuesto", "TipoFactor", "TasaOCuota"))


def _number(node: etree._Element, name: str) -> Decimal:
    return Decimal(node.get(name, "0"))


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)

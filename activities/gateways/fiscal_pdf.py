"""The printed form of a CFDI (RMF 2.7.1.7) with reportlab: pure Python, no fonts or libraries of the system, the same bytes each time.

A document sealed with a certificate that the SAT did not issue is marked SIN VALIDEZ FISCAL, and its QR leads nowhere.
"""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from cryptography import x509
from lxml import etree
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from satcfdi.transform import SCHEMA_ROOT

from activities.gateways.fiscal_paper import frame, ink, name_plate, tint
from activities.ports.renderer import Renderer
from models.cfdi.sat_catalogues import FORMS_OF_PAYMENT, REGIMES, USES
from models.look.brand import Brand, Letterhead

CFDI = "{http://www.sat.gob.mx/cfd/4}"
PAGO = "{http://www.sat.gob.mx/Pagos20}"
TFD = "{http://www.sat.gob.mx/TimbreFiscalDigital}TimbreFiscalDigital"
VERIFY = "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx"
NO_VALIDITY = "SIN VALIDEZ FISCAL"
_SAT = "SERVICIO DE ADMINISTRACION TRIBUTARIA"
_TYPES = {"I": "Factura (ingreso)", "E": "Nota de crédito (egreso)", "P": "Recibo de pago"}
_WITHHELD = {"001": "ISR", "002": "IVA"}
_METHODS = {"PUE": "PUE pago en una sola exhibición", "PPD": "PPD pago en parcialidades o diferido"}
_CHAIN = Path(SCHEMA_ROOT) / "www.sat.gob.mx" / "sitio_internet/cfd/TimbreFiscalDigital/cadenaoriginal_TFD_1_1.xslt"
_INK = colors.HexColor("#1f2933")
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=8.5, leading=11, textColor=_INK)
_SMALL = ParagraphStyle("small", parent=_BODY, fontSize=5.5, leading=6.6, splitLongWords=True, wordWrap="CJK")
_KIND = ParagraphStyle("kind", parent=_BODY, fontSize=10, leading=13)
_EDGE = ParagraphStyle("edge", parent=_BODY, leftIndent=-6)  # in line with the tables
_SUM = ParagraphStyle("sum", parent=_BODY, fontSize=11, leading=14)
_SUM_RIGHT = ParagraphStyle("sum_right", parent=_SUM, alignment=2)


class ReportlabRenderer(Renderer):
    """Draws in a thread of its own: it is the processor's work and must not hold up messages."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="pdf")

    async def pdf(self, xml: bytes, letterhead: Letterhead) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._threads, draw, xml, letterhead)


class _Paper(SimpleDocTemplate):  # type: ignore[misc]
    """Pages that say over everything on them whether they have validity."""

    def __init__(self, out: BytesIO, *, valid: bool, **measures: object) -> None:
        super().__init__(out, **measures)
        self._valid = valid

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        if not self._valid:
            _mark(self.canv)


def _mark(canvas: Canvas) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica-Bold", 54)
    canvas.setFillColor(colors.Color(0.8, 0.1, 0.1, alpha=0.16))
    canvas.translate(letter[0] / 2, letter[1] / 2)
    canvas.rotate(35)
    canvas.drawCentredString(0, 0, NO_VALIDITY)
    canvas.restoreState()


def draw(xml: bytes, letterhead: Letterhead) -> bytes:
    """The PDF of a stamped CFDI 4.0 in a tenant's look."""
    brand = letterhead.brand
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    tfd = next(root.iter(TFD))
    valid = has_validity(root)
    out = BytesIO()
    page = _Paper(
        out,
        valid=valid,
        pagesize=letter,
        leftMargin=16 * mm,
        rightMargin=16 * mm,
        topMargin=17 * mm,
        bottomMargin=20 * mm,
        title=f"CFDI {tfd.get('UUID')}",
        author=brand.name,
        invariant=1,
    )
    story = [
        _heading(root, tfd, letterhead),
        Spacer(0, 5 * mm),
        _parties(root, brand),
        Spacer(0, 5 * mm),
        _lines(root, brand),
        *_payments(root),
        Spacer(0, 3 * mm),
        _totals(root, brand),
        Spacer(0, 5 * mm),
        _seals(root, tfd, valid),
        Spacer(0, 2 * mm),
        Paragraph("Este documento es una representación impresa de un CFDI 4.0.", _EDGE),
    ]

    page.build(
        story,
        onFirstPage=lambda canvas, shown: frame(canvas, brand, shown.page),
        onLaterPages=lambda canvas, shown: frame(canvas, brand, shown.page),
    )
    return out.getvalue()


def has_validity(root: etree._Element) -> bool:
    """Whether the SAT issued the certificate that sealed it; its own test authority ("UAT", "Pruebas") does not count."""
    try:
        certificate = x509.load_der_x509_certificate(base64.b64decode(root.get("Certificado", "")))
    except ValueError:
        return False
    issuer = certificate.issuer.rfc4514_string().upper()
    return _SAT in issuer and not any(word in issuer for word in ("UAT", "PRUEBAS"))


def _heading(root: etree._Element, tfd: etree._Element, letterhead: Letterhead) -> Table:
    left = [*name_plate(letterhead), Spacer(0, 1.5 * mm), Paragraph(_TYPES[root.get("TipoDeComprobante")], _KIND)]
    right = [
        _said("Folio fiscal", tfd.get("UUID")),
        _said("Serie y folio", f"{root.get('Serie', '')} {root.get('Folio', '')}"),
        _said("Fecha de emisión", f"{root.get('Fecha')} (CP {root.get('LugarExpedicion')})"),
        _said("Fecha de certificación", tfd.get("FechaTimbrado")),
        _said("PAC", tfd.get("RfcProvCertif")),
    ]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)]
    return Table([[left, right]], colWidths=[78 * mm, 106 * mm], style=style)


def _parties(root: etree._Element, brand: Brand) -> Table:
    issuer, receiver = root.find(f"{CFDI}Emisor"), root.find(f"{CFDI}Receptor")
    left = [
        Paragraph("<b>Emisor</b>", _BODY),
        Paragraph(escape(issuer.get("Nombre")), _BODY),
        _said("RFC", issuer.get("Rfc")),
        _said("Régimen fiscal", _named(issuer.get("RegimenFiscal"), REGIMES)),
    ]
    right = [
        Paragraph("<b>Receptor</b>", _BODY),
        Paragraph(escape(receiver.get("Nombre")), _BODY),
        _said("RFC", receiver.get("Rfc")),
        _said("Régimen fiscal", _named(receiver.get("RegimenFiscalReceptor"), REGIMES)),
        _said("Domicilio fiscal (CP)", receiver.get("DomicilioFiscalReceptor")),
        _said("Uso del CFDI", _named(receiver.get("UsoCFDI"), USES)),
    ]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, -1), tint(brand)),
        ("LINEBEFORE", (0, 0), (0, -1), 2.5, ink(brand.accent)),
        ("LEFTPADDING", (0, 0), (0, -1), 10),
        ("TOPPADDING", (0, 0), (-1, -1), 6),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
    ]
    return Table([[left, right]], colWidths=[92 * mm, 92 * mm], style=style)


def _lines(root: etree._Element, brand: Brand) -> Table:
    rows = [["Clave", "Cantidad", "Unidad", "Descripción", "Valor unitario", "Importe"]]
    for line in root.iterfind(f"{CFDI}Conceptos/{CFDI}Concepto"):
        rows.append(
            [
                line.get("ClaveProdServ"),
                line.get("Cantidad"),
                line.get("ClaveUnidad"),
                Paragraph(escape(line.get("Descripcion")), _BODY),
                _pesos(line.get("ValorUnitario")),
                _pesos(line.get("Importe")),
            ]
        )
    style = TableStyle(
        [
            ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 8.5),
            ("FONT", (0, 1), (-1, -1), "Helvetica", 8.5),
            ("BACKGROUND", (0, 0), (-1, 0), ink(brand.primary)),
            ("TEXTCOLOR", (0, 0), (-1, 0), ink(brand.primary.ink)),
            ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
            ("ALIGN", (4, 0), (-1, -1), "RIGHT"),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )
    widths = [22 * mm, 16 * mm, 16 * mm, 78 * mm, 26 * mm, 26 * mm]
    return Table(rows, colWidths=widths, style=style, repeatRows=1)


def _payments(root: etree._Element) -> list[Paragraph]:
    """What a payment complement says: what came, how, for which invoice, and what is still owed."""
    told = []
    for payment in root.iter(f"{PAGO}Pago"):
        form = payment.get("FormaDePagoP")
        told.append(_said("Fecha de pago", payment.get("FechaPago")))
        told.append(_said("Forma de pago", f"{form} {FORMS_OF_PAYMENT.get(form, '')}"))
        told.append(_said("Monto", f"{_pesos(payment.get('Monto'))} {payment.get('MonedaP')}"))
        for related in payment.iter(f"{PAGO}DoctoRelacionado"):
            told.append(_said("Documento pagado", related.get("IdDocumento")))
            told.append(_said("Parcialidad", related.get("NumParcialidad")))
            before, paid, left = (_pesos(related.get(f"Imp{n}")) for n in ("SaldoAnt", "Pagado", "SaldoInsoluto"))
            told.append(_said("Saldo anterior, pagado, insoluto", f"{before}, {paid}, {left}"))
        for tax in payment.iter(f"{PAGO}TrasladoP"):
            told.append(_said("Base e IVA", f"{_pesos(tax.get('BaseP'))}, {_pesos(tax.get('ImporteP', '0'))}"))
    return told


def _totals(root: etree._Element, brand: Brand) -> Table:
    form = root.get("FormaPago", "")
    facts = [_said("Moneda", root.get("Moneda"))]
    if form:
        facts.insert(0, _said("Forma de pago", f"{form} {FORMS_OF_PAYMENT.get(form, '')}"))
        facts.insert(1, _said("Método de pago", _METHODS.get(root.get("MetodoPago", ""), "")))
    sums = [["Subtotal", _pesos(root.get("SubTotal"))]]
    if discount := root.get("Descuento"):
        sums.append(["Descuento", f"-{_pesos(discount)}"])
    for tax in root.iterfind(f"{CFDI}Impuestos/{CFDI}Traslados/{CFDI}Traslado"):
        rate = tax.get("TasaOCuota")
        label = f"IVA {(Decimal(rate) * 100).normalize():f} %" if rate else "IVA exento"
        sums.append([label, _pesos(tax.get("Importe", "0"))])
    for tax in root.iterfind(f"{CFDI}Impuestos/{CFDI}Retenciones/{CFDI}Retencion"):
        sums.append([f"{_WITHHELD[tax.get('Impuesto')]} retenido", f"-{_pesos(tax.get('Importe'))}"])
    for relation in root.iterfind(f"{CFDI}CfdiRelacionados"):
        for related in relation:
            facts.append(_said(f"Relacionado ({relation.get('TipoRelacion')})", related.get("UUID")))
    sums.append([Paragraph("<b>Total</b>", _SUM), Paragraph(f"<b>{_pesos(root.get('Total'))}</b>", _SUM_RIGHT)])
    table = Table(
        sums,
        colWidths=[30 * mm, 34 * mm],
        style=[
            ("FONT", (0, 0), (-1, -1), "Helvetica", 8.5),
            ("ALIGN", (1, 0), (1, -1), "RIGHT"),
            ("BACKGROUND", (0, -1), (-1, -1), tint(brand)),
            ("LINEABOVE", (0, -1), (-1, -1), 1.2, ink(brand.primary.readable)),
        ],
    )
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
    return Table([[facts, table]], colWidths=[120 * mm, 64 * mm], style=style)


def _seals(root: etree._Element, tfd: etree._Element, valid: bool) -> Table:
    query = urlencode(
        {
            "id": tfd.get("UUID"),
            "re": root.find(f"{CFDI}Emisor").get("Rfc"),
            "rr": root.find(f"{CFDI}Receptor").get("Rfc"),
            "tt": root.get("Total"),
            "fe": root.get("Sello")[-8:],
        }
    )
    code = QrCodeWidget(f"{VERIFY}?{query}" if valid else f"{NO_VALIDITY} {query}", barLevel="M")
    left, bottom, right, top = code.getBounds()
    side = 34 * mm
    drawing = Drawing(side, side, transform=[side / (right - left), 0, 0, side / (top - bottom), 0, 0])
    drawing.add(code)
    words = [
        _tiny("Sello digital del CFDI", tfd.get("SelloCFD")),
        _tiny("Sello digital del SAT", tfd.get("SelloSAT")),
        _tiny("Cadena original del complemento de certificación", str(_chain()(deepcopy(tfd)))),
        _tiny("Certificados (emisor, SAT)", f"{root.get('NoCertificado')}, {tfd.get('NoCertificadoSAT')}"),
    ]
    if not valid:
        words.insert(0, Paragraph(f"<b>{NO_VALIDITY}</b>: documento de prueba", _BODY))
    return Table([[drawing, words]], colWidths=[38 * mm, 146 * mm], style=[("VALIGN", (0, 0), (-1, -1), "TOP")])


@cache
def _chain() -> etree.XSLT:
    return etree.XSLT(etree.parse(_CHAIN))


def _named(code: str, catalogue: dict) -> str:  # type: ignore[type-arg]
    return f"{code} {catalogue[code].name}" if code in catalogue else code


def _said(label: str, value: str) -> Paragraph:
    return Paragraph(f"<b>{label}:</b> {escape(value)}", _BODY)


def _tiny(label: str, value: str) -> Paragraph:
    return Paragraph(f"<b>{label}</b> {escape(value)}", _SMALL)


def _pesos(text: str) -> str:
    return f"${Decimal(text):,.2f}"

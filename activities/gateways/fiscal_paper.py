"""The paper that tax invoices are printed on: logo or name above, colours, and who answers below."""

from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Image, Paragraph

from models.look.brand import Brand, Letterhead
from models.look.colours import WHITE, Colour
from models.speaking.notices import Language

LOGO_BOX = (68 * mm, 20 * mm)  # at most
_SIDE, _FONT, _SIZE = 16 * mm, "Helvetica", 7.5


def ink(colour: Colour) -> colors.Color:
    """A colour as reportlab has it."""
    return colors.HexColor(str(colour))


def tint(brand: Brand) -> colors.Color:
    """The ground of what is set apart."""
    return ink(WHITE.mixed(brand.accent, 0.09))


def name_plate(letterhead: Letterhead) -> list[Flowable]:
    """The logo, or the name where there is none."""
    brand, mark = letterhead.brand, letterhead.brand.logo
    if mark is None or not letterhead.logo:
        style = ParagraphStyle(
            "name", fontName="Helvetica-Bold", fontSize=17, leading=21, textColor=ink(brand.primary.readable)
        )
        return [Paragraph(escape(brand.name), style)]
    scale = min(
        LOGO_BOX[0] / mark.width, LOGO_BOX[1] / mark.height, 0.75
    )  # as large as on the screen, at 96 dots an inch
    return [Image(BytesIO(letterhead.logo), mark.width * scale, mark.height * scale, hAlign="LEFT")]


def frame(canvas: Canvas, brand: Brand, page: int) -> None:
    """The coloured edge, and the foot of each page."""
    width, height = letter
    canvas.saveState()
    canvas.setFillColor(ink(brand.primary))
    canvas.rect(0, height - 5 * mm, width, 5 * mm, stroke=0, fill=1)
    canvas.setFillColor(ink(brand.accent))
    canvas.rect(0, height - 6.2 * mm, width, 1.2 * mm, stroke=0, fill=1)
    canvas.setStrokeColor(colors.HexColor("#cfd4da"))
    canvas.line(_SIDE, 16 * mm, width - _SIDE, 16 * mm)
    canvas.setFillColor(colors.HexColor("#4d5562"))
    canvas.setFont(_FONT, _SIZE)
    canvas.drawRightString(width - _SIDE, 12 * mm, f"Página {page}")
    for number, line in enumerate(_foot(brand, width - 2 * _SIDE - 22 * mm)):
        canvas.drawString(_SIDE, (12 - 3.6 * number) * mm, line)
    canvas.restoreState()


def _foot(brand: Brand, width: float) -> list[str]:
    """Who answers, and who stands behind it; two lines, three at most."""
    ways = [f"{way.label}: {way.shown}" for way in brand.support.ways(Language.ES)]
    if brand.website:
        ways.append(brand.website.removeprefix("https://").rstrip("/"))
    lines = [brand.legal_line, "  ·  ".join(ways)]
    return [part for line in lines if line for part in simpleSplit(line, _FONT, _SIZE, width)][:3]

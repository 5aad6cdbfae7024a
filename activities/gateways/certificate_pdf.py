"""A certificate of deletion on a tenant's paper, with reportlab: the same bytes for the same certificate."""

import asyncio
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table

from activities.gateways.fiscal_paper import frame, ink, name_plate, tint
from activities.ports.certificates import CertificatePaper
from models.look.brand import Letterhead
from models.safekeeping.deletion_certificate import sections, titled
from models.safekeeping.deletions import Certificate
from models.speaking.notices import Language

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=9.5, leading=13, textColor=colors.HexColor("#1f2933"))
_LABEL = ParagraphStyle("label", parent=_BODY, fontName="Helvetica-Bold")
_VALUE = ParagraphStyle("value", parent=_BODY, wordWrap="CJK")
_TITLE = ParagraphStyle("title", parent=_BODY, fontName="Helvetica-Bold", fontSize=15, leading=20)
_HEAD = ParagraphStyle("head", parent=_LABEL, fontSize=11, leading=15)


class ReportlabCertificates(CertificatePaper):
    """Draws in a thread of its own: it is the processor's work."""

    async def certificate(self, certificate: Certificate, letterhead: Letterhead, language: Language) -> bytes:
        return await asyncio.to_thread(draw, certificate, letterhead, language)


def draw(certificate: Certificate, letterhead: Letterhead, language: Language) -> bytes:
    """One page or more, letter format."""
    brand, (title, about), out = letterhead.brand, titled(language), BytesIO()
    side = 16 * mm
    page = SimpleDocTemplate(
        out,
        pagesize=letter,
        leftMargin=side,
        rightMargin=side,
        topMargin=17 * mm,
        bottomMargin=20 * mm,
        title=title,
        author=brand.name,
        invariant=1,
    )
    story: list[Flowable] = [
        *name_plate(letterhead),
        Spacer(0, 6 * mm),
        Paragraph(escape(title), _TITLE),
        Paragraph(escape(about), _BODY),
    ]
    for heading, rows in sections(certificate, language):
        story.append(Spacer(0, 5 * mm))
        if heading:
            story.append(Paragraph(escape(heading), _HEAD))
        cells = [[Paragraph(escape(label), _LABEL), Paragraph(escape(value), _VALUE)] for label, value in rows]
        style = [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("BACKGROUND", (0, 0), (-1, -1), tint(brand)),
            ("LINEBEFORE", (0, 0), (0, -1), 2.5, ink(brand.accent)),
        ]
        story.append(Table(cells, colWidths=[54 * mm, 130 * mm], style=style))
    page.build(
        story,
        onFirstPage=lambda canvas, shown: frame(canvas, brand, shown.page),
        onLaterPages=lambda canvas, shown: frame(canvas, brand, shown.page),
    )
    return out.getvalue()

"""An e-mail in a tenant's look: HTML that mail programs agree on (tables, styles on each element, no script), and its plain text.

The text is the same in both. Its first link becomes a button in HTML, and stays an address in plain text.
"""

import re
from dataclasses import replace
from html import escape

from models.look.brand import QUESTIONS, Brand
from models.look.colours import WHITE
from models.speaking.notices import WITH_DOCUMENT, Language, NoticeKind
from models.speaking.wording import Text

LOGO_BOX = (200, 56)  # pixels, at most

_LINK = re.compile(r"https?://[^\s<>\"]+")
_ELSE = {Language.ES: "Abrir", Language.EN: "Open"}
_PAY = {Language.ES: "Pagar ahora", Language.EN: "Pay now"}
_CARD = {Language.ES: "Actualizar mi tarjeta", Language.EN: "Update my card"}
_ADD_CARD = {Language.ES: "Agregar mi tarjeta", Language.EN: "Add my card"}
_SEE = {Language.ES: "Ver mi factura", Language.EN: "See my invoice"}
_DATA = {Language.ES: "Ver mis datos", Language.EN: "See my data"}
_ACTIONS = {
    NoticeKind.AUTHENTICATE: {Language.ES: "Autorizar mi pago", Language.EN: "Approve my payment"},
    NoticeKind.DEGRADED: _PAY,
    NoticeKind.SUSPENDED: _PAY,
    NoticeKind.DELETION_WARNING: _PAY,
    NoticeKind.BILL_ISSUED: _PAY,
    NoticeKind.BILL_OVERDUE: _PAY,
    NoticeKind.BILL_PAID: {Language.ES: "Pedir mi factura", Language.EN: "Ask for my invoice"},
    NoticeKind.PAYMENT_FAILED: _CARD,
    NoticeKind.UPDATE_CARD: _CARD,
    NoticeKind.TRIAL_WITHOUT_CARD: _ADD_CARD,
    NoticeKind.TRIAL_ENDED: _ADD_CARD,
    NoticeKind.CHECKOUT_ABANDONED: {Language.ES: "Terminar mi alta", Language.EN: "Finish my signup"},
    NoticeKind.TAX_DATA: {Language.ES: "Corregir mis datos", Language.EN: "Correct my data"},
    NoticeKind.DATA_DELETION: _DATA,
    NoticeKind.DATA_KEPT: _DATA,
    NoticeKind.PROMISE_LINK: {Language.ES: "Elegir un día", Language.EN: "Choose a day"},
    NoticeKind.ACCOUNT_LINK: {Language.ES: "Entrar a mi cuenta", Language.EN: "Open my account"},
}


def action(kind: NoticeKind, language: Language) -> str:
    """What stands on the button of such a notice."""
    return (_SEE if kind in WITH_DOCUMENT else _ACTIONS.get(kind, _ELSE))[language]


def headed(text: Text, name: str) -> Text:
    """The text as WhatsApp shows it, under the business's name in bold: one number may write for several. A template has its own head."""
    bold = " ".join(name.replace("*", " ").split())
    return replace(text, body=f"*{bold}*\n{text.body}")


def plain(body: str, brand: Brand | None, language: Language) -> str:
    """The text with who wrote it and who answers below."""
    if brand is None:
        return body
    lines = [brand.name, brand.legal_line]
    lines += [f"{way.label}: {way.shown}" for way in brand.support.ways(language)]
    lines += [f"{way.label}: {way.address}" for way in brand.pages(language)]
    signature = "\n".join(line for line in lines if line)
    return f"{body}\n\n-- \n{signature}\n"


def rich(body: str, brand: Brand | None, language: Language, *, subject: str, action: str = "", logo: str = "") -> str:
    """The same as a whole HTML page. `logo`: the address of the picture, `cid:…` or `https:…`; without one the name stands there."""
    brand = brand or Brand("", "")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light"><title>{escape(subject)}</title></head>'
        '<body style="margin:0;padding:0;background:#f4f5f7">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f4f5f7"><tr>'
        '<td align="center" style="padding:24px 12px">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
        "style=\"max-width:560px;background:#ffffff;border:1px solid #dfe2e7;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,"
        'Arial,sans-serif;font-size:16px;line-height:1.55;color:#1c1f24;text-align:left">'
        f'<tr><td style="height:6px;background:{brand.primary};font-size:0;line-height:0">&nbsp;</td></tr>'
        f"{_head(brand, logo)}"
        f'<tr><td style="padding:8px 28px 28px">{_paragraphs(body, brand, action)}</td></tr>{_foot(brand, language)}</table>'
        "</td></tr></table></body></html>"
    )


def _head(brand: Brand, logo: str) -> str:
    if not brand.name:
        return ""
    name = escape(brand.name, quote=True)
    shown = f'<span style="font-size:20px;font-weight:700;color:{brand.primary.readable}">{name}</span>'
    if logo and brand.logo is not None:
        width, height = (max(round(side), 1) for side in brand.logo.fitted(*LOGO_BOX))
        shown = (
            f'<img src="{escape(logo, quote=True)}" alt="{name}" width="{width}" height="{height}" '
            f'style="display:block;border:0;font-size:20px;font-weight:700;color:{brand.primary.readable}">'
        )
    return f'<tr><td style="padding:22px 28px 6px">{shown}</td></tr>'


def _paragraphs(body: str, brand: Brand, action: str) -> str:
    parts = []
    for paragraph in re.split(r"\n{2,}", body.strip()):
        found = _LINK.search(paragraph) if action else None
        if found is None:
            parts.append(_paragraph(paragraph, brand))
            continue
        before, after = paragraph[: found.start()].strip(), paragraph[found.end() :].strip()
        parts += [_paragraph(before, brand), _button(found[0], action, brand), _paragraph(after, brand)]
        action = ""  # one message, one button
    return "".join(parts)


def _paragraph(text: str, brand: Brand) -> str:
    if not text:
        return ""
    link = f'<a href="\\g<0>" style="color:{brand.primary.readable};overflow-wrap:anywhere">\\g<0></a>'
    safe = _LINK.sub(link, escape(text, quote=False)).replace("\n", "<br>")
    return f'<p style="margin:14px 0">{safe}</p>'


def _button(address: str, words: str, brand: Brand) -> str:
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" style="margin:20px 0"><tr>'
        f'<td style="background:{brand.primary};border:2px solid {brand.primary.readable};border-radius:8px">'
        f'<a href="{escape(address, quote=True)}" style="display:inline-block;padding:12px 26px;font-weight:700;text-decoration:none;'
        f'color:{brand.primary.ink}">{escape(words)}</a></td></tr></table>'
    )


def _foot(brand: Brand, language: Language) -> str:
    def link(address: str, words: str) -> str:
        return f'<a href="{escape(address, quote=True)}" style="color:#4d5562">{escape(words)}</a>'

    ways = [f"{way.label}: {link(way.address, way.shown)}" for way in brand.support.ways(language)]
    lines = [
        f"{QUESTIONS[language]}<br>{' &nbsp;·&nbsp; '.join(ways)}" if ways else "",
        " &nbsp;·&nbsp; ".join(link(way.address, way.shown) for way in brand.pages(language)),
        escape(brand.legal_line),
    ]
    shown = "".join(f'<p style="margin:6px 0">{line}</p>' for line in lines if line)
    if not shown:
        return ""
    ground = WHITE.mixed(brand.accent, 0.07)
    return (
        f'<tr><td style="padding:14px 28px 18px;background:{ground};border-top:1px solid #dfe2e7;font-size:13px;'
        f'color:#4d5562">{shown}</td></tr>'
    )

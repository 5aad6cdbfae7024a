"""The frame of every page a customer sees: the tenant's logo and colours above, who answers and the legal pages below.

Server-rendered, one request, no script. The one style sheet is named to the browser by its hash, so nothing else styles the page.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from html import escape
from importlib import resources

from fastapi.responses import HTMLResponse

from models.look.brand import QUESTIONS, Brand
from models.look.colours import WHITE, Colour
from models.speaking.notices import Language

LOGO_BOX = (220, 56)  # pixels, at most

_STYLE = (
    "*{box-sizing:border-box}html{color-scheme:light;-webkit-text-size-adjust:100%}"
    "body{font:17px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;margin:0;min-height:100vh;display:flex;flex-direction:column;"
    "background:#f4f5f7;color:#1c1f24}"
    ".in,main{width:100%;max-width:36rem;margin:0 auto;padding-left:1.15rem;padding-right:1.15rem}"
    "header{background:#fff;border-top:6px solid var(--primary);border-bottom:1px solid #dfe2e7}"
    "header .in{display:flex;align-items:center;gap:.7em;min-height:4.6em;padding-top:.6em;padding-bottom:.6em}"
    "header img{display:block}.name{font-weight:700;font-size:1.15em;overflow-wrap:anywhere}"
    ".badge{flex:none;width:2.3em;height:2.3em;border-radius:.6em;background:var(--primary);color:var(--ink);font-weight:700;"
    "display:flex;align-items:center;justify-content:center}"
    "main{flex:1;padding-top:1.4em;padding-bottom:2.5em}"
    "h1{font-size:1.5em;line-height:1.25;margin:.15em 0 .75em;overflow-wrap:anywhere}h2,h3{font-size:1.05em;margin:0 0 .3em}"
    "p{margin:.4em 0 .9em}a{color:var(--letters)}"
    ":focus-visible{outline:3px solid #1c1f24;outline-offset:2px;box-shadow:0 0 0 2px #fff}"
    ".banner{background:#b00020;color:#fff;border-radius:12px;padding:.85em 1.1em;margin:0 0 1.2em;font-weight:600}"
    ".banner.soft{background:#7a4d00}"
    ".card{background:#fff;border:1px solid #dfe2e7;border-radius:14px;padding:1.2em;margin-bottom:1.1em;"
    "box-shadow:0 1px 2px rgba(16,24,40,.05)}.card>:last-child{margin-bottom:0}"
    ".amount{font-size:2em;font-weight:700;line-height:1.2;margin:0;font-variant-numeric:tabular-nums}"
    ".since,.fine,small{color:#4d5562;font-size:.9em}.since{margin:.15em 0 1em}.fine{margin:.8em 0 0}"
    ".button{display:block;width:100%;min-height:3.1em;padding:.75em 1em;margin:.65em 0 0;border-radius:10px;"
    "border:2px solid var(--edge);background:var(--primary);color:var(--ink);font:inherit;font-weight:600;line-height:1.35;"
    "text-align:center;text-decoration:none;cursor:pointer}.button:hover{filter:brightness(.94)}"
    ".button.second{background:#fff;color:var(--letters);border-color:var(--letters)}"
    ".button small{display:block;color:inherit;font-weight:400}form{margin:0}"
    ".told{background:var(--soft);border-left:5px solid var(--accent);border-radius:10px;padding:1em 1.1em;margin:1em 0 0}"
    ".number{font:700 1.2em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;word-spacing:.1em;user-select:all;"
    "overflow-wrap:anywhere;margin:.3em 0 .6em}"
    ".told+.since{margin:1.2em 0 .2em}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.35em .9em;margin:.6em 0}dt{color:#4d5562}"
    "dd{margin:0;text-align:right;overflow-wrap:anywhere}"
    ".total{display:flex;justify-content:space-between;gap:1em;font-weight:700;font-size:1.1em;margin:0 0 1em}"
    ".field{margin:0 0 1.25em}label{display:block;font-weight:600}.field small{display:block;margin:.1em 0 .35em}"
    "input,select{font:inherit;color:inherit;width:100%;min-height:2.9em;padding:.5em .7em;border:1px solid #737b88;border-radius:8px;"
    "background:#fff}.bad input,.bad select{border:2px solid #b00020}.field .why{color:#b00020;font-weight:600}"
    "footer{background:#fff;border-top:1px solid #dfe2e7;color:#4d5562;font-size:.9em}"
    "footer .in{padding-top:1.2em;padding-bottom:1.6em}footer p{margin:0 0 .5em}"
    "footer ul{list-style:none;margin:0 0 .6em;padding:0;display:flex;flex-wrap:wrap;gap:.1em 1.4em}"
    "footer li a{display:inline-block;padding:.35em 0}"
    "section[lang]+section[lang]{margin-top:2em;padding-top:1.6em;border-top:1px solid #dfe2e7}"
    "@media (min-width:48em){main{padding-top:2.4em}.card{padding:1.6em}}"
    "@media print{header,footer,.button,form{display:none}body{background:#fff}}"
)


class Width(StrEnum):
    """How much of a large screen a page takes. On a phone all are alike."""

    NARROW = ""
    MIDDLE = "middle"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page of its own asks of the frame. The small pages behind links in messages ask nothing.

    `other` is its address in the other language, `home` where the brand's name leads. `onward` is where the browser goes by
    itself after so many seconds (empty: the same page again). `listed`: search engines may show it.
    """

    other: str = ""
    home: str = ""
    width: Width = Width.NARROW
    listed: bool = False
    seconds: int | None = None
    onward: str = ""
    about: str = ""  # for search engines, in a sentence


PLAIN = Frame()


def laid_out(
    brand: Brand, *, title: str, body: str, language: Language = Language.ES, status: int = 200, frame: Frame = PLAIN
) -> HTMLResponse:
    """A whole page. `body` is HTML; `title` is text and names the page in the browser's list, the brand after it."""
    name = escape(" · ".join(part for part in (title, brand.name) if part))
    sheet = _sheet(brand.primary, brand.accent, own=frame is not PLAIN)
    head = [f'<link rel="icon" href="{escape(brand.logo_path)}">' if brand.logo else ""]
    if not frame.listed:
        head.append('<meta name="robots" content="noindex">')
    if frame.about:
        head.append(f'<meta name="description" content="{escape(frame.about)}">')
    if frame.other:
        head.append(f'<link rel="alternate" hreflang="{_other(language)}" href="{escape(frame.other)}">')
    if frame.seconds is not None:
        goal = f"; url={escape(frame.onward)}" if frame.onward else ""
        head.append(f'<meta http-equiv="refresh" content="{frame.seconds}{goal}">')
    wide = f' class="{frame.width}"' if frame.width else ""
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="theme-color" content="{brand.primary}"><title>{name}</title>{"".join(head)}<style>{sheet}</style></head>'
        f"<body{wide}>{_header(brand, language, frame)}<main>{body}</main>{_footer(brand, language)}</body></html>",
        status,
        {"Content-Security-Policy": _policy(sheet)},
    )


def _other(language: Language) -> Language:
    return Language.ES if language is Language.EN else Language.EN


def _header(brand: Brand, language: Language, frame: Frame) -> str:
    if not brand.name:
        return ""
    name = escape(brand.name, quote=True)
    if brand.logo is None:
        shown = f'<span class="badge" aria-hidden="true">{escape(brand.initial)}</span><span class="name">{name}</span>'
    else:
        width, height = (max(round(side), 1) for side in brand.logo.fitted(*LOGO_BOX))
        shown = f'<img src="{escape(brand.logo_path)}" alt="{name}" width="{width}" height="{height}">'
    if frame.home:
        shown = f'<a class="home" href="{escape(frame.home)}">{shown}</a>'
    if frame.other:
        label = "Español" if language is Language.EN else "English"
        shown += f'<a class="tongue" lang="{_other(language)}" href="{escape(frame.other)}">{label}</a>'
    return f'<header><div class="in">{shown}</div></header>'


def _footer(brand: Brand, language: Language) -> str:
    answers = "".join(
        f'<li>{way.label}: <a href="{escape(way.address, quote=True)}" rel="noopener">{escape(way.shown)}</a></li>'
        for way in brand.support.ways(language)
    )
    pages = "".join(
        f'<li><a href="{escape(way.address, quote=True)}" rel="noopener">{way.shown}</a></li>'
        for way in brand.pages(language)
    )
    parts = [
        f"<p>{QUESTIONS[language]}</p><ul>{answers}</ul>" if answers else "",
        f"<ul>{pages}</ul>" if pages else "",
        f"<p>{escape(brand.legal_line)}</p>" if brand.legal_line else "",
    ]
    return f'<footer><div class="in">{"".join(parts)}</div></footer>' if any(parts) else ""


@lru_cache(256)
def _sheet(primary: Colour, accent: Colour, *, own: bool) -> str:
    given = {
        "primary": primary,
        "ink": primary.ink,
        "letters": primary.readable,
        "edge": primary.readable,
        "accent": accent,
        "soft": WHITE.mixed(accent, 0.09),
    }
    more = _written() if own else ""
    return f":root{{{';'.join(f'--{name}:{colour}' for name, colour in given.items())}}}{_STYLE}{more}"


@lru_cache(1)
def _written() -> str:
    """The sheet of the pages that have a frame of their own, without what it is written with."""
    text = (resources.files("api") / "templates" / "pages.css").read_text(encoding="utf-8")
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"/\*.*?\*/", "", text, flags=re.S)).strip()


@lru_cache(256)
def _policy(sheet: str) -> str:
    known = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{known}'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )

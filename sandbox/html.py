"""The frame of the sandbox's pages: plain HTML that works without scripts."""

import re
from html import escape

from starlette.responses import HTMLResponse

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1f2933;background:#fff}
h1{font-size:1.4rem} table{border-collapse:collapse;width:100%} td,th{padding:.4rem .6rem;border-bottom:1px solid #d9e2ec;
text-align:left;vertical-align:top} form{margin:1rem 0;padding:1rem;border:1px solid #d9e2ec;border-radius:8px}
label{display:block;margin:.5rem 0 .2rem} input,select,button{font:inherit;padding:.5rem;width:100%;box-sizing:border-box}
button{margin-top:.8rem;background:#243b53;color:#fff;border:0;border-radius:6px;cursor:pointer}
.error{background:#ffe3e3;padding:.7rem;border-radius:6px} .done{background:#e3f9e5;padding:.7rem;border-radius:6px}
.note{color:#627d98;font-size:.9rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font-family:inherit;margin:.4rem 0;background:#f0f4f8;padding:.7rem;border-radius:6px}
"""


def page(title: str, body: str, *, status: int = 200) -> HTMLResponse:
    """A whole page; ``body`` is HTML already."""
    text = (
        f'<!doctype html><html lang="es-MX"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><body><h1>{escape(title)}</h1>{body}"
        '<p class="note">Entorno de pruebas local: nada de esto es real. / Local sandbox: none of this is real.</p>'
    )
    return HTMLResponse(text, status_code=status)


def money(amount: int, currency: str) -> str:
    """Centavos as people read them."""
    return f"${amount / 100:,.2f} {currency.upper()}"


def error(message: str) -> str:
    """A message about what went wrong, or nothing."""
    return f'<p class="error" role="alert">{escape(message)}</p>' if message else ""


def done(message: str) -> str:
    """A message about what went well, or nothing."""
    return f'<p class="done" role="status">{escape(message)}</p>' if message else ""


def words(text: str) -> str:
    """A message as it was written, with its links to click on."""
    return "<pre>" + re.sub(r"https?://[^\s<]+", r'<a href="\g<0>">\g<0></a>', escape(text, quote=False)) + "</pre>"

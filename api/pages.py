"""The few pages a customer may see when a link does not lead on. One language each; both where nobody is known."""

from enum import StrEnum
from html import escape

from fastapi.responses import HTMLResponse

from models.notices import Language


class Page(StrEnum):
    """What there is to say."""

    BAD_LINK = "bad_link"
    NOTHING_DUE = "nothing_due"
    NO_PORTAL = "no_portal"
    NOT_READY = "not_ready"
    LATER = "later"


_TEXTS = {
    Page.BAD_LINK: (
        ("Este enlace no es válido", "Ábrelo completo desde tu mensaje, o pide uno nuevo a quien te lo envió."),
        ("This link is not valid", "Open it whole from your message, or ask whoever sent it for a new one."),
    ),
    Page.NOTHING_DUE: (
        ("No hay nada por pagar", "Tu cuenta está al corriente. ¡Gracias!"),
        ("Nothing to pay", "Your account is up to date. Thank you!"),
    ),
    Page.NO_PORTAL: (
        ("Esta suscripción ya terminó", "No hay tarjeta que cambiar ni cargos por hacer."),
        ("This subscription is over", "There is no card to change and nothing more will be charged."),
    ),
    Page.NOT_READY: (
        ("Tu factura aún no está lista", "Suele tardar unos minutos. Vuelve a abrir este enlace más tarde."),
        ("Your tax invoice is not ready yet", "It usually takes a few minutes. Open this link again later."),
    ),
    Page.LATER: (
        ("No podemos abrir la página ahora", "Vuelve a intentarlo en un minuto; tu enlace sigue siendo válido."),
        ("We cannot open the page right now", "Try again in a minute; your link is still good."),
    ),
}

_STYLE = (
    "body{font:18px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32em;padding:0 1.5em;color:#222}"
    "h1{font-size:1.4em}section+section{margin-top:3em;color:#666}"
)


def page(kind: Page, status: int, *, brand: str = "", language: Language | None = None) -> HTMLResponse:
    """A small page; in both languages when the reader's is not known."""
    spoken = dict(zip(Language, _TEXTS[kind], strict=True))
    shown = {language: spoken[language]} if language else spoken
    first = next(iter(shown))
    sections = "".join(
        f'<section lang="{tag}"><h1>{head}</h1><p>{text}</p></section>' for tag, (head, text) in shown.items()
    )
    title = escape(brand) or shown[first][0]
    return HTMLResponse(
        f'<!doctype html><html lang="{first}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><body>{sections}</body></html>",
        status,
    )

"""The few pages a customer may see when a link does not lead on. One language each; both where nobody is known."""

from enum import StrEnum

from fastapi.responses import HTMLResponse

from api.layout import laid_out
from models.look.brand import Brand
from models.speaking.notices import Language


class Page(StrEnum):
    """What there is to say."""

    BAD_LINK = "bad_link"
    NOTHING_DUE = "nothing_due"
    NO_PORTAL = "no_portal"
    SUBSCRIBED = "subscribed"
    NOT_SOLD = "not_sold"
    NOT_READY = "not_ready"
    NOT_HERE = "not_here"
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
    Page.SUBSCRIBED: (
        ("Ya tienes una suscripción", "Tu alta quedó hecha: no hay nada más que terminar aquí."),
        ("You have a subscription already", "Your signup is done: there is nothing left to finish here."),
    ),
    Page.NOT_SOLD: (
        ("Este plan ya no se ofrece", "Elige otro en el sitio del negocio; no se cobró nada."),
        ("This plan is no longer sold", "Choose another one on the site of the business; nothing was charged."),
    ),
    Page.NOT_READY: (
        ("Tu factura aún no está lista", "Suele tardar unos minutos. Vuelve a abrir este enlace más tarde."),
        ("Your tax invoice is not ready yet", "It usually takes a few minutes. Open this link again later."),
    ),
    Page.NOT_HERE: (
        ("No encontramos esta página", "Revisa la dirección, o vuelve al sitio del negocio que buscas."),
        ("We cannot find this page", "Check the address, or go back to the site of the business you are looking for."),
    ),
    Page.LATER: (
        ("No podemos abrir la página ahora", "Vuelve a intentarlo en un minuto; tu enlace sigue siendo válido."),
        ("We cannot open the page right now", "Try again in a minute; your link is still good."),
    ),
}

_NOBODY = Brand("", "")


def page(kind: Page, status: int, *, brand: Brand = _NOBODY, language: Language | None = None) -> HTMLResponse:
    """A small page; in both languages, and nobody's look, when the reader is not known."""
    spoken = dict(zip(Language, _TEXTS[kind], strict=True))
    shown = {language: spoken[language]} if language else spoken
    first = next(iter(shown))
    sections = "".join(
        f'<section lang="{tag}"><h{level}>{head}</h{level}><p>{text}</p></section>'
        for level, (tag, (head, text)) in enumerate(shown.items(), start=1)
    )
    body = f'<div class="card">{sections}</div>'
    return laid_out(brand, title=shown[first][0], body=body, language=first, status=status)

"""Settings: what there is to set, each behind its own page, and how each stands."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.access import needs
from api.console import places
from api.console.frame import framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting
from api.deps import Ctx
from models.access.permissions import Permission
from models.cfdi.certificates import chosen

_HOUR = timedelta(hours=1)
HERE = f"{places.HOME}/settings"
router = APIRouter(prefix=HERE, route_class=ConsoleRoute, include_in_schema=False)


@router.get("", dependencies=[needs(Permission.READ)])
async def settings(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """One card for each; those that the person may not open are not there."""
    store, tenant, say = context.store, visitor.tenant.id, visitor.say
    issuer = await store.issuer_of(tenant)
    cards = [
        (
            "brand",
            say("Tu negocio", "Your business"),
            say("Nombre, logotipo, colores y quién contesta.", "Name, logo, colours and who answers."),
            visitor.brand.name,
        ),
        (
            "issuer",
            say("Quién factura", "Who issues"),
            say("Datos del emisor, certificado (CSD) y PAC.", "The issuer's data, certificate (CSD) and PAC."),
            f"{issuer.name} · {issuer.rfc}" if issuer else say("Sin configurar", "Not set"),
        ),
    ]
    if issuer and (csd := chosen(list(await store.certificates_of(tenant)), issuer.rfc, visitor.now)):
        cards[-1] = (*cards[-1][:3], f"{cards[-1][3]} · CSD {visitor.calendar.show_day(csd.valid_until)}")
    terms = await store.ticket_terms(tenant)
    words = say("Cuándo se contesta, y qué pasa si no.", "When they are answered, and what follows if not.")
    standing = f"Normal: {terms.normal / _HOUR:g} h"
    cards.append(("tickets", say("Plazos de los tickets", "Terms of tickets"), words, standing))
    if visitor.may(Permission.USERS):
        active = sum(each.active for each in await store.users(tenant))
        words = say("Quién entra, y con qué papel.", "Who signs in, and as what.")
        cards.append(("people", say("Personas", "People"), words, say(f"{active} con acceso", f"{active} with access")))
    if visitor.may(Permission.KEYS):
        usable = sum(each.usable(visitor.now) for each in await store.keys(tenant))
        words = say("Con qué entran tus programas.", "What your programs are let in with.")
        cards.append(
            ("keys", say("Llaves de la API", "API keys"), words, say(f"{usable} vigentes", f"{usable} in use"))
        )
    if visitor.may(Permission.WEBHOOKS):
        count = len(await store.endpoints(tenant))
        words = say("Tus sistemas se enteran de lo que pasa.", "Your own systems hear what happens.")
        cards.append(("webhooks", "Webhooks", words, say(f"{count} direcciones", f"{count} addresses")))
    if visitor.who.session:
        words = say("Tu correo, tu papel y tu contraseña.", "Your e-mail, your role and your password.")
        cards.append(("me", say("Mi cuenta", "My account"), words, ""))
    return framed(visitor, "console/settings.html", title=say("Ajustes", "Settings"), cards=cards)

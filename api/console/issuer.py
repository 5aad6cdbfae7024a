"""Who issues the business's tax invoices: the settings, the certificate and the PAC. As `/v1/issuer`."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from api import issuer as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, written, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.problems import Problem
from models.permissions import Permission
from models.taxes import PaymentMethod, Withholding

HERE = f"{places.HOME}/settings/issuer"
router = APIRouter(prefix=HERE, route_class=ConsoleRoute, include_in_schema=False)
FIELDS = ("tax_id", "legal_name", "tax_regime", "postal_code", "series", "vat", "withholding", "payment_method")
_RATES = {"16": 16, "8": 8, "0": 0, "none": None}


@router.get("", dependencies=[needs(Permission.READ)])
async def issuer(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """As it is; a form for those who may change it."""
    return await _page(context, visitor)


@router.post("", dependencies=[needs(Permission.ISSUER)])
async def save(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """For every invoice made from now on. Certificate and PAC are added by the terminal or the API, where files and passwords go."""
    form = await written(request)
    try:
        rate = form.get("vat", "")  # one that is not offered is refused as it was written
        told = {name: form.get(name, "") for name in FIELDS} | {"vat": _RATES.get(rate, rate)}
        await api.save(api.IssuerSettings.model_validate(told), context, visitor.tenant)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    return done(
        context,
        HERE,
        visitor.say("Guardado, para las facturas de ahora en adelante.", "Saved, for invoices from now on."),
    )


async def _page(context: Context, visitor: Visitor, *, wrong: Wrong = NOTHING) -> HTMLResponse:
    shown: api.IssuerView | None
    try:
        shown = await api.issuer(context, visitor.tenant)
    except Problem:
        shown = None
    held = {name: getattr(shown, name) for name in FIELDS} if shown else {"vat": 16, "series": "P"}
    return framed(
        visitor,
        "console/issuer.html",
        title=visitor.say("Quién factura", "Who issues"),
        status=wrong.status,
        issuer=shown,
        held={**dict.fromkeys(FIELDS, ""), **held, **wrong.given},
        wrong=wrong,
        withholdings=list(Withholding),
        methods=list(PaymentMethod),
    )

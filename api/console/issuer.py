"""Who issues the business's tax invoices: the settings, the certificate and the PAC. As `/v1/issuer`."""

import base64

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from activities.failures import Missing
from api import issuer as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, uploaded, written, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from api.problems import Problem
from models.access.permissions import Permission
from models.cfdi.certificates import name_in
from models.cfdi.pac_accounts import CREDENTIALS, URLS, PacName
from models.cfdi.taxes import PaymentMethod, Withholding

HERE = f"{places.HOME}/settings/issuer"
router = APIRouter(prefix=HERE, route_class=ConsoleRoute, include_in_schema=False)
FIELDS = ("tax_id", "legal_name", "tax_regime", "postal_code", "series", "vat", "withholding", "payment_method")
_PACS = {PacName.SW: "SW sapien", PacName.FINKOK: "Finkok", PacName.FACTURAPI: "Facturapi"}
LARGEST_FILE = 10_000  # bytes; the SAT's have about 2,000
_RATES = {"16": 16, "8": 8, "0": 0, "none": None}


@router.get("", dependencies=[needs(Permission.READ)])
async def issuer(context: Ctx, visitor: Visiting) -> HTMLResponse:
    """As it is; a form for those who may change it."""
    return await _page(context, visitor)


@router.post("", dependencies=[needs(Permission.ISSUER)])
async def save(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """For every invoice made from now on."""
    form = await written(request)
    try:
        rate = form.get("vat", "")  # one that is not offered is refused as it was written
        told = {name: form.get(name, "") for name in FIELDS} | {"vat": _RATES.get(rate, rate)}
        await api.save(api.IssuerSettings.model_validate(told), context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, form, visitor.language))
    return done(
        context,
        HERE,
        visitor.say("Guardado, para las facturas de ahora en adelante.", "Saved, for invoices from now on."),
    )


@router.post("/csd", dependencies=[needs(Permission.ISSUER)])
async def add_csd(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """As `PUT /v1/issuer/csd`: proved before it is kept. Neither the password nor the key is shown again."""
    form = await written(request)
    try:
        files = {name: await uploaded(request, name, largest=LARGEST_FILE) for name in ("certificate", "private_key")}
        told = {name: base64.b64encode(content).decode() for name, content in files.items()}
        upload = api.CsdUpload.model_validate({**told, "password": form.get("password", "")})
        after = await api.add_csd(upload, context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {}, visitor.language))
    used = next(each for each in after.certificates if each.in_use)
    name = name_in(files["certificate"])  # the certificate's own word: the settings may have another
    until = visitor.calendar.show_day(used.valid_until)
    words = visitor.say(
        f"Certificado de {name} ({used.tax_id}): sella desde ahora y vence el {until}.",
        f"Certificate of {name} ({used.tax_id}): it seals from now on and ends on {until}.",
    )
    return done(context, HERE, words)


@router.post("/pac", dependencies=[needs(Permission.ISSUER)])
async def save_pac(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """As `PUT /v1/issuer/pac`. What opens the account is not shown again."""
    form = await written(request)
    name = form.get("name", "")
    wanted = CREDENTIALS[PacName(name)] if name in set(PacName) else ()
    credentials = {each: form.get(each, "").strip() for each in wanted}
    told = {
        "name": name,
        "credentials": credentials,
        "url": form.get("url", ""),
        "rank": 2 if form.get("rank") == "2" else 1,
        "replace": form.get("replace") == "yes",
    }
    try:
        await api.save_pac(api.PacSettings.model_validate(told), context, visitor.who)
    except FAULTS as error:
        missing = next((each for each, value in credentials.items() if not value), "")
        kept = {each: value for each, value in form.items() if each in ("name", "url", "rank")}
        return await _page(
            context, visitor, wrong=wrong(error, {"pac": name, "missing": missing, **kept}, visitor.language)
        )
    words = visitor.say("Guardado: se timbra con esa cuenta.", "Saved: that account stamps from now on.")
    return done(context, HERE, words)


@router.post("/pac/remove", dependencies=[needs(Permission.ISSUER)])
async def remove_pac(request: Request, context: Ctx, visitor: Visiting) -> Response:
    """As `DELETE /v1/issuer/pac/{name}`."""
    name = (await written(request)).get("name", "")
    if name not in set(PacName):
        return done(context, HERE, visitor.say("No hay tal cuenta.", "There is no such account."))
    try:
        await api.remove_pac(PacName(name), context, visitor.who)
    except FAULTS as error:
        return await _page(context, visitor, wrong=wrong(error, {"removed": name}, visitor.language))
    except Missing:
        pass  # somebody else did it a moment ago
    return done(
        context,
        HERE,
        visitor.say(f"{_PACS[PacName(name)]}: cuenta quitada.", f"{_PACS[PacName(name)]}: account removed."),
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
        largest=LARGEST_FILE,
        ranks={each.name: each.rank for each in reversed(shown.pac)} if shown else {},
        titles=_PACS,
        pacs=[(name, _PACS[name], CREDENTIALS[name], URLS[name]) for name in PacName],
    )

"""What the business is alerted of: what is so now, what was, from when on, and where it is told."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse

from api import alerts as api
from api.access import needs
from api.console import places
from api.console.forms import FAULTS, NOTHING, Wrong, wrong
from api.console.frame import done, framed
from api.console.route import ConsoleRoute
from api.console.visitor import Visiting, Visitor
from api.deps import Context, Ctx
from models.access.permissions import Permission
from models.kpis.alerts import ALERTS, AlertSettings
from models.words import Words

router = APIRouter(prefix=f"{places.HOME}/alerts", route_class=ConsoleRoute, include_in_schema=False)

HERE = f"{places.HOME}/alerts"
THRESHOLDS = {
    "past_due_percent": Words("Cartera vencida, más de (%)", "Past due share, over (%)"),
    "past_due_days": Words("… en días seguidos", "… on days one after the other"),
    "late_days": Words("Cliente con atraso de (días)", "Customer overdue for (days)"),
    "idle_days": Words("Negocio sin actividad (días)", "Business idle for (days)"),
    "error_percent": Words("Solicitudes que fallan, más de (%)", "Failing requests, over (%)"),
    "latency_ms": Words("Respuestas lentas, más de (ms)", "Slow answers, over (ms)"),
    "database_percent": Words("Base de datos ocupada, más de (%)", "Database in use, over (%)"),
}


@router.get("", dependencies=[needs(Permission.READ)])
async def alerts(
    context: Ctx, visitor: Visiting, resolved: Annotated[bool, Query(description="also what is no longer so")] = False
) -> HTMLResponse:
    """The alerts, and when and where the business is told."""
    return await _page(context, visitor, resolved=resolved)


@router.post("", dependencies=[needs(Permission.WEBHOOKS)])
async def change(
    request: Request,
    context: Ctx,
    visitor: Visiting,
    emails: Annotated[str, Form(max_length=6_000)] = "",
    phones: Annotated[str, Form(max_length=2_000)] = "",
    webhook: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """As `PUT /v1/alerts`."""
    form = await request.form()
    given = {name: str(form.get(name, "")).strip() for name in THRESHOLDS}
    wanted = {str(each) for each in form.getlist("on")}
    told: dict[str, Any] = {"emails": _listed(emails), "phones": _listed(phones), "webhook": webhook == "yes"}
    told["thresholds"] = {name: value for name, value in given.items() if value}
    told["off"] = [rule.value for rule in ALERTS if rule.value not in wanted]
    try:
        await api.change(context, visitor.by(), api.AlertOrder.model_validate(told))
    except FAULTS as error:
        found = wrong(error, {}, visitor.language)
        return await _page(context, visitor, asked=told | {"given": given}, wrong=found)
    return done(
        context, HERE, visitor.say("Listo: así se avisará desde ahora.", "Done: this is how you are told from now on.")
    )


async def _page(
    context: Context,
    visitor: Visitor,
    *,
    resolved: bool = False,
    asked: dict[str, Any] | None = None,
    wrong: Wrong = NOTHING,
) -> HTMLResponse:
    settings = await context.store.alert_settings(visitor.tenant.id)
    return framed(
        visitor,
        "console/alerts.html",
        title=visitor.say("Alertas", "Alerts"),
        status=wrong.status,
        found=await api.listed(context, visitor.tenant.id, resolved=resolved),
        resolved=resolved,
        alerts=ALERTS,
        settings=_filled(settings) | (asked or {}),
        thresholds=THRESHOLDS,
        wrong=wrong.fields,
    )


def _filled(settings: AlertSettings) -> dict[str, Any]:
    return {
        "given": {name: getattr(settings.thresholds, name) for name in THRESHOLDS},
        "emails": settings.emails,
        "phones": settings.phones,
        "webhook": settings.webhook,
        "off": [rule.value for rule in settings.off],
    }


def _listed(text: str) -> list[str]:
    return [each.strip() for each in re.split(r"[\n,;]", text) if each.strip()]

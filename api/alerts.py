"""What a business is alerted of: what is so now, from when on, and where it is told."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.access import needs
from api.attention import FindingView, of_house
from api.deps import By, Caller, Context, Ctx, Orderer
from api.orders import Signed
from api.problems import FieldError, answers, invalid
from api.views import Body, View, WordsView
from models.access.permissions import Permission
from models.kpis.alerts import ALERTS, AlertSettings, Thresholds
from models.people import email, phone
from models.records import AuditEntry
from models.watching.attention import Attention, Rule

router = APIRouter(prefix="/v1/alerts", tags=["attention"])

MOST = 20  # addresses of each kind
SHOWN = (*ALERTS, Rule.ALERT_UNDELIVERED)


class AlertView(FindingView):
    """An alert, and what it means in both languages."""

    title: WordsView | None
    to_do: WordsView | None


class ThresholdsBody(Body):
    """From when on. Shares in per cent; a figure must lie above them."""

    past_due_percent: int = Field(default=8, ge=1, le=100)
    past_due_days: int = Field(default=2, ge=1, le=30, description="one after the other")
    idle_days: int = Field(default=7, ge=1, le=365)
    late_days: int = Field(default=25, ge=1, le=365, description="days overdue")
    error_percent: int = Field(default=1, ge=1, le=100)
    latency_ms: int = Field(default=2_000, ge=100, le=60_000, description="of the slowest answer in twenty")
    database_percent: int = Field(default=90, ge=1, le=100)


class AlertOrder(Signed):
    """When a business is alerted, and where; in the place of all that was set before."""

    thresholds: ThresholdsBody = Field(default_factory=ThresholdsBody)
    emails: list[Annotated[str, Field(max_length=254)]] = Field(default=[], max_length=MOST)
    phones: list[Annotated[str, Field(max_length=40)]] = Field(
        default=[], max_length=MOST, description="told by WhatsApp", examples=[["+525512345678"]]
    )
    webhook: bool = Field(default=True, description="whether webhooks hear `alert.raised` and `alert.resolved`")
    off: list[Rule] = Field(default=[], max_length=len(SHOWN), description="never alerted of these")


class AlertSettingsView(View):
    """When a business is alerted, and where."""

    thresholds: ThresholdsBody
    emails: list[str]
    phones: list[str]
    webhook: bool
    off: list[Rule]

    @classmethod
    def of(cls, settings: AlertSettings) -> "AlertSettingsView":
        return cls(
            thresholds=ThresholdsBody(**asdict(settings.thresholds)),
            emails=list(settings.emails),
            phones=list(settings.phones),
            webhook=settings.webhook,
            off=sorted(settings.off),
        )


class Alerts(View):
    """Newest first."""

    data: list[AlertView]
    settings: AlertSettingsView


async def listed(context: Context, tenant: str, *, resolved: bool) -> list[Attention]:
    """The alerts of a tenant; those of the installation, too, where it is whoever runs it."""
    mine = await context.store.alerts(tenant, SHOWN, resolved=resolved)
    found = [*mine, *await of_house(context, tenant, resolved=resolved)]
    return sorted(found, key=lambda each: each.first_seen, reverse=True)


async def change(context: Context, by: By, told: AlertOrder) -> AlertSettings:
    """Set it, and keep in the audit who did. Raises a Problem or FieldInvalid that names the field."""
    tenant, now = by.who.tenant.id, datetime.now(UTC)
    actor, _ = by.sign(told.actor, "")
    if strange := [rule for rule in told.off if rule not in ALERTS]:
        raise invalid([FieldError(field="off", message=f"'{strange[0]}' is no alert; these are: {', '.join(ALERTS)}")])
    settings = AlertSettings(
        tenant,
        Thresholds(**told.thresholds.model_dump()),
        tuple(dict.fromkeys(email(each, "emails") for each in told.emails)),
        tuple(dict.fromkeys(phone(each, "phones") for each in told.phones)),
        told.webhook,
        frozenset(told.off),
    )
    await context.store.save_alert_settings(settings, by=actor, at=now)
    key = f"alerts/{by.update_id or now.isoformat()}"
    await context.store.audit(AuditEntry(tenant, "", key, now, actor, "alerts set"))
    return settings


@router.get(
    "", summary="What the business is alerted of", dependencies=[needs(Permission.READ)], responses=answers(422, 503)
)
async def alerts(
    context: Ctx, tenant: Caller, resolved: Annotated[bool, Query(description="also what is no longer so")] = False
) -> Alerts:
    """With when it is alerted, and where. Acknowledge one with `POST /v1/attention/{finding}/acknowledge`."""
    settings = await context.store.alert_settings(tenant.id)
    return Alerts(
        data=[_view(each) for each in await listed(context, tenant.id, resolved=resolved)],
        settings=AlertSettingsView.of(settings),
    )


@router.put(
    "",
    summary="Say when the business is alerted, and where",
    dependencies=[needs(Permission.WEBHOOKS)],
    responses=answers(422, 503),
)
async def set_alerts(told: AlertOrder, context: Ctx, by: Orderer) -> AlertSettingsView:
    """In the place of all that was set before. What is so already is told to new addresses within minutes."""
    return AlertSettingsView.of(await change(context, by, told))


def _view(alert: Attention) -> AlertView:
    told = ALERTS.get(alert.finding.rule)
    return AlertView(
        **FindingView.of(alert).model_dump(),
        title=WordsView.of(told.title) if told else None,
        to_do=WordsView.of(told.remedy) if told else None,
    )

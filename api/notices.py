"""How notices read, before anybody gets one."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from activities.composing import Links, written
from activities.failures import Missing
from api.access import needs
from api.deps import Caller, Ctx
from api.problems import answers
from api.views import View
from models.access.permissions import Permission
from models.collecting.declines import Decline
from models.periods import Calendar
from models.records import CaseRecord, SubscriptionRecord
from models.speaking.letter import action, headed, rich
from models.speaking.notices import TRIALS, Language, NoticeKind, NoticeRequest
from models.speaking.wording import VARIABLES

router = APIRouter(prefix="/v1", tags=["notices"])


class PreviewView(View):
    """A notice as its customer would read it."""

    kind: NoticeKind
    language: Language
    subject: str = Field(examples=["Servicio suspendido: paga para reactivarlo"])
    """Of the e-mail."""
    body: str
    variables: dict[str, str]
    """What a WhatsApp template is given, in the order of its numbers."""
    whatsapp: str
    """What goes by WhatsApp where no template is needed: under the business's name."""
    html: str
    """The e-mail as it is shown, in the business's look."""


@router.get(
    "/notices/preview",
    summary="Read a notice with a customer's real data",
    dependencies=[needs(Permission.READ)],
    responses=answers(404, 422, 503),
)
async def preview(
    context: Ctx,
    tenant: Caller,
    kind: Annotated[NoticeKind, Query()],
    subscription: Annotated[str, Query(max_length=64, description="whose data to show")],
    language: Annotated[Language | None, Query(description="left out: the customer's own")] = None,
) -> PreviewView:
    """Nothing is sent. Amount and date are those of the oldest unpaid invoice, else of the plan and the period."""
    store = context.store
    record = await store.subscription(tenant.id, subscription)
    if record is None:
        raise Missing(f"there is no subscription '{subscription}'")
    customer = await store.customer_of(tenant.id, subscription)
    spoken = language or customer.language
    owed = [case for case in await store.cases(tenant.id, subscription) if case.outcome is None]
    case = min(owed, key=lambda each: each.opened_at, default=None)
    plan = await store.plan(tenant.id, record.plan)
    request = NoticeRequest(
        tenant=tenant.id,
        key=f"preview/{kind}",
        kind=kind,
        subscription=subscription,
        calendar=Calendar(zone=tenant.zone),
        amount=case.amount if case else plan.price,
        on=_mentioned(kind, record, case),
        decline=Decline(case.decline).kind if case and case.decline else None,
    )
    settings = context.settings
    links = Links(settings.public_url, settings.link_secret)
    text, _ = await written(store, links, request, replace(customer, language=spoken))
    named = dict(zip(VARIABLES, text.variables, strict=True))
    brand = await store.brand(tenant.id)
    logo = f"{settings.public_url.rstrip('/')}{brand.logo_path}" if brand.logo else ""
    return PreviewView(
        kind=kind,
        language=spoken,
        subject=text.subject,
        body=text.body,
        variables=named,
        whatsapp=headed(text, brand.name).body,
        html=rich(text.body, brand, spoken, subject=text.subject, action=action(kind, spoken), logo=logo),
    )


def _mentioned(kind: NoticeKind, record: SubscriptionRecord, case: CaseRecord | None) -> datetime | None:
    """The instant that such a text tells; a case's dates only where there is one."""
    if kind in TRIALS:
        return record.trial_end or record.period_end
    if kind in (NoticeKind.UPDATE_CARD, NoticeKind.DELETION_WARNING) and case is not None:
        return case.suspends_at or case.next_step_at or record.period_end
    return record.period_end

"""What somebody was shown and confirms: a preview with its token, carried out once, and refused where it would no longer happen."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from activities.ports.register import Subscriber
from api.deps import Context
from api.plan_change_views import LeavingPreviewView, LeavingView, PlanChangeView, PlanPreviewView
from api.problems import FieldError, Problem, invalid
from api.refusals import ApiWhy
from models.changing import confirmation
from models.changing.change_records import ChangeKind, ChangeState, When
from models.changing.confirmation import Confirmation
from models.changing.leaving import Leaving
from models.changing.plan_change import PlanChange
from models.commands import SubscriptionCommand
from models.messages import Answer, Command
from models.people import FieldInvalid
from models.records import Tenant

T = TypeVar("T", PlanChange, Leaving)


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """A preview, and what confirms it until it expires (UTC)."""

    change: T
    confirmation: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What was confirmed: its id, and where the subscription stands after it."""

    id: str
    answer: Answer


def confirmable(
    context: Context, tenant: Tenant, change: T, kind: ChangeKind, when: When, plan: str, now: datetime
) -> Shown[T]:
    """A preview with its token."""
    expires = now + confirmation.LIFE
    token = Confirmation(
        tenant=tenant.id,
        subscription=change.subscription,
        kind=kind,
        when=when,
        plan=plan,
        at=int(now.timestamp()),
        fingerprint=change.fingerprint,
        expires=int(expires.timestamp()),
    )
    return Shown(change, token.sealed(context.settings.link_secret), expires)


def confirmed(context: Context, tenant: Tenant, found: Subscriber, token: str) -> Confirmation:
    """What a token of this subscription confirms. Raises Problem (422)."""
    told = confirmation.opened(token, context.settings.link_secret, datetime.now(UTC))
    if told is None or (told.tenant, told.subscription) != (tenant.id, found.record.id):
        raise invalid([FieldError(field="confirmation", message=ApiWhy.STALE())])
    return told


def plan_shown(shown: Shown[PlanChange]) -> PlanPreviewView:
    """The preview of a change with its confirmation, as the API shows it."""
    told = PlanChangeView.of(shown.change).model_dump()
    return PlanPreviewView(**told, confirmation=shown.confirmation, expires_at=shown.expires_at)


def leaving_shown(shown: Shown[Leaving]) -> LeavingPreviewView:
    """The preview of a cancellation with its confirmation, as the API shows it."""
    told = LeavingView.of(shown.change).model_dump()
    return LeavingPreviewView(**told, confirmation=shown.confirmation, expires_at=shown.expires_at)


def changed(preview: PlanPreviewView | LeavingPreviewView) -> Problem:
    """What was shown would no longer happen."""
    return Problem(409, ApiWhy.CHANGED(), kind="changed", more={"preview": preview.model_dump(mode="json")})


async def once(
    context: Context,
    tenant: Tenant,
    found: Subscriber,
    told: Confirmation,
    carry_out: Callable[[], Awaitable[Confirmed]],
    *,
    stays: bool = False,
) -> Confirmed:
    """Carried out, or answered as it stands where it was carried out before: a second press is the same order.

    One confirmation is of two wishes: what was shown, or (`stays`) the offer made in its place. Raises Problem (409) for the other one.
    """
    if (known := await _known(context, tenant, found, told, stays=stays)) is not None:
        return known
    try:
        done = await carry_out()
    except (Problem, FieldInvalid):
        # The first press may have come through between the look and the computation.
        if (known := await _known(context, tenant, found, told, stays=stays)) is not None:
            return known
        raise
    # Pressed in the same moment the two wishes are one order to the process, which answers both alike: the record tells which it was.
    return await _known(context, tenant, found, told, stays=stays) or done


async def _known(
    context: Context, tenant: Tenant, found: Subscriber, told: Confirmation, *, stays: bool
) -> Confirmed | None:
    settled = await context.store.plan_change(tenant.id, told.change)
    if settled is None:
        return None
    if stays is not (settled.state is ChangeState.RETAINED):
        raise Problem(409, ApiWhy.CHANGE_STANDS() if stays else ApiWhy.OFFER_STANDS(), kind="refused")
    record = await context.store.subscription(tenant.id, found.record.id) or found.record
    at = record.next_action_at.isoformat() if record.next_action_at else ""
    return Confirmed(told.change, Answer(record.status, record.next_action, at))


async def ordered(
    context: Context, tenant: Tenant, found: Subscriber, command: SubscriptionCommand, order: Command, change: str
) -> Confirmed:
    """Give the order under the change's id."""
    answer = await context.door.command_subscription(tenant.id, found.record.id, command, order, update_id=change)
    return Confirmed(change, answer)


def told_as(view: PlanChangeView | LeavingView) -> str:
    """A view as it is kept: what was shown, as evidence."""
    return json.dumps(view.model_dump(mode="json"), separators=(",", ":"), ensure_ascii=False)

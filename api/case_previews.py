"""What an order about an unpaid invoice would do: asked of the case as its process remembers it, and nothing is done."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body
from pydantic import Field

from activities.ports.processes import ProcessNotFound
from activities.ports.register import Subscriber
from api.access import needs
from api.case_orders import open_case
from api.case_wishes import AnyWish
from api.deps import Context, Ctx, Owing
from api.orders import ANSWERS
from api.views import View
from models.access.permissions import Permission
from models.collecting.case_preview import CasePreview, Move, preview, restoring
from models.collecting.cases import HoldKind, Outcome, Stage
from models.collecting.course import Coming, What
from models.commands import CaseCommand, SubscriptionCommand
from models.messages import Command, Days

router = APIRouter(prefix="/v1/subscriptions/{subscription}/overrides", tags=["overrides"])

NOBODY = ("preview", "preview")  # who asks for it, and why: nothing is kept of it


class ComingView(View):
    """Something that would come if nobody paid and nobody answered."""

    at: datetime
    name: str = Field(examples=["D+3 suspend"])
    whats: list[What]
    """What it is to the customer; it may both block and write."""
    step: int | None = Field(examples=[6])
    """Which one of its policy, counted from 1; null where it is none."""
    notice: str = Field(examples=["suspended"])
    channel: str
    """Empty: WhatsApp, and what follows where that fails."""
    leaves: datetime | None
    """When its message may go out at the earliest."""

    @classmethod
    def of(cls, coming: Coming) -> "ComingView":
        return cls(
            at=coming.at,
            name=coming.name,
            whats=list(coming.whats),
            step=None if coming.number is None else coming.number + 1,
            notice=coming.notice,
            channel=coming.channel,
            leaves=coming.leaves,
        )


class MoveView(View):
    """Something that would come at another time, no longer (`after` is null), or only with the order (`before` is null)."""

    what: ComingView
    before: datetime | None
    after: datetime | None

    @classmethod
    def of(cls, move: Move) -> "MoveView":
        return cls(what=ComingView.of(move.coming), before=move.before, after=move.after)


class StandView(View):
    """Where a case stands."""

    stage: Stage
    policy: str = Field(examples=["ruthless v1"])
    hold: HoldKind | None
    """Why its ladder stands still; null: it does not."""
    hold_until: datetime | None


class CasePreviewView(View):
    """What an order would do. Nothing was done."""

    invoice: str = Field(examples=["in_1Pgc6tB7WZ01"])
    refusal: str
    """Why the order would be refused; empty: it would be carried out."""
    action: str = Field(examples=["grace extended by 3 days"])
    """How the timeline would tell of it."""
    charged: bool
    """The card is charged at once. Shown is what follows where it is declined as before; where it goes through, the case ends."""
    outcome: Outcome | None
    """How the order ends the case; null where collecting goes on."""
    now: StandView
    then: StandView
    before: list[ComingView]
    after: list[ComingView]
    moves: list[MoveView]
    """What differs between the two."""

    @classmethod
    def of(cls, found: CasePreview) -> "CasePreviewView":
        stands = [
            StandView(
                stage=case.stage,
                policy=f"{case.policy.name} v{case.policy.version}",
                hold=case.hold.kind if case.hold else None,
                hold_until=case.hold.until if case.hold else None,
            )
            for case in (found.was, found.case)
        ]
        return cls(
            invoice=found.was.invoice,
            refusal=found.refusal,
            action=found.action,
            charged=found.charged,
            outcome=found.outcome,
            now=stands[0],
            then=stands[1],
            before=[ComingView.of(coming) for coming in found.before],
            after=[ComingView.of(coming) for coming in found.after],
            moves=[MoveView.of(move) for move in found.moves],
        )


@router.post(
    "/preview",
    summary="What an order about an unpaid invoice would do",
    dependencies=[needs(Permission.ORDER)],
    responses=ANSWERS,
)
async def previewed(wish: Annotated[AnyWish, Body()], found: Owing, context: Ctx) -> CasePreviewView:
    """The ladder before and after, and what moves to when, if nobody pays meanwhile. Nothing is done; give the order by its own route."""
    case = await open_case(context, found, wish.invoice)
    tenant = found.record.tenant
    said = await wish.said(NOBODY, context.store, tenant)
    command = CaseCommand.ADOPT_POLICY if wish.order == "move_to_policy" else wish.order
    return CasePreviewView.of(await preview_of(context, found, case.invoice, command, said))


async def preview_of(
    context: Context, found: Subscriber, invoice: str, command: CaseCommand | SubscriptionCommand, said: Command
) -> CasePreview:
    """The preview of an order to the running case of an invoice, or of service given back.

    Raises:
        ProcessNotFound: its process is not known any more. ProcessesUnavailable: it cannot be asked.
    """
    case = await context.door.case_state(found.record.tenant, invoice)
    if case is None:
        raise ProcessNotFound
    now = datetime.now(UTC)
    if isinstance(command, CaseCommand):
        return preview(case, command, said, now)
    assert isinstance(said, Days)
    return restoring(case, said, now)

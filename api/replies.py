"""What customers wrote back, for whoever answers them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from api.access import needs
from api.deps import Caller, Ctx, Who
from api.orders import Signed
from api.problems import answers
from api.views import View
from models.access.permissions import Permission
from models.speaking.notices import Channel
from models.speaking.replies import Meaning, Reply

router = APIRouter(prefix="/v1/replies", tags=["replies"])


class ReplyView(View):
    """One message of a customer's."""

    id: str = Field(examples=["SM3f1c0a9be27d44103f1c0a9be27d4410"])
    customer: str
    channel: Channel
    body: str = Field(examples=["ya pagué por SPEI"])
    meaning: Meaning
    """What it was taken for; `other` where nobody knows."""
    received_at: datetime
    settled_at: datetime | None
    """Since when nobody need answer it; null: somebody must."""
    settled_by: str

    @classmethod
    def of(cls, reply: Reply) -> "ReplyView":
        return cls(
            id=reply.id,
            customer=reply.customer,
            channel=reply.channel,
            body=reply.body,
            meaning=reply.meaning,
            received_at=reply.received_at,
            settled_at=reply.settled_at,
            settled_by=reply.settled_by,
        )


class Replies(View):
    """Those that wait oldest first; with the settled ones, newest first."""

    data: list[ReplyView]


@router.get(
    "",
    summary="What customers wrote",
    dependencies=[needs(Permission.READ)],
    responses=answers(422, 503),
)
async def replies(
    context: Ctx,
    tenant: Caller,
    settled: Annotated[bool, Query(description="also what is settled: newest first")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Replies:
    """Wishes (BAJA, ALTA) and promises are settled by themselves. `paid` waits too: the provider was asked, see whether they still owe."""
    found = await context.store.replies(tenant.id, settled=settled, limit=limit)
    return Replies(data=[ReplyView.of(each) for each in found])


@router.post(
    "/{reply}/settle",
    summary="Say that a message is answered",
    dependencies=[needs(Permission.ORDER)],
    responses=answers(404, 422, 503),
)
async def settle(
    order: Signed,
    reply: Annotated[str, Path(pattern=r"^[A-Za-z0-9]{1,64}$")],
    context: Ctx,
    tenant: Caller,
    who: Who,
) -> ReplyView:
    """Who says so first is kept. Its finding closes at the next check."""
    now = datetime.now(UTC)
    return ReplyView.of(await context.store.settle_reply(tenant.id, reply, by=who.signature(order.actor), at=now))

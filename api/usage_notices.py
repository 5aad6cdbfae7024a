"""Word to a customer who has nearly used up what their plan includes, or all of it: one message a window and level."""

import contextlib
from datetime import UTC, datetime

from activities.ports.processes import ProcessesUnavailable
from api.deps import Context
from api.pages.account_link import MAILED
from models.records import Tenant
from models.speaking.notices import Channel, NoticeKind, NoticeRequest
from models.subscribing.usage import Counted, Level, Meter, Use

_KINDS = {Level.NEAR: NoticeKind.USAGE_NEAR, Level.REACHED: NoticeKind.USAGE_REACHED}


async def tell_customer(context: Context, tenant: Tenant, use: Use, meter: Meter, answer: Counted) -> None:
    """Have the message sent for the level that stands, whoever reached it: where Temporal was away, the next use asks for it again.

    The key makes it one message, however many tell of uses at one instant.
    """
    kind = _KINDS.get(meter.level(answer.used))
    key = f"{use.subscription}/usage/{meter.code}/{meter.window or 'now'}/{kind}"
    if kind is None or not meter.most or key in context.once:
        return
    request = NoticeRequest(
        tenant=use.tenant,
        key=key,
        kind=kind,
        subscription=use.subscription,
        calendar=context.calendar(tenant),
        on=datetime.now(UTC) + 7 * MAILED,  # how long its link to the account is good
        meter=meter.code,
        channel=Channel.EMAIL,
    )
    with contextlib.suppress(ProcessesUnavailable):  # what was used is counted, and that is what was asked
        await context.door.request_notice(request)
        context.once.add(key)

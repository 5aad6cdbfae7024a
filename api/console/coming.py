"""The invoices that subscriptions are to bring next, for the pages of one of them and of their customer."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import attrgetter

from activities.failures import Missing
from api.console.visitor import Visitor
from api.deps import Context
from models.changing.change_records import ChangeState
from models.records import AccountKind, SubscriptionRecord
from models.selling.plans import Plan
from models.subscribing.coming_invoices import MOST, ComingInvoice, coming_invoices


async def coming(context: Context, visitor: Visitor, records: Iterable[SubscriptionRecord]) -> Sequence[ComingInvoice]:
    """The next ones of all of them together, the earliest first."""
    store, tenant, found = context.store, visitor.tenant.id, list[ComingInvoice]()
    plans: dict[str, Plan] = {}
    for record in records:
        if record.kind is not AccountKind.SUBSCRIPTION:
            continue
        changes = await store.plan_changes(tenant, record.id)
        waiting = [each.plan_after for each in changes if each.state is ChangeState.WAITING and each.plan_after]
        for code in {record.plan, *waiting} - set(plans):
            with suppress(Missing):  # one that is not sold any more
                plans[code] = await store.plan(tenant, code)
        found += coming_invoices(record, plans, changes, visitor.calendar, visitor.now)
    return sorted(found, key=attrgetter("at", "subscription"))[:MOST]

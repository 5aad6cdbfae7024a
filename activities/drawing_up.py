"""Drawing up a bill: what packages of the customer still give on it, counted down with its entry, so that no unit is given twice."""

from dataclasses import replace

from activities.failures import Refused
from activities.ports.register import Register
from models.billing.bill_lines import covers, insist_on_a_total, with_discounts_left
from models.billing.bills import Bill, Cover, covered
from models.periods import Calendar
from models.selling.plans import PlanKind

ROUNDS = 5  # other bills of the same package may use its units between our look and our entry


async def drawn_up(store: Register, bill: Bill, calendar: Calendar) -> Bill:
    """Enter a priced bill with what packages give on it; one entered before under its id is that one.

    Raises Refused (`spent`), or FieldInvalid (`lines`): what it comes to cannot be collected.
    """
    for left in reversed(range(ROUNDS)):
        known = await store.bill(bill.tenant, bill.id)
        if known is not None:
            return known
        lines = covered(bill.lines, await _covers(store, bill, calendar))
        drawn = replace(bill, lines=with_discounts_left(lines))
        insist_on_a_total(drawn)
        try:
            return await store.enter_bill(drawn)
        except Refused as refusal:
            if refusal.code != "spent" or not left:
                raise
    raise AssertionError("the last round either enters or raises")


async def _covers(store: Register, bill: Bill, calendar: Calendar) -> tuple[Cover, ...]:
    found: list[Cover] = []
    for record in await store.subscriptions_of(bill.tenant, bill.customer):
        plan = await store.plan(bill.tenant, record.plan)
        if plan.kind is PlanKind.PACKAGE:
            used = await store.used(bill.tenant, record.id)
            found += covers(record, plan, used, bill.pet, bill.created_at, calendar)
    return tuple(found)

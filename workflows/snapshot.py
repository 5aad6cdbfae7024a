"""The day that has ended, kept for every tenant: what each subscription was, and the day's figures. A schedule starts it every hour."""

from dataclasses import dataclass, field
from datetime import date

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.measuring import DayKept, DayOrder, Measuring
    from workflows import options, visibility

TENANTS = 1_000  # in one run of the process; the next run asks anew whose day is due


@dataclass(frozen=True, slots=True)
class Kept:
    """What one round came to: days kept, days that nobody took while we were away, and tenants left to the next round."""

    kept: list[DayKept] = field(default_factory=list)
    missed: dict[str, list[date]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


@workflow.defn
class SnapshotWorkflow:
    """One round. Its page in the Temporal UI says what was kept, and which days are missing."""

    @workflow.run
    async def run(self) -> Kept:
        now, found = workflow.now(), Kept()
        due: list[DayOrder] = await workflow.execute_activity_method(
            Measuring.days_due, now, **options.look("whose day has ended")
        )
        for order in due[:TENANTS]:
            if order.missed:
                found.missed[order.tenant] = list(order.missed)
            try:
                kept = await workflow.execute_activity_method(
                    Measuring.keep_day, order, **options.day(f"{order.tenant}: {order.day}")
                )
            except ActivityError:
                found.failed.append(order.tenant)
                continue
            found.kept.append(kept)
        _show(found)
        if len(due) > TENANTS and found.kept:
            workflow.continue_as_new()
        return found


def _show(found: Kept) -> None:
    rows = [(each.tenant, f"{each.day}: {each.subscriptions} subscriptions") for each in found.kept[:100]]
    rows += [(tenant, f"no snapshot of {', '.join(map(str, days))}") for tenant, days in found.missed.items()]
    rows += [(tenant, "**failed**: tried again in an hour") for tenant in found.failed]
    workflow.set_current_details(visibility.table(rows or [("all days", "are kept")]))

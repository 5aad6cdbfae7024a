"""The review of the week, sent to every business on its Monday morning. A schedule starts it every hour from Monday to Thursday."""

from dataclasses import dataclass, field

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.reviewing import Reviewing, ReviewOrder
    from workflows import options, visibility

TENANTS = 1_000  # in one run of the process; the next round asks anew who waits


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round came to: to how many addresses each business's review went, and who is left to the next round."""

    sent: dict[str, int] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


@workflow.defn
class WeeklyReviewWorkflow:
    """One round."""

    @workflow.run
    async def run(self) -> Sent:
        now, found = workflow.now(), Sent()
        due: list[ReviewOrder] = await workflow.execute_activity_method(
            Reviewing.reviews_due, now, **options.look("who waits for the review of a week")
        )
        for order in due[:TENANTS]:
            try:
                found.sent[order.tenant] = await workflow.execute_activity_method(
                    Reviewing.send_review, order, **options.day(f"{order.tenant}: {order.week}")
                )
            except ActivityError:
                found.failed.append(order.tenant)
        rows = [(tenant, f"sent to {count}") for tenant, count in found.sent.items()]
        rows += [(tenant, "**failed**: tried again in an hour") for tenant in found.failed]
        workflow.set_current_details(visibility.table(rows or [("all reviews", "are sent")]))
        return found

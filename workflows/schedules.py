"""What Temporal starts by the clock: the round of the inbox, and each tenant's global invoice when a month has ended."""

from datetime import timedelta

from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)

from models.messages import GlobalStart
from models.periods import Calendar
from workflows import visibility


def inbox_sweep(queue: str, every: timedelta) -> Schedule:
    """Hand over provider events that no process has had yet, again and again."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "InboxSweepWorkflow",
            id="sweep:inbox",
            task_queue=queue,
            static_summary="hand over provider events still waiting",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )


def global_invoice(queue: str, tenant: str, calendar: Calendar) -> Schedule:
    """On the first of each month at six on the tenant's clock: the global invoice of the month that has ended."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "GlobalInvoiceWorkflow",
            GlobalStart(tenant, calendar),
            id=f"global-invoice:{tenant}",  # the schedule adds the instant
            task_queue=queue,
            typed_search_attributes=visibility.attributes(tenant=tenant),
            static_summary="global invoice of the month that has ended",
        ),
        # By then the month has ended in every zone an issuer may be in, and most of the 24 h are left (RMF 2.7.1.21).
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(day_of_month=[ScheduleRange(1)], hour=[ScheduleRange(6)])],
            time_zone_name=calendar.zone,
        ),
        # A month still held by a refusal keeps no later one waiting; after an outage it is made while the next month lasts.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=timedelta(days=27)),
    )

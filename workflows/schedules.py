"""What Temporal starts by the clock: the rounds of the inbox, of the invariants and of reconciliation, each day's snapshot, the weekly
review, and each tenant's global invoice when a month has ended."""

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

from models.messages import GlobalStart, ReconciliationStart
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


def invariants(queue: str, every: timedelta) -> Schedule:
    """Check what must always be true of the books, again and again."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "InvariantsWorkflow",
            id="check:invariants",
            task_queue=queue,
            static_summary="check what must always be true of the books",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )


def reconciliation(queue: str, every: timedelta) -> Schedule:
    """Compare provider, processes and books of all tenants, again and again; a run that is not over is not overtaken."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "ReconciliationWorkflow",
            ReconciliationStart(),
            id="reconciliation",  # the schedule adds the instant
            task_queue=queue,
            static_summary="compare provider, processes and books",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        # After an outage one run catches up: each looks back to where the last whole one began.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=every),
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


def daily_snapshot(queue: str) -> Schedule:
    """Five minutes past every hour: somewhere a day may have ended, for each tenant has a clock of its own."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "SnapshotWorkflow",
            id="snapshot:daily",  # the schedule adds the instant
            task_queue=queue,
            static_summary="keep what every subscription was on the day that has ended, and the day's figures",
        ),
        spec=ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(0, 23)], minute=[ScheduleRange(5)])]),
        # After an outage one round is enough: it takes the day that has ended last, and names those that nobody took.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=1)),
    )


def weekly_review(queue: str) -> Schedule:
    """Ten past every hour from Monday to Thursday: Monday morning on some tenant's clock, or an outage ago."""
    hours = ScheduleCalendarSpec(
        day_of_week=[ScheduleRange(1, 4)], hour=[ScheduleRange(0, 23)], minute=[ScheduleRange(10)]
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "WeeklyReviewWorkflow",
            id="review:weekly",  # the schedule adds the instant
            task_queue=queue,
            static_summary="send the review of the week where it is Monday morning",
        ),
        spec=ScheduleSpec(calendars=[hours]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=1)),
    )


def backup(queue: str) -> Schedule:
    """Every day at nine UTC, which is three in the morning in Mexico City."""
    return Schedule(
        action=ScheduleActionStartWorkflow(
            "BackupWorkflow", id="backup", task_queue=queue, static_summary="back up the database and prove it"
        ),
        spec=ScheduleSpec(calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(9)], minute=[ScheduleRange(0)])]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(days=1)),
    )

"""Events for one endpoint of a tenant: sent round by round until none waits, with patience where it does not answer."""

import contextlib
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.outgoing import Outgoing, RoundOrder, RoundReport
    from models.messages import WebhookStart
    from models.telling.deliveries import pause
    from workflows import options, visibility


@workflow.defn
class WebhookWorkflow:
    """Lives from the first event that waits to the last: seconds mostly, days while an endpoint is down.

    What waits, and when it is due, is in SQL; here is only the patience, so its history stays small.
    """

    @workflow.init
    def __init__(self, start: WebhookStart) -> None:
        self._start = start
        self._failures = start.failures
        self._told = False

    @workflow.run
    async def run(self, start: WebhookStart) -> None:
        while True:
            self._told = False
            report = await self._round()
            if report.failed and not report.delivered:
                self._failures += 1
            elif report.delivered:
                self._failures = 0
            if report.disabled is not None:
                self._show(report, f"disabled: {report.disabled}")
                return
            if not report.waiting and not self._told:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(WebhookStart(start.tenant, start.endpoint, self._failures))
            await self._rest(report)

    # A fact: whoever recorded an event does not wait for anybody.
    @workflow.signal(description="Something was recorded that this endpoint may hear of")
    def events_recorded(self) -> None:
        self._told = True

    async def _round(self) -> RoundReport:
        order = RoundOrder(self._start.tenant, self._start.endpoint, workflow.now())
        return await workflow.execute_activity_method(
            Outgoing.deliver_round, order, **options.round("send what is due")
        )

    async def _rest(self, report: RoundReport) -> None:
        """Until something is due or, where the endpoint answers, until there is news."""
        now = workflow.now()
        left_alone = now + (pause(self._failures) if report.failed and not report.delivered else timedelta())
        due = max(report.due or now, left_alone)
        if due <= now:
            return
        self._show(report, f"next attempt on {_shown(due)}")
        if left_alone > now:
            await workflow.sleep(due - now, summary="the endpoint does not answer as it should")
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._told, timeout=due - now, timeout_summary="due again")

    def _show(self, report: RoundReport, where: str) -> None:
        workflow.set_current_details(
            visibility.table(
                [("endpoint", self._start.endpoint), ("events waiting", str(report.waiting)), ("state", where)]
            )
        )


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"

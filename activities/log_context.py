"""Lines logged while an activity runs say for which process it runs."""

from typing import Any

from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor


class LogContext(Interceptor):
    """Binds the workflow id, the activity and its attempt to everything logged meanwhile."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        with bound_contextvars(workflow_id=info.workflow_id, activity_type=info.activity_type, attempt=info.attempt):
            return await self.next.execute_activity(input)

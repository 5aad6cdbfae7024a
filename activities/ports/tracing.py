"""Traces: what a request set in motion, from HTTP to the process and its activities. Off, it is nobody's business."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Answered(Protocol):
    """A request that is being answered."""

    def with_(self, status: int, route: str) -> None:
        """How it was answered: the status, and the route as it was declared, never the path."""
        ...


class Tracing(Protocol):
    """Who keeps spans. No attribute holds personal data: ids, names of routes, workflows and activities, statuses."""

    @property
    def interceptor(self) -> Any:
        """For the client of Temporal, and through it for its workers."""
        ...

    def request(self, method: str, headers: Mapping[str, str]) -> AbstractContextManager[Answered]:
        """The span of one request; what its caller began (`traceparent`, W3C Trace Context) is gone on with."""
        ...

    def close(self) -> None:
        """Send what is left. It may take seconds, and blocks."""
        ...

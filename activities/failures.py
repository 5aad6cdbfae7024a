"""The vocabulary of failure, turned from the vendors' answers once, in the gateways.

Failure
├── Declined        the bank said no: a result for the business, never retried by the machine
├── Refused         our request can never succeed (unknown object, invalid number, opted out): a person must look
│   ├── Rejected    the PAC does not know this taxpayer as written: `field` names what the customer must correct
│   ├── Expired     never stamped and now too old to be: a document with a new date may take its place
│   └── Contested   the PAC holds another document under this key: a person compares them before anything is sent
├── Missing         the record is not in SQL (yet)
└── Passing         the machine retries by itself
    ├── Barred      our key or our rights are wrong: a person mends them, and the same request goes through
    ├── Throttled   asked too often; `retry_after` seconds when the vendor says
    └── Unavailable no answer, or one that says nothing: the outcome is unknown and must be looked up or repeated with the same key
        └── AnswerLost  a mail was handed over and its answer was lost: a mailbox cannot be asked, and knows no key
"""

from datetime import timedelta
from typing import Any

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from models.collecting.declines import Decline


class Failure(Exception):
    """Something outside did not do what was asked. The message never carries personal data or secrets."""


class Declined(Failure):
    """A charge or a card was refused by the bank."""

    def __init__(self, decline: Decline) -> None:
        super().__init__(f"declined: {decline.code}")
        self.decline = decline


class Refused(Failure):
    """A request that can never succeed as it is. `code` is the vendor's own."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Rejected(Refused):
    """The receiver's data are not the SAT's. `field` is ours (`tax_id`, …); `text` is the PAC's own and may name the customer."""

    def __init__(self, message: str, code: str = "", *, field: str = "", text: str = "") -> None:
        super().__init__(message, code)
        self.field = field
        self.text = text


class Expired(Refused):
    """The PAC has not stamped it and no longer may."""


class Contested(Refused):
    """What the PAC holds under this key is not what we sent."""


class Missing(Failure):
    """A record that should exist does not."""


class Passing(Failure):
    """A failure that time may heal."""

    retry_after: float | None = None


class Barred(Passing):
    """The vendor does not let us in. Not the customer's doing, so nothing is decided by it."""


class Throttled(Passing):
    """Asked too often. `retry_after` in seconds when the vendor says."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(Passing):
    """No answer, or an answer that says nothing about the outcome."""


class AnswerLost(Unavailable):
    """What was sent may have been taken. Sent again it is the same Message-ID, by which a receiver may know it; nobody can be asked."""


def as_application_error(failure: Failure) -> ApplicationError:
    """A failure as Temporal carries it, typed by name: `workflows.options` says which types are final. A decline pages nobody."""
    return ApplicationError(
        str(failure),
        failure.decline.code if isinstance(failure, Declined) else getattr(failure, "code", ""),
        type=type(failure).__name__,
        non_retryable=isinstance(failure, Declined),
        category=ApplicationErrorCategory.BENIGN
        if isinstance(failure, Declined)
        else ApplicationErrorCategory.UNSPECIFIED,
        next_retry_delay=timedelta(seconds=failure.retry_after)
        if isinstance(failure, Passing) and failure.retry_after
        else None,
    )


class FailureInterceptor(Interceptor):
    """Turns our failures into Temporal's at the one place every activity passes."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Translated(next)


class _Translated(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self.next.execute_activity(input)
        except Failure as failure:
            raise as_application_error(failure) from None

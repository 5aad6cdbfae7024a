"""How patient we are: timeouts and retries for each kind of work. One function per kind, named for what is at stake."""

from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig, LocalActivityConfig

# What time cannot heal (`activities.failures`; matched by name, not by ancestry).
FINAL = ["Declined", "Refused", "Rejected", "Expired", "Contested"]

_SIGN_OF_LIFE = timedelta(seconds=10)  # `activities.heartbeats`: a worker that was killed is missed by then

# A vendor that is down is asked again for as long as it takes: a charge, a stamp or a message is never given up
# because of an outage.
_VENDOR = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=5),
    non_retryable_error_types=FINAL,
)
_UNTIL_IT_SUCCEEDS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=5)
)


def _until_it_succeeds(summary: str, within: timedelta) -> ActivityConfig:
    """Whatever goes wrong, it is asked again; an attempt may take so long."""
    return ActivityConfig(
        start_to_close_timeout=within,
        heartbeat_timeout=_SIGN_OF_LIFE,
        retry_policy=_UNTIL_IT_SUCCEEDS,
        summary=summary,
    )


def money(summary: str) -> ActivityConfig:
    """A call to the payments provider. 40 s covers its own 30 s read timeout; the same key makes a repeat harmless."""
    return ActivityConfig(
        start_to_close_timeout=timedelta(seconds=40),
        heartbeat_timeout=_SIGN_OF_LIFE,
        retry_policy=_VENDOR,
        summary=summary,
    )


def look(summary: str) -> ActivityConfig:
    """What a process cannot go on without. Even a refusal is asked again: a wrong key is mended by a person, and the pending
    activity with its failure is where that person sees it. No process ends because of it.
    """
    return _until_it_succeeds(summary, timedelta(seconds=40))


def message(summary: str, within: timedelta = timedelta(days=1)) -> ActivityConfig:
    """A message to a customer: later than that it would no longer be news."""
    return ActivityConfig(
        start_to_close_timeout=timedelta(seconds=40),
        heartbeat_timeout=_SIGN_OF_LIFE,
        schedule_to_close_timeout=within,
        retry_policy=_VENDOR,
        summary=summary,
    )


def record(summary: str) -> LocalActivityConfig:
    """A short record in SQL, or word to another process. Retried until SQL is back: the process must not run ahead of the books."""
    return LocalActivityConfig(
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(milliseconds=200),
            backoff_coefficient=2.0,
            maximum_interval=timedelta(seconds=30),
        ),
        summary=summary,
    )


def sweep(summary: str) -> ActivityConfig:
    """One round of housekeeping. A worker that was killed is missed at once; what fails three times is left to the next round."""
    return ActivityConfig(
        start_to_close_timeout=timedelta(minutes=2),
        heartbeat_timeout=_SIGN_OF_LIFE,
        retry_policy=RetryPolicy(maximum_attempts=3),
        summary=summary,
    )


def day(summary: str) -> ActivityConfig:
    """What is done once for each tenant and day: what fails five times is left to the next round, and keeps no other tenant waiting."""
    return ActivityConfig(
        start_to_close_timeout=timedelta(minutes=10),
        heartbeat_timeout=_SIGN_OF_LIFE,
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_attempts=5, non_retryable_error_types=FINAL
        ),
        summary=summary,
    )


def page(summary: str) -> ActivityConfig:
    """One page of a comparison: a hundred objects, some of them looked up one by one. The provider may be away for hours."""
    return _until_it_succeeds(summary, timedelta(minutes=10))


def books(summary: str) -> ActivityConfig:
    """The books beside the provider, and every row of their chain: minutes for millions of rows. The provider may be away for hours."""
    return _until_it_succeeds(summary, timedelta(hours=2))


def round(summary: str) -> ActivityConfig:
    """A round of deliveries: no attempt begins after a minute, and each takes 15 s at most. The books may be away for hours."""
    return _until_it_succeeds(summary, timedelta(minutes=3))


def backup(summary: str) -> ActivityConfig:
    """A whole database written, and restored once. Minutes for millions of rows; a full disk may be mended within the day."""
    return ActivityConfig(
        start_to_close_timeout=timedelta(hours=2),
        heartbeat_timeout=timedelta(minutes=2),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(minutes=1), maximum_attempts=5, non_retryable_error_types=FINAL
        ),
        summary=summary,
    )

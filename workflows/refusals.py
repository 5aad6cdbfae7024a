"""How an order says no when a vendor does: as a refusal in words, never as the end of the process."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception


@contextmanager
def refused_in_words() -> Iterator[None]:
    """Turn a vendor's refusal inside an order into the order's own. Cancellation stays what it is."""
    try:
        yield
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise ApplicationError(reason_of(error), type="CommandRefused") from None


def reason_of(error: ActivityError) -> str:
    """The vendor's reason, as our failures word it."""
    return error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause or error)

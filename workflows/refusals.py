"""How an order says no, also when a vendor does: as a refusal in words, never as the end of the process."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from models.refusals import OrderWhy, Refusal

REFUSED = "CommandRefused"  # the type of the failure


def refused(why: Refusal) -> ApplicationError:
    """A refusal as an update's failure carries it: in English, its code and its Spanish beside it."""
    return ApplicationError(why, why.code, why.spanish, type=REFUSED)


def told(cause: BaseException | None) -> Refusal:
    """The refusal that a failed update carries."""
    if not isinstance(cause, ApplicationError):
        return Refusal(str(cause))
    if cause.type != REFUSED or len(cause.details) != 2:
        return Refusal(cause.message)
    code, spanish = cause.details
    return Refusal(cause.message, spanish, code)


@contextmanager
def refused_in_words() -> Iterator[None]:
    """Turn a vendor's refusal inside an order into the order's own. Cancellation stays what it is."""
    try:
        yield
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        raise refused(OrderWhy.PROVIDER(reason=reason_of(error))) from None


def reason_of(error: ActivityError) -> str:
    """The vendor's reason, as our failures word it."""
    return error.cause.message if isinstance(error.cause, ApplicationError) else str(error.cause or error)

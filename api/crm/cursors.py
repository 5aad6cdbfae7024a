"""Where a page ended, as one opaque word: what its last row was sorted by, and its id."""

import base64
import json
from datetime import UTC, datetime

from activities.ports.crm import Mark
from api.problems import FieldError, invalid

_LONGEST = 120  # characters of an id


def written(mark: Mark) -> str:
    """As `next_cursor` tells it."""
    value = mark.value.isoformat() if isinstance(mark.value, datetime) else mark.value
    return base64.urlsafe_b64encode(json.dumps([value, mark.id]).encode()).decode()


def read(text: str, *, instant: bool) -> Mark:
    """What `written` made. `instant`: the page is sorted by one. Raises a Problem (422)."""
    try:
        value, id = json.loads(base64.urlsafe_b64decode(text).decode())
        if not isinstance(id, str) or not 0 < len(id) <= _LONGEST or not id.isprintable():
            raise ValueError
        if isinstance(value, str) and instant:
            at = datetime.fromisoformat(value)
            if at.tzinfo is None:
                raise ValueError
            return Mark(at.astimezone(UTC), id)
        if (value is None and instant) or (type(value) is int and not instant and abs(value) < 2**62):
            return Mark(value, id)
        raise ValueError
    except (ValueError, TypeError, OverflowError, RecursionError):
        why = "use the `next_cursor` of the page before, as it is, with the same `sort`"
        raise invalid([FieldError(field="cursor", message=why)]) from None

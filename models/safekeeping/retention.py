"""Which backups stay: the newest of each of the last days, and the newest of each of the last months."""

from collections.abc import Callable, Hashable, Iterable
from datetime import UTC, datetime

DAYS, MONTHS = 30, 12


def kept(made: Iterable[datetime], *, days: int = DAYS, months: int = MONTHS) -> frozenset[datetime]:
    """Of backups made at these instants, those to keep. Days and months are UTC's, and only those count that have a backup:

    when none was made for a long time, the old ones do not all go at once.
    """
    newest_first = sorted(set(made), reverse=True)
    by_day = _newest(newest_first, lambda at: at.astimezone(UTC).date(), days)
    by_month = _newest(newest_first, lambda at: at.astimezone(UTC).strftime("%Y-%m"), months)
    return by_day | by_month


def _newest(
    newest_first: Iterable[datetime], period: Callable[[datetime], Hashable], count: int
) -> frozenset[datetime]:
    found: dict[Hashable, datetime] = {}
    for at in newest_first:
        found.setdefault(period(at), at)
    return frozenset(list(found.values())[:count])

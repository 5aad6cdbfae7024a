"""A backup as people and processes speak of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

FORMAT = 1


class BackupInvalid(Exception):
    """A backup that cannot be read, or not into this database. The message says why and what to do."""


class NoDatabase(BackupInvalid):
    """What stands in the database's place is no database, or a broken one: nothing can be read from it, and it may be replaced."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself, in clear but not to be changed: every chunk is bound to it.

    `revision` is the schema's (Alembic), `key` the id of the key that sealed it, `rows` how many each table has.
    """

    revision: str
    created_at: datetime
    key: str
    rows: Mapping[str, int]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A backup that was made and proved by restoring it. `pruned` are older ones whose time was over."""

    file: str
    created_at: datetime
    bytes: int
    rows: int
    pruned: tuple[str, ...] = ()

"""A SQLite file in the place of the database, at once or not at all: whoever is killed half-way leaves what was."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import make_url

from activities.gateways import backup_sql
from models.safekeeping.backups import BackupInvalid
from models.safekeeping.keyring import Keyring

_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside its file
_BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)


def room(url: str) -> Path | None:
    """Where a file must be made that is to take this database's place; None: anywhere."""
    target = _file(url)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent if target else None


async def swap(staged: Path, url: str, keyring: Keyring) -> None:
    """Put a SQLite file of this release, which nobody has open, in the place of the database.

    Raises:
        BackupInvalid: somebody has the database's file open. Whatever is raised, the database is what it was.
    """
    target = _file(url)
    if target is None:
        await _into_tables(staged, url, keyring)
        return
    _close(staged)
    if target.exists():
        try:
            _close(target)
        except sqlite3.DatabaseError as fault:
            if not broken(fault):
                raise BackupInvalid(
                    f"{target} is in use ({fault}): stop worker, API and whoever else has it open"
                ) from None
        held = target.stat()
        shutil.copymode(target, staged)
        if (held.st_uid, held.st_gid) != (staged.stat().st_uid, staged.stat().st_gid):
            os.chown(staged, held.st_uid, held.st_gid)  # the worker, who may be another user, must open it
    for end in _BESIDE:  # a log without its file would be taken for the new one's
        target.with_name(target.name + end).unlink(missing_ok=True)
    staged.replace(target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


async def _into_tables(staged: Path, url: str, keyring: Keyring) -> None:
    counted: dict[str, int] = {}
    lines = staged.with_suffix(".lines")
    with lines.open("wb") as file:

        def begin(_revision: str, rows: Mapping[str, int]) -> Callable[[bytes], None]:
            counted.update(rows)
            return lambda line: file.writelines((line, b"\n"))

        await backup_sql.dump(f"sqlite+aiosqlite:///{staged}", begin)
    with lines.open("rb") as told:
        await backup_sql.replace(url, counted, (line.rstrip(b"\n") for line in told), keyring)


def broken(fault: BaseException) -> bool:
    """Whether this is said of a file that is no SQLite database, or one that is damaged."""
    return getattr(fault, "sqlite_errorcode", 0) & 0xFF in _BROKEN  # the rest of the number says where


def _close(file: Path) -> None:
    """Have all of a database in its one file. Raises OperationalError where anybody else has it open."""
    with contextlib.closing(sqlite3.connect(file, timeout=0)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _file(url: str) -> Path | None:
    place = make_url(url)
    return Path(place.database or "").resolve() if place.get_backend_name() == "sqlite" else None

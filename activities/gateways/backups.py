"""Backups in a directory: made, proved by restoring them, thinned out; and the way back."""

import os
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from activities.failures import Failure
from activities.gateways import backup_sql, backup_swap
from activities.gateways.backup_file import Reader, Writer
from activities.gateways.backup_scratch import scratch, sweep
from activities.gateways.erasure_list import ErasureList
from activities.gateways.store_sql import SqlStore
from models.access.sessions import Ended
from models.bookkeeping.books import Balance, trial_balance
from models.safekeeping.backups import BackupInvalid, BackupReport, Header, NoDatabase
from models.safekeeping.erasure import ErasureRound
from models.safekeeping.keyring import Keyring, Unsealable
from models.safekeeping.retention import kept

SUFFIX = ".backup"
_PROVING, _RESTORING = ".proving-", ".restoring-"
_STAMP = "%Y%m%dT%H%M%SZ"


class Backups:
    """The backups of one database. A file with the final name has been restored once and found whole."""

    def __init__(self, url: str, keyring: Keyring, directory: Path, listed: Path | None = None) -> None:
        """`listed` is where this installation lists its erasures, if not among the backups."""
        self._url, self._keyring, self._directory, self._listed = url, keyring, directory, listed

    async def take(self, now: datetime) -> BackupReport:
        """Back up, prove it, then prune. Nothing older is touched before the new one is proved.

        Raises:
            BackupInvalid: what was written cannot be restored, or the books in it do not agree.
        """
        self._directory.mkdir(parents=True, exist_ok=True)
        name = f"perdura-{now.astimezone(UTC).strftime(_STAMP)}{SUFFIX}"
        partial = self._directory / f"{name}.partial"
        sweep(_RESTORING, backup_swap.room(self._url))
        try:
            header = await self._write(partial, now)
            await self.prove(partial)
            if self._listed and self._listed != self._directory:
                ErasureList(self._directory).adopt(ErasureList(self._listed))
            final = partial.rename(self._directory / name)
        finally:
            partial.unlink(missing_ok=True)
        return BackupReport(
            final.name, header.created_at, final.stat().st_size, sum(header.rows.values()), tuple(self.prune())
        )

    def prune(self) -> list[str]:
        """Remove backups whose time is over; their names."""
        files = {header.created_at: path for path, header in self.all()}
        over = sorted(set(files) - kept(files))
        for at in over:
            files[at].unlink()
        return [files[at].name for at in over]

    def all(self) -> list[tuple[Path, Header]]:
        """Every backup here that our keys sealed, with what it says of itself, oldest first; other files are left alone."""
        found = []
        for path in sorted(self._directory.glob(f"*{SUFFIX}")):
            with suppress(BackupInvalid), path.open("rb") as file:
                found.append((path, Reader(file, self._keyring).believed()))
        return sorted(found, key=lambda each: each[1].created_at)

    def look(self, path: Path) -> Header:
        """What a backup says of itself. Raises BackupInvalid."""
        with path.open("rb") as file:
            return Reader(file, self._keyring).header

    def read_through(self, path: Path) -> None:
        """Open every part of a backup. Raises BackupInvalid where one is missing, changed, or sealed with a key we lack."""
        with path.open("rb") as file:
            for _ in Reader(file, self._keyring).lines():
                pass

    async def prove(self, path: Path) -> None:
        """Restore into a scratch database and check counts, references, every value's seal's key, the ledger and the audit's chain.

        Raises:
            BackupInvalid: naming what is wrong.
        """
        with scratch(_PROVING, path.parent) as place:
            url = f"sqlite+aiosqlite:///{place}/scratch.db"
            await self._load(path, url)
            if broken := await _dangling(url):
                raise BackupInvalid(f"the backup has rows that refer to rows it lacks: {broken}")
            async with _opened(SqlStore(url, self._keyring)) as store:
                for tenant in await store.tenants():
                    if any(_sums(trial_balance(await store.moved(tenant))).values()):
                        raise BackupInvalid(f"the accounts of {tenant} in the backup do not sum to zero")
                    if fault := await store.verify_chain(tenant):
                        raise BackupInvalid(f"the audit and ledger of {tenant} in the backup were changed: {fault}")

    async def restore(self, path: Path, *, replace: bool) -> ErasureRound:
        """Put a backup in the place of the database; whom the lists of erasures erased again, and whom they did not.

        It is made whole in a file of its own first, and takes the place at once. Everybody who was logged in then logs in anew.

        Raises:
            BackupInvalid: it cannot be read to its end, was made by a newer release, or does not fit; or the database has data and
                `replace` is not said, is in use, or did not answer. OSError: no room. The database is then what it was.
        """
        self.read_through(path)
        if (lost := await self.lost()) and not replace:
            raise BackupInvalid(f"the database holds {lost}: say --replace to lose that")
        with _said(), scratch(_RESTORING, backup_swap.room(self._url)) as place:
            staged = place / "staged.db"
            url = f"sqlite+aiosqlite:///{staged}"
            await self._load(path, url)
            now = datetime.now(UTC)
            async with _opened(SqlStore(url, self._keyring, self.erasures(path))) as store:
                await store.end_every_session(Ended.RESTORED, now)
                round_ = await store.keep_erasures(now)
            await backup_swap.swap(staged, self._url, self._keyring)
        return round_

    def erasures(self, path: Path) -> ErasureList:
        """What is known of erasures when a backup is restored: the list beside it, and the one that this installation keeps."""
        return ErasureList(None, path.parent, self._directory, *filter(None, [self._listed]))

    async def present(self) -> Mapping[str, int]:
        """Rows by table that the database has now. Raises BackupInvalid where it cannot be read, OSError where it is not reached."""
        with _said():
            return await backup_sql.holds(self._url)

    async def lost(self) -> str:
        """What a restore would take the place of, in words; empty where there is nothing. Raises as `present`, but of no broken file."""
        try:
            held = await self.present()
        except NoDatabase as fault:
            return f"what cannot be read: {fault}"
        return f"{sum(held.values())} rows in {len(held)} tables" if held else ""

    @property
    def target(self) -> str:
        """The database's address without its password."""
        return make_url(self._url).render_as_string(hide_password=True)

    async def _write(self, path: Path, now: datetime) -> Header:
        made: list[tuple[Header, Writer]] = []
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:

            def begin(revision: str, rows: Mapping[str, int]) -> Callable[[bytes], None]:
                header = Header(revision, now, self._keyring.current, dict(rows))
                made.append((header, Writer(file, header, self._keyring)))
                return made[0][1].write

            await backup_sql.dump(self._url, begin)
            made[0][1].close()
            file.flush()
            os.fsync(file.fileno())
        return made[0][0]

    async def _load(self, path: Path, url: str) -> None:
        with path.open("rb") as file:
            reader = Reader(file, self._keyring)
            header = reader.header
            await backup_sql.load(url, header.revision, header.rows, reader.lines(), self._keyring)


@contextmanager
def _said() -> Iterator[None]:
    """The databases' failures in a sentence. PostgreSQL's own may quote what a row holds."""
    try:
        yield
    except (Failure, Unsealable) as fault:
        raise BackupInvalid(str(fault)) from None
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = getattr(error, "orig", None) or error
        cause = cause.__cause__ or cause
        said = str(cause) if isinstance(cause, sqlite3.Error) else type(cause).__name__
        broken = backup_swap.broken(cause)
        raise (NoDatabase if broken else BackupInvalid)(f"the database failed ({said})") from None


def _sums(balances: Iterable[Balance]) -> Mapping[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for balance in balances:
        sums[balance.currency] += balance.net
    return sums


async def _dangling(url: str) -> str:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            rows = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
            return ", ".join(sorted({f"{row[0]} to {row[2]}" for row in rows}))
    finally:
        await engine.dispose()


@asynccontextmanager
async def _opened(store: SqlStore) -> AsyncIterator[SqlStore]:
    try:
        yield store
    finally:
        await store.close()

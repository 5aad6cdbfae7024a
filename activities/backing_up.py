"""The daily backup, and what goes with it: erasures that must hold, and tax invoices whose time is over."""

from datetime import UTC, datetime
from typing import Protocol

from temporalio import activity

from activities.failures import Refused
from models.backups import BackupInvalid, BackupReport


class Vault(Protocol):
    """Where backups are kept."""

    async def take(self, now: datetime) -> BackupReport:
        """Back up, prove it by restoring it, thin out older ones. Raises BackupInvalid."""
        ...


class Keeper(Protocol):
    """SQL, as far as erasures are concerned."""

    async def keep_erasures(self, now: datetime) -> int:
        """Erase again whom somebody brought back, and what the law no longer wants kept."""
        ...


class BackingUp:
    """Without a vault a backup is refused, so that nobody believes there is one."""

    def __init__(self, vault: Vault | None, keeper: Keeper) -> None:
        self._vault = vault
        self._keeper = keeper

    @activity.defn
    async def back_up(self) -> BackupReport:
        """One backup, proved. A repeat makes another one, which does no harm."""
        if self._vault is None:
            raise Refused("PERDURA_BACKUP_DIRECTORY is not set: there is nowhere to put a backup", "no_directory")
        now = datetime.now(UTC)
        await self._keeper.keep_erasures(now)
        try:
            return await self._vault.take(now)
        except BackupInvalid as fault:
            raise Refused(str(fault), "backup_invalid") from None

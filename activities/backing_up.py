"""The daily backup, and what goes with it: erasures that must hold, and tax invoices whose time is over."""

from datetime import UTC, datetime

from temporalio import activity

from activities.failures import Refused
from activities.ports.keeper import Keeper
from activities.ports.vault import Vault
from models.safekeeping.backups import BackupInvalid, BackupReport


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

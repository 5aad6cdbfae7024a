"""Where backups are kept."""

from datetime import datetime
from typing import Protocol

from models.safekeeping.backups import BackupReport


class Vault(Protocol):
    """Where backups are kept."""

    async def take(self, now: datetime) -> BackupReport:
        """Back up, prove it by restoring it, thin out older ones. Raises BackupInvalid."""
        ...

"""A place for backups."""

from datetime import datetime

from models.safekeeping.backups import BackupReport


class FakeVault:
    """A place for backups where each is whole."""

    async def take(self, now: datetime) -> BackupReport:
        return BackupReport(f"perdura-{now:%Y%m%d}.backup", now, bytes=4096, rows=12)

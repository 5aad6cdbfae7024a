"""SQL, whole: implements `activities.ports.Store`, `Documents` and `activities.reads.Register`."""

from sqlalchemy import select

from activities.gateways.sql.cases import Cases
from activities.gateways.sql.database import Database
from activities.gateways.sql.documents import Documents
from activities.gateways.sql.inbox import Inbox
from activities.gateways.sql.notices import Notices
from activities.gateways.sql.subscriptions import Subscriptions
from activities.gateways.sql.tenants import Tenants
from models.tables.parties import TenantRow


class SqlStore(Tenants, Subscriptions, Cases, Notices, Documents, Inbox):
    """The record in SQLite or PostgreSQL, by SQLAlchemy URL. Its tables are made by `models.migrations.run.upgrade`."""

    def __init__(self, url: str) -> None:
        self._db = Database(url)

    async def ping(self) -> None:
        await self._db.first(select(TenantRow))

    async def close(self) -> None:
        """Close every connection."""
        await self._db.close()

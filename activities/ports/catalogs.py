"""SQL: what a tenant sells, and what the payments provider knows of it. Scoped by tenant."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from models.records import AuditEntry
from models.selling.catalog import Catalog, Change
from models.selling.listings import Listing


@dataclass(frozen=True, slots=True)
class CatalogUpdate:
    """A catalogue to be written whole: the revision it was compared with, what changes, and what the provider sells from then on."""

    tenant: str
    revision: int
    changes: tuple[Change, ...]
    listings: tuple[Listing, ...]
    audit: AuditEntry


class Catalogs(Protocol):
    """The record of what is sold."""

    async def catalog(self, tenant: str) -> Catalog:
        """All that was ever sold, archived offers among it. Raises Missing where there is no such tenant."""
        ...

    async def listings(self, tenant: str) -> Sequence[Listing]:
        """What the provider was told, whatever its state, by key."""
        ...

    async def save_catalog(self, update: CatalogUpdate) -> None:
        """Write all of it or nothing. Listings that are sold and are not named by the update are leaving from then on.

        Raises Refused (`catalog_changed`) where another revision is there than the update was compared with.
        """
        ...

    async def retire_listing(self, tenant: str, key: str) -> None:
        """The provider has heard that a leaving listing is not sold any more."""
        ...

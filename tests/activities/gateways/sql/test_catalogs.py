"""What is sold, in SQL: read back as it was written, revision by revision."""

import asyncio
from datetime import UTC, datetime

import pytest

from activities.failures import Missing, Refused
from activities.gateways.store_sql import SqlStore
from activities.ports.catalogs import CatalogUpdate
from models import shipped
from models.records import AuditEntry, Tenant
from models.selling.catalog import Catalog, applied, changes
from models.selling.catalog_file import parse
from models.selling.listings import listings

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


async def put(store: SqlStore, wanted: Catalog, *, revision: int | None = None) -> None:
    have = await store.catalog("acme")
    orders = changes(have, wanted)
    number = have.revision if revision is None else revision
    entry = AuditEntry("acme", "", f"catalog/{number + 1}", NOW, "ana", "catalog applied")
    await store.save_catalog(CatalogUpdate("acme", number, orders, tuple(listings(applied(have, orders))), entry))


async def test_every_shipped_catalogue_is_read_back_as_it_was_written(store: SqlStore) -> None:
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.create_tenant(Tenant("other", "Other"))
    sold: set[str] = set()
    for number, name in enumerate(shipped.names("catalogs"), start=1):
        wanted = parse(shipped.page("catalogs", name) or "", "acme")
        await put(store, wanted)
        have = await store.catalog("acme")
        assert (have.sold, have.revision) == (wanted, number)
        assert [plan.code for plan in await store.plans("acme")] == [plan.code for plan in wanted.plans]
        sold |= {plan.code for plan in wanted.plans} | {item.code for item in wanted.items}
        assert sold == {plan.code for plan in have.plans} | {item.code for item in have.items}
    assert (await store.catalog("other")) == Catalog()
    assert len(await store.audit_trail("acme", "")) == number


async def test_of_two_who_looked_at_one_revision_one_is_refused(store: SqlStore) -> None:
    await store.create_tenant(Tenant("acme", "Acme"))
    wanted = parse(shipped.page("catalogs", "inventarios") or "", "acme")
    for revision in (0, 1):
        ends = await asyncio.gather(*(put(store, wanted, revision=revision) for _ in range(2)), return_exceptions=True)
        (refused,) = (end for end in ends if end is not None)
        assert isinstance(refused, Refused)
        assert refused.code == "catalog_changed"
    assert (await store.catalog("acme")).revision == 2


async def test_nobodys_catalogue_is_missing(store: SqlStore) -> None:
    with pytest.raises(Missing):
        await store.catalog("nobody")

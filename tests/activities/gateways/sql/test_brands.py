"""What is kept of brands is one tenant's own, and is replaced whole. That a backup carries it is in test_backups."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from activities.failures import Missing
from activities.gateways.store_sql import SqlStore
from models.look.brand import Letterhead, neutral
from models.look.logo import logo
from models.records import Tenant
from tests.databases import migrated
from tests.keys import KEYRING
from tests.pictures import acuario, picture


@pytest.fixture
async def store(database: str) -> AsyncIterator[SqlStore]:
    await migrated(database)
    store = SqlStore(database, KEYRING)
    for tenant in ("acme", "other"):
        await store.create_tenant(Tenant(tenant, tenant.title()))
    yield store
    await store.close()


async def test_who_has_set_nothing_is_neutral_and_nobody_is_missing(store: SqlStore) -> None:
    assert await store.letterhead("acme") == Letterhead(neutral("acme", "Acme"))
    for ask in (store.brand, store.letterhead):
        with pytest.raises(Missing):
            await ask("nobody")
    with pytest.raises(Missing):
        await store.save_brand(acuario("nobody").brand)


async def test_a_brand_is_kept_whole_and_of_its_own_tenant_alone(store: SqlStore) -> None:
    mine = acuario("acme")
    await store.save_brand(mine.brand, mine.logo)
    assert await store.letterhead("acme") == mine
    assert await store.brand("acme") == mine.brand
    assert await store.letterhead("other") == Letterhead(neutral("other", "Other"))


async def test_words_change_without_the_logo_and_the_logo_is_replaced_or_taken_away(store: SqlStore) -> None:
    mine = acuario("acme")
    await store.save_brand(mine.brand, mine.logo)
    renamed = replace(mine.brand, name="Acuario Dos")
    await store.save_brand(renamed)
    assert await store.letterhead("acme") == Letterhead(renamed, mine.logo)
    fresh = logo(picture("JPEG", (200, 200)))
    await store.save_brand(replace(renamed, logo=fresh.mark), fresh.content)
    assert (await store.letterhead("acme")).logo == fresh.content
    await store.save_brand(replace(renamed, logo=None))
    assert await store.letterhead("acme") == Letterhead(replace(renamed, logo=None))

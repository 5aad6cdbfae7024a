"""Deletions in SQL: what the process writes, what the API writes beside it, and what must not outlive a customer."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.failures import Missing
from activities.gateways.erasure_list import ErasureList
from activities.gateways.store_sql import SqlStore
from models.safekeeping.deletions import Cause, Certificate, Deletion, Standing, State, Warned, asked
from models.safekeeping.erasure import Erasure
from models.subscribing.subscriptions import Status
from models.telling.outgoing import EventType
from tests.activities.gateways.sql.lived import NOW, SUB, fill
from tests.keys import KEYRING

DAY = timedelta(days=1)
BEGUN = Deletion("acme", "del_1", "c_1", "s_1", Cause.CANCELED, NOW, "perdura", "policy", NOW + 30 * DAY)


@pytest.fixture
async def held(store: SqlStore) -> SqlStore:
    await fill(store)
    await store.save_subscription(replace(SUB, status=Status.CANCELED))
    await store.save_deletion(BEGUN)
    return store


async def told(store: SqlStore) -> list[str]:
    return [e.type for e, _ in await store.events("acme", subscription="s_1") if e.type.startswith("customer.")]


async def test_what_process_and_api_write_does_not_overwrite_each_other(held: SqlStore) -> None:
    assert await held.ask_export("acme", "del_1", NOW) is True
    assert await held.ask_export("acme", "del_1", NOW + DAY) is False
    await held.offer_export("acme", "del_1", "https://shop.example/export.zip", NOW)
    warnings = (
        Warned("del_1/warning-1", NOW, 14 * DAY, arrived=NOW),
        Warned("del_1/warning-2", NOW, 3 * DAY, failed=NOW),
    )
    later = asked(replace(BEGUN, warnings=warnings, deleted=("a; b", "ñ")), NOW)
    await held.save_deletion(later)
    exported = {"export_asked_at": NOW, "export_url": "https://shop.example/export.zip", "export_at": NOW}
    assert await held.deletion("acme", "del_1") == replace(later, **exported)
    await held.save_deletion(later)
    await held.save_deletion(replace(later, reminders=1))
    requested = EventType.DATA_DELETION_REQUESTED
    assert await told(held) == [EventType.DATA_DELETION_SCHEDULED, EventType.EXPORT_REQUESTED, requested, requested]


async def test_a_certificate_is_made_once(held: SqlStore) -> None:
    first = Certificate("{}", "d1", b"%PDF-1")
    assert await held.keep_certificate("acme", "del_1", first) == first
    assert await held.keep_certificate("acme", "del_1", Certificate('{"a":1}', "d2", b"%PDF-2")) == first


async def test_another_tenant_sees_none_of_it(held: SqlStore) -> None:
    assert await held.deletion("other", "del_1") is None
    assert await held.deletion_of("other", "c_1") is None
    assert await held.certificate("other", "del_1") is None
    assert list(await held.deletions("other")) == []
    for refused in (
        held.ask_export("other", "del_1", NOW),
        held.offer_export("other", "del_1", "https://x.example", NOW),
        held.keep_address("other", "del_1", "a@x.example"),
        held.save_deletion(replace(BEGUN, tenant="other")),
    ):
        with pytest.raises(Missing):
            await refused


async def test_how_a_customer_stands_is_read_from_all_their_subscriptions(held: SqlStore) -> None:
    assert await held.customer_standing("acme", "c_1") == Standing(paid_at=NOW)
    other = await held.customer_standing("acme", "c_2")
    assert (other.returned, "cancel it first" in other.hindrance) == (True, True)


async def test_address_kept_for_the_certificate_does_not_come_back_with_a_backup(
    held: SqlStore, tmp_path: Path
) -> None:
    """The books are as a backup made in the middle of an erasure would hold them."""
    await held.keep_address("acme", "del_1", "graciela@cliente.test")
    assert await held.address("acme", "del_1") == "graciela@cliente.test"
    erasures = ErasureList(tmp_path)
    erasures.confirm(Erasure("acme", "c_1", NOW, "perdura", "data deletion del_1"))
    restored = SqlStore(held._db._engine.url.render_as_string(hide_password=False), KEYRING, erasures)
    assert len((await restored.keep_erasures(NOW)).again) == 1
    assert await restored.address("acme", "del_1") == ""
    await restored.close()


async def test_those_that_wait_for_a_person_are_found(held: SqlStore) -> None:
    assert list(await held.stuck_deletions()) == []
    stuck = replace(BEGUN, state=State.UNDELIVERABLE)
    await held.save_deletion(stuck)
    assert list(await held.stuck_deletions()) == [stuck]
    assert list(await held.deletions("acme", state=State.UNDELIVERABLE)) == [stuck]
    assert list(await held.deletions("acme", state=State.DONE)) == []

"""Personal data at rest: sealed when written, when an older database is migrated, and anew when the key changes."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, insert, make_url, select, update
from sqlalchemy.ext.asyncio import create_async_engine

from activities.failures import Refused
from activities.gateways.store_sql import SqlStore
from activities.ports.register import Taken
from models.cfdi.fiscal import Receiver
from models.migrations.run import KeyringNeeded, downgrade, upgrade
from models.records import Customer, Provider
from models.safekeeping.keyring import Unsealable
from models.speaking.notices import Channel
from models.watching.overview import DocumentFilter
from tests.activities.gateways.sql.lived import GRACIELA, SUB, fill, told
from tests.activities.gateways.sql.lived import PERSONAL as LIVED
from tests.keys import AFTER, KEYRING, ROTATED

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PERSONAL = {
    "name": "Graciela Fuentes",
    "email": "graciela@cliente.test",
    "phone": "+525599887766",
    "rfc": "FUNK671228PH6",
    "legal_name": "GRACIELA FUENTES NOLASCO",
    "postal_code": "01160",
}
BODY, PAYLOAD = f"Hola {PERSONAL['name']}", json.dumps({"email": PERSONAL["email"]})
REASON, XML = f"RFC de {PERSONAL['legal_name']} no inscrito", b"<cfdi:Receptor Rfc='FUNK671228PH6'/>"

OLD: dict[str, list[dict[str, Any]]] = {
    "tenants": [{"tenant_id": "acme", "name": "Acme", "zone": "America/Mexico_City", "policy": "", "created_at": NOW}],
    "plans": [
        {
            "tenant_id": "acme",
            "code": "pro",
            "name": "Pro",
            "price_centavos": 1,
            "currency": "MXN",
            "interval": "month",
            "trial_days": 0,
            "product_key": "81112500",
            "provider_price": "",
        }
    ],
    "customers": [
        {
            "tenant_id": "acme",
            "id": "c_1",
            "reference": "u_1",
            **PERSONAL,
            "language": "es-MX",
            "regime": "605",
            "cfdi_use": "",
            "provider_id": "cus_1",
        },
        {
            "tenant_id": "acme",
            "id": "c_2",
            "reference": "u_2",
            "name": "Otro",
            "email": "otro@cliente.test",
            "phone": "+525511112222",
            "rfc": None,
            "legal_name": None,
            "postal_code": None,
            "language": "es-MX",
            "regime": None,
            "cfdi_use": None,
            "provider_id": "",
        },
    ],
    "subscriptions": [
        {
            "tenant_id": "acme",
            "id": "s_1",
            "customer_id": "c_1",
            "plan_code": "pro",
            "status": "active",
            "created_at": NOW,
            "updated_at": NOW,
            "provider_id": "sub_1",
            "checkout_session": "",
            "cancel_at_period_end": False,
            "due_centavos": 0,
            "currency": "MXN",
            "next_action": "",
            "refusal": "",
        }
    ],
    "notices": [
        {
            "tenant_id": "acme",
            "key": "n_1",
            "channel": "email",
            "kind": "suspended",
            "subscription_id": "s_1",
            "delivery": "sent",
            "body": BODY,
            "requested_at": NOW,
            "reference": "",
            "error": "",
        }
    ],
    "inbox_events": [
        {
            "provider": "stripe",
            "event": "evt_1",
            "tenant_id": "",
            "subscription_id": "",
            "type": "customer.updated",
            "object": "cus_1",
            "payload": PAYLOAD,
            "status": "pending",
            "attempts": 0,
            "received_at": NOW,
        }
    ],
    "tax_documents": [
        {
            "tenant_id": "acme",
            "key": "ch_1/income/v1",
            "source": "ch_1",
            "kind": "income",
            "version": 1,
            "subscription_id": "s_1",
            "state": "rejected",
            "total_centavos": 1,
            "currency": "MXN",
            "issued_at": NOW,
            "created_at": NOW,
            "updated_at": NOW,
            "receiver_rfc": PERSONAL["rfc"],
            "seal": "",
            "uuid": "",
            "replaces": "",
            "field": "tax_id",
            "code": "CFDI40147",
            "message": REASON,
        }
    ],
    "document_files": [{"tenant_id": "acme", "key": "ch_1/income/v1", "file": "sealed", "content": XML}],
}


async def _run(url: str, work: Any) -> Any:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        answer = await connection.run_sync(work)
    await engine.dispose()
    return answer


def _tables(connection: Connection) -> MetaData:
    known = MetaData()
    known.reflect(connection)
    return known


def _fill(connection: Connection) -> None:
    """Rows as a release before sealing wrote them."""
    lite, known = connection.dialect.name == "sqlite", _tables(connection)
    for name, rows in OLD.items():
        for row in rows:
            plain = {k: v.replace(tzinfo=None) if lite and isinstance(v, datetime) else v for k, v in row.items()}
            columns = known.tables[name].c
            missing = {c.name: "" for c in columns if not c.nullable and c.name not in row and c.server_default is None}
            connection.execute(insert(known.tables[name]).values({**missing, **plain}))


def _held(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """All rows, without what later releases added and with instants in UTC."""
    known, held = _tables(connection), {}
    for name, rows in OLD.items():
        wanted = [known.tables[name].c[column] for column in rows[0]]
        found = connection.execute(select(*wanted).order_by(*known.tables[name].primary_key)).mappings()
        held[name] = [
            {k: v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for k, v in row.items()} for row in found
        ]
    return held


async def _on_disk(url: str) -> bytes:
    """What the database keeps: the SQLite file with its journal, or all rows where PostgreSQL keeps them."""
    file = make_url(url).database or ""
    if url.startswith("sqlite"):
        return b"".join(path.read_bytes() for path in Path(file).parent.glob(f"{Path(file).name}*"))

    def rows(connection: Connection) -> bytes:
        return repr([list(connection.execute(select(t))) for t in _tables(connection).sorted_tables]).encode()

    return bytes(await _run(url, rows))


@pytest.fixture
async def older(empty_database: str) -> str:
    """A database of the release before sealing, with personal data in clear."""
    await upgrade(empty_database, "0004")
    await _run(empty_database, _fill)
    return empty_database


async def test_personal_data_of_an_older_database_are_sealed_and_read_as_before(older: str) -> None:
    await upgrade(older, keyring=KEYRING)
    store = SqlStore(older, KEYRING)
    receiver = Receiver(PERSONAL["rfc"], PERSONAL["legal_name"], "605", PERSONAL["postal_code"])
    contact = {name: PERSONAL[name] for name in ("name", "email", "phone")}
    graciela = Customer("acme", "c_1", "u_1", **contact, receiver=receiver, provider_id="cus_1")
    assert await store.customer("acme", "c_1") == graciela
    assert await store.customer("acme", "c_2") == Customer(
        "acme", "c_2", "u_2", "Otro", "otro@cliente.test", "+525511112222"
    )
    notice = await store.notice("acme", "n_1", Channel.EMAIL)
    event = await store.event(Provider.STRIPE, "evt_1")
    (document,) = await store.documents_of("acme", "ch_1")
    assert notice is not None
    assert event is not None
    assert (notice.body, event.payload) == (BODY, PAYLOAD)
    assert (document.receiver_rfc, document.message) == (PERSONAL["rfc"], REASON)
    assert await store.document_page("acme", DocumentFilter(rfc=PERSONAL["rfc"])) == [document]
    await store.close()
    kept = await _on_disk(older)
    assert [value for value in PERSONAL.values() if value.encode() in kept] == []
    assert b"Receptor" not in kept


async def test_sealed_database_goes_back_to_what_it_was(older: str) -> None:
    await upgrade(older, keyring=KEYRING)
    await downgrade(older, "0004", keyring=KEYRING)
    assert await _run(older, _held) == OLD


async def test_without_keys_personal_data_are_not_migrated(older: str) -> None:
    with pytest.raises(KeyringNeeded, match="PERDURA_ENCRYPTION_KEYS"):
        await upgrade(older)
    assert await _run(older, _held) == OLD


class TestChangeOfKeys:
    async def test_after_resealing_the_old_key_can_be_dropped(self, store: SqlStore, empty_database: str) -> None:
        await fill(store)
        before = await told(store)
        both, seen = SqlStore(empty_database, ROTATED), []
        assert await told(both) == before, "both keys open, so nothing stands still meanwhile"
        count = await both.reseal(lambda column, done: seen.append(column))
        assert count > 10
        assert "customers.contact" in seen
        assert await both.reseal() == 0, "a second run finds nothing left to do"
        assert await both.seal_chain("acme") is None
        after = SqlStore(empty_database, AFTER)
        assert await told(after) == before
        assert len(await after.document_page("acme", DocumentFilter(rfc="FUNK671228PH6"))) == 1
        with pytest.raises(Taken):  # found by the fingerprint of the new key
            await after.sign_up(replace(GRACIELA, id="c_9", reference="u_9"), replace(SUB, id="s_9", customer="c_9"))
        assert await after.verify_chain("acme") is None
        with pytest.raises(Unsealable, match="k2"):
            await store.customer("acme", "c_1")
        for one in (both, after):
            await one.close()

    async def test_while_keys_change_nobody_signs_up_twice(self, store: SqlStore, empty_database: str) -> None:
        await fill(store)
        rotated = SqlStore(empty_database, ROTATED)
        with pytest.raises(Taken):
            await rotated.sign_up(replace(GRACIELA, id="c_9", reference="u_9"), replace(SUB, id="s_9", customer="c_9"))
        await rotated.close()

    async def test_run_that_was_cut_off_goes_on(self, store: SqlStore, empty_database: str) -> None:
        await fill(store)
        rotated = SqlStore(empty_database, ROTATED)

        def interrupted(column: str, done: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await rotated.reseal(interrupted)
        rest = await rotated.reseal()
        assert rest > 0
        after = SqlStore(empty_database, AFTER)
        await told(after)
        for one in (rotated, after):
            await one.close()

    async def test_value_of_an_unknown_key_is_named_by_its_place(self, store: SqlStore, empty_database: str) -> None:
        await fill(store)
        without = SqlStore(empty_database, AFTER)
        with pytest.raises(Refused, match=r"customers.contact of acme/c_1 .* 'k1'"):
            await without.reseal()
        await without.close()


async def test_nothing_personal_is_readable_on_disk(store: SqlStore, empty_database: str) -> None:
    await fill(store)
    kept = await _on_disk(empty_database)
    assert b"ruthless v1" in kept, "what is not personal can be found this way"
    assert [value for value in LIVED if value.encode() in kept] == []


async def test_sealed_value_of_one_customer_does_not_open_as_anothers(older: str) -> None:
    await upgrade(older, keyring=KEYRING)

    def swap(connection: Connection) -> None:
        customers = _tables(connection).tables["customers"]
        mine = select(customers.c.contact).where(customers.c.id == "c_1").scalar_subquery()
        connection.execute(update(customers).where(customers.c.id == "c_2").values(contact=mine))

    await _run(older, swap)
    store = SqlStore(older, KEYRING)
    with pytest.raises(Unsealable):
        await store.customer("acme", "c_2")
    await store.close()

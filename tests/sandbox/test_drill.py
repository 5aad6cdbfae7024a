"""What the drill judges by."""

from pathlib import Path

import pytest

from activities.gateways.store_sql import SqlStore
from models.migrations.run import upgrade
from models.records import Tenant
from sandbox import drill_database
from sandbox.drill_books import Books, charged
from sandbox.obstacle import Obstacle
from tests.keys import KEYRING

NOTHING = Books(frozenset(), frozenset(), frozenset(), frozenset(), {})


def test_an_invoice_charged_twice_is_told_though_each_charge_has_a_payment_intent_of_its_own() -> None:
    intents = {"pi_1": "in_1", "pi_2": "in_1", "pi_3": "in_2", "pi_4": "in_2"}
    payments = [
        {"invoice": of, "payment": {"type": "payment_intent", "payment_intent": pi}} for pi, of in intents.items()
    ]
    payments.append({"invoice": "in_3", "payment": {"type": "payment_record", "payment_record": "pr_1"}})
    charges = [
        {"id": f"ch_{pi}", "payment_intent": pi, "status": "failed" if pi == "pi_3" else "succeeded"} for pi in intents
    ]
    charges.append({"id": "ch_stray", "payment_intent": None, "status": "succeeded"})
    assert charged(charges, payments) == {"in_1": 2, "in_2": 1, "ch_stray": 1}


def test_what_one_side_lacks_or_has_alone_is_named() -> None:
    ours = Books(frozenset({"ch_1"}), frozenset(), frozenset(), frozenset(), {"ana": "active"})
    theirs = Books(
        frozenset(), frozenset({"U"}), frozenset({"in_1"}), frozenset({"in_2 written_off"}), {"ana": "canceled"}
    )
    assert ours.missing(theirs) == [
        "charge ch_1 is nobody's",
        "tax invoice U is missing",
        "unpaid invoice in_1 is missing",
        "deed in_2 written_off is missing",
        "ana is active, not canceled",
    ]
    assert NOTHING.missing(NOTHING) == []


async def test_it_destroys_no_database_that_holds_anything(database: str, on_postgresql: bool) -> None:
    await upgrade(database)
    with pytest.raises(Obstacle, match="it has tables" if on_postgresql else "an empty PostgreSQL database"):
        await drill_database.must_be_empty(database)
    await drill_database.destroy(database)
    if on_postgresql:
        await drill_database.must_be_empty(database)


async def test_what_stands_in_clear_is_found_in_database_and_file(database: str, tmp_path: Path) -> None:
    await upgrade(database)
    store = SqlStore(database, KEYRING)
    await store.create_tenant(Tenant("acme", "Ana Cruz"))
    await store.close()
    found = await drill_database.readable(database, ["Ana Cruz", "Otto Cruz"])
    assert found
    assert all(line.startswith("Ana Cruz stands in clear in ") for line in found)
    (tmp_path / "some").write_bytes(b"\0ana@cliente.example\0")
    assert drill_database.in_file(tmp_path / "some", ["ana@cliente.example", "bea@"]) == [
        "ana@cliente.example stands in clear in some"
    ]

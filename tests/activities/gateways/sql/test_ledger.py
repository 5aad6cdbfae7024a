"""The books in SQL: each fact once, whoever tells it and however often; append-only; and every change to a row found out."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel

from activities.bookkeeping import Bookkeeping
from activities.failures import Refused
from activities.gateways.store_sql import SqlStore
from models.bookkeeping.books import net, trial_balance
from models.bookkeeping.chain import Break, Head, Link
from models.bookkeeping.ledger import Account, Fact, Kind
from models.bookkeeping.statement import StatedInvoice, Statement
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import Issuer, Receiver
from models.cfdi.taxes import Terms, Withholding
from models.migrations.run import downgrade, upgrade
from models.money import Money
from models.records import AuditEntry, Customer, Payment, SubscriptionRecord, Tenant
from models.safekeeping.keyring import Keyring
from models.selling.plans import Plan
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from tests.keys import KEYRING

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
PRICE = Money(14_900)
ISSUED = Fact("acme", "s_1", Kind.ISSUED, "in_1", PRICE, NOW, "in_1", actor="ana", reason="why", source="evt_1")
PAID = Fact("acme", "s_1", Kind.PAID, "ch_1", PRICE, NOW, "in_1", "ch_1")
GIVEN_UP = Fact("acme", "s_1", Kind.WRITTEN_OFF, "in_1", PRICE, NOW, "in_1", actor="ana")
PAYMENT = Payment("acme", "ch_1", "in_1", "s_1", PRICE, Funding.CREDIT, NOW)
STORY = AuditEntry("acme", "s_1", "s_1/1", NOW, "ana", "paused", "asked", "twice", "evt_1", '{"a":1}', '{"a":2}')


@pytest.fixture
async def acme(store: SqlStore) -> SqlStore:
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", PRICE))
    ana = Customer("acme", "c_1", "u_1", "Ana", "ana@example.mx", "+525512345678", provider_id="cus_1")
    record = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW, provider_id="sub_1")
    await store.sign_up(ana, record)
    return store


async def run(url: str, *statements: str) -> None:
    """Behind the product's back, as whoever has the database's password."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement))
    finally:
        await engine.dispose()


def disarm(url: str, table: str) -> tuple[str, ...]:
    """What somebody does first who means to tamper."""
    if url.startswith("sqlite"):
        return (f"DROP TRIGGER IF EXISTS {table}_no_update", f"DROP TRIGGER IF EXISTS {table}_no_delete")
    return (f"DROP TRIGGER IF EXISTS {table}_append_only ON {table}",)


async def test_a_fact_told_again_is_booked_once(acme: SqlStore) -> None:
    assert await acme.post(ISSUED, PAID, ISSUED) == 2
    assert await acme.post(PAID, replace(ISSUED, actor="somebody else")) == 0
    entries = await acme.ledger("acme")
    assert [(e.fact, e.line) for e in entries] == [
        ("in_1/issued", 0),
        ("in_1/issued", 1),
        ("ch_1/paid", 0),
        ("ch_1/paid", 1),
    ]
    assert (entries[0].actor, entries[0].reason, entries[0].source, entries[0].at) == ("ana", "why", "evt_1", NOW)
    assert sum(balance.net for balance in trial_balance(entries)) == 0


async def test_payment_and_its_entries_are_written_together_or_not_at_all(acme: SqlStore) -> None:
    await acme.record_payment(PAYMENT)
    await acme.record_payment(PAYMENT)
    assert len(await acme.payments("acme", "s_1")) == 1
    assert [e.fact for e in await acme.ledger("acme")] == ["ch_1/paid", "ch_1/paid"]
    with pytest.raises(Exception, match="not there"):
        await acme.record_payment(replace(PAYMENT, charge="ch_2", subscription="s_absent"))
    assert len(await acme.ledger("acme")) == 2
    assert await acme.verify_chain("acme") is None


async def test_payment_of_a_debt_given_up_is_its_recovery_whichever_is_told_first(acme: SqlStore) -> None:
    other = [replace(fact, subject=fact.subject + "b", invoice="in_1b") for fact in (ISSUED, PAID, GIVEN_UP)]
    for fact in (ISSUED, GIVEN_UP, PAID, *reversed(other)):
        await acme.post(fact)
    entries = await acme.ledger("acme")
    assert net(entries, Account.RECEIVABLE, "invoice") == {"in_1": Money(0), "in_1b": Money(0)}
    assert {e.fact for e in entries if e.kind is Kind.RECOVERED} == {"ch_1/recovered", "ch_1b/recovered"}
    nets = {balance.account: balance.net for balance in trial_balance(entries)}
    assert nets[Account.BAD_DEBT] == -nets[Account.RECOVERED_DEBT] > 0
    assert nets[Account.VAT_UNCOLLECTED] == 0


async def test_entries_stay_with_their_tenant(acme: SqlStore) -> None:
    await acme.create_tenant(Tenant("other", "Other"))
    await acme.post(ISSUED, replace(ISSUED, tenant="other", subscription="s_9"))
    assert {e.tenant for e in await acme.ledger("other")} == {"other"}
    assert await acme.ledger("other", subscription="s_1") == []
    assert len(await acme.ledger("acme", invoice="in_1")) == 2
    assert await acme.tenants() == ["acme", "other"]
    assert await acme.provider_customers() == {"cus_1": ("acme", "s_1")}
    assert await acme.provider_subscriptions() == {"sub_1": ("acme", "s_1")}


async def test_writers_in_several_processes_make_one_chain(acme: SqlStore, empty_database: str) -> None:
    rival = SqlStore(empty_database, KEYRING)
    await acme.create_tenant(Tenant("other", "Other"))
    facts = [replace(PAID, subject=f"ch_{n}", charge=f"ch_{n}", invoice=f"in_{n}") for n in range(12)]
    await asyncio.gather(
        *(store.post(*given) for store in (acme, rival) for given in zip(facts, facts[::-1], strict=True)),
        *(store.post(replace(fact, tenant="other")) for store in (rival, acme) for fact in facts),
        *(store.audit(replace(STORY, key=f"s_1/{n}")) for store in (acme, rival) for n in range(12)),
    )
    await rival.close()
    assert sorted(e.fact for e in await acme.ledger("acme") if e.line == 0) == sorted(fact.key for fact in facts)
    assert len(await acme.ledger("acme")) == len(await acme.ledger("other")) == 24
    assert len(await acme.audit_trail("acme", "s_1")) == 12
    assert (await acme.chain_head("acme")).seq == 36
    assert await acme.verify_chain("acme") is None
    assert await acme.verify_chain("other") is None


@pytest.mark.parametrize("table", ["audit_entries", "ledger_entries"])
async def test_the_database_refuses_to_change_what_was_written(acme: SqlStore, empty_database: str, table: str) -> None:
    await acme.post(ISSUED)
    await acme.audit(STORY)
    for order in (f"UPDATE {table} SET actor = 'nobody'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"):
            await run(empty_database, order)
    assert await acme.verify_chain("acme") is None


async def test_entries_that_move_nothing_or_nowhere_are_refused_by_the_database(
    acme: SqlStore, empty_database: str
) -> None:
    await acme.post(ISSUED)
    columns = (
        "fact, line, kind, subject, subscription_id, invoice, charge, currency, at, recorded_at, actor, reason, source"
    )
    copy = f"INSERT INTO ledger_entries (tenant_id, seq, previous, hash, debit, credit, centavos, {columns})"
    for moved in ("'bank', 'bank', 1", "'bank', 'revenue', 0", "'bank', 'revenue', -5"):
        given = columns.replace("fact", "'forged'", 1)
        with pytest.raises(IntegrityError):
            await run(
                empty_database,
                f"{copy} SELECT tenant_id, seq + 50, '', '', {moved}, {given} FROM ledger_entries WHERE seq = 1",
            )


TAMPERED = {
    "audit_entries": {
        "subscription_id": "'s_2'",
        "key": "'other'",
        "at": "'2020-01-01 00:00:00.000000'",
        "actor": "'nobody'",
        "action": "'nothing'",
        "reason": "''",
        "detail": "'once'",
        "source": "''",
        "before": "''",
        "after": "'{}'",
        "previous": "'beef'",
        "hash": "'beef'",
        "seq": "seq + 100",
        "tenant_id": "'other'",
    },
    "ledger_entries": {
        "fact": "'in_9/issued'",
        "line": "7",
        "kind": "'voided'",
        "subject": "'in_9'",
        "subscription_id": "'s_2'",
        "invoice": "'in_9'",
        "charge": "'ch_9'",
        "debit": "'bank'",
        "credit": "'bad_debt'",
        "centavos": "centavos + 1",
        "currency": "'USD'",
        "at": "'2020-01-01 00:00:00.000000'",
        "recorded_at": "'2020-01-01 00:00:00.000000'",
        "actor": "'nobody'",
        "reason": "''",
        "source": "''",
        "terms": "'8'",
        "previous": "'beef'",
        "hash": "'beef'",
        "seq": "seq + 100",
        "tenant_id": "'other'",
    },
}


async def verdict(store: SqlStore, anchor: Head | None = None) -> Break | None:
    """Of the chain of acme, read in pages of several sizes, which must all come to the same."""
    (found,) = {await store.verify_chain("acme", anchor, page=page) for page in (1, 2, 3, 500)}
    return found


@pytest.mark.parametrize("table", TAMPERED)
async def test_any_column_of_any_row_that_was_tampered_with_is_found(
    acme: SqlStore, empty_database: str, table: str
) -> None:
    assert set(SQLModel.metadata.tables[table].columns.keys()) == set(TAMPERED[table])
    for n in range(2):
        await acme.post(replace(ISSUED, subject=f"in_{n}", invoice=f"in_{n}", charge="ch_0"))
        await acme.audit(replace(STORY, key=f"s_1/{n}"))
    places = {"audit_entries": (3, 6), "ledger_entries": (1, 5)}[table]
    await run(empty_database, *disarm(empty_database, table))
    for column, value in TAMPERED[table].items():
        for place in places:
            where = f"tenant_id = 'acme' AND seq = {place}"
            engine = create_async_engine(empty_database)
            async with engine.begin() as connection:
                kept = (await connection.execute(text(f"SELECT {column} FROM {table} WHERE {where}"))).scalar_one()
            await engine.dispose()
            await run(empty_database, f"UPDATE {table} SET {column} = {value} WHERE {where}")
            broken = await verdict(acme)
            assert broken is not None, f"{column} of row {place}"
            assert broken.seq == place, f"{column} of row {place}: {broken}"
            moved = {
                "seq": f"tenant_id = 'acme' AND seq = {place + 100}",
                "tenant_id": f"tenant_id = 'other' AND seq = {place}",
            }
            engine = create_async_engine(empty_database)
            async with engine.begin() as connection:
                await connection.execute(
                    text(f"UPDATE {table} SET {column} = :kept WHERE {moved.get(column, where)}"), {"kept": kept}
                )
            await engine.dispose()
    assert await acme.verify_chain("acme") is None


async def test_rows_missing_swapped_or_cut_off_are_named(acme: SqlStore, empty_database: str) -> None:
    for n in range(6):
        await acme.audit(replace(STORY, key=f"s_1/{n}"))
    noted = await acme.chain_head("acme")
    await run(
        empty_database,
        *disarm(empty_database, "audit_entries"),
        "UPDATE audit_entries SET seq = 99 WHERE seq = 2",
        "UPDATE audit_entries SET seq = 2 WHERE seq = 3",
        "UPDATE audit_entries SET seq = 3 WHERE seq = 99",
    )
    assert "row 2: reordered" in str(await verdict(acme))
    await run(
        empty_database,
        "UPDATE audit_entries SET seq = 99 WHERE seq = 2",
        "UPDATE audit_entries SET seq = 2 WHERE seq = 3",
        "UPDATE audit_entries SET seq = 3 WHERE seq = 99",
        "DELETE FROM audit_entries WHERE seq = 6",
    )
    assert "row 6: missing" in str(await verdict(acme))
    last = "(SELECT hash FROM audit_entries WHERE seq = 5)"
    await run(empty_database, f"UPDATE chain_heads SET seq = 5, hash = {last}")
    assert "seal" in str(await verdict(acme))
    assert await acme.seal_chain("acme", page=2) is None  # as if the keys were stolen, too
    assert await verdict(acme) is None
    assert "row 6: missing" in str(await verdict(acme, noted))
    await run(empty_database, "DELETE FROM audit_entries WHERE seq = 3")
    assert "row 3: missing" in str(await verdict(acme))
    assert await acme.seal_chain("acme", page=2) is not None


async def test_rows_put_in_beside_the_chain_are_named(acme: SqlStore, empty_database: str) -> None:
    for n in range(3):
        await acme.post(replace(ISSUED, subject=f"in_{n}"))
        await acme.audit(replace(STORY, key=f"s_1/{n}"))
    names = "subscription_id, at, actor, action, reason, detail, source, before, after, previous, hash"
    for place, said in (
        (10, "row 10: inserted: the chain's head is 9"),
        (2_000_000_000, "row 10: inserted: the chain's head is 9"),
        (4, "row 4: tampered"),
        (0, "row 0: a second row in place 0"),
        (-7, "row -7: a second row in place -7"),
    ):
        copy = f"INSERT INTO audit_entries (tenant_id, seq, key, {names})"
        await run(
            empty_database,
            *disarm(empty_database, "audit_entries"),
            f"{copy} SELECT tenant_id, {place}, 'forged', {names} FROM audit_entries WHERE seq = 3",
        )
        assert said in str(await verdict(acme))
        await run(empty_database, "DELETE FROM audit_entries WHERE key = 'forged'")
    assert await verdict(acme) is None


async def test_a_gap_however_wide_is_named_and_not_counted_through(acme: SqlStore, empty_database: str) -> None:
    """Who can write to the database must not be able to keep the check busy for years."""
    for n in range(4):
        await acme.audit(replace(STORY, key=f"s_1/{n}"))
    far = 2_000_000_000
    await run(empty_database, f"UPDATE chain_heads SET seq = {far}")
    assert f"row 5: missing: the chain ends at 4, its head at {far}" in str(await verdict(acme))
    await run(
        empty_database,
        *disarm(empty_database, "audit_entries"),
        f"UPDATE audit_entries SET seq = {far} WHERE seq = 4",
    )
    assert f"row 4: missing, and all rows up to {far - 1}" in str(await verdict(acme))


async def test_what_is_written_while_a_chain_is_read_is_no_break(
    acme: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        await acme.audit(replace(STORY, key=f"s_1/{n}"))
    read = acme._links

    async def meanwhile(tenant: str, first: int, last: int) -> list[Link]:
        await acme.audit(replace(STORY, key=f"later/{first}"))
        return await read(tenant, first, last)

    monkeypatch.setattr(acme, "_links", meanwhile)
    assert await acme.verify_chain("acme", page=2) is None
    assert (await acme.chain_head("acme")).seq == 6, "two pages were read"


class NothingStated:
    """A payments provider that has nothing to tell: whatever a check finds, it finds in the books themselves."""

    async def statement(self, since: datetime | None = None) -> Statement:
        return Statement(since)

    async def stated_invoice(self, invoice: str) -> StatedInvoice:
        raise Refused("it knows none")


SPOILT = {
    "tampered": ("UPDATE ledger_entries SET centavos = centavos + 1 WHERE seq = 3", "row 3: tampered"),
    "deleted": ("DELETE FROM ledger_entries WHERE seq = 3", "row 3: missing"),
    "reordered": (
        "UPDATE ledger_entries SET seq = 99 WHERE seq = 3; UPDATE ledger_entries SET seq = 3 WHERE seq = 4; "
        "UPDATE ledger_entries SET seq = 4 WHERE seq = 99",
        "row 3: reordered",
    ),
    "truncated": ("DELETE FROM ledger_entries WHERE seq > 2", "row 3: missing: the chain ends at 2, its head at 8"),
    "emptied": ("DELETE FROM ledger_entries", "row 1: missing: the chain ends at 0, its head at 8"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_the_check_of_the_books_names_the_row_that_is_not_as_it_was_written(
    acme: SqlStore, empty_database: str, spoilt: str
) -> None:
    void = replace(ISSUED, kind=Kind.VOIDED)  # nothing is owed: the provider need not know of it
    await acme.post(ISSUED, void, replace(ISSUED, subject="in_2"), replace(void, subject="in_2"))
    order, said = SPOILT[spoilt]
    books = Bookkeeping(acme, NothingStated())
    assert (await books.check()).good
    await run(empty_database, *disarm(empty_database, "ledger_entries"), *order.split("; "))
    (found,) = (await books.check()).tenants
    assert not found.good
    assert said in str(found.broken)


async def test_a_head_stays_sealed_while_keys_rotate(acme: SqlStore, empty_database: str) -> None:
    await acme.audit(STORY)
    new = Keyring.parse(Keyring.fresh("k2"))
    rotating = SqlStore(empty_database, Keyring((*new.keys, *KEYRING.keys)))
    assert await rotating.verify_chain("acme") is None
    assert await rotating.seal_chain("acme") is None
    await rotating.close()
    later = SqlStore(empty_database, new)
    assert await later.verify_chain("acme") is None
    await later.close()
    assert "seal is not ours" in str(await acme.verify_chain("acme"))


async def test_rows_from_before_the_chain_get_their_places_and_come_back_down(empty_database: str) -> None:
    await upgrade(empty_database, "0002")
    row = "INSERT INTO audit_entries (tenant_id, subscription_id, key, at, actor, action, reason, detail) VALUES"
    at = "2026-11-21 12:00:00.123456"
    values = [f"('{t}', 's_1', '{t}/{n}', '{at}', 'ana', 'paused', 'é', '')" for n in range(3) for t in ("acme", "b")]
    await run(empty_database, *(f"{row} {value}" for value in values))
    for _ in range(2):
        await upgrade(empty_database)
        store = SqlStore(empty_database, KEYRING)
        assert [e.key for e in await store.audit_trail("acme", "s_1")] == ["acme/0", "acme/1", "acme/2"]
        for tenant in ("acme", "b"):
            assert "no seal" in str(await store.verify_chain(tenant))
            assert await store.seal_chain(tenant) is None
            assert await store.verify_chain(tenant) is None
        await store.audit(AuditEntry("acme", "s_1", "acme/3", NOW + timedelta(days=1), "ana", "resumed"))
        assert (await store.chain_head("acme")).seq == 4
        assert await store.chain_head("nobody") == Head("nobody")
        await store.close()
        await downgrade(empty_database, "0002")
        await run(empty_database, "DELETE FROM audit_entries WHERE key = 'acme/3'")


BORDER = Issuer("EKU9003173C9", "FRONTERA", "601", "22000", vat=8)


async def test_an_invoice_is_taxed_to_its_end_as_it_was_booked_first(acme: SqlStore) -> None:
    await acme.save_issuer("acme", BORDER)
    await acme.post(ISSUED)
    await acme.save_issuer("acme", replace(BORDER, vat=16))
    await acme.record_payment(PAYMENT)
    await acme.post(replace(ISSUED, subject="in_2", invoice="in_2"))
    nets = {(e.fact, e.credit): e.amount.centavos for e in await acme.ledger("acme")}
    assert nets["in_1/issued", Account.VAT_UNCOLLECTED] == nets["ch_1/paid", Account.VAT_PAYABLE] == 1_104
    assert nets["in_2/issued", Account.VAT_UNCOLLECTED] == 2_055
    await acme.post(replace(GIVEN_UP))
    found = {b.account: b.net for b in trial_balance(await acme.ledger("acme", invoice="in_1"))}
    assert (found[Account.VAT_UNCOLLECTED], found[Account.VAT_PAYABLE]) == (0, -1_104)
    assert await acme.verify_chain("acme") is None


async def test_company_keeps_tax_back_from_a_person_and_a_person_does_not(acme: SqlStore) -> None:
    resico = Issuer("CUSC850516316", "ANA CRUZ SOLORZANO", "626", "06600", withholding=Withholding.RESICO)
    await acme.save_issuer("acme", resico)
    await acme.post(ISSUED, PAID)
    company = Receiver("XIA190128J61", "XENON INDUSTRIAL ARTICLES", "601", "76343")
    await acme.save_receiver("acme", "c_1", company)
    other = [replace(fact, subject=fact.subject + "b", invoice="in_1b", charge="ch_1b") for fact in (ISSUED, PAID)]
    await acme.post(*other)
    nets = {
        invoice: {b.account: b.net for b in trial_balance(await acme.ledger("acme", invoice=invoice))}
        for invoice in ("in_1", "in_1b")
    }
    assert Account.ISR_WITHHELD not in nets["in_1"]
    taken = Terms(16, Withholding.RESICO).split(PRICE.centavos)
    assert nets["in_1b"][Account.ISR_WITHHELD] == taken.taxes.isr > 0
    assert (nets["in_1b"][Account.REVENUE], nets["in_1b"][Account.RECEIVABLE]) == (-taken.base, 0)


async def test_books_follow_the_taxes_of_the_newest_stamped_cfdi_once(acme: SqlStore) -> None:
    await acme.post(ISSUED, PAID)
    old, new = (Terms(rate).split(PRICE.centavos).taxes for rate in (16, 8))
    made = (DocumentState.STAMPED, PRICE, NOW, NOW, NOW)
    first = TaxDocument(
        "acme", "ch_1", DocumentKind.INCOME, 1, "s_1", *made, uuid="U1", terms=Terms(), taxes=old, seal="s1"
    )
    await acme.save_document(first)
    assert await acme.document("acme", first.key) == first
    assert await acme.restate(*await acme.stated_taxes("acme")) == 0
    await acme.save_document(replace(first, state=DocumentState.CANCELLED))
    assert await acme.stated_taxes("acme") == []
    second = replace(first, version=2, uuid="U2", terms=Terms(8), taxes=new, seal="s2")
    await acme.save_document(second)
    (told,) = await acme.stated_taxes("acme")
    assert (told.document, told.taxes) == ("ch_1/income/v2", new)
    assert await acme.restate(told) == 1
    assert await acme.restate(told, told) == 0
    found = {b.account: b.net for b in trial_balance(await acme.ledger("acme"))}
    assert (found[Account.VAT_PAYABLE], found[Account.REVENUE]) == (-new.vat, -(PRICE.centavos - new.vat))
    assert await acme.verify_chain("acme") is None

"""Customers found, listed and sorted; what people write of them is sealed, follows a change of key, and goes with an erasure."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from activities import customer_sheets
from activities.failures import Missing
from activities.gateways.sql.database import table_of
from activities.gateways.store_sql import SqlStore
from activities.ports.crm import Wanted
from activities.ports.register import Taken
from models.bookkeeping.ledger import Fact, Kind
from models.crm import tasks
from models.crm.activities import Activity, ActivityKind
from models.crm.contacts import ContactRole, Person
from models.crm.opportunities import Opportunity, Stage, changed
from models.crm.profile import Sort
from models.crm.standing import State
from models.crm.tasks import Task
from models.money import Money
from models.records import Customer, Tenant
from models.safekeeping.erasure import Erasure
from models.selling.plans import Plan
from models.tables.crm import ActivityRow, OpportunityRow, PersonRow, ProfileRow, SearchTermRow, TaskRow
from tests.activities.gateways.sql.lived import GRACIELA, NOW, OTTO, SUB
from tests.keys import AFTER, KEYRING, ROTATED

MARIA = Person("acme", "ct_1", "c_1", "María Secreta", ContactRole.ACCOUNTANT, "maria@cliente.test", "+525533332222")
CALL = Activity("acme", "ac_1", "c_1", ActivityKind.CALL, NOW, "u_1", minutes=30, text="Su hijo se llama Pedro")
DEAL = Opportunity("acme", "op_1", "c_1", "Casa de Graciela", Money(100_000), 50, date(2026, 12, 1))
TASK = Task("acme", "ta_1", "c_1", "Llamar a la señora Fuentes", NOW + timedelta(days=1))


@pytest.fixture
async def known(store: SqlStore) -> SqlStore:
    """Two customers; of Graciela people have written something of each kind."""
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.enter_prospect(GRACIELA)
    await store.sign_up(OTTO, replace(SUB, id="s_2", customer="c_2"))
    await store.post(Fact("acme", "s_2", Kind.ISSUED, "in_9", Money(90_000), NOW, "in_9"))
    await store.save_contact(MARIA, NOW)
    assert await store.add_activity(CALL)
    await store.save_opportunity(DEAL)
    await store.save_task(TASK)
    return store


async def found(store: SqlStore, question: str) -> list[str]:
    return [each.customer.id for each in await store.listed_customers("acme", Wanted(question))]


async def test_somebody_is_found_by_what_is_known_of_them(known: SqlStore) -> None:
    for question in (
        "graci",
        "fuentes grac",
        "FUNK671228PH6",
        "graciela@cliente.test",
        "5599887766",
        "7766",
        "secreta",
    ):
        assert await found(known, question) == ["c_1"], question
    assert await found(known, "cliente") == ["c_2", "c_1"]  # the more valuable first
    assert await found(known, "zzz") == await found(known, "?") == []
    assert list(await known.listed_customers("other", Wanted("graci"))) == []
    await known.remove_contact("acme", "c_1", "ct_1")
    assert await found(known, "secreta") == []


@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_hold_everybody_once_in_every_order(known: SqlStore, sort: Sort) -> None:
    for number in range(5):
        await known.enter_prospect(
            Customer("acme", f"c_x{number}", f"x{number}", f"Eva {number}", f"eva{number}@cliente.test", "")
        )
    whole = [each.customer.id for each in await known.listed_customers("acme", Wanted(sort=sort))]
    paged, after = [], None
    while page := await known.listed_customers("acme", Wanted(sort=sort), after=after, limit=2):
        paged += [each.customer.id for each in page]
        after = page[-1].mark(sort)
    assert paged == whole
    assert len(whole) == 7
    assert whole[0] == "c_2" or sort in (Sort.RISK, Sort.LAST_ACTIVITY, Sort.NEXT_INVOICE)
    prospects = await known.listed_customers("acme", Wanted(state=State.PROSPECT, sort=sort))
    assert {each.customer.id for each in prospects} == set(whole) - {"c_2"}


async def test_an_email_and_an_rfc_are_one_customers(known: SqlStore) -> None:
    anew = replace(OTTO, id="c_3", reference="u_3")
    for field, customer in (
        ("email", replace(anew, receiver=None)),
        ("fiscal.tax_id", replace(anew, email="other@cliente.test")),
    ):
        with pytest.raises(Taken) as taken:
            await known.enter_prospect(customer)
        assert taken.value.field == field
        with pytest.raises(Taken):
            await known.enter_customer(customer)
    assert await known.customer_with("acme", rfc="CUSC850516316") == "c_2"
    assert await known.customer_with("acme", email="otto@cliente.test") == "c_2"
    assert not await known.enter_prospect(replace(anew, reference=OTTO.reference))  # the same customer again
    assert await known.enter_prospect(replace(anew, email="other@cliente.test", receiver=None))


async def test_nobody_who_buys_is_turned_away_for_an_rfc_which_stays_with_the_first(known: SqlStore) -> None:
    again = replace(OTTO, id="c_3", reference="u_3", email="other@cliente.test")
    await known.sign_up(again, replace(SUB, id="s_3", customer="c_3"))
    assert await known.customer_with("acme", rfc="CUSC850516316") == "c_2"
    assert sorted(await found(known, "CUSC850516316")) == ["c_2", "c_3"]


async def test_what_people_wrote_is_there_again(known: SqlStore) -> None:
    assert await known.contacts("acme", "c_1") == [MARIA]
    assert [each.text for each in await known.activities_of("acme", "c_1")] == [CALL.text]
    assert not await known.add_activity(CALL)
    (deal,) = (await known.opportunities_of("acme", ["c_1"]))["c_1"]
    assert (deal.name, deal.weighted) == (DEAL.name, 50_000)
    assert [task.text for task in await known.tasks_of("acme", "c_1")] == [TASK.text]
    assert [task.id for task in await known.open_tasks("acme")] == ["ta_1"]
    await known.save_task(replace(TASK, done_at=NOW, done_by="u_1"))
    assert await known.open_tasks("acme") == []
    latest = await known.latest_activities("acme", ["c_1", "c_2"])
    assert {customer: len(each) for customer, each in latest.items()} == {"c_1": 1, "c_2": 1}
    assert latest["c_1"][0].text == ""
    with pytest.raises(Missing):
        await known.add_activity(replace(CALL, id="ac_2", customer="c_404"))


async def test_two_who_change_at_once_both_have_their_way(known: SqlStore) -> None:
    async def say(**said: Any) -> None:
        await known.change_opportunity("acme", "c_1", DEAL.id, lambda held: changed(held, said, NOW))

    await asyncio.gather(say(stage=Stage.WON), say(probability=80), say(name="Otra"))
    (deal,) = (await known.opportunities_of("acme", ["c_1"]))["c_1"]
    assert (deal.stage, deal.probability, deal.name, deal.closed_at) == (Stage.WON, 80, "Otra", NOW)
    with pytest.raises(Missing):
        await known.change_opportunity("acme", "c_2", DEAL.id, lambda held: held)


async def test_a_task_is_found_however_many_there_are(known: SqlStore) -> None:
    for number in range(101):
        await known.save_task(replace(TASK, id=f"ta_early{number}", due_at=NOW - timedelta(days=1)))

    async def done(by: str) -> Task:
        end = partial(tasks.changed, due_at=None, assignee=None, done=True, by=by, now=NOW)
        return await known.change_task("acme", "c_1", TASK.id, end)

    first, second = await done("u_1"), await done("u_2")
    assert (first.done_by, second.done_by, second.due_at) == ("u_1", "u_1", TASK.due_at)
    with pytest.raises(Missing):
        await known.change_task("acme", "c_2", TASK.id, lambda held: held)


async def test_a_sheet_goes_through_everybody_once_while_their_values_change(
    known: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_sheets, "_PAGE", 1)
    await known.enter_prospect(replace(GRACIELA, id="c_3", reference="u_3", email="eva@cliente.test", receiver=None))
    rows = []
    async for piece in customer_sheets.exported(known, "acme"):
        rows.append(piece.partition(",")[0])
        if len(rows) == 2:  # who was last by value is first from here on
            await known.sign_up(
                replace(OTTO, id="c_4", reference="u_4", email="d@cliente.test"), replace(SUB, id="s_4", customer="c_4")
            )
            await known.post(Fact("acme", "s_4", Kind.ISSUED, "in_4", Money(999_000), NOW, "in_4"))
    assert rows == ["reference", GRACIELA.reference, OTTO.reference, "u_3", "u_4"]


async def test_one_contact_is_the_main_one(known: SqlStore) -> None:
    await known.save_contact(replace(MARIA, main=True), NOW)
    await known.save_contact(replace(MARIA, id="ct_2", name="Juan", main=True), NOW)
    assert [(each.name, each.main) for each in await known.contacts("acme", "c_1")] == [
        ("Juan", True),
        (MARIA.name, False),
    ]


async def test_erasing_a_customer_leaves_none_of_their_words(known: SqlStore) -> None:
    await known.erase_customer(Erasure("acme", "c_1", NOW, "owner@acme", "asked by letter"))
    assert await found(known, "graci") == await found(known, "secreta") == []
    for row, column in ((PersonRow, "details"), (ActivityRow, "text"), (OpportunityRow, "name"), (TaskRow, "text")):
        table = table_of(row)
        mine = select(table.c[column]).where(table.c.customer_id == "c_1")
        assert [tuple(each) for each in await known._db.figures(mine)] == [("",)]
    terms = select(table_of(SearchTermRow).c.term).where(table_of(SearchTermRow).c.customer_id == "c_1")
    assert list(await known._db.figures(terms)) == []
    assert await known.enter_prospect(replace(GRACIELA, id="c_9", reference="u_9"))  # somebody new, with their RFC
    assert await known.rebuild_customers("acme") == 3
    assert await found(known, "graci") == ["c_9"]


async def test_a_new_key_finds_and_opens_what_the_old_one_wrote(known: SqlStore, empty_database: str) -> None:
    rotated = SqlStore(empty_database, ROTATED)
    assert await found(rotated, "graci") == ["c_1"]
    await rotated.reseal()
    await rotated.close()
    after = SqlStore(empty_database, AFTER)
    assert await found(after, "graci") == ["c_1"]
    assert [person.name for person in await after.contacts("acme", "c_1")] == [MARIA.name]
    assert await after.customer_with("acme", rfc="CUSC850516316") == "c_2"
    keys = select(table_of(ProfileRow).c.key_id).distinct()
    assert [tuple(each) for each in await after._db.figures(keys)] == [(AFTER.current,)]
    await after.close()
    before = SqlStore(empty_database, KEYRING)
    assert await found(before, "graci") == []
    await before.close()

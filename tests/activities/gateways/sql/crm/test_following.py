"""The customer's record fills itself: every record of the engine's leaves its line, once, and deriving all anew changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from activities.gateways.sql.crm.following import NEVER, OUTDATED
from activities.gateways.sql.database import table_of
from activities.gateways.store_sql import SqlStore
from activities.ports.crm import Wanted
from models.bookkeeping.ledger import Fact, Kind
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState
from models.collecting.cases import Outcome, Stage
from models.crm.activities import ActivityKind
from models.crm.opportunities import Opportunity
from models.crm.standing import State
from models.money import Money
from models.records import CaseRecord, Delivery, NoticeRecord, Payment, Tenant
from models.selling.plans import Plan
from models.speaking.notices import Channel, NoticeKind
from models.speaking.replies import Meaning, Reply
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.tables.crm import ActivityRow, ProfileRow, SearchTermRow
from models.tickets.ticket import Origin, Ticket, TicketState, Topic
from tests.activities.gateways.sql.lived import GRACIELA, NOW, OTTO, SUB

DAY = timedelta(days=1)
ISSUED = Fact("acme", "s_1", Kind.ISSUED, "in_1", Money(14_900), NOW, "in_1")
PAID = Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.CREDIT, NOW + DAY)
REFUND = Fact("acme", "s_1", Kind.REFUNDED, "re_1", Money(4_900), NOW + 2 * DAY, "in_1", "ch_1")
CASE = CaseRecord("acme", "in_2", "s_1", Money(14_900), Stage.GRACE, "ruthless v1", NOW, attempts=1)
NOTICE = NoticeRecord("acme", "n_1", Channel.EMAIL, NoticeKind.RENEWAL, "s_1", Delivery.SENT, "Hola", NOW, sent_at=NOW)
REPLY = Reply("acme", "SM1", "c_1", Channel.WHATSAPP, "ya pague", Meaning.PAID, NOW + 3 * DAY)
TICKET = Ticket("acme", "tk_1", "c_1", Topic.BILLING, Origin.MESSAGE, NOW + 4 * DAY, "perdura", NOW, NOW, NOW)
CHANGE = ChangeRecord(
    "acme", "pc_1", "s_1", ChangeKind.DOWNGRADE, ChangeState.DONE, "max", "pro", Money(29_900), Money(14_900), Money(0),
    NOW, NOW, "customer",
)  # fmt: skip


@pytest.fixture
async def lived(store: SqlStore) -> SqlStore:
    """Graciela subscribes; nothing else has happened."""
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.sign_up(GRACIELA, SUB)
    await store.sign_up(OTTO, replace(SUB, id="s_2", customer="c_2"))
    return store


async def everything(store: SqlStore) -> Sequence[Any]:
    """The derived tables as whoever reads profiles finds them, but for what is an instant of the deriving itself."""
    await store.listed_customers("acme", Wanted())
    found = []
    for row in (ProfileRow, ActivityRow, SearchTermRow):
        table = table_of(row)
        kept = [column for column in table.c if column.name != "review_at"]
        found.append(await store._db.figures(select(*kept).order_by(*table.primary_key.columns)))
    return found


async def happen(store: SqlStore) -> None:
    """A bit of everything, some of it twice."""
    await store.post(ISSUED, replace(ISSUED, subject="in_2", invoice="in_2", at=NOW + 30 * DAY))
    await store.post(ISSUED)
    for _ in range(2):
        await store.record_payment(PAID)
        await store.post(REFUND)
        await store.save_notice(NOTICE)
        await store.add_reply(REPLY)
        await store.save_plan_change(CHANGE)
    await store.save_notice(replace(NOTICE, delivery=Delivery.DELIVERED))
    await store.save_ticket(TICKET, [], NOW)
    await store.save_ticket(replace(TICKET, state=TicketState.RESOLVED), [], NOW)
    await store.save_case(CASE)
    await store.save_case(replace(CASE, attempts=2, decline="insufficient_funds"))
    await store.save_subscription(
        replace(SUB, status=Status.PAST_DUE, period_start=NOW, period_end=NOW + 30 * DAY, amount_due=Money(14_900))
    )


async def test_nobody_types_and_all_is_there(lived: SqlStore) -> None:
    await happen(lived)
    found = (await lived.customer_profile("acme", "c_1")).profile
    assert (found.worth, found.invoices, found.average) == (2 * 14_900 - 4_900, 2, 14_900)
    assert (found.state, found.owed, found.owed_since) == (State.PAST_DUE, 14_900, NOW)
    assert (found.last_purchase_at, found.last_activity_at) == (NOW + 30 * DAY, NOW + 30 * DAY)
    assert (found.next_invoice_at, found.next_invoice) == (NOW + 30 * DAY, 14_900)
    told = await lived.activities_of("acme", "c_1")
    assert [(each.kind, each.what) for each in told] == [
        (ActivityKind.SALE, "issued"),
        (ActivityKind.TICKET, "billing"),
        (ActivityKind.MESSAGE, "reply_paid"),
        (ActivityKind.RETURN, "refunded"),
        (ActivityKind.PAYMENT, "paid"),
        (ActivityKind.MESSAGE, "renewal"),
        (ActivityKind.SALE, "issued"),
        (ActivityKind.PLAN_CHANGE, "downgrade"),
        (ActivityKind.RISK, "charge_failed"),
    ]
    by_kind = {each.kind: each for each in told}
    assert by_kind[ActivityKind.RISK].detail["attempts"] == 2
    assert by_kind[ActivityKind.TICKET].detail == {"ticket": "tk_1", "state": "resolved"}
    assert [each.detail["delivery"] for each in told if each.what == "renewal"] == ["delivered"]
    assert [each.detail["centavos"] for each in told if each.kind is ActivityKind.RETURN] == [-4_900]


async def test_deriving_all_anew_gives_what_living_gave(lived: SqlStore) -> None:
    await happen(lived)
    before = await everything(lived)
    assert await lived.rebuild_customers("acme") == 2
    assert await everything(lived) == before


async def test_every_kind_of_fact_leaves_the_line_that_deriving_it_from_the_books_would(lived: SqlStore) -> None:
    for number, kind in enumerate(Kind):
        await lived.post(Fact("acme", "s_1", kind, f"x_{number}", Money(11_600), NOW + number * DAY, f"in_{number}"))
    before = await everything(lived)
    await lived.rebuild_customers("acme")
    assert await everything(lived) == before


async def test_a_fact_only_outdates_the_profile_and_a_reader_or_the_round_derives_it(lived: SqlStore) -> None:
    async def kept() -> list[Any]:
        its = table_of(ProfileRow).c
        return [tuple(row) for row in await lived._db.figures(select(its.worth_centavos, its.review_at > OUTDATED))]

    await lived.listed_customers("acme", Wanted())
    assert await kept() == [(0, True), (0, True)]
    await lived.post(ISSUED)
    assert sorted(await kept()) == [(0, False), (0, True)], "nobody's history was read"
    assert (await lived.customer_profile("acme", "c_1")).profile.worth == 14_900
    await lived.post(REFUND)
    assert await lived.review_customers(NOW - 3650 * DAY) == 1
    assert sorted(await kept()) == [(0, True), (10_000, True)]


async def test_order_and_repetition_make_no_difference(lived: SqlStore) -> None:
    await lived.record_payment(PAID)
    await lived.post(REFUND)
    await lived.post(ISSUED)
    found = (await lived.customer_profile("acme", "c_1")).profile
    assert (found.worth, found.invoices) == (10_000, 1)


async def test_voiding_and_giving_up_take_from_the_value(lived: SqlStore) -> None:
    await lived.post(ISSUED, replace(ISSUED, subject="in_2", invoice="in_2"))
    await lived.post(replace(ISSUED, kind=Kind.VOIDED))
    await lived.post(replace(ISSUED, kind=Kind.WRITTEN_OFF, subject="in_2", invoice="in_2"))
    found = (await lived.customer_profile("acme", "c_1")).profile
    assert (found.worth, found.invoices) == (0, 1)
    standing = await lived.standing("acme", "c_1")
    assert [sale.given_up for sale in standing.sales] == [True]


async def test_a_settled_debt_is_a_debt_no_more(lived: SqlStore) -> None:
    await lived.save_case(CASE)
    over = replace(CASE, stage=Stage.CLOSED, outcome=Outcome.PAID, paid_at=NOW, closed_at=NOW)
    await lived.save_case(over)
    await lived.save_case(CASE)  # a late writer, who is not heard
    assert (await lived.customer_profile("acme", "c_1")).profile.owed == 0
    (told,) = await lived.activities_of("acme", "c_1")
    assert told.detail["outcome"] == "paid"


async def test_what_was_there_before_the_record_began_is_derived_by_the_round(lived: SqlStore) -> None:
    await happen(lived)
    before = await everything(lived)
    async with lived._db.transaction() as connection:
        for row in (ActivityRow, SearchTermRow):
            await connection.execute(table_of(row).delete())
        await connection.execute(table_of(ProfileRow).update().values(key_id="", worth_centavos=0))
    assert await lived.review_customers(NOW - 3650 * DAY) == 2
    assert await everything(lived) == before
    assert await lived.review_customers(NOW - 3650 * DAY) == 0


async def test_who_only_grew_older_is_scored_anew_and_keeps_their_history_as_it_is(lived: SqlStore) -> None:
    await happen(lived)
    before = (await lived.customer_profile("acme", "c_1")).profile
    history = await lived.activities_of("acme", "c_1")
    async with lived._db.transaction() as connection:
        await connection.execute(table_of(ProfileRow).update().values(review_at=NOW, worth_centavos=0))
        await connection.execute(table_of(ActivityRow).update().values(author="as it was written"))
    assert await lived.review_customers(NOW + DAY) == 2
    after = (await lived.customer_profile("acme", "c_1")).profile
    assert (after.worth, after.review_at > NOW) == (before.worth, True)
    assert {each.author for each in await lived.activities_of("acme", "c_1")} == {"as it was written"}
    # One that was never read from the books is derived, whatever key its terms are of.
    async with lived._db.transaction() as connection:
        await connection.execute(table_of(ProfileRow).update().values(review_at=NEVER))
    assert await lived.review_customers(NOW + DAY) == 2
    assert [each.id for each in await lived.activities_of("acme", "c_1")] == [each.id for each in history]
    assert "as it was written" not in {each.author for each in await lived.activities_of("acme", "c_1")}


async def test_another_tenants_customers_are_left_alone(lived: SqlStore) -> None:
    await lived.create_tenant(Tenant("other", "Other"))
    await happen(lived)
    before = await everything(lived)
    assert await lived.rebuild_customers("other") == 0
    assert await everything(lived) == before


async def test_an_opportunity_is_in_the_outlook_at_once(lived: SqlStore) -> None:
    deal = Opportunity("acme", "op_1", "c_1", "Proyecto A", Money(4_500_000), 65, date(2026, 12, 20))
    await lived.save_opportunity(deal)
    standing = await lived.standing("acme", "c_1")
    assert sum(each.weighted for each in standing.opportunities) == 2_925_000

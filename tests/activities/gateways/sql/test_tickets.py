"""The record of tickets: rows, sealed threads, events, pages by the clock, figures, terms."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from activities.failures import Missing
from activities.gateways.store_sql import SqlStore
from activities.ports.tickets import Place, TicketFilter
from models.periods import Calendar
from models.records import Delivery, NoticeRecord
from models.safekeeping.erasure import Erasure
from models.speaking.notices import Channel, NoticeKind
from models.speaking.replies import Meaning, Reply
from models.subscribing.subscriptions import Status
from models.telling.outgoing import EventType
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.figures import figures
from models.tickets.terms import OpenHours, Terms
from models.tickets.thread import Entry, EntryKind, Event
from models.tickets.ticket import Origin, Priority, Ticket, TicketState, Topic
from tests.activities.gateways.sql.lived import NOW, SUB, fill

HOUR = timedelta(hours=1)
E = EventType
SAID = "Soy Graciela, graciela@cliente.test: me cobraron dos veces"


def asked(id: str = "tk_1", *, after: timedelta = timedelta(), priority: Priority = Priority.NORMAL) -> Ticket:
    about = Asked("acme", id, "c_1", Topic.BILLING, Origin.MESSAGE, "customer", subscription="s_1", priority=priority)
    return desk.opened(about, Terms(), Calendar(), NOW + after)


def word(id: str = "te_w", ticket: str = "tk_1", number: int = 0) -> Entry:
    return Entry("acme", ticket, id, EntryKind.CUSTOMER, NOW, "customer", number, channel=Channel.WHATSAPP, text=SAID)


@pytest.fixture
async def books(store: SqlStore) -> SqlStore:
    await fill(store)
    return store


async def told(store: SqlStore) -> list[str]:
    return [
        event.type for event, _ in await store.events("acme", subscription="s_1") if event.type.startswith("ticket.")
    ]


async def test_what_is_drafted_is_sealed_and_shown_once_its_process_agrees(books: SqlStore) -> None:
    assert await books.draft_entry(word(), "c_1")
    assert not await books.draft_entry(replace(word(), text="another"), "c_1")
    assert await books.thread("acme", "tk_1") == []
    ticket = desk.heard(asked(), Channel.WHATSAPP, NOW, NOW)
    posted = replace(word(number=1), text="")
    for _ in range(2):  # as after a crash
        await books.save_ticket(ticket, [posted], NOW, opening="te_w")
    assert await books.ticket("acme", "tk_1") == ticket
    assert await books.thread("acme", "tk_1") == [word(number=1)]
    assert await books.entry_text("acme", "tk_1", "te_w") == SAID
    async with books._db._engine.connect() as connection:
        (raw,) = (await connection.execute(text("SELECT text FROM ticket_entries"))).scalars()
    assert raw.startswith("v1:")
    assert "Graciela" not in raw
    await books.drop_draft("acme", "tk_1", "te_w")
    assert len(await books.thread("acme", "tk_1")) == 1
    assert await told(books) == [E.TICKET_OPENED]


async def test_a_draft_that_was_refused_is_gone(books: SqlStore) -> None:
    await books.draft_entry(word(), "c_1")
    await books.drop_draft("acme", "tk_1", "te_w")
    assert await books.entry_text("acme", "tk_1", "te_w") == ""
    with pytest.raises(Missing):
        await books.draft_entry(word(), "c_404")


async def test_each_step_tells_what_it_changed(books: SqlStore) -> None:
    ticket = asked()
    steps = [
        ticket,
        ticket := desk.reminded(ticket, NOW),
        ticket := desk.missed(ticket),
        ticket := desk.assigned(ticket, "u_1"),
        ticket := desk.answered(ticket, "u_1", NOW),
        ticket := desk.heard(ticket, None, NOW, NOW),
        ticket := desk.raised(ticket, Terms(), Calendar(), NOW),
        ticket := desk.resolved(ticket, "u_1", NOW),
        ticket := desk.closed(ticket, NOW),
        desk.heard(ticket, Channel.SMS, NOW, NOW),
    ]
    for step in steps:
        await books.save_ticket(step, [], NOW)
        assert await books.ticket("acme", "tk_1") == step
    assert await told(books) == [
        *(E.TICKET_OPENED, E.TICKET_DUE, E.TICKET_MISSED, E.TICKET_ASSIGNED, E.TICKET_ANSWERED, E.TICKET_HEARD),
        *(E.TICKET_PRIORITY, E.TICKET_RESOLVED, E.TICKET_CLOSED, E.TICKET_REOPENED, E.TICKET_HEARD),
    ]


async def test_a_thread_shows_what_became_of_a_reply(books: SqlStore) -> None:
    reply = Entry("acme", "tk_1", "te_r", EntryKind.REPLY, NOW, "u_1", 2, text="Hola")
    event = Entry("acme", "tk_1", "te_1", EntryKind.EVENT, NOW, "u_1", 1, Event.RESOLVED, text="pagó")
    await books.save_ticket(asked(), [reply, event], NOW)
    for number, (channel, delivery) in enumerate([(Channel.WHATSAPP, Delivery.FAILED), (Channel.EMAIL, Delivery.SENT)]):
        at = NOW + timedelta(minutes=number)
        await books.save_notice(
            NoticeRecord("acme", "tk_1/te_r", channel, NoticeKind.TICKET_REPLY, "s_1", delivery, "Hola", at)
        )
    assert await books.thread("acme", "tk_1") == [event, replace(reply, delivery=Delivery.SENT, by=Channel.EMAIL)]
    assert await books.thread("otro", "tk_1") == []


async def test_pages_go_through_all_of_them_once_in_either_order(books: SqlStore) -> None:
    for number in range(7):
        ticket = asked(
            f"tk_{number}", after=number % 3 * HOUR, priority=Priority.URGENT if number % 2 else Priority.NORMAL
        )
        if number == 2:
            ticket = desk.answered(ticket, "u_1", NOW)
        await books.draft_entry(word(ticket=ticket.id), "c_1")
        await books.save_ticket(ticket, [], NOW, opening="te_w")
    for by_clock, first in ((True, "tk_3"), (False, "tk_5")):
        seen: list[str] = []
        after = None
        while True:
            page = await books.tickets("acme", TicketFilter(), NOW, by_clock=by_clock, after=after, limit=2)
            seen += [each.ticket.id for each in page]
            if not page:
                break
            assert {each.asked for each in page} == {SAID}
            last = page[-1].ticket
            after = Place(last.due_at if by_clock else last.opened_at, last.id, not last.unanswered)
        assert sorted(seen) == [f"tk_{number}" for number in range(7)]
        assert seen[0] == first
        assert not by_clock or seen[-1] == "tk_2"  # nobody waits for its first answer


async def test_lists_are_filtered(books: SqlStore) -> None:
    await books.save_ticket(asked("tk_late"), [], NOW)
    await books.save_ticket(desk.answered(asked("tk_done"), "u_1", NOW), [], NOW)
    mine = replace(asked("tk_mine", after=9 * HOUR, priority=Priority.HIGH), assignee="u_1", topic=Topic.ACCESS)
    await books.save_ticket(mine, [], NOW)
    await books.save_ticket(desk.resolved(asked("tk_over"), "u_1", NOW), [], NOW)

    async def found(which: TicketFilter) -> set[str]:
        return {each.ticket.id for each in await books.tickets("acme", which, NOW + 10 * HOUR)}

    assert await found(TicketFilter(overdue=True)) == {"tk_late"}
    assert await found(TicketFilter(open_only=True)) == {"tk_late", "tk_done", "tk_mine"}
    assert await found(TicketFilter(state=TicketState.RESOLVED)) == {"tk_over"}
    for which in (TicketFilter(priority=Priority.HIGH), TicketFilter(assignee="u_1"), TicketFilter(topic=Topic.ACCESS)):
        assert await found(which) == {"tk_mine"}
    assert await found(TicketFilter(customer="c_2")) == set()
    assert [each.id for each in await books.late_responses("acme", NOW + 10 * HOUR)] == ["tk_late"]
    latest = await books.latest_ticket("acme", "c_1")
    assert latest is not None
    assert latest.id == "tk_mine"
    assert await books.latest_ticket("acme", "c_2") is None


async def test_figures_count_what_was_answered_and_when(books: SqlStore) -> None:
    await books.save_ticket(desk.answered(asked("tk_1"), "u_1", NOW + HOUR), [], NOW)
    await books.save_ticket(desk.missed(asked("tk_2")), [], NOW)
    await books.save_ticket(desk.resolved(asked("tk_3"), desk.BY_ITSELF, NOW), [], NOW)
    await books.save_ticket(replace(asked("tk_4"), topic=Topic.OTHER), [], NOW)
    found = await books.first_responses("acme", NOW, NOW + HOUR, Topic.BILLING)
    assert [each.settled for each in found].count(True) == 1
    told = figures(found)
    assert (told.opened, told.answered, told.missed, told.mean_seconds) == (3, 1, 1, 3600)
    assert await books.first_responses("acme", NOW + HOUR, NOW + 2 * HOUR) == []


async def test_whether_they_wrote_within_the_day(books: SqlStore) -> None:
    await books.add_reply(Reply("acme", "SM1", "c_1", Channel.WHATSAPP, "hola", Meaning.OTHER, NOW))
    assert await books.wrote_since("acme", "c_1", Channel.WHATSAPP, NOW - HOUR)
    assert not await books.wrote_since("acme", "c_1", Channel.WHATSAPP, NOW + HOUR)
    assert not await books.wrote_since("acme", "c_1", Channel.SMS, NOW - HOUR)


async def test_terms_are_the_usual_ones_until_they_are_set(books: SqlStore) -> None:
    assert await books.ticket_terms("acme") == Terms()
    own = Terms(normal=6 * HOUR, hours=OpenHours(9, 18, (0, 1, 2, 3, 4)), raise_after=48 * HOUR, ends_with_case=False)
    await books.save_ticket_terms("acme", own, actor="ana", at=NOW)
    await books.save_ticket_terms("acme", own, actor="ana", at=NOW)
    assert await books.ticket_terms("acme") == own
    with pytest.raises(Missing):
        await books.save_ticket_terms("nobody", own, actor="ana", at=NOW)


async def test_whoever_is_erased_leaves_no_word_behind(books: SqlStore) -> None:
    await books.draft_entry(word(), "c_1")
    await books.save_ticket(asked(), [replace(word(number=1), text="")], NOW, opening="te_w")
    await books.save_subscription(replace(SUB, status=Status.CANCELED))
    await books.erase_customer(Erasure("acme", "c_1", NOW, "owner@acme", "asked by letter"))
    (entry,) = await books.thread("acme", "tk_1")
    assert (entry.text, entry.kind) == ("", EntryKind.CUSTOMER)

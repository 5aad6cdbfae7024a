"""Somebody who waits for an answer, and what their ticket's process would do with one: for the console's tests and pictures."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.commands import TicketCommand
from models.messages import Answer, Command
from models.periods import Calendar
from models.records import Delivery, NoticeRecord
from models.speaking.notices import Channel, NoticeKind
from models.speaking.replies import meaning
from models.tickets import desk
from models.tickets.desk import Asked
from models.tickets.messages import ReplyOrder
from models.tickets.terms import Terms
from models.tickets.thread import Entry, EntryKind, Event, notice_key
from models.tickets.ticket import Origin, Priority, Ticket
from models.tickets.topics import topic_of
from tests.api.account_holders import holder
from tests.browser.street import Street

VETIA = "vetia"


async def asked(
    street: Street, reference: str, name: str, text: str, *, ago: timedelta, priority: Priority = Priority.NORMAL
) -> str:
    """A customer who wrote so long ago and has not been answered; the ticket's id."""
    store, at = street.store, datetime.now(UTC) - ago
    record = await holder(store, VETIA, "basico", reference=reference, name=name, months=4)
    about = Asked(
        VETIA,
        f"tk_{reference}",
        record.customer,
        topic_of(meaning(text), text),
        Origin.MESSAGE,
        "customer",
        record.id,
        priority=priority,
    )
    ticket = desk.heard(desk.opened(about, Terms(), Calendar(), at), Channel.WHATSAPP, at, at)
    word = Entry(
        VETIA, ticket.id, "te_word", EntryKind.CUSTOMER, at, "customer", 2, channel=Channel.WHATSAPP, text=text
    )
    begun = Entry(VETIA, ticket.id, "te_1", EntryKind.EVENT, at, "customer", 1, Event.OPENED, Origin.MESSAGE)
    await store.save_ticket(replace(ticket, number=2), [begun, word], at, opening=word.id)
    return ticket.id


class Answering:
    """Stands in for the processes of tickets: a reply is in the thread, and has arrived."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.answered: list[Ticket] = []

    async def command_ticket(
        self, tenant: str, ticket: str, command: TicketCommand, order: Command, *, update_id: str = ""
    ) -> Answer:
        store, now = self.street.store, datetime.now(UTC)
        held = await store.ticket(tenant, ticket)
        assert held is not None
        assert isinstance(order, ReplyOrder)
        after = replace(desk.answered(held, order.actor, now), number=held.number + 1)
        reply = Entry(tenant, ticket, order.entry, EntryKind.REPLY, now, order.actor, after.number)
        await store.save_ticket(after, [reply], now)
        sent = NoticeRecord(
            tenant,
            notice_key(ticket, order.entry),
            Channel.WHATSAPP,
            NoticeKind.TICKET_REPLY,
            held.subscription,
            Delivery.DELIVERED,
            "",
            now,
        )
        await store.save_notice(sent)
        self.answered.append(after)
        return Answer(after.state)

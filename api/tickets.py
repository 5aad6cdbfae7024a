"""Tickets: where a person takes over. Each order is validated by the ticket's process, answered, and kept in the audit."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from activities.ports.processes import CommandRefused, ProcessesUnavailable, ProcessNotFound, Unanswered
from activities.ports.tickets import Listed, TicketFilter
from api.access import needs
from api.billing import owing_by
from api.deps import ID, By, Caller, Context, Ctx, Orderer
from api.orders import ANSWERS, AnswerView, Order
from api.problems import FieldError, Problem, answers, invalid
from api.ticket_views import (
    AssignOrder,
    NewTicket,
    NoteOrder,
    PriorityOrder,
    ReplyBody,
    ThreadView,
    TicketPage,
    TicketView,
    read_place,
    written_place,
)
from models.access.permissions import Permission, Role
from models.commands import TicketCommand
from models.messages import Command
from models.records import Tenant
from models.tickets.desk import Asked, opened
from models.tickets.messages import Assign, Note, ReplyOrder, SetPriority, TicketStart
from models.tickets.thread import Entry, EntryKind
from models.tickets.ticket import Origin, Priority, TicketState, Topic

router = APIRouter(prefix="/v1/tickets", tags=["tickets"])
_LOOK, _ORDER = [needs(Permission.READ)], [needs(Permission.ORDER)]
Id = Annotated[str, Path(pattern=ID, description="`id` of the ticket", examples=["tk_6c1f0a9be27d4410ab12"])]


@router.get("", summary="Tickets", dependencies=_LOOK, responses=answers(422, 503))
async def listed(
    context: Ctx,
    tenant: Caller,
    state: Annotated[TicketState | None, Query(description="only those that stand there")] = None,
    open_only: Annotated[bool, Query(alias="open", description="only those that are not over")] = False,
    priority: Annotated[Priority | None, Query()] = None,
    topic: Annotated[Topic | None, Query()] = None,
    assignee: Annotated[str, Query(max_length=64, description="a person's id (`u_…`)")] = "",
    customer: Annotated[str, Query(max_length=64, description="our id of a customer (`c_…`)")] = "",
    overdue: Annotated[bool, Query(description="only those whose first response is late")] = False,
    by_clock: Annotated[
        bool, Query(description="whose first response is due soonest first; else newest first")
    ] = False,
    cursor: Annotated[str | None, Query(max_length=300, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TicketPage:
    """New tickets do not shift later pages."""
    which = TicketFilter(state, open_only, priority, topic, assignee, customer, overdue)
    after = read_place(cursor) if cursor else None
    found = list(
        await context.store.tickets(
            tenant.id, which, datetime.now(UTC), by_clock=by_clock, after=after, limit=limit + 1
        )
    )
    more, found = len(found) > limit, found[:limit]
    return TicketPage(
        data=[TicketView.of(each) for each in found],
        next_cursor=written_place(found[-1].ticket, by_clock=by_clock) if more else None,
    )


@router.post("", status_code=201, summary="Open a ticket", dependencies=_ORDER, responses=answers(404, 409, 422, 503))
async def new(order: NewTicket, response: Response, context: Ctx, tenant: Caller, by: Orderer) -> TicketView:
    """For a customer who called, or for something that must be looked into. With an `Idempotency-Key` a repeat is the same ticket."""
    found = await open_ticket(context, tenant, by, order)
    response.headers["Location"] = f"{router.prefix}/{found.ticket.id}"
    return TicketView.of(found)


@router.get("/{ticket}", summary="One ticket and its thread", dependencies=_LOOK, responses=answers(404, 422, 503))
async def shown(ticket: Id, context: Ctx, tenant: Caller) -> ThreadView:
    """All that was said and done, the oldest first."""
    found = await one(context, tenant, ticket)
    return ThreadView.whole(found, list(await context.store.thread(tenant.id, ticket)))


@router.post("/{ticket}/assign", summary="Say whose it is", dependencies=_ORDER, responses=ANSWERS)
async def assign(ticket: Id, order: AssignOrder, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """A person who may give orders; empty: nobody's."""
    if order.assignee:
        user = await context.store.user(tenant.id, order.assignee)
        if user is None or not user.active or user.role is Role.VIEWER:
            raise invalid([FieldError(field="assignee", message="nobody of yours with this id may answer tickets")])
    said = Assign(*by.sign(order.actor, order.reason), order.assignee)
    return await ordered(context, tenant, ticket, TicketCommand.ASSIGN, said, by)


@router.post("/{ticket}/note", summary="Write a note", dependencies=_ORDER, responses=ANSWERS)
async def note(ticket: Id, order: NoteOrder, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """For colleagues; the customer does not see it."""
    actor, reason = by.sign(order.actor, "note")
    async with _drafted(context, tenant, ticket, by, EntryKind.NOTE, order.text) as entry:
        said = Note(actor, reason, entry, order.spoken)
        return await ordered(context, tenant, ticket, TicketCommand.NOTE, said, by)


@router.post("/{ticket}/reply", summary="Reply to the customer", dependencies=_ORDER, responses=ANSWERS)
async def reply(ticket: Id, order: ReplyBody, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """By WhatsApp, and where that does not arrive by SMS or e-mail. What became of it stands in the thread."""
    actor, reason = by.sign(order.actor, "reply")
    async with _drafted(context, tenant, ticket, by, EntryKind.REPLY, order.text) as entry:
        said = ReplyOrder(actor, reason, entry, order.replies_seen, order.channel)
        return await ordered(context, tenant, ticket, TicketCommand.REPLY, said, by)


@router.post("/{ticket}/priority", summary="Say how urgent it is", dependencies=_ORDER, responses=ANSWERS)
async def priority(ticket: Id, order: PriorityOrder, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """A higher one brings the first response forward; nothing puts it off."""
    said = SetPriority(*by.sign(order.actor, order.reason), order.priority)
    return await ordered(context, tenant, ticket, TicketCommand.PRIORITY, said, by)


@router.post("/{ticket}/resolve", summary="Say that it is settled", dependencies=_ORDER, responses=ANSWERS)
async def resolve(ticket: Id, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """It closes some days later, unless the customer writes again."""
    said = Command(*by.sign(order.actor, order.reason))
    return await ordered(context, tenant, ticket, TicketCommand.RESOLVE, said, by)


@router.post("/{ticket}/reopen", summary="Open it again", dependencies=_ORDER, responses=ANSWERS)
async def reopen(ticket: Id, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """Also one that is closed."""
    found = await one(context, tenant, ticket)
    terms = await context.store.ticket_terms(tenant.id)
    start = TicketStart(found.ticket, terms, context.calendar(tenant))
    said = Command(*by.sign(order.actor, order.reason))
    return AnswerView.of(await context.door.reopen_ticket(start, said, update_id=by.update_id))


@router.post("/{ticket}/close", summary="Close it at once", dependencies=_ORDER, responses=ANSWERS)
async def close(ticket: Id, order: Order, context: Ctx, tenant: Caller, by: Orderer) -> AnswerView:
    """A duplicate, or nothing of ours."""
    said = Command(*by.sign(order.actor, order.reason))
    return await ordered(context, tenant, ticket, TicketCommand.CLOSE, said, by)


async def open_ticket(context: Context, tenant: Tenant, by: By, order: NewTicket) -> Listed:
    """Open a ticket of a person's, once for the order's key. Raises Problem: 404, or 422 where nobody is named."""
    if order.customer_reference and not order.subscription:
        customer = await context.store.customer_by_reference(tenant.id, order.customer_reference)
        if customer is None:
            raise Problem(404, f"there is no customer '{order.customer_reference}'", kind="missing")
        theirs = await context.store.subscriptions_of(tenant.id, customer.id)
        account = theirs[0].id if theirs else ""
    else:
        found = await owing_by(context, tenant, order.customer_reference, order.subscription)
        customer, account = found.customer, found.record.id
    actor, _ = by.sign(order.actor, "")
    terms, calendar, now = await context.store.ticket_terms(tenant.id), context.calendar(tenant), datetime.now(UTC)
    about = Asked(
        tenant=tenant.id,
        id=f"tk_{by.update_id[:24] or secrets.token_hex(10)}",
        customer=customer.id,
        topic=order.topic,
        origin=Origin.PERSON,
        by=actor,
        subscription=account,
        priority=order.priority,
    )
    entry = Entry(tenant.id, about.id, "te_opening", EntryKind.NOTE, now, actor, text=order.text)
    await context.store.draft_entry(entry, customer.id)
    start = TicketStart(opened(about, terms, calendar, now), terms, calendar, opening=entry.id)
    return Listed(await context.door.start_ticket(start), order.text, customer.name, customer.reference)


async def one(context: Context, tenant: Tenant, ticket: str) -> Listed:
    """A ticket of the tenant's. Raises Problem: 404."""
    found = await context.store.listed_ticket(tenant.id, ticket)
    if found is None:
        raise Problem(404, f"there is no ticket '{ticket}'", kind="missing")
    return found


async def ordered(
    context: Context, tenant: Tenant, ticket: str, command: TicketCommand, order: Command, by: By
) -> AnswerView:
    """Give an order to a ticket of the tenant's, and wait for its answer."""
    await one(context, tenant, ticket)
    return AnswerView.of(await context.door.command_ticket(tenant.id, ticket, command, order, update_id=by.update_id))


@asynccontextmanager
async def _drafted(
    context: Context, tenant: Tenant, ticket: str, by: By, kind: EntryKind, text: str
) -> AsyncIterator[str]:
    """The entry that holds a text while its process is asked; gone again where it says no, or was not asked at all."""
    found = await one(context, tenant, ticket)
    id = f"te_{by.update_id[:24] or secrets.token_hex(12)}"
    entry = Entry(tenant.id, ticket, id, kind, datetime.now(UTC), by.who.id, text=text)
    await context.store.draft_entry(entry, found.ticket.customer)
    try:
        yield id
    except (CommandRefused, ProcessNotFound, ProcessesUnavailable) as error:
        if not isinstance(error, Unanswered):  # then it may still be carried out
            await context.store.drop_draft(tenant.id, ticket, id)
        raise

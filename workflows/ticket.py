"""A ticket, from its opening until nobody need act on it: the clock of the first response, the thread, and what ends it.

What was written lies in the record before its process hears of it, and is named by its entry here.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.ticketing import Reminder, Ticketing, TicketReport
    from models.messages import BY_ITSELF, Command
    from models.records import Delivery
    from models.speaking.notices import NoticeRequest
    from models.tickets import desk
    from models.tickets.desk import Do
    from models.tickets.messages import Escalation, Settled, TicketStart, Word
    from models.tickets.thread import Entry, EntryKind, Event
    from models.tickets.ticket import Origin, Ticket, TicketState
    from workflows import options, ticket_report
    from workflows.ticket_orders import TicketOrders

CUSTOMER = "customer"  # who speaks, where it is they
_REMEMBERED = 50  # words of the customer's, each of which counts once
_MOMENT = timedelta(minutes=1)  # within which a closed ticket's process hears why it was begun again


@workflow.defn
class TicketWorkflow(TicketOrders):
    """Lives for days. One run holds so many moves; the next goes on from where it stood. Its result is the state it ended in."""

    @workflow.init
    def __init__(self, start: TicketStart) -> None:
        self._start = start
        self._ticket = start.ticket
        self._begun = start.ticket.number > 0
        self._heard = start.heard
        self._settled: Settled | None = None  # the last reply that did not arrive: whoever tells of it may tell twice
        self._moves = 0
        self._turn = asyncio.Lock()
        self._errands: set[asyncio.Task[None]] = set()
        self._news: deque[Word | Escalation | Settled | str] = deque()
        self._show()

    @workflow.run
    async def run(self, start: TicketStart) -> TicketState:
        if not self._begun:
            async with self._turn:
                await self._open()
            self._begun = True
        if self._over:
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._moves > 0 or bool(self._news),
                    timeout=_MOMENT,
                    timeout_summary="closed: why begun again?",
                )
        while True:
            async with self._turn:
                acted = await self._act()
            if acted:
                continue
            if self._over:
                await workflow.wait_condition(self._at_rest)
                if self._over and not self._news:
                    return self._ticket.state
                continue
            if self._moves >= start.moves or workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(self._at_rest)
                if not self._news and not self._over:
                    workflow.continue_as_new(replace(start, ticket=self._ticket, opening="", heard=self._heard))
                continue
            await self._wait()

    @property
    def _over(self) -> bool:
        return self._ticket.state is TicketState.CLOSED

    def _at_rest(self) -> bool:
        """Nothing is under way that the end of this run would cut off."""
        return workflow.all_handlers_finished() and not self._errands

    async def _open(self) -> None:
        """Into the record, with what was asked where a person wrote it down."""
        start, now = self._start, workflow.now()
        order = Command(self._ticket.opened_by, "")
        entry = ticket_report.happened(self._ticket, Event.OPENED, order, now, self._ticket.origin)
        await self._record(self._ticket, entry, order, Event.OPENED)
        if start.opening and self._ticket.origin is Origin.PERSON:
            written = self._written(EntryKind.NOTE, order, start.opening)
            await self._record(self._ticket, written, order, "note")

    # --- facts

    # Signals, because nobody waits for an answer and none may be lost.
    @workflow.signal(description="The customer wrote; the text is in the record")
    def customer_wrote(self, word: Word) -> None:
        self._news.append(word)

    @workflow.signal(description="Its dunning case asks for a person, perhaps once more")
    def escalated(self, escalation: Escalation) -> None:
        self._news.append(escalation)

    @workflow.signal(description="Its dunning case has ended so")
    def case_ended(self, outcome: str) -> None:
        self._news.append(outcome)

    @workflow.signal(description="The message that carried a reply has ended so")
    def reply_settled(self, end: Settled) -> None:
        self._news.append(end)

    # --- one turn

    async def _act(self) -> bool:
        """Do the one thing that is to be done now; False when there is nothing but to wait."""
        now, start, ticket = workflow.now(), self._start, self._ticket
        if self._news:
            await self._take_in(self._news.popleft())
            return True
        match desk.decide(ticket, start.terms, start.calendar, now).do:
            case Do.REMIND:
                await self._happen(desk.reminded(ticket, now), Event.REMINDED)
                errand = asyncio.create_task(self._remind())
                self._errands.add(errand)
                errand.add_done_callback(self._errands.discard)
            case Do.MISS:
                await self._happen(desk.missed(ticket), Event.MISSED)
            case Do.RAISE:
                higher = desk.raised(ticket, start.terms, start.calendar, now)
                await self._happen(higher, Event.RAISED, higher.priority)
            case Do.CLOSE:
                await self._happen(desk.closed(ticket, now), Event.CLOSED)
            case _:
                return False
        return True

    async def _take_in(self, news: Word | Escalation | Settled | str) -> None:
        now, start, ticket = workflow.now(), self._start, self._ticket
        match news:
            case Word() if news.entry not in self._heard:
                self._heard = (*self._heard[-_REMEMBERED:], news.entry)
                order = Command(CUSTOMER, "")
                entry = self._written(EntryKind.CUSTOMER, order, news.entry, channel=news.channel)
                await self._record(desk.heard(ticket, news.channel, news.at, now), entry, order, "customer wrote")
            case Escalation() if news.key != ticket.cause:
                again = desk.escalated_again(ticket, news.priority, start.terms, start.calendar, now)
                order = Command(news.by, news.reason)
                await self._happen(replace(again, cause=news.key), Event.ESCALATED, again.priority, order)
            case Settled() if news.delivery in (Delivery.FAILED, Delivery.UNKNOWN) and news != self._settled:
                self._settled = news
                await self._happen(desk.not_arrived(ticket), Event.NOT_DELIVERED, news.error)
            case str() if news != ticket.case_outcome:
                await self._happen(replace(ticket, case_outcome=news), Event.CASE_ENDED, news)
                if desk.settles_with_case(self._ticket, start.terms):
                    await self._happen(desk.resolved(self._ticket, desk.BY_ITSELF, now), Event.RESOLVED, news)

    async def _remind(self) -> None:
        """Whoever is to answer is told, beside everything else: a mail server that is away keeps no order waiting."""
        try:
            await workflow.execute_activity_method(
                Ticketing.remind_people,
                Reminder(self._ticket, self._start.calendar),
                **options.message("remind whoever is to answer", within=timedelta(minutes=30)),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise

    async def _wait(self) -> None:
        """Until something is due or somebody has a word."""
        before, now = self._moves, workflow.now()
        decision = desk.decide(self._ticket, self._start.terms, self._start.calendar, now)
        if decision.do is not Do.WAIT:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: bool(self._news) or self._moves != before,
                timeout=decision.at - now if decision.at else None,
                timeout_summary="first response due" if self._ticket.unanswered else "next act",
            )

    # --- queries

    @workflow.update(description="Wait until it is in the record")
    async def begun(self) -> Ticket:
        await workflow.wait_condition(lambda: self._begun)
        return self._ticket

    @workflow.query(description="Where the ticket stands")
    def state(self) -> Ticket:
        return self._ticket

    @workflow.query(description="When each thing happened, without a word of what was written")
    def timeline(self) -> list[tuple[str, str]]:
        ticket = self._ticket
        known = {
            "opened": ticket.opened_at,
            "reminded": ticket.reminded_at,
            "due": ticket.due_at,
            "missed": ticket.missed_at,
            "answered": ticket.answered_at,
            "heard": ticket.heard_at,
            "raised": ticket.raised_at,
            "resolved": ticket.resolved_at,
            "closed": ticket.closed_at,
        }
        return sorted(
            ((at.isoformat(), what) for what, at in known.items() if at is not None), key=lambda line: line[0]
        )

    # --- state, record and text

    async def _happen(self, ticket: Ticket, event: Event, detail: str = "", order: Command = BY_ITSELF) -> None:
        entry = ticket_report.happened(self._ticket, event, order, workflow.now(), detail, order.reason)
        await self._record(ticket, entry, order, event)

    async def _record(
        self, ticket: Ticket, entry: Entry, order: Command, what: str, notice: NoticeRequest | None = None
    ) -> None:
        """The one place where the state changes, and with it what an operator sees; then it is written."""
        now = workflow.now()
        self._ticket = ticket = replace(ticket, number=entry.number)
        self._moves += 1
        workflow.upsert_search_attributes(ticket_report.attributes(self._start, ticket, now))
        self._show()
        report = TicketReport(
            ticket,
            (entry,),
            ticket_report.audited(ticket, what, order, now, entry.detail),
            now,
            self._start.opening,
            notice,
        )
        await workflow.execute_local_activity_method(
            Ticketing.record_ticket, report, **options.record(f"ticket {what}")
        )

    def _show(self) -> None:
        workflow.set_current_details(ticket_report.details(self._ticket, self._start.calendar))

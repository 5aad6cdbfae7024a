"""One bill, from its invoice at the provider to paid, void or given up.

As with a subscription, news only says "look"; an overdue bill has a dunning case, which speaks to this process as it would to a
subscription's. Here the bill's own row, its messages and its tax invoice are seen to.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.billing import AtProvider
    from activities.billing_once import BillRef, Bills
    from models.billing import bill_news
    from models.billing.bill_news import BillState
    from models.billing.bills import BillStatus
    from models.collecting.case_news import CaseNews
    from models.messages import BY_ITSELF, BillStart, Command
    from models.speaking.notices import NoticeKind
    from models.subscribing.invoices import Invoice, InvoiceStatus
    from models.subscribing.provider_news import ProviderNews
    from workflows import bill_report, children, options
    from workflows.bill_orders import BillOrders
    from workflows.dunning import DunningWorkflow


@workflow.defn
class BillWorkflow(BillOrders):
    """The owner of a bill. Its result is how the bill ended."""

    @workflow.init
    def __init__(self, start: BillStart) -> None:
        self._start = start
        self._state = start.state or BillState()
        self._named = start.named
        self._void = start.void
        self._turn = asyncio.Lock()  # one act at a time: an order waits for the act in progress
        self._look_wanted = False
        self._reports: deque[CaseNews] = deque()
        self._moves = 0
        self._counts_outside = True
        self._show()

    @workflow.run
    async def run(self, start: BillStart) -> BillStatus:
        # A bill that began before money past the provider was a payment ends as it would have.
        self._counts_outside = workflow.patched("money-past-the-provider-is-a-payment")
        if start.state is None:
            async with self._turn:
                await self._issue()
        while not (self._finished and workflow.all_handlers_finished()):
            if self._finished:
                await workflow.wait_condition(workflow.all_handlers_finished)
                continue
            async with self._turn:
                acted = await self._act()
            if not acted:
                await self._wait()
        if not self._state.done:
            workflow.continue_as_new(replace(self._start, state=self._state, named=self._named))
        return self._state.status

    @property
    def _finished(self) -> bool:
        """This run is over: the bill is, or its history has grown long. Reports are never left behind."""
        full = workflow.info().is_continue_as_new_suggested() and self._state.invoice != "" and not self._look_wanted
        return not self._reports and (self._state.done or full)

    # --- facts

    # Signals, because a webhook must be acknowledged, and a case reports, whether or not a worker runs.
    @workflow.signal(description="Something changed at the payments provider")
    def provider_reported(self, news: ProviderNews) -> None:  # noqa: ARG002 - whatever it was, it says: look
        self._look_wanted = True

    @workflow.signal(description="The bill's dunning case reports where it stands")
    def case_reported(self, news: CaseNews) -> None:
        self._reports.append(news)

    # An update, because whoever made the bill waits for the address at which it is paid.
    @workflow.update(description="Wait until the bill is issued")
    async def issued(self) -> BillState:
        await workflow.wait_condition(lambda: self._state.status is not BillStatus.DRAFT)
        return self._state

    # --- one turn

    async def _act(self) -> bool:
        """Do the one thing that is to be done now; False when there is nothing but to wait."""
        if self._reports:
            await self._hear(self._reports.popleft())
            return True
        ask_at = self._state.ask_at
        asks = not self._state.status.over and ask_at is not None and ask_at <= workflow.now()
        if self._look_wanted or asks:
            await self._look()
            return True
        return False

    async def _wait(self) -> None:
        before, ask_at = self._moves, None if self._state.status.over else self._state.ask_at
        words, _ = self._state.next_action
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._finished or self._look_wanted or bool(self._reports) or self._moves != before,
                timeout=max(ask_at - workflow.now(), timedelta()) if ask_at else None,
                timeout_summary=f"next: {words}",
            )

    async def _issue(self) -> None:
        start = self._start
        nothing = not start.amount.centavos  # packages gave all of it: there is nothing to ask for
        if nothing and self._void is None:
            self._become(
                bill_news.ended_as(replace(self._state, issued_at=workflow.now()), BillStatus.PAID, workflow.now())
            )
            await self._record("bill of nothing: packages include all of it")
            return
        invoice = None if nothing else await self._invoice()
        if invoice is None:
            self._become(bill_news.ended_as(self._state, BillStatus.VOID, workflow.now()))
            await self._record("bill voided", self._void or BY_ITSELF)
            return
        self._become(bill_news.issued(self._state, invoice, workflow.now(), start.days, start.calendar))
        if self._void is not None and not self._state.status.over:
            invoice = await workflow.execute_activity_method(
                Bills.void_bill, self._keyed("void"), **options.look("void the invoice nobody was told of")
            )
            self._become(bill_news.seen(self._state, invoice, workflow.now()))
        if self._void is not None and self._state.status is BillStatus.VOID:
            await self._end(invoice, "bill voided", self._void)
            return
        if self._state.status.over:
            await self._end(invoice, "bill paid")
            return
        if start.quiet:
            await self._record("bill issued to be taken back: its customer is not told")
            return
        await self._record("bill issued", notices=(self._notice(NoticeKind.BILL_ISSUED, on=self._state.due_at),))

    async def _invoice(self) -> Invoice | None:
        """The bill's invoice, asked for until the provider makes it; None where it refuses to, and the bill is to be taken back.

        To be taken back it is made all the same, where it can be: of a try whose answer was lost nobody knows whether it made it.
        """
        ref, told = BillRef(self._start.tenant, self._start.subscription), f"issue the bill of {self._start.amount}"
        if self._void is None:
            issuing = workflow.start_activity_method(Bills.issue_bill, ref, **options.look(told))
            await workflow.wait_condition(lambda: issuing.done() or self._void is not None)
            if issuing.done():
                return await issuing
            issuing.cancel()  # asked once more with the same key, by a try to which a refusal is an answer
            with contextlib.suppress(ActivityError):
                return await issuing
        try:
            return await workflow.execute_activity_method(Bills.issue_bill, ref, **options.money(told))
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return None

    async def _look(self) -> None:
        self._look_wanted = False
        invoice = await workflow.execute_activity_method(
            Bills.look_up_bill,
            AtProvider(self._state.invoice, tenant=self._start.tenant, subscription=self._start.subscription),
            **options.look("look at the invoice"),
        )
        now, calendar, before = workflow.now(), self._start.calendar, self._state
        state = bill_news.seen(before, invoice, now)
        if state is not before:
            self._become(state)
            await self._end(invoice, f"bill {state.status.replace('_', ' ')}")
            return
        if self._state.collecting:
            await children.tell_case(self._start.tenant, invoice.id, DunningWorkflow.invoice_seen, invoice)
        elif bill_news.falls_due(before, now) and invoice.owed:
            self._become(bill_news.overdue(before, now, calendar))
            await self._record("bill overdue")
            await children.open_case(self._start, invoice)
            return
        self._become(bill_news.asked(self._state, now, calendar))

    async def _hear(self, news: CaseNews) -> None:
        """A case reported: its next step, or its end. What ended it is looked up; what support settled past the provider it brings."""
        self._become(bill_news.case_reported(self._state, news))
        if news.settled is not None and not self._state.status.over:
            self._become(bill_news.seen(self._state, news.settled, workflow.now()))
            await self._end(news.settled, "bill paid")
        elif news.outcome is not None and not self._state.status.over:
            if self._state.given_up:
                await self._record("dunning ended without money: a person decides what becomes of the bill")
            self._look_wanted = True
        else:
            await self._record("")

    async def _end(self, invoice: Invoice, what: str, order: Command = BY_ITSELF, detail: str = "") -> None:
        """The bill has ended as its state says: written down, then told, then invoiced."""
        state = self._state
        paid = state.status is BillStatus.PAID
        if self._counts_outside:
            invoice = bill_news.paid_past_provider(state, invoice)
        notices = (self._notice(NoticeKind.BILL_PAID, invoice=invoice),) if paid and not self._named else ()
        await self._record(what, order, detail, settled=invoice, notices=notices)
        if state.collecting and not await children.tell_case(
            self._start.tenant, invoice.id, DunningWorkflow.invoice_seen, invoice
        ):
            self._become(replace(self._state, collecting=False))  # somebody ended its process by hand
        if paid and invoice.status is InvoiceStatus.PAID:
            await children.start_invoicing(self._start, invoice, named=self._named)

    # --- queries

    @workflow.query(description="The bill as its process remembers it")
    def state(self) -> BillState:
        return self._state

    # --- state, record and text

    def _become(self, state: BillState) -> None:
        """The one place where the state changes, and with it what an operator sees."""
        self._state = state
        self._moves += 1
        workflow.upsert_search_attributes(bill_report.attributes(self._start, state))
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(bill_report.details(self._start, self._state))

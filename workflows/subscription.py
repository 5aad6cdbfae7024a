"""One subscription, for as long as it lives. One run is one billing period; at its end the process continues as new.

Provider news only says "look": the process reads the subscription and its invoices anew, and `models.subscription_news.absorb`
makes the transitions which that word justifies. It never waits for news alone: when an expected invoice is not heard of, it asks.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.billing import AtProvider, Billing, OpenSubscription, PlanChange
    from activities.records import Records
    from models import case_news, subscription_acts, subscription_news
    from models.case_news import CaseNews
    from models.cases import Outcome
    from models.invoices import Invoice
    from models.messages import BY_ITSELF, Cancel, Command, Line, Opening, SubscriptionStart
    from models.notices import NoticeKind, NoticeRequest
    from models.policy import Ending
    from models.provider_news import ProviderNews
    from models.records import AuditEntry
    from models.subscription_acts import Act
    from models.subscription_news import Changes
    from models.subscriptions import ProviderSubscription, Status, Subscription
    from workflows import children, options, subscription_report
    from workflows.dunning import DunningWorkflow
    from workflows.subscription_orders import SubscriptionOrders


@workflow.defn
class SubscriptionWorkflow(SubscriptionOrders):
    """The owner of the subscription's status."""

    @workflow.init
    def __init__(self, start: SubscriptionStart) -> None:
        self._start = start
        self._state = start.state or Subscription()
        self._turn = asyncio.Lock()  # one act at a time: an order waits for the act in progress
        self._look_wanted = False
        self._last_news = ""
        self._refusal = ""
        self._reports: deque[CaseNews] = deque()
        self._opening: Opening | None = Opening(self._state.status) if start.state else None
        self._moves = 0
        self._next_period = False
        self._show()

    @workflow.run
    async def run(self, start: SubscriptionStart) -> Opening:
        if start.state is None:
            async with self._turn:
                await self._open()
        while not (self._finished and workflow.all_handlers_finished()):
            if self._finished:
                await workflow.wait_condition(workflow.all_handlers_finished)
                continue
            async with self._turn:
                acted = await self._act()
            if not acted:
                await self._wait()
        if not self._done:
            # News that came meanwhile is looked at by the next run.
            ask_at = workflow.now() if self._look_wanted else self._state.ask_at
            workflow.continue_as_new(replace(self._start, state=replace(self._state, ask_at=ask_at)))
        return self._opening or Opening(self._state.status)

    @property
    def _done(self) -> bool:
        """Canceled, and nothing left to hear of: a case still open would report to nobody."""
        return self._state.over and not self._state.cases

    @property
    def _finished(self) -> bool:
        """This run is over: the subscription is, or its period, or its history has grown long. Reports are never left behind."""
        full = workflow.info().is_continue_as_new_suggested() and self._opening is not None
        return not self._reports and (self._done or self._next_period or full)

    # --- facts

    # Signals, because the webhook must be acknowledged whether or not a worker runs. Many of them make one look.
    @workflow.signal(description="Something changed at the payments provider")
    def provider_reported(self, news: ProviderNews) -> None:
        self._look_wanted, self._last_news = True, news.type

    @workflow.signal(description="A dunning case reports where it stands")
    def case_reported(self, news: CaseNews) -> None:
        self._reports.append(news)

    # --- one turn

    async def _act(self) -> bool:
        """Do the one thing that is to be done now; False when there is nothing but to wait."""
        if self._reports:
            await self._hear(self._reports.popleft())
            return True
        if self._look_wanted:
            await self._look()
            return True
        due = subscription_acts.next_act(self._state, self._start.calendar)
        if due.at is None or due.at > workflow.now():
            return False
        if due.act is Act.NOTIFY and due.notice is not None:
            await self._notify(due.notice)
        else:
            await self._look()
        return True

    async def _wait(self) -> None:
        before, now = self._moves, workflow.now()
        due = subscription_acts.next_act(self._state, self._start.calendar)
        if due.at is not None and due.at <= now:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._finished or self._look_wanted or bool(self._reports) or self._moves != before,
                timeout=due.at - now if due.at else None,
                timeout_summary=f"next: {due.words}",
            )

    async def _open(self) -> None:
        """Start charging, or wait for the checkout page to be completed."""
        start = self._start
        if start.checkout:
            self._opening = Opening(Status.INCOMPLETE)
            await self._await_checkout()
            return
        opened = await workflow.execute_activity_method(
            Billing.open_subscription,
            OpenSubscription(start.tenant, start.subscription, start.payment_method),
            **options.look("open the subscription"),
        )
        if opened.word is None:
            refusal = opened.decline.code if opened.decline else "refused"
            await self._end_unopened("signup refused by the bank", refusal)
            return
        await self._take_in(opened.word, "subscription opened")
        self._opening = Opening(self._state.status)

    async def _await_checkout(self) -> None:
        """Until the customer finishes the hosted page, or it expires. News and its end both say: look."""
        session = AtProvider(self._start.checkout)
        while True:
            self._look_wanted = False
            checkout = await workflow.execute_activity_method(
                Billing.look_up_checkout, session, **options.look("look at the checkout page")
            )
            if checkout.subscription:
                await self._look(checkout.subscription, "checkout completed")
                return
            now = workflow.now()
            if checkout.status == "expired":
                await self._end_unopened("checkout expired", "")
                return
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._look_wanted,
                    # Its end is the provider's to tell; our clocks may differ by a moment.
                    timeout=max(checkout.expires_at - now, timedelta(minutes=1)),
                    timeout_summary="checkout expires",
                )

    async def _end_unopened(self, what: str, refusal: str) -> None:
        self._refusal = refusal
        self._become(replace(self._state, status=Status.CANCELED))
        await self._record(self._entry(what, detail=refusal))
        self._opening = Opening(Status.CANCELED, refusal)  # last: whoever waits for it finds the record written

    async def _look(self, provider_id: str = "", why: str = "", order: Command = BY_ITSELF) -> None:
        self._look_wanted = False
        word = await workflow.execute_activity_method(
            Billing.look_up_subscription,
            AtProvider(
                provider_id or self._state.provider_id,
                tenant=self._start.tenant,
                subscription=self._start.subscription,
            ),
            **options.look("look at the subscription and its invoices"),
        )
        await self._take_in(word, why, order)

    async def _take_in(self, word: ProviderSubscription, why: str = "", order: Command = BY_ITSELF) -> None:
        """Absorb the provider's word, record what changed, and set in motion what follows from it."""
        before = self._state
        state, changes = subscription_news.absorb(before, word, now=workflow.now(), calendar=self._start.calendar)
        self._become(state)
        self._next_period = self._next_period or changes.new_period
        entries = [self._entry(why, order)] if why else []
        if changes.new_period:
            entries.append(self._entry("period began"))
        if state.status is not before.status:
            entries.append(self._entry(f"status {state.status}", detail=f"was {before.status}"))
        farewell = state.over and not before.over and before.status is not Status.INCOMPLETE
        notices = (self._notice(NoticeKind.CANCELED),) if farewell else ()
        if entries or changes.settled:
            pins = changes.new_period or before.period_end is None
            await self._record(*entries, settled=changes.settled, notices=notices, pins=pins)
        await self._follow(changes)

    async def _follow(self, changes: Changes) -> None:
        for invoice in changes.settled:
            await children.start_invoicing(self._start, invoice)
        behind = {case.invoice for case in self._state.cases if case.behind}
        for invoice in changes.overdue:
            await children.open_case(self._start, invoice, behind=invoice.id in behind)
        for invoice in changes.ended:
            if not await children.tell_case(self._start.tenant, invoice.id, DunningWorkflow.invoice_seen, invoice):
                # Somebody ended its process by hand. The debt is settled all the same: nobody stays blocked who has paid.
                self._reports.append(case_news.settled_news(invoice))
        for invoice in changes.moving:
            await children.tell_case(self._start.tenant, invoice.id, DunningWorkflow.invoice_seen, invoice)
        # An invoice that is still to be paid has its CFDI before, where the issuer wants it so (PPD).
        for invoice in changes.awaited:
            await children.start_deferred(self._start, invoice)
        for case in self._state.cases:
            if self._state.over:
                told = await children.tell_case(self._start.tenant, case.invoice, DunningWorkflow.subscription_canceled)
                if not told:
                    self._reports.append(case_news.canceled_news(case.invoice))
            elif changes.new_card:
                await children.tell_case(
                    self._start.tenant, case.invoice, DunningWorkflow.card_updated, self._state.payment_method
                )

    async def _notify(self, kind: NoticeKind) -> None:
        self._become(subscription_acts.reminded(self._state, kind, workflow.now(), self._start.calendar))
        await self._record(
            self._entry(f"{kind} notice requested"), notices=(self._notice(kind, on=self._state.period_end),)
        )

    async def _hear(self, news: CaseNews) -> None:
        """A case reported: status first, then the confirmation and the tax invoice, in that order."""
        ending = news.ending or (Ending.CANCEL if news.outcome is Outcome.EXHAUSTED else None)
        if ending is not None and not self._state.over:
            # Before the case is struck off: with no case open the subscription would be active for a moment.
            await self._end_unpaid(ending, news)
            # Paid in the last moment after all? Then that look has queued the better news.
            news = next((later for later in self._reports if later.invoice == news.invoice and later.settled), news)
        before = self._state
        state = subscription_news.case_reported(before, news)
        if state is before:
            return
        self._become(state)
        entries = []
        if state.status is not before.status:
            entries.append(self._entry(f"status {state.status}", detail=f"was {before.status}"))
        settled = (news.settled,) if news.settled else ()
        # With another invoice overdue, one payment gives no service back; a debt that blocks nobody does not count.
        restored = all(case.tolerated for case in state.cases)
        notices = tuple(self._notice(NoticeKind.PAYMENT_RECEIVED, invoice=i) for i in settled if restored)
        await self._record(*entries, settled=settled, restored=restored, notices=notices)
        for invoice in settled:
            await children.start_invoicing(self._start, invoice)
        await self._line_up(before)

    async def _line_up(self, before: Subscription) -> None:
        """Tell those cases whose place among the customer's debts has changed."""
        places = {case.invoice: case.behind for case in before.cases}
        for case in self._state.cases:
            if places.get(case.invoice, case.behind) is not case.behind:
                line = Line(case.behind, case.stage)
                await children.tell_case(self._start.tenant, case.invoice, DunningWorkflow.line_moved, line)

    async def _end_unpaid(self, ending: Ending, news: CaseNews) -> None:
        """The ladder of a case ended without money: what its policy wants done with the subscription."""
        why = Command(BY_ITSELF.actor, "unpaid to the end of the dunning policy")
        match ending:
            case Ending.CANCEL:
                await self._cancel(Cancel(why.actor, why.reason, at_period_end=False), options.look)
            case Ending.PAUSE:
                word = await workflow.execute_activity_method(
                    Billing.pause_subscription, self._keyed(f"unpaid-{news.invoice}"), **options.look("pause, unpaid")
                )
                await self._take_in(word, "subscription paused", why)
            case Ending.DOWNGRADE:
                changed = await workflow.execute_activity_method(
                    Billing.change_plan,
                    PlanChange(
                        self._start.tenant,
                        self._state.provider_id,
                        news.plan,
                        self._keyed(f"unpaid-{news.invoice}").key,
                    ),
                    **options.look(f"change to plan {news.plan}, unpaid"),
                )
                self._start = replace(self._start, plan=news.plan, price=changed.price)
                await self._take_in(changed.word, f"plan changed to {news.plan}", why)
            case Ending.WRITE_OFF:
                pass  # the debt is gone, the subscription stays as it is

    # --- queries

    @workflow.query(description="The subscription as its process remembers it")
    def state(self) -> Subscription:
        return self._state

    # --- state, record and text

    def _become(self, state: Subscription) -> None:
        """The one place where the state changes, and with it what an operator sees."""
        self._state = state
        self._moves += 1
        workflow.upsert_search_attributes(subscription_report.attributes(self._start, state))
        self._show()

    def _show(self) -> None:
        workflow.set_current_details(subscription_report.details(self._start, self._state, self._last_news))

    async def _record(
        self,
        *entries: AuditEntry,
        settled: tuple[Invoice, ...] = (),
        restored: bool = False,
        notices: tuple[NoticeRequest, ...] = (),
        pins: bool = False,
    ) -> None:
        """Write the row, the payments and the story, then have the notices sent: one short local activity."""
        report = subscription_report.report(
            self._start,
            self._state,
            now=workflow.now(),
            entries=entries,
            settled=settled,
            restored=restored,
            notices=notices,
            refusal=self._refusal,
            pins=pins,
        )
        reminders = await workflow.execute_local_activity_method(
            Records.record_subscription, report, **options.record(entries[0].action if entries else "record")
        )
        if reminders is not None and reminders != self._state.reminders:
            self._become(replace(self._state, reminders=reminders))

    def _entry(self, action: str, order: Command = BY_ITSELF, *, detail: str = "") -> AuditEntry:
        return subscription_report.entry(
            self._start, action, order, now=workflow.now(), move=self._moves, detail=detail
        )

    def _notice(self, kind: NoticeKind, *, on: datetime | None = None, invoice: Invoice | None = None) -> NoticeRequest:
        return subscription_report.notice(self._start, self._state, kind, on=on, invoice=invoice)

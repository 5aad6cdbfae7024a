"""One subscription, for as long as it lives. One run is one billing period; at its end the process continues as new.

Provider news only says "look": the process reads the subscription and its invoices anew, and `models.subscriptions.absorb`
makes the transitions which that word justifies. It never waits for news alone: when an expected invoice is not heard of, it asks.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import replace
from datetime import datetime

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.billing import AtProvider, Billing, CancelAtProvider, OpenSubscription
    from activities.records import Records, TenantRef
    from models import dunning, orders, subscriptions
    from models.dunning import Case, CaseNews, Outcome, Stage
    from models.invoices import Invoice
    from models.messages import (
        BY_ITSELF,
        Answer,
        Cancel,
        Command,
        Days,
        DunningStart,
        Opening,
        SubscriptionStart,
    )
    from models.notices import NoticeKind, NoticeRequest
    from models.policy import Policy
    from models.records import AuditEntry
    from models.subscriptions import Act, Changes, ProviderNews, ProviderSubscription, Status, Subscription
    from workflows import interface, options, subscription_report, visibility
    from workflows.dunning import DunningWorkflow
    from workflows.invoicing import InvoicingStart, InvoicingWorkflow


@workflow.defn
class SubscriptionWorkflow:
    """The owner of the subscription's status."""

    @workflow.init
    def __init__(self, start: SubscriptionStart) -> None:
        self._start = start
        self._state = start.state or Subscription()
        self._turn = asyncio.Lock()  # one act at a time: an order waits for the act in progress
        self._look_wanted = False
        self._last_news = ""
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
            workflow.continue_as_new(replace(start, state=replace(self._state, ask_at=ask_at)))
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
        due = subscriptions.next_act(self._state, self._start.calendar)
        if due.at is None or due.at > workflow.now():
            return False
        if due.act is Act.NOTIFY and due.notice is not None:
            await self._notify(due.notice)
        else:
            await self._look()
        return True

    async def _wait(self) -> None:
        before, now = self._moves, workflow.now()
        due = subscriptions.next_act(self._state, self._start.calendar)
        if due.at is not None and due.at <= now:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: self._look_wanted or bool(self._reports) or self._moves != before,
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
            **options.money("open the subscription"),
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
                Billing.look_up_checkout, session, **options.money("look at the checkout page")
            )
            if checkout.subscription:
                await self._look(checkout.subscription, "checkout completed")
                return
            now = workflow.now()
            if checkout.status == "expired" or checkout.expires_at <= now:
                await self._end_unopened("checkout expired", "")
                return
            with contextlib.suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: self._look_wanted, timeout=checkout.expires_at - now, timeout_summary="checkout expires"
                )

    async def _end_unopened(self, what: str, refusal: str) -> None:
        self._opening = Opening(Status.CANCELED, refusal)
        self._become(replace(self._state, status=Status.CANCELED))
        await self._record(self._entry(what, detail=refusal))

    async def _look(self, provider_id: str = "", why: str = "", order: Command = BY_ITSELF) -> None:
        self._look_wanted = False
        word = await workflow.execute_activity_method(
            Billing.look_up_subscription,
            AtProvider(provider_id or self._state.provider_id),
            **options.money("look at the subscription and its invoices"),
        )
        await self._take_in(word, why, order)

    async def _take_in(self, word: ProviderSubscription, why: str = "", order: Command = BY_ITSELF) -> None:
        """Absorb the provider's word, record what changed, and set in motion what follows from it."""
        before = self._state
        state, changes = subscriptions.absorb(before, word, now=workflow.now(), calendar=self._start.calendar)
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
            await self._record(*entries, settled=changes.settled, notices=notices)
        await self._follow(changes)

    async def _follow(self, changes: Changes) -> None:
        for invoice in changes.settled:
            await self._invoice(invoice)
        for invoice in changes.overdue:
            await self._open_case(invoice)
        for invoice in changes.ended:
            if not await self._tell_case(invoice.id, DunningWorkflow.invoice_seen, invoice):
                # Somebody ended its process by hand. The debt is settled all the same: nobody stays blocked who has paid.
                self._reports.append(dunning.settled_news(invoice))
        for case in self._state.cases:
            if self._state.over:
                await self._tell_case(case.invoice, DunningWorkflow.subscription_canceled)
            elif changes.new_card:
                await self._tell_case(case.invoice, DunningWorkflow.card_updated, self._state.payment_method)

    async def _notify(self, kind: NoticeKind) -> None:
        self._become(replace(self._state, noticed=kind))
        await self._record(
            self._entry(f"{kind} notice requested"), notices=(self._notice(kind, on=self._state.period_end),)
        )

    # --- dunning cases

    async def _open_case(self, invoice: Invoice) -> None:
        start = self._start
        policy: Policy = await workflow.execute_local_activity_method(
            Records.load_policy, TenantRef(start.tenant), **options.record("pin the dunning policy")
        )
        case = Case(
            invoice=invoice.id,
            amount=invoice.due,
            opened=workflow.now(),
            policy=policy,
            calendar=start.calendar,
            decline=invoice.decline,
            pay_url=invoice.pay_url,
        )
        with contextlib.suppress(WorkflowAlreadyStartedError):
            # A case outlives the period that opened it, and continuing as new counts as closing: hence ABANDON.
            await workflow.start_child_workflow(
                DunningWorkflow.run,
                DunningStart(start.tenant, start.subscription, start.reference, start.plan, case),
                id=interface.dunning_id(start.tenant, invoice.id),
                parent_close_policy=ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=visibility.attributes(
                    tenant=start.tenant,
                    customer=start.reference,
                    plan=start.plan,
                    stage=Stage.GRACE,
                    amount_due=case.amount.centavos,
                    next_action_at=case.opened,
                ),
                static_summary=f"{start.reference}: {case.amount} unpaid",
            )

    async def _hear(self, news: CaseNews) -> None:
        """A case reported: status first, then the confirmation and the tax invoice, in that order."""
        if news.outcome is Outcome.EXHAUSTED and not self._state.over:
            # Before the case is struck off: with no case open the subscription would be active for a moment.
            await self._cancel(Cancel(BY_ITSELF.actor, "unpaid to the end of the dunning policy", at_period_end=False))
        before = self._state
        state = subscriptions.case_reported(before, news)
        if state is before:
            return
        self._become(state)
        entries = []
        if state.status is not before.status:
            entries.append(self._entry(f"status {state.status}", detail=f"was {before.status}"))
        settled = (news.settled,) if news.settled else ()
        notices = tuple(self._notice(NoticeKind.PAYMENT_RECEIVED, invoice=invoice) for invoice in settled)
        await self._record(*entries, settled=settled, restored=True, notices=notices)
        for invoice in settled:
            await self._invoice(invoice)

    async def _tell_case(self, invoice: str, signal: object, *words: object) -> bool:
        """Signal a case; False when there is no such process any more."""
        handle = workflow.get_external_workflow_handle(interface.dunning_id(self._start.tenant, invoice))
        try:
            await handle.signal(signal, args=words)  # type: ignore[call-overload]
        except ApplicationError:
            return False
        return True

    async def _invoice(self, invoice: Invoice) -> None:
        """Every settled charge gets its tax invoice; the process outlives this period."""
        start, charge = self._start, invoice.charge
        if charge is None or not charge.amount.centavos:
            return
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await workflow.start_child_workflow(
                InvoicingWorkflow.run,
                InvoicingStart(
                    tenant=start.tenant,
                    subscription=start.subscription,
                    source=charge.id,
                    charge=charge,
                    invoice=invoice.id,
                    calendar=start.calendar,
                ),
                id=interface.invoicing_id(start.tenant, charge.id),
                parent_close_policy=ParentClosePolicy.ABANDON,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                search_attributes=visibility.attributes(tenant=start.tenant, customer=start.reference, plan=start.plan),
                static_summary=f"{start.reference}: tax invoice for {charge.amount}",
            )

    # --- orders

    # An update, because the signup page waits for the answer.
    @workflow.update(description="Wait for the end of the signup")
    async def opened(self) -> Opening:
        await workflow.wait_condition(lambda: self._opening is not None)
        assert self._opening is not None
        return self._opening

    @workflow.update(description='Read the provider again: {"actor": "ana", "reason": "customer says it paid"}')
    async def refresh(self, order: Command) -> Answer:
        async with self._turn:
            await self._look(why="provider read again", order=order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='End it: {"actor": "ana", "reason": "asked by mail", "at_period_end": true}')
    async def cancel(self, order: Cancel) -> Answer:
        async with self._turn:
            self._may(order)  # it may have been canceled while the order waited for its turn
            await self._cancel(order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Stop charging for a while: {"actor": "ana", "reason": "closed for the summer"}')
    async def pause_subscription(self, order: Command) -> Answer:
        async with self._turn:
            self._may(order)
            word = await workflow.execute_activity_method(
                Billing.pause_subscription, self._keyed("pause"), **options.money("pause the subscription")
            )
            await self._take_in(word, "subscription paused", order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Charge again: {"actor": "ana", "reason": "they are back"}')
    async def resume_subscription(self, order: Command) -> Answer:
        async with self._turn:
            self._may(order)
            word = await workflow.execute_activity_method(
                Billing.resume_subscription, self._keyed("resume"), **options.money("resume the subscription")
            )
            await self._take_in(word, "subscription resumed", order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Cut service now: {"actor": "ana", "reason": "abuse"}')
    async def suspend_now(self, order: Command) -> Answer:
        async with self._turn:
            self._may(order)
            self._become(subscriptions.stood(replace(self._state, suspended_by_support=True)))
            await self._record(self._entry("suspended by support", order))
            return subscription_report.answer(self._start, self._state)

    @workflow.update(
        description='Give service back for some days: {"actor": "ana", "reason": "promised to pay", "days": 3}'
    )
    async def restore_now(self, order: Days) -> Answer:
        async with self._turn:
            self._may(order)
            cases = tuple(replace(case, stage=Stage.GRACE) for case in self._state.cases)
            suspended = [case.invoice for case in self._state.cases if case.stage is not Stage.GRACE]
            self._become(subscriptions.stood(replace(self._state, suspended_by_support=False, cases=cases)))
            await self._record(self._entry("service restored", order, detail=f"{order.days:g} days"))
            for invoice in suspended:
                await self._tell_case(invoice, DunningWorkflow.service_restored, order)
            return subscription_report.answer(self._start, self._state)

    @refresh.validator
    def _may_refresh(self, order: Command) -> None:
        self._may(order)

    @cancel.validator
    def _may_cancel(self, order: Cancel) -> None:
        self._may(order, orders.cannot_cancel(self._state, order))

    @pause_subscription.validator
    def _may_pause(self, order: Command) -> None:
        self._may(order, orders.cannot_pause(self._state, order))

    @resume_subscription.validator
    def _may_resume(self, order: Command) -> None:
        self._may(order, orders.cannot_resume(self._state, order))

    @suspend_now.validator
    def _may_suspend(self, order: Command) -> None:
        self._may(order, orders.cannot_suspend(self._state, order))

    @restore_now.validator
    def _may_restore(self, order: Days) -> None:
        self._may(order, orders.cannot_restore(self._state, order))

    def _may(self, order: Command, refusal: str = "") -> None:
        if why := orders.subscription_closed(self._state) or orders.unsigned(order) or refusal:
            raise ApplicationError(why, type="CommandRefused")

    async def _cancel(self, order: Cancel) -> None:
        moment = "at_period_end" if order.at_period_end else "now"
        word = await workflow.execute_activity_method(
            Billing.cancel_subscription,
            CancelAtProvider(self._state.provider_id, order.at_period_end, self._keyed(f"cancel-{moment}").key),
            **options.money(f"cancel {moment.replace('_', ' ')}"),
        )
        await self._take_in(word, f"cancel {moment.replace('_', ' ')}", order)

    def _keyed(self, verb: str) -> AtProvider:
        """The subscription and the key of an order: the update's own id, so that a repeat is the same order."""
        info = workflow.current_update_info()
        return AtProvider(self._state.provider_id, f"{self._start.subscription}/{verb}/{info.id if info else 'engine'}")

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
            refusal=self._opening.refusal if self._opening else "",
        )
        await workflow.execute_local_activity_method(
            Records.record_subscription, report, **options.record(entries[0].action if entries else "record")
        )

    def _entry(self, action: str, order: Command = BY_ITSELF, *, detail: str = "") -> AuditEntry:
        return subscription_report.entry(
            self._start, action, order, now=workflow.now(), move=self._moves, detail=detail
        )

    def _notice(self, kind: NoticeKind, *, on: datetime | None = None, invoice: Invoice | None = None) -> NoticeRequest:
        return subscription_report.notice(self._start, self._state, kind, on=on, invoice=invoice)

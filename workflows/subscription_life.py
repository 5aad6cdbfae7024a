"""What every part of a subscription's process shares: its state, what it takes in of the provider's word, and what it leaves behind."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from temporalio import workflow

from activities.billing import AtProvider, Billing, CancelAtProvider
from activities.records import Records
from models.changing.change_records import ChangeRecord
from models.collecting import case_news, orders
from models.collecting.case_news import CaseNews
from models.messages import BY_ITSELF, Cancel, Command, Opening, SubscriptionStart
from models.money import Money
from models.records import AuditEntry
from models.refusals import NONE, Refusal
from models.speaking.notices import NoticeKind, NoticeRequest
from models.subscribing import subscription_news, waiting_changes
from models.subscribing.invoices import Invoice
from models.subscribing.subscription_news import Changes
from models.subscribing.subscriptions import ProviderSubscription, Subscription
from workflows import children, options, subscription_report, visibility
from workflows.dunning import DunningWorkflow
from workflows.refusals import refused


class SubscriptionLife:
    """The state of a subscription and the one way in which it changes. Its parts: opening, orders, arrears, and the turns in between."""

    def __init__(self, start: SubscriptionStart) -> None:
        self._start = start
        self._state = start.state or Subscription()
        self._remembered = subscription_news.REMEMBERED
        self._turn = asyncio.Lock()  # one act at a time: an order waits for the act in progress
        self._look_wanted = False
        self._last_news = ""
        self._refusal = ""
        self._reports: deque[CaseNews] = deque()
        self._opening: Opening | None = Opening(self._state.status) if start.state else None
        self._moves = 0
        self._next_period = False
        self._summary_settled = False  # word of a message that a change of plan waits for
        self._minded: tuple[ChangeRecord, ...] = ()  # changes of mind to be written with the next record
        self._show()

    # --- the provider's word

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
        state, changes = subscription_news.absorb(
            before, word, now=workflow.now(), calendar=self._start.calendar, remembered=self._remembered
        )
        waiting = waiting_changes.settled(state, new_period=changes.new_period, now=workflow.now())
        state = waiting.state
        self._minded += waiting.records
        if waiting.price is not None:
            self._on_plan(waiting.plan, waiting.price)
        self._become(state)
        self._next_period = self._next_period or changes.new_period
        entries = [self._entry(why, order)] if why else []
        if changes.new_period:
            entries.append(self._entry("period began"))
        entries += [self._entry(words) for words in waiting.words]
        if state.status is not before.status:
            entries.append(self._entry(f"status {state.status}", detail=f"was {before.status}"))
        told = subscription_news.told(before, state)
        notices = (self._notice(told),) if told else ()
        if entries or changes.settled or self._minded:
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

    async def _cancel(self, order: Cancel, patience: Callable[[str], workflow.ActivityConfig] = options.money) -> None:
        moment = "at_period_end" if order.at_period_end else "now"
        word = await workflow.execute_activity_method(
            Billing.cancel_subscription,
            CancelAtProvider(self._state.provider_id, order.at_period_end, self._keyed(f"cancel-{moment}").key),
            **patience(f"cancel {moment.replace('_', ' ')}"),
        )
        await self._take_in(word, f"cancel {moment.replace('_', ' ')}", order)

    def _may(self, order: Command, refusal: Refusal = NONE) -> None:
        """Raises what refuses an order."""
        if why := orders.subscription_closed(self._state) or orders.unsigned(order) or refusal:
            raise refused(why)

    # --- state, record and text

    def _on_plan(self, plan: str, price: Money) -> None:
        """The subscription is on another plan from now on."""
        self._start = replace(self._start, plan=plan, price=price)
        workflow.upsert_search_attributes([visibility.PLAN.value_set(plan)])

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
            changes=self._minded,
        )
        self._minded = ()
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

    def _keyed(self, verb: str) -> AtProvider:
        """The subscription and the key of an order: the update's own id, so that a repeat is the same order."""
        info = workflow.current_update_info()
        return AtProvider(self._state.provider_id, f"{self._start.subscription}/{verb}/{info.id if info else 'engine'}")

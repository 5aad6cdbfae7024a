"""What people may order a subscription to do, and how each order is carried out.

Orders are updates: whoever gives one must know whether it was carried out. An order waits for the act in progress, and whether it may be
carried out is asked when it arrives and again when its turn comes.
"""

from temporalio import workflow

from activities.billing import Billing
from models.collecting import orders
from models.collecting.cases import Stage
from models.messages import Answer, Cancel, Command, Days
from models.subscribing import subscriptions
from workflows import children, options, subscription_report
from workflows.dunning import DunningWorkflow
from workflows.refusals import refused_in_words
from workflows.subscription_changes import SubscriptionChanges


class SubscriptionOrders(SubscriptionChanges):
    """The part of a subscription's process that obeys people."""

    @workflow.update(description='Read the provider again: {"actor": "ana", "reason": "customer says it paid"}')
    async def refresh(self, order: Command) -> Answer:
        async with self._turn:
            await self._look(why="provider read again", order=order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='End it: {"actor": "ana", "reason": "asked by mail", "at_period_end": true}')
    async def cancel(self, order: Cancel) -> Answer:
        async with self._turn:
            self._may_cancel(order)
            with refused_in_words():
                await self._cancel_as_shown(order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Stop charging for a while: {"actor": "ana", "reason": "closed for the summer"}')
    async def pause_subscription(self, order: Command) -> Answer:
        async with self._turn:
            self._may_pause(order)
            with refused_in_words():
                word = await workflow.execute_activity_method(
                    Billing.pause_subscription, self._keyed("pause"), **options.money("pause the subscription")
                )
            await self._take_in(word, "subscription paused", order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Charge again: {"actor": "ana", "reason": "they are back"}')
    async def resume_subscription(self, order: Command) -> Answer:
        async with self._turn:
            self._may_resume(order)
            with refused_in_words():
                word = await workflow.execute_activity_method(
                    Billing.resume_subscription, self._keyed("resume"), **options.money("resume the subscription")
                )
            await self._take_in(word, "subscription resumed", order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Cut service now: {"actor": "ana", "reason": "abuse"}')
    async def suspend_now(self, order: Command) -> Answer:
        async with self._turn:
            self._may_suspend(order)
            self._become(subscriptions.suspended(self._state))
            await self._record(self._entry("suspended by support", order))
            return subscription_report.answer(self._start, self._state)

    @workflow.update(
        description='Give service back for some days: {"actor": "ana", "reason": "promised to pay", "days": 3}'
    )
    async def restore_now(self, order: Days) -> Answer:
        async with self._turn:
            self._may_restore(order)
            suspended = [case.invoice for case in self._state.cases if case.stage is not Stage.GRACE]
            self._become(subscriptions.restored(self._state))
            await self._record(self._entry("service restored", order, detail=f"{order.days:g} days"))
            for invoice in suspended:
                await children.tell_case(self._start.tenant, invoice, DunningWorkflow.service_restored, order)
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

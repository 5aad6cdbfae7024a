"""A subscription's trial: more of it by order of support, and what follows when one without a card gets its card after all."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.billing import Billing, TrialExtension
from models.collecting import orders
from models.messages import Answer, Days
from models.subscribing import trials
from workflows import options, subscription_report
from workflows.refusals import reason_of, refused_in_words
from workflows.subscription_orders import SubscriptionOrders


class SubscriptionTrial(SubscriptionOrders):
    """The part of a subscription's process that knows of trials."""

    @workflow.update(description='Give the trial more days: {"actor": "ana", "reason": "asked for a week", "days": 7}')
    async def extend_trial(self, order: Days) -> Answer:
        async with self._turn:
            self._may_extend_trial(order)
            until = trials.extended_until(self._state, order.days, self._start.calendar)
            with refused_in_words():
                word = await workflow.execute_activity_method(
                    Billing.extend_trial,
                    TrialExtension(self._state.provider_id, until, self._keyed("extend-trial").key),
                    **options.money(f"trial until {self._start.calendar.show(until)}"),
                )
            self._become(trials.announced_anew(self._state))
            await self._take_in(word, "trial extended", order)
            return subscription_report.answer(self._start, self._state)

    @extend_trial.validator
    def _may_extend_trial(self, order: Days) -> None:
        self._may(order, orders.cannot_extend_trial(self._state, order, workflow.now()))

    async def _wake(self) -> None:
        """The trial ended without a card and there is one now: its first paid period begins once the charge has gone through."""
        self._become(trials.woken(self._state))
        try:
            word = await workflow.execute_activity_method(
                Billing.resume_subscription,
                self._keyed(f"card-{self._state.woken_by}"),
                **options.money("a card was given: charge it and go on"),
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            await self._record(self._entry("resumption refused", detail=reason_of(error)))
            return
        await self._take_in(word, "card given after the trial")

"""How a change of mind is carried out: another plan at once or with the next period, an offer to stay, a cancellation taken back.

What was shown is what is done: the order names the plan, the instant and the amount, and the provider is asked once more before it acts.
A downgrade waits for two things, its summary with the customer and the period's end; the provider charges the new price from then on.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from temporalio import workflow

from activities.plan_changing import Awaited, OfferTaken, PlanChanging, PriceChange
from models.changing.change_records import ChangeKind, ChangeRecord, ChangeState, WaitingChange, When, summaries
from models.changing.stay_offers import OfferKind
from models.collecting import orders
from models.messages import Answer, Cancel, ChangePlan, Command, TakeOffer
from models.speaking.notices import NoticeKind
from models.subscribing.subscriptions import NOTHING
from workflows import options, subscription_report
from workflows.refusals import refused_in_words
from workflows.subscription_life import SubscriptionLife

WEEK = 7  # days: a phone that is switched off for long does not find a message for each of them


class SubscriptionChanges(SubscriptionLife):
    """The part of a subscription's process that changes plans."""

    @workflow.update(description="Another plan, as it was shown and confirmed: use the API, which shows it first")
    async def change_plan(self, order: ChangePlan) -> Answer:
        async with self._turn:
            self._may_change_plan(order)
            if order.when is When.NOW:
                await self._change_now(order)
            else:
                await self._change_later(order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Stay on the present plan: {"actor": "ana", "reason": "they want to stay"}')
    async def undo_plan_change(self, order: Command) -> Answer:
        async with self._turn:
            self._may_undo_plan_change(order)
            with refused_in_words():
                await self._drop_change(ChangeState.UNDONE)
            await self._record(self._entry("plan change undone", order))
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description='Take the cancellation back: {"actor": "ana", "reason": "they stay"}')
    async def keep_subscription(self, order: Command) -> Answer:
        async with self._turn:
            self._may_keep(order)
            with refused_in_words():
                await workflow.execute_activity_method(
                    PlanChanging.keep_subscription,
                    PriceChange(self._state.provider_id, "", self._keyed("keep").key),
                    **options.money("take the cancellation back"),
                )
            await self._look(why="cancellation taken back", order=order)
            return subscription_report.answer(self._start, self._state)

    @workflow.update(description="Stay for what is offered: use the API, which shows it first")
    async def take_stay_offer(self, order: TakeOffer) -> Answer:
        async with self._turn:
            self._may_take_stay_offer(order)
            assert order.offer is not None
            until = workflow.now() + self._start.calendar.days(order.offer.days)
            taken = OfferTaken(
                self._state.provider_id,
                order.offer,
                self._keyed("stay").key,
                until if order.offer.kind is OfferKind.PAUSE else None,
            )
            with refused_in_words():
                await workflow.execute_activity_method(
                    PlanChanging.give_offer, taken, **options.money(f"give the offer {order.offer.code}")
                )
            self._minded += (self._stayed(order, order.offer.code),)
            await self._look(why=f"stayed for {order.offer.code}", order=order)
            return subscription_report.answer(self._start, self._state)

    @change_plan.validator
    def _may_change_plan(self, order: ChangePlan) -> None:
        self._may(order, orders.cannot_change_plan(self._state, order, self._start.plan))

    @undo_plan_change.validator
    def _may_undo_plan_change(self, order: Command) -> None:
        self._may(order, orders.cannot_undo_change(self._state, order))

    @keep_subscription.validator
    def _may_keep(self, order: Command) -> None:
        self._may(order, orders.cannot_keep(self._state, order))

    @take_stay_offer.validator
    def _may_take_stay_offer(self, order: TakeOffer) -> None:
        self._may(order, orders.cannot_stay(self._state, order))

    # --- at once

    async def _change_now(self, order: ChangePlan) -> None:
        now = workflow.now()
        key = self._keyed("change_plan").key
        with refused_in_words():
            await workflow.execute_activity_method(
                PlanChanging.change_plan_now,
                PriceChange(self._state.provider_id, order.provider_price, key, order.asked_at, order.due),
                **options.money(f"change to plan {order.plan}, {order.due} now"),
            )
        record = self._confirmed(order, order.asked_at or now)
        self._minded += (replace(record, state=ChangeState.DONE, settled_at=now),)
        # Before the look: what was just paid is invoiced for the plan that it was paid for.
        self._on_plan(order.plan, order.price)
        await self._look(why=f"plan changed to {order.plan}", order=order)

    # --- with the next period

    async def _change_later(self, order: ChangePlan) -> None:
        record = self._confirmed(order, self._state.period_end or workflow.now())
        self._minded += (record,)
        change = WaitingChange(
            replace(record, shown=""),
            order.provider_price,
            announced=order.kind is ChangeKind.DOWNGRADE,
            price_now=self._state.provider_price,
        )
        self._become(replace(self._state, change=change))
        await self._record(self._entry(f"plan change to {order.plan} confirmed", order))

    async def _announce(self) -> None:
        """Send the summary of what the change does; anew a day later, then more and more seldom, until one has arrived."""
        change = self._state.change
        if change is None or await self._summary_arrived():
            return
        told = change.told + 1
        notice = f"{summaries(change.record.id)}{told}"
        record = replace(change.record, notice=notice)
        tell_at = workflow.now() + self._start.calendar.days(min(2 ** (told - 1), WEEK))
        self._become(replace(self._state, change=replace(change, record=record, told=told, tell_at=tell_at)))
        self._minded += (record,)
        request = replace(
            self._notice(NoticeKind.PLAN_CHANGE_SUMMARY, on=record.effective_at),
            key=notice,
            amount=record.price_after,
            change=record.id,
            channel=None,
        )
        await self._record(self._entry("plan change summary requested", detail=notice), notices=(request,))

    async def _summary_arrived(self) -> bool:
        """Whether a summary that was sent has reached the customer, be it not the last; if so, that is kept as evidence."""
        self._summary_settled = False
        change = self._state.change
        if change is None or not change.told or change.ready:
            return False
        arrival = await workflow.execute_local_activity_method(
            PlanChanging.arrival,
            Awaited(self._start.tenant, summaries(change.record.id)),
            **options.record("has the summary arrived?"),
        )
        if arrival is None:
            return False
        record = replace(
            change.record,
            notice=arrival.notice,
            channel=arrival.channel,
            reference=arrival.reference,
            delivered_at=arrival.at,
        )
        self._become(replace(self._state, change=replace(change, record=record, tell_at=None)))
        self._minded += (record,)
        await self._record(
            self._entry("plan change summary delivered", detail=f"{arrival.channel} {arrival.reference}")
        )
        return True

    async def _arrange(self) -> None:
        """Have the provider charge the new price from the next period on."""
        change = self._state.change
        if change is None:
            return
        key = f"{change.record.id}/{change.record.effective_at.timestamp():.0f}"
        await workflow.execute_activity_method(
            PlanChanging.change_plan_later,
            PriceChange(self._state.provider_id, change.provider_price, key),
            **options.look(f"plan {change.record.plan_after} from the next period on"),
        )
        self._become(replace(self._state, change=replace(change, arranged=True)))
        await self._look(why="plan change arranged")

    async def _drop_change(
        self, state: ChangeState, patience: Callable[[str], workflow.ActivityConfig] = options.money
    ) -> None:
        """What waits for the period's end does not come."""
        change = self._state.change
        if change is None:
            return
        if change.arranged:
            await workflow.execute_activity_method(
                PlanChanging.undo_plan_change,
                PriceChange(self._state.provider_id, change.price_now, f"{change.record.id}/undo"),
                **patience("call the plan change off"),
            )
        self._become(replace(self._state, change=None))
        self._minded += (replace(change.record, state=state, settled_at=workflow.now()),)

    async def _cancel_as_shown(self, order: Cancel) -> None:
        """A cancellation: what waited for the period's end does not come, and what was confirmed is kept."""
        await self._drop_change(ChangeState.DROPPED)
        if order.change:
            record = self._leaving(order)
            self._minded += (record,)
            self._become(replace(self._state, leaving=replace(record, shown="")))
        await self._cancel(order)

    # --- what is kept

    def _confirmed(self, order: ChangePlan, effective_at: datetime) -> ChangeRecord:
        return ChangeRecord(
            tenant=self._start.tenant,
            id=order.change,
            subscription=self._start.subscription,
            kind=order.kind,
            state=ChangeState.WAITING,
            plan_before=self._start.plan,
            plan_after=order.plan,
            price_before=self._start.price,
            price_after=order.price,
            charged=order.due,
            confirmed_at=workflow.now(),
            effective_at=effective_at,
            actor=order.actor,
            reason=order.reason,
            offer=order.offer,
            shown=order.shown,
        )

    def _stayed(self, order: TakeOffer, offer: str) -> ChangeRecord:
        asked = ChangePlan(
            order.actor,
            order.reason,
            change=order.change,
            plan=order.plan,
            price=order.price,
            kind=order.kind,
            offer=offer,
            shown=order.shown,
        )
        now = workflow.now()
        return replace(self._confirmed(asked, now), state=ChangeState.RETAINED, settled_at=now)

    def _leaving(self, order: Cancel) -> ChangeRecord:
        asked = ChangePlan(
            order.actor,
            order.reason,
            change=order.change,
            price=replace(NOTHING, currency=self._start.price.currency),
            kind=ChangeKind.CANCELLATION,
            offer=order.offer,
            shown=order.shown,
        )
        return self._confirmed(asked, self._state.period_end or workflow.now())

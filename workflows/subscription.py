"""One subscription, for as long as it lives. One run is one billing period; at its end the process continues as new.

Provider news only says "look": the process reads the subscription and its invoices anew, and `models.subscribing.subscription_news.absorb`
makes the transitions which that word justifies. It never waits for news alone: when an expected invoice is not heard of, it asks.
"""

import contextlib
from dataclasses import replace

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from models.messages import Opening, SubscriptionStart
    from models.speaking.notices import NoticeKind
    from models.subscribing import subscription_acts, trials
    from models.subscribing.provider_news import ProviderNews
    from models.subscribing.subscription_acts import Act
    from models.subscribing.subscriptions import Subscription
    from workflows.subscription_arrears import SubscriptionArrears
    from workflows.subscription_opening import SubscriptionOpening
    from workflows.subscription_trial import SubscriptionTrial


@workflow.defn
class SubscriptionWorkflow(SubscriptionOpening, SubscriptionTrial, SubscriptionArrears):
    """The owner of the subscription's status: its turns, one act after the other."""

    @workflow.init
    def __init__(self, start: SubscriptionStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: SubscriptionStart) -> Opening:
        # A run that began with the shorter memory ends with it: what it settled anew stands in its history.
        if not workflow.patched("all-that-a-look-shows-is-remembered"):
            self._remembered = 24
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

    # A fact: a message ends whether or not a worker runs here.
    @workflow.signal(description="The summary of a change of plan has arrived, or will not")
    def summary_settled(self, notice: str) -> None:
        change = self._state.change
        self._summary_settled = self._summary_settled or (change is not None and change.record.notice == notice)

    # --- one turn

    async def _act(self) -> bool:
        """Do the one thing that is to be done now; False when there is nothing but to wait."""
        if self._reports:
            await self._hear(self._reports.popleft())
            return True
        if self._look_wanted:
            await self._look()
            return True
        if trials.wakes(self._state):
            await self._wake()
            return True
        if self._summary_settled:
            await self._summary_arrived()
            return True
        due = subscription_acts.next_act(self._state, self._start.calendar)
        if due.at is None or due.at > workflow.now():
            return False
        match due.act:
            case Act.NOTIFY if due.notice is not None:
                await self._notify(due.notice)
            case Act.ANNOUNCE:
                await self._announce()
            case Act.ARRANGE:
                await self._arrange()
            case _:
                await self._look()
        return True

    async def _wait(self) -> None:
        before, now = self._moves, workflow.now()
        due = subscription_acts.next_act(self._state, self._start.calendar)
        if due.at is not None and due.at <= now:
            return
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(
                lambda: (
                    self._finished
                    or self._look_wanted
                    or self._summary_settled
                    or bool(self._reports)
                    or self._moves != before
                ),
                timeout=due.at - now if due.at else None,
                timeout_summary=f"next: {due.words}",
            )

    async def _notify(self, kind: NoticeKind) -> None:
        self._become(subscription_acts.reminded(self._state, kind, workflow.now(), self._start.calendar))
        await self._record(
            self._entry(f"{kind} notice requested"), notices=(self._notice(kind, on=self._state.period_end),)
        )

    # --- queries

    @workflow.query(description="The subscription as its process remembers it")
    def state(self) -> Subscription:
        return self._state

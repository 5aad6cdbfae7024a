"""What a subscription hears of its dunning cases, and what becomes of it when one of them ends without money."""

from temporalio import workflow

from activities.billing import Billing, PlanChange
from models.changing.change_records import ChangeState
from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome
from models.messages import BY_ITSELF, Cancel, Command, Line
from models.policies.policy import Ending
from models.speaking.notices import NoticeKind
from models.subscribing import subscription_news
from models.subscribing.subscriptions import Subscription
from workflows import children, options
from workflows.dunning import DunningWorkflow
from workflows.subscription_changes import SubscriptionChanges


class SubscriptionArrears(SubscriptionChanges):
    """The part of a subscription's process that listens to its cases."""

    # A fact: a case reports whether or not a worker runs.
    @workflow.signal(description="A dunning case reports where it stands")
    def case_reported(self, news: CaseNews) -> None:
        self._reports.append(news)

    async def _hear(self, news: CaseNews) -> None:
        """A case reported: status first, then the confirmation and the tax invoice, in that order."""
        ending = news.ending or (Ending.CANCEL if news.outcome is Outcome.EXHAUSTED else None)
        if ending is not None and not self._state.over:
            # Before the case is struck off: with no case open the subscription would be active for a moment.
            await self._end_unpaid(ending, news)
            # Paid in the last moment after all? Then that look has queued the better news.
            news = next((later for later in self._reports if later.invoice == news.invoice and later.settled), news)
        before = self._state
        state = subscription_news.case_reported(before, news, remembered=self._remembered)
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
                await self._drop_change(ChangeState.DROPPED, options.look)
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
                self._on_plan(news.plan, changed.price)
                await self._take_in(changed.word, f"plan changed to {news.plan}", why)
            case Ending.WRITE_OFF:
                pass  # the debt is gone, the subscription stays as it is

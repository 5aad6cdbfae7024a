"""Naive engines: for each failure the product with the guard against it taken out, and the test that must then go red.

`make storm` runs them (`tests/soak/naive.py`). A guard that is rewritten is rewritten here too: the suite insists that its text stands.
"""

from dataclasses import dataclass

from tests.failures.lines import (
    BLOCKED,
    CANCELED,
    COLLIDE,
    DRIVEN,
    DUNNING,
    KILLED,
    LATE,
    NOTICE,
    REPLAY,
    RULES,
    STRIPE,
    SUBSCRIPTION,
    TIME,
    TWICE,
    UNHEARD,
    WEBHOOKS,
)


@dataclass(frozen=True, slots=True)
class Naive:
    """An engine that has this failure: in `file` of the product, `guarded` stands as `instead`. `proof` is red on it."""

    failure: str
    file: str
    guarded: str
    instead: str
    proof: str

    def __str__(self) -> str:
        return f"{self.failure} [{self.proof.rpartition('::')[2]}]"


DUNNING_PROCESS, SUBSCRIPTION_PROCESS = "workflows/dunning.py", "workflows/subscription.py"
CASE, NEWS, BILLING = "models/dunning.py", "models/subscription_news.py", "activities/billing.py"
_HEARD = "self._look_wanted, self._last_news = True, news.type"


def _believed(event: str, status: str) -> str:
    """What an engine does that takes an event at its word instead of looking."""
    return (
        "from models.subscriptions import Status\n"
        f'        if news.type == "{event}":\n'
        f"            self._become(replace(self._state, status=Status.{status}))\n"
        "        else:\n"
        f"            {_HEARD}"
    )


NAIVE = (
    Naive(
        "paid by link while the automatic retry fires",
        DUNNING_PROCESS,
        "self._turn = asyncio.Lock()",
        "self._turn = asyncio.Semaphore(9)",
        COLLIDE,
    ),
    Naive(
        "outcome unknown, then a second try",
        BILLING,
        "await self._payments.charge_invoice(invoice.id, invoice.key)",
        'await self._payments.charge_invoice(invoice.id, f"{invoice.key}/{datetime.now(UTC)}")',
        f"{DUNNING}::test_a_provider_outage_repeats_the_same_attempt_with_the_same_key",
    ),
    Naive(
        "outcome unknown, then a second try",
        "activities/gateways/stripe_invoices.py",
        "after = await self.look_up_invoice(invoice)\n"
        "            if result := _over(after):\n"
        "                return result\n"
        "            if isinstance(problem",
        "after = before\n            if isinstance(problem",
        f"{STRIPE}::test_an_answer_that_got_lost_is_found_by_asking_again",
    ),
    Naive(
        "a cycle scheduled twice",
        "workflows/children.py",
        "id=ids.dunning_id(start.tenant, invoice.id),\n"
        "            parent_close_policy=ParentClosePolicy.ABANDON,\n"
        "            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,",
        "id=ids.dunning_id(start.tenant, invoice.id),\n            parent_close_policy=ParentClosePolicy.ABANDON,",
        f"{TWICE}::test_a_cycle_that_was_scheduled_twice_has_one_case_even_after_it_ended",
    ),
    Naive(
        "two paths, two idempotency keys",
        "workflows/case_orders.py",
        'f"support-{info.id if info else self._moves}"',
        'f"support-{self._moves}"',
        f"{TWICE}::test_one_order_sent_again_by_a_client_that_heard_no_answer_is_one_attempt",
    ),
    Naive(
        "two paths, two idempotency keys",
        "activities/gateways/stripe_invoices.py",
        'await self._v1.invoices.pay_async(invoice, {"off_session": True}, {"idempotency_key": key})',
        'await self._v1.invoices.pay_async(invoice, {"off_session": True})',
        f"{STRIPE}::test_every_write_that_costs_carries_its_key",
    ),
    Naive(
        "a key too coarse: two debts collide",
        DUNNING_PROCESS,
        'f"{case.invoice}/{key}",\n',
        'f"{self._start.reference}/{workflow.now():%Y-%m-%d}",\n',
        f"{TWICE}::test_two_debts_of_one_customer_in_one_minute_are_both_charged",
    ),
    Naive(
        "two events of one payment make two payments",
        NEWS,
        "settled += [] if invoice.id in known.settled else [invoice]",
        "settled += [invoice]",
        DRIVEN,
    ),
    Naive(
        "a declined charge retried for ever",
        CASE,
        "return replace(taken(case, step, now), attempts=case.attempts + 1) if step else case",
        "return replace(case, attempts=case.attempts + 1) if step else case",
        f"{TWICE}::test_a_declined_debt_is_asked_for_as_often_as_the_policy_says_and_no_more",
    ),
    Naive(
        "a release charges every renewal again",
        DUNNING_PROCESS,
        "        while self._case.outcome is None:\n",
        '        await self._charge("release", "new release")\n        while self._case.outcome is None:\n',
        REPLAY,
    ),
    Naive(
        "a late payment_intent.canceled flips a paid invoice",
        SUBSCRIPTION_PROCESS,
        _HEARD,
        _believed("payment_intent.canceled", "PAST_DUE"),
        LATE,
    ),
    Naive(
        "payment_failed redelivered two days late locks a payer out",
        SUBSCRIPTION_PROCESS,
        _HEARD,
        _believed("invoice.payment_failed", "SUSPENDED"),
        LATE,
    ),
    Naive(
        "past_due overwrites canceled",
        "models/subscriptions.py",
        "if subscription.over or provider in ENDED:",
        "if provider in ENDED:",
        f"{BLOCKED}::test_past_due_never_overwrites_canceled",
    ),
    Naive(
        "past_due overwrites canceled",
        "models/subscriptions.py",
        "if subscription.over or provider in ENDED:",
        "if provider in ENDED:",
        DRIVEN,
    ),
    Naive(
        "a voided invoice enters dunning again",
        "models/invoices.py",
        "return self.status is InvoiceStatus.OPEN and self.due.centavos > 0",
        "return self.status in (InvoiceStatus.OPEN, InvoiceStatus.VOID) and self.due.centavos > 0",
        "models/test_subscriptions.py::test_a_voided_invoice_never_enters_dunning",
    ),
    Naive(
        "a voided invoice enters dunning again",
        CASE,
        "        case InvoiceStatus.VOID:\n            return closed(case, Outcome.VOIDED, now=now)\n",
        "",
        f"{DUNNING}::test_a_voided_invoice_ends_the_case_without_payment",
    ),
    Naive(
        "the next invoice inherits the age of the one before",
        "workflows/children.py",
        "opened=workflow.now(),",
        "opened=invoice.created,",
        f"{BLOCKED}::test_the_next_debt_begins_its_own_ladder_whatever_its_age_or_that_of_the_one_before",
    ),
    Naive(
        "workers down over three steps",
        CASE,
        "return replace(case, shift=case.shift + (now - case.at(step)))\n\n\n_STAGES",
        "return case\n\n\n_STAGES",
        f"{RULES}::test_after_an_outage_one_step_is_taken_and_the_rest_keep_their_distance",
    ),
    Naive(
        "another subscription's deletion locks the payer",
        SUBSCRIPTION_PROCESS,
        _HEARD,
        _believed("customer.subscription.deleted", "CANCELED"),
        LATE,
    ),
    Naive(
        "a blocked state with no way out",
        "models/subscriptions.py",
        "replace(subscription, suspended_by_support=False, cases=cases)",
        "replace(subscription, cases=cases)",
        f"{BLOCKED}::TestEveryBlockedStateHasAWayOut::test_suspended_by_support_ends_by_support",
    ),
    Naive(
        "the first failure of several taken as final",
        CASE,
        "return replace(taken(case, step, now), attempts=case.attempts + 1) if step else case",
        "return closed(case, Outcome.EXHAUSTED, now=now) if step else case",
        f"{DUNNING}::test_the_second_retry_collects_and_nothing_more_is_sent",
    ),
    Naive(
        "events out of order",
        NEWS,
        "        elif invoice.id in known.closed or invoice.id in known.settled:\n            continue\n",
        "",
        "models/test_subscriptions.py::test_every_order_of_the_same_news_ends_in_the_same_state",
    ),
    Naive(
        "events missed for weeks, unnoticed",
        "activities/reconciliation.py",
        "elif await self._books.receive(event):",
        "elif False:",
        "e2e/test_reconciliation.py::test_with_all_webhooks_lost_for_three_days_it_converges_and_says_so",
    ),
    Naive(
        "200 returned for an event that was dropped",
        "api/webhooks.py",
        "    if await context.store.receive(event):\n        context.handover.offer(event)\n",
        "    context.handover.offer(event)\n",
        f"{WEBHOOKS}::test_event_is_stored_acknowledged_and_told_to_its_process",
    ),
    Naive(
        "a duplicate makes a crash or two messages",
        "api/webhooks.py",
        "    if await context.store.receive(event):\n        context.handover.offer(event)\n",
        "    await context.store.receive(event)\n    context.handover.offer(event)\n",
        f"{WEBHOOKS}::test_event_sent_three_times_is_stored_and_told_once",
    ),
    Naive(
        "a storm of events on one workflow",
        SUBSCRIPTION_PROCESS,
        "    def provider_reported(self, news: ProviderNews) -> None:\n        " + _HEARD,
        "    async def provider_reported(self, news: ProviderNews) -> None:\n"
        "        async with self._turn:\n"
        "            await self._look()",
        f"{SUBSCRIPTION}::test_a_storm_of_news_makes_few_looks_and_loses_nothing",
    ),
    Naive(
        "off by one in the attempts",
        CASE,
        "position=case.policy.steps.index(step, case.position) + 1,",
        "position=case.policy.steps.index(step, case.position) + 2,",
        f"{RULES}::test_a_policy_of_n_retries_makes_n",
    ),
    Naive(
        "the customer's own tries burn the budget",
        CASE,
        "return replace(taken(case, step, now), attempts=case.attempts + 1) if step else case",
        "return replace(taken(case, step or case.policy.steps[case.position], now), attempts=case.attempts + 1)",
        f"{RULES}::test_the_customers_own_tries_spend_no_attempt",
    ),
    Naive(
        "a case wedged because the worker died while charging",
        "workflows/options.py",
        "        start_to_close_timeout=timedelta(seconds=40),\n"
        "        heartbeat_timeout=_SIGN_OF_LIFE,\n"
        "        retry_policy=_VENDOR,\n"
        "        summary=summary,\n"
        "    )\n"
        "\n"
        "\n"
        "def look",
        "        start_to_close_timeout=timedelta(days=40),\n        retry_policy=_VENDOR,\n        summary=summary,\n    )\n\n\ndef look",
        KILLED,
    ),
    Naive(
        "finished, every hour again",
        "models/subscription_news.py",
        "    if known is None:\n        return subscription\n",
        "    if known is None:\n        return replace(subscription)\n",
        "models/test_subscriptions.py::test_news_of_a_case_nobody_opened_changes_nothing",
    ),
    Naive(
        "a reminder after paying",
        "activities/notices.py",
        "if not (await self._payments.look_up_invoice(request.invoice)).owed:",
        "if False:",
        UNHEARD,
    ),
    Naive(
        "a reminder after paying",
        "activities/notices.py",
        "if not (await self._payments.look_up_invoice(request.invoice)).owed:",
        "if False:",
        f"{NOTICE}::test_a_chasing_message_is_dropped_when_the_money_is_there",
    ),
    Naive(
        "a thank-you before the charge failed",
        "workflows/subscription_arrears.py",
        "notices = tuple(self._notice(NoticeKind.PAYMENT_RECEIVED, invoice=i) for i in settled if restored)",
        "notices = (self._notice(NoticeKind.PAYMENT_RECEIVED, invoice=news.settled),)",
        f"{SUBSCRIPTION}::test_nobody_is_thanked_for_money_that_has_not_arrived",
    ),
    Naive(
        "a canceled customer still dunned",
        DUNNING_PROCESS,
        "        if self._canceled:\n",
        "        if False:\n",
        CANCELED,
    ),
    Naive(
        "no brake on retries",
        "activities/gateways/sql/cards.py",
        "or tried >= budget:",
        "or False:",
        "activities/gateways/sql/test_cards.py::test_the_budget_of_a_card_is_never_exceeded_in_any_30_days",
    ),
    Naive(
        "no brake on retries",
        BILLING,
        "if card and not await self._store.may_attempt(attempt, invoice.budget):",
        "if False:",
        f"{DUNNING}::test_a_card_is_never_tried_more_often_than_its_network_allows",
    ),
    Naive(
        "authentication required treated as a decline",
        "models/declines.py",
        "            return DeclineClass.AUTHENTICATION\n",
        "            return DeclineClass.SOFT\n",
        f"{DUNNING}::test_a_charge_the_holder_must_approve_sends_the_link_for_it",
    ),
    Naive(
        "clocks that change, zones, month ends",
        "models/ladder.py",
        "nominal = [start + calendar.elapsed(step.offset) for step in policy.steps]",
        "nominal = [(calendar.local(start) + step.offset).astimezone(start.tzinfo) for step in policy.steps]",
        f"{TIME}::test_every_step_comes_once_in_its_order_and_no_earlier_than_it_says",
    ),
    Naive(
        "clocks that change, zones, month ends",
        NEWS,
        "word.period_start > known.period_start",
        "word.period_start - known.period_start >= calendar.days(30)",
        f"{TIME}::test_periods_that_end_on_other_days_of_the_month_are_renewed_once_each",
    ),
    Naive(
        "a release stops long workflows",
        "workflows/subscription_life.py",
        "        self._look_wanted = False\n        word =",
        '        await workflow.sleep(1, summary="a release that waits a moment")\n        self._look_wanted = False\n        word =',
        REPLAY,
    ),
    Naive(
        "fallback on one exact code drops messages",
        "workflows/notice.py",
        "while report.delivery is Delivery.FAILED and",
        'while report.delivery is Delivery.FAILED and report.error == "63016" and',
        f"{NOTICE}::test_any_failure_reported_later_goes_by_mail_too",
    ),
    Naive(
        "messages at night; STOP ignored",
        "models/contact.py",
        "self.opens <= local.hour < self.closes",
        "True",
        "models/test_contact.py::test_no_message_ever_leaves_at_night_or_on_a_sunday",
    ),
    Naive(
        "messages at night; STOP ignored",
        "models/ladder.py",
        "            at += held_back\n",
        "",
        "models/test_ladder.py::test_no_consequence_comes_before_its_warning_however_the_hours_shift",
    ),
    Naive(
        "messages at night; STOP ignored",
        "activities/notices.py",
        "if not answers and channel in await self._store.opted_out(request.tenant, customer.id):",
        "if False:",
        f"{NOTICE}::test_whoever_opted_out_of_whatsapp_gets_mail_and_no_text_message",
    ),
)

SHOWN_IN_THE_SUITE = {
    "one CFDI stamped twice after a lost reply": "activities/test_exactly_once.py::test_without_the_layers_the_same_storm_stamps_twice"
}
"""Failures against which several guards stand one behind the other: their naive engine is written out in a test of its own."""

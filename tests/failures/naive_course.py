"""Naive engines that lose events, dun wrongly, or are at odds with clocks, releases and channels."""

from tests.failures.engine import BILLING, CASE, DUNNING_PROCESS, HEARD, NEWS, SUBSCRIPTION_PROCESS, Naive
from tests.failures.lines import CANCELED, DUNNING, KILLED, NOTICE, REPLAY, RULES, SUBSCRIPTION, TIME, UNHEARD, WEBHOOKS

NAIVE_COURSE = (
    Naive(
        "events out of order",
        NEWS,
        "        elif invoice.id in known.closed or invoice.id in known.settled:\n            continue\n",
        "",
        "models/subscribing/test_subscriptions.py::test_every_order_of_the_same_news_ends_in_the_same_state",
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
        "    def provider_reported(self, news: ProviderNews) -> None:\n        " + HEARD,
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
        "models/subscribing/subscription_news.py",
        "    if known is None:\n        return subscription\n",
        "    if known is None:\n        return replace(subscription)\n",
        "models/subscribing/test_subscriptions.py::test_news_of_a_case_nobody_opened_changes_nothing",
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
        "models/collecting/declines.py",
        "            return DeclineClass.AUTHENTICATION\n",
        "            return DeclineClass.SOFT\n",
        f"{DUNNING}::test_a_charge_the_holder_must_approve_sends_the_link_for_it",
    ),
    Naive(
        "clocks that change, zones, month ends",
        "models/collecting/ladder.py",
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
        "models/collecting/contact.py",
        "self.opens <= local.hour < self.closes",
        "True",
        "models/collecting/test_contact.py::test_no_message_ever_leaves_at_night_or_on_a_sunday",
    ),
    Naive(
        "messages at night; STOP ignored",
        "models/collecting/ladder.py",
        "            at += held_back\n",
        "",
        "models/collecting/test_ladder.py::test_no_consequence_comes_before_its_warning_however_the_hours_shift",
    ),
    Naive(
        "messages at night; STOP ignored",
        "activities/notices.py",
        "if not answers and channel in await self._store.opted_out(request.tenant, customer.id):",
        "if False:",
        f"{NOTICE}::test_whoever_opted_out_of_whatsapp_gets_mail_and_no_text_message",
    ),
)

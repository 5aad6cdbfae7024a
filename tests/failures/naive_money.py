"""Naive engines that charge twice, or block who has paid."""

from tests.failures.engine import BILLING, CASE, DUNNING_PROCESS, HEARD, NEWS, SUBSCRIPTION_PROCESS, Naive, believed
from tests.failures.lines import BLOCKED, COLLIDE, DRIVEN, DUNNING, LATE, REPLAY, RULES, STRIPE, TWICE

NAIVE_MONEY = (
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
        "two paths, two idempotency keys",
        "api/case_orders.py",
        "if by.request and (known := await context.store.request_about(tenant, by.request)):\n"
        "        return known\n"
        "    case = await open_case(context, found, invoice)\n"
        "    return await context.store.bind_request(tenant, by.request, case.invoice) if by.request else case.invoice",
        "case = await open_case(context, found, invoice)\n    return case.invoice",
        "api/test_idempotency.py::test_an_order_that_comes_again_is_about_the_debt_it_meant_at_first",
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
        HEARD,
        believed("payment_intent.canceled", "PAST_DUE"),
        LATE,
    ),
    Naive(
        "payment_failed redelivered two days late locks a payer out",
        SUBSCRIPTION_PROCESS,
        HEARD,
        believed("invoice.payment_failed", "SUSPENDED"),
        LATE,
    ),
    Naive(
        "past_due overwrites canceled",
        "models/subscribing/subscriptions.py",
        "if subscription.over or provider in ENDED:",
        "if provider in ENDED:",
        f"{BLOCKED}::test_past_due_never_overwrites_canceled",
    ),
    Naive(
        "past_due overwrites canceled",
        "models/subscribing/subscriptions.py",
        "if subscription.over or provider in ENDED:",
        "if provider in ENDED:",
        DRIVEN,
    ),
    Naive(
        "a voided invoice enters dunning again",
        "models/subscribing/invoices.py",
        "return self.status is InvoiceStatus.OPEN and self.due.centavos > 0",
        "return self.status in (InvoiceStatus.OPEN, InvoiceStatus.VOID) and self.due.centavos > 0",
        "models/subscribing/test_subscriptions.py::test_a_voided_invoice_never_enters_dunning",
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
        DUNNING_PROCESS,
        "late = dunning.catch_up(self._case, now, in_time=self._in_time)",
        "late = self._case",
        f"{DUNNING}::test_after_steps_fell_due_with_no_worker_there_the_ladder_moves_back_once_and_nothing_comes_in_a_row",
    ),
    Naive(
        "workers down over three steps",
        CASE,
        "return replace(case, shift=case.shift + (now - case.at(step)))\n\n\ndef _time_left",
        "return case\n\n\ndef _time_left",
        f"{RULES}::test_after_an_outage_one_step_is_taken_and_the_rest_keep_their_distance",
    ),
    Naive(
        "another subscription's deletion locks the payer",
        SUBSCRIPTION_PROCESS,
        HEARD,
        believed("customer.subscription.deleted", "CANCELED"),
        LATE,
    ),
    Naive(
        "a blocked state with no way out",
        "models/subscribing/subscriptions.py",
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
)

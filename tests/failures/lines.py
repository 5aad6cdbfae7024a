"""What went wrong in real billing systems, line by line, and the tests that hold here. A line is a promise: its tests must exist."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One failure, where real users were hit by it, and the tests by which it would be noticed here."""

    failure: str
    seen: str
    proofs: tuple[str, ...]


def _line(failure: str, seen: str, *proofs: str) -> Line:
    return Line(failure, seen, proofs)


TWICE, BLOCKED, AWAIT = (
    f"failures/test_{name}.py" for name in ("charged_twice", "blocked_though_paid", "await_points")
)
TIME, MACHINE = "failures/test_time.py", "models/test_subscription_machine.py"
DUNNING, RULES = "workflows/test_dunning.py", "models/collecting/test_dunning.py"
SUBSCRIPTION, NOTICE = "workflows/test_subscription.py", "workflows/test_notice.py"
STRIPE, WEBHOOKS, ORDERS = (
    "activities/gateways/test_payments_stripe.py",
    "api/test_webhooks.py",
    "e2e/test_event_orders.py",
)
FIVE = f"{ORDERS}::test_five_events_in_any_order_three_times_each_make_one_payment_and_one_message"
COLLIDE = f"{TWICE}::test_card_page_ladder_and_support_in_every_order_settle_one_charge"
KILLED = "e2e/test_crashes.py::test_a_worker_killed_while_charging_charges_once_and_the_cases_go_on"
REPLAY = "replay/test_replay.py::test_a_recorded_history_replays_on_todays_code"
CANCELED = f"{AWAIT}::test_canceled_at_any_point_nobody_is_charged_or_chased_any_more"
UNHEARD = f"{AWAIT}::test_paid_unheard_at_any_point_nobody_is_chased_and_nothing_is_charged_twice"
LATE = f"{BLOCKED}::test_whatever_comes_late_a_payer_stays_active_and_hears_nothing"
DRIVEN = f"{MACHINE}::TestCollections"

CHARGED_TWICE = (
    _line("paid by link while the automatic retry fires", "lago #5708, #5931", COLLIDE),
    _line(
        "outcome unknown, then a second try",
        "killbill #1015",
        f"{STRIPE}::test_an_answer_that_got_lost_is_found_by_asking_again",
        f"{DUNNING}::test_a_provider_outage_repeats_the_same_attempt_with_the_same_key",
        KILLED,
    ),
    _line(
        "a cycle scheduled twice",
        "polar #10653, #11065",
        f"{TWICE}::test_two_workers_that_start_one_case_start_it_once_even_after_it_ended",
        f"{TWICE}::test_a_cycle_that_was_scheduled_twice_has_one_case_even_after_it_ended",
        f"{SUBSCRIPTION}::test_a_declined_renewal_is_past_due_with_one_case_however_often_it_is_told",
    ),
    _line(
        "two paths, two idempotency keys",
        "woo-stripe #489, fxa #6553",
        f"{TWICE}::test_one_order_sent_again_by_a_client_that_heard_no_answer_is_one_attempt",
        f"{STRIPE}::test_every_write_that_costs_carries_its_key",
        "api/test_idempotency.py::test_an_order_that_comes_again_is_about_the_debt_it_meant_at_first",
    ),
    _line(
        "a key too coarse: two debts collide",
        "flexprice #1400",
        f"{TWICE}::test_two_debts_of_one_customer_in_one_minute_are_both_charged",
    ),
    _line("two events of one payment make two payments", "polar #13315", FIVE, DRIVEN),
    _line(
        "a declined charge retried for ever",
        "Temporal's Java template",
        f"{TWICE}::test_a_declined_debt_is_asked_for_as_often_as_the_policy_says_and_no_more",
        f"{STRIPE}::test_a_decline_is_a_result_and_its_repetition_the_same_attempt",
    ),
    _line("a release charges every renewal again", "woo-stripe #2474", REPLAY),
)

BLOCKED_THOUGH_PAID = (
    _line("a late payment_intent.canceled flips a paid invoice", "lago #5630", LATE),
    _line("payment_failed redelivered two days late locks a payer out", "capo-v1 #199", LATE),
    _line(
        "past_due overwrites canceled",
        "polar #12441",
        CANCELED,
        f"{BLOCKED}::test_past_due_never_overwrites_canceled",
        DRIVEN,
    ),
    _line(
        "a voided invoice enters dunning again",
        "polar #11680",
        "models/subscribing/test_subscriptions.py::test_a_voided_invoice_never_enters_dunning",
        f"{DUNNING}::test_a_voided_invoice_ends_the_case_without_payment",
        DRIVEN,
    ),
    _line(
        "the next invoice inherits the age of the one before",
        "killbill #2297",
        f"{BLOCKED}::test_the_next_debt_begins_its_own_ladder_whatever_its_age_or_that_of_the_one_before",
    ),
    _line(
        "workers down over three steps",
        "killbill #535",
        f"{RULES}::test_after_an_outage_one_step_is_taken_and_the_rest_keep_their_distance",
        f"{DUNNING}::test_after_steps_fell_due_with_no_worker_there_the_ladder_moves_back_once_and_nothing_comes_in_a_row",
        "e2e/test_crashes.py::test_a_temporal_server_killed_and_restarted_on_its_file_lets_every_timer_fire",
    ),
    _line("another subscription's deletion locks the payer", "fountain #349", LATE),
    _line(
        "a blocked state with no way out",
        "cal #20466",
        f"{BLOCKED}::TestEveryBlockedStateHasAWayOut::test_suspended_for_a_debt_ends_by_paying",
        f"{BLOCKED}::TestEveryBlockedStateHasAWayOut::test_suspended_by_support_ends_by_support",
        f"{BLOCKED}::TestEveryBlockedStateHasAWayOut::test_every_one_of_them_may_leave",
        DRIVEN,
    ),
    _line(
        "the first failure of several taken as final",
        "conekta-cashier #34",
        f"{DUNNING}::test_the_second_retry_collects_and_nothing_more_is_sent",
    ),
)

WEBHOOK = (
    _line(
        "events out of order",
        "cashier-stripe #1201, drf-stripe #35",
        FIVE,
        "models/subscribing/test_subscriptions.py::test_every_order_of_the_same_news_ends_in_the_same_state",
    ),
    _line(
        "events missed for weeks, unnoticed",
        "adcp #3623",
        "e2e/test_reconciliation.py::test_with_all_webhooks_lost_for_three_days_it_converges_and_says_so",
    ),
    _line(
        "200 returned for an event that was dropped",
        "readplace #938",
        f"{WEBHOOKS}::test_event_is_stored_acknowledged_and_told_to_its_process",
        "e2e/test_outage.py::test_webhooks_are_kept_and_orders_refused_while_temporal_is_away",
    ),
    _line(
        "a duplicate makes a crash or two messages",
        "dj-stripe, buttondown #1682",
        f"{WEBHOOKS}::test_event_sent_three_times_is_stored_and_told_once",
        FIVE,
    ),
    _line(
        "a storm of events on one workflow",
        "temporal #1289",
        f"{SUBSCRIPTION}::test_a_storm_of_news_makes_few_looks_and_loses_nothing",
        "soak/storm.py",
    ),
)

DUNNING_LOGIC = (
    _line(
        "off by one in the attempts", "polar #11905, hyperswitch #13654", f"{RULES}::test_a_policy_of_n_retries_makes_n"
    ),
    _line(
        "the customer's own tries burn the budget",
        "polar #10857",
        f"{RULES}::test_the_customers_own_tries_spend_no_attempt",
        f"{DUNNING}::test_a_new_card_is_tried_at_once_and_spends_no_attempt",
    ),
    _line("a case wedged because the worker died while charging", "polar #13272", KILLED),
    _line(
        "finished, every hour again",
        "lago #5106",
        COLLIDE,
        f"{SUBSCRIPTION}::test_the_case_decides_when_service_stops_and_payment_gives_it_back_once",
        "models/subscribing/test_subscriptions.py::test_news_of_a_case_nobody_opened_changes_nothing",
    ),
    _line(
        "a reminder after paying",
        "akaunting #259",
        UNHEARD,
        f"{NOTICE}::test_a_chasing_message_is_dropped_when_the_money_is_there",
    ),
    _line(
        "a thank-you before the charge failed",
        "mollie #625",
        f"{SUBSCRIPTION}::test_nobody_is_thanked_for_money_that_has_not_arrived",
    ),
    _line("a canceled customer still dunned", "polar #12644", CANCELED),
    _line(
        "no brake on retries",
        "lago #6176",
        "activities/gateways/sql/test_cards.py::test_the_budget_of_a_card_is_never_exceeded_in_any_30_days",
        f"{DUNNING}::test_a_card_is_never_tried_more_often_than_its_network_allows",
    ),
    _line(
        "authentication required treated as a decline",
        "lago #6114",
        f"{DUNNING}::test_a_charge_the_holder_must_approve_sends_the_link_for_it",
    ),
)

TIME_RELEASES_CHANNELS = (
    _line(
        "clocks that change, zones, month ends",
        "killbill #743, lago #2244",
        f"{TIME}::test_every_step_comes_once_in_its_order_and_no_earlier_than_it_says",
        f"{TIME}::test_periods_that_end_on_other_days_of_the_month_are_renewed_once_each",
        f"{TIME}::test_a_day_over_the_change_of_clocks_is_twenty_four_hours",
    ),
    _line("a release stops long workflows", "airbyte #13973", REPLAY),
    _line(
        "fallback on one exact code drops messages",
        "gaia #790",
        f"{NOTICE}::test_any_failure_reported_later_goes_by_mail_too",
        f"{NOTICE}::test_a_message_nobody_reports_on_goes_by_mail_after_an_hour",
        f"{NOTICE}::test_a_message_whatsapp_refuses_goes_by_mail",
    ),
    _line(
        "messages at night; STOP ignored",
        "capo-v1 #189",
        "models/collecting/test_contact.py::test_no_message_ever_leaves_at_night_or_on_a_sunday",
        "models/collecting/test_ladder.py::test_no_consequence_comes_before_its_warning_however_the_hours_shift",
        "activities/gateways/test_messenger_twilio.py::test_a_person_who_opted_out_is_refused",
        "api/test_replies.py::test_baja_stops_that_channel_alone_and_is_confirmed_once",
        f"{NOTICE}::test_whoever_opted_out_of_whatsapp_gets_mail_and_no_text_message",
    ),
    _line(
        "one CFDI stamped twice after a lost reply",
        "odoo #64586, sw-sdk-php #25",
        "activities/test_exactly_once.py::test_deliveries_through_a_storm_make_one_stamp_each",
        "activities/test_exactly_once.py::test_without_the_layers_the_same_storm_stamps_twice",
    ),
)

LINES = (*CHARGED_TWICE, *BLOCKED_THOUGH_PAID, *WEBHOOK, *DUNNING_LOGIC, *TIME_RELEASES_CHANNELS)

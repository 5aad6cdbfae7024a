"""What the provider's word makes of a subscription: tables and permutations."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from models.collecting.case_news import CaseNews
from models.collecting.cases import Outcome, Stage
from models.collecting.declines import Decline
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Action, Step
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Invoice, InvoiceStatus
from models.subscribing.subscription_acts import Act, next_act, reminded
from models.subscribing.subscription_news import REMEMBERED, Changes, absorb, case_reported
from models.subscribing.subscriptions import SHOWN, ProviderSubscription, Reminders, Status, Subscription
from tests.samples import PRICE, overdue, provider

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
CALENDAR = Calendar()


def take(known: Subscription, word: ProviderSubscription, now: datetime = NOW) -> tuple[Subscription, Changes]:
    return absorb(known, word, now=now, calendar=CALENDAR)


def active() -> Subscription:
    return take(Subscription(), provider(NOW))[0]


def paid(invoice: str, created: datetime = NOW) -> Invoice:
    return replace(overdue(invoice, created), status=InvoiceStatus.PAID, due=Money(0))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("trialing", Status.TRIALING),
        ("active", Status.ACTIVE),
        ("incomplete", Status.INCOMPLETE),
        ("incomplete_expired", Status.CANCELED),
        ("canceled", Status.CANCELED),
        ("paused", Status.PAUSED),
        # The provider's own past_due is not ours: ours begins with a dunning case.
        ("past_due", Status.ACTIVE),
        ("unpaid", Status.ACTIVE),
    ],
)
def test_the_status_that_follows_from_the_providers(said: str, status: Status) -> None:
    assert take(Subscription(), provider(NOW, status=said))[0].status is status


def test_the_same_word_twice_changes_nothing() -> None:
    word = replace(provider(NOW), invoices=(overdue("in_1", NOW), paid("in_0")))
    once, first = take(Subscription(), word)
    twice, second = take(once, word)
    assert ([i.id for i in first.overdue], [i.id for i in first.settled]) == (["in_1"], ["in_0"])
    assert second == Changes()
    assert twice == once


def test_a_look_that_shows_as_many_settled_invoices_as_it_can_settles_none_of_them_anew() -> None:
    word = replace(provider(NOW), invoices=tuple(paid(f"in_{n}", NOW + timedelta(days=n)) for n in range(SHOWN)))
    state, first = take(Subscription(), word)
    assert len(first.settled) == SHOWN
    for _ in range(3):
        state, again = take(state, word)
        assert again.settled == ()


def test_over_years_every_invoice_is_settled_once_however_often_it_is_looked_at() -> None:
    invoices: list[Invoice] = []
    state, settled = active(), []
    for month in range(REMEMBERED + SHOWN):
        invoices.append(paid(f"in_{month}", NOW + timedelta(days=30 * month)))
        for _ in range(2):
            state, changes = take(state, replace(provider(NOW), invoices=tuple(invoices[-SHOWN:])))
            settled += [invoice.id for invoice in changes.settled]
    assert settled == [invoice.id for invoice in invoices]
    # Drafts of a year in parts that is called off no longer take the place of what is older.
    _, changes = take(state, replace(provider(NOW), invoices=tuple(invoices[-SHOWN - 12 : -12])))
    assert changes.settled == ()


def test_every_order_of_the_same_news_ends_in_the_same_state() -> None:
    end = NOW + timedelta(days=30)
    opened = provider(NOW)
    renewed = replace(opened, period_start=end, period_end=end + timedelta(days=30))
    words = [
        replace(opened, invoices=(paid("in_0"),)),
        replace(renewed, invoices=(paid("in_0"), replace(overdue("in_1", end), attempted=False))),
        replace(renewed, invoices=(paid("in_0"), overdue("in_1", end)), status="past_due"),
        replace(renewed, invoices=(paid("in_0"), paid("in_1", end))),
        replace(renewed, invoices=(paid("in_0"), paid("in_1", end)), cancel_at_period_end=True),
    ]
    for order in permutations(words):
        state, settled = Subscription(), []
        # Whatever is delivered first, each delivery makes us look, and the last look sees the present.
        for word in (*order, words[-1]):
            state, changes = take(state, word)
            settled += [i.id for i in changes.settled]
            for invoice in changes.ended:
                news = CaseNews(invoice.id, Stage.CLOSED, Outcome.PAID, invoice)
                settled += [invoice.id] if case_reported(state, news) is not state else []
                state = case_reported(state, news)
        assert sorted(settled) == ["in_0", "in_1"]
        assert (state.status, state.cases, state.period_start) == (Status.ACTIVE, (), end)


def test_a_period_never_goes_back() -> None:
    later = replace(provider(NOW), period_start=NOW + timedelta(days=30), period_end=NOW + timedelta(days=60))
    state, _ = take(take(Subscription(), later)[0], provider(NOW))
    assert (state.period_start, state.period_end) == (later.period_start, later.period_end)


def test_canceled_stays_canceled_and_opens_no_case() -> None:
    gone, _ = take(active(), provider(NOW, status="canceled"))
    back, changes = take(gone, replace(provider(NOW, status="past_due"), invoices=(overdue("in_1", NOW),)))
    assert back.status is Status.CANCELED
    assert changes.overdue == ()


def test_a_voided_invoice_never_enters_dunning() -> None:
    void = replace(overdue("in_1", NOW), status=InvoiceStatus.VOID)
    assert take(active(), replace(provider(NOW), invoices=(void,)))[1].overdue == ()


def test_an_unpaid_first_invoice_is_a_signup_unfinished_not_a_debt() -> None:
    first = replace(overdue("in_1", NOW), first=True)
    state, changes = take(Subscription(), replace(provider(NOW, status="incomplete"), invoices=(first,)))
    assert (state.status, changes.overdue) == (Status.INCOMPLETE, ())


def test_a_case_that_closed_is_not_opened_again_by_late_news() -> None:
    word = replace(provider(NOW), invoices=(overdue("in_1", NOW),))
    known, _ = take(active(), word)
    closed = case_reported(known, CaseNews("in_1", Stage.CLOSED, Outcome.WRITTEN_OFF))
    assert take(closed, word)[1].overdue == ()


def test_restored_only_when_every_case_is_closed() -> None:
    known, _ = take(active(), replace(provider(NOW), invoices=(overdue("in_1", NOW), overdue("in_2", NOW))))
    for invoice in ("in_1", "in_2"):
        known = case_reported(known, CaseNews(invoice, Stage.SUSPENDED))
    known = case_reported(known, CaseNews("in_1", Stage.CLOSED, Outcome.PAID, paid("in_1")))
    assert (known.status, known.amount_due) == (Status.SUSPENDED, PRICE.centavos)
    known = case_reported(known, CaseNews("in_2", Stage.CLOSED, Outcome.PAID, paid("in_2")))
    assert (known.status, known.amount_due) == (Status.ACTIVE, 0)


def test_news_of_a_case_nobody_opened_changes_nothing() -> None:
    known = active()
    assert case_reported(known, CaseNews("in_9", Stage.SUSPENDED)) is known


def test_a_changed_card_is_noticed_but_not_the_first() -> None:
    known, changes = take(Subscription(), provider(NOW))
    assert not changes.new_card
    assert take(known, replace(provider(NOW), payment_method="pm_2"))[1].new_card


@pytest.mark.parametrize(
    ("word", "act", "days", "notice"),
    [
        (provider(NOW, status="trialing", trial_days=7), Act.NOTIFY, 4, NoticeKind.TRIAL_ENDING),
        (provider(NOW), Act.NOTIFY, 27, NoticeKind.RENEWAL),
        (replace(provider(NOW), cancel_at_period_end=True), Act.ASK, 30 + 1 / 24, None),
        (replace(provider(NOW), collection_paused=True), Act.ASK, 30 + 1 / 24, None),
        (replace(provider(NOW), invoices=(overdue("in_1", NOW),)), Act.ASK, 30 + 1 / 24, None),
    ],
)
def test_what_a_subscription_does_next(
    word: ProviderSubscription, act: Act, days: float, notice: NoticeKind | None
) -> None:
    due = next_act(take(Subscription(), word)[0], CALENDAR)
    assert (due.act, due.notice) == (act, notice)
    assert due.at == NOW + timedelta(days=days)


def test_an_invoice_still_in_draft_is_asked_about_again_within_hours() -> None:
    draft = replace(overdue("in_1", NOW), status=InvoiceStatus.DRAFT, attempted=False, decline=None)
    known, _ = take(active(), replace(provider(NOW), invoices=(draft,)))
    assert known.ask_at == NOW + timedelta(hours=2)


def test_a_trial_is_over_when_its_first_charge_has_gone_through_or_been_declined() -> None:
    trial, _ = take(Subscription(), provider(NOW, status="trialing", trial_days=7))
    end = NOW + timedelta(days=7)
    word = replace(
        provider(end), invoices=(replace(overdue("in_1", end), status=InvoiceStatus.DRAFT, attempted=False),)
    )
    waiting, _ = take(trial, word, end)
    assert waiting.status is Status.TRIALING
    assert take(waiting, replace(word, invoices=(paid("in_1", end),)), end)[0].status is Status.ACTIVE
    declined = replace(word, status="past_due", invoices=(overdue("in_1", end),))
    assert take(waiting, declined, end)[0].status is Status.PAST_DUE


def test_a_trial_canceled_while_its_invoice_is_a_draft_is_canceled() -> None:
    trial, _ = take(Subscription(), provider(NOW, status="trialing", trial_days=7))
    draft = replace(overdue("in_1", NOW), status=InvoiceStatus.DRAFT, attempted=False)
    assert take(trial, replace(provider(NOW, status="canceled"), invoices=(draft,)))[0].status is Status.CANCELED


def test_a_word_that_says_canceled_opens_no_case() -> None:
    word = replace(provider(NOW, status="canceled"), invoices=(overdue("in_1", NOW),))
    assert take(active(), word)[1].overdue == ()


def test_a_debt_given_up_and_paid_after_all_is_money_once() -> None:
    known, _ = take(active(), replace(provider(NOW), invoices=(overdue("in_1", NOW),)))
    given_up = case_reported(known, CaseNews("in_1", Stage.CLOSED, Outcome.WRITTEN_OFF))
    late, changes = take(given_up, replace(provider(NOW), invoices=(paid("in_1"),)))
    assert [i.id for i in changes.settled] == ["in_1"]
    assert take(late, replace(provider(NOW), invoices=(paid("in_1"),)))[1].settled == ()
    settled = case_reported(known, CaseNews("in_1", Stage.CLOSED, Outcome.PAID, paid("in_1")))
    assert take(settled, replace(provider(NOW), invoices=(paid("in_1"),)))[1].settled == ()


def test_one_notice_a_period() -> None:
    known = replace(active(), noticed=NoticeKind.RENEWAL)
    assert next_act(known, CALENDAR).act is Act.ASK
    later = replace(provider(NOW), period_start=NOW + timedelta(days=30), period_end=NOW + timedelta(days=60))
    assert take(known, later)[0].noticed == ""


def test_what_a_decline_means_is_kept_with_the_invoice() -> None:
    assert overdue("in_1", NOW).decline == Decline("insufficient_funds")


def test_a_case_hears_when_money_for_it_is_on_its_way_and_when_it_is_not_any_more() -> None:
    unpaid = overdue("in_1", NOW)
    known, _ = take(Subscription(), replace(provider(NOW), invoices=(unpaid,)))
    voucher = replace(unpaid, in_flight=True, pending_until=NOW + timedelta(days=3))
    waiting, changes = take(known, replace(provider(NOW), invoices=(voucher,)))
    assert changes.moving == (voucher,)
    assert take(waiting, replace(provider(NOW), invoices=(voucher,)))[1] == Changes()
    again = case_reported(waiting, CaseNews("in_1", Stage.GRACE, next_step="D+1 notify"))
    assert take(again, replace(provider(NOW), invoices=(unpaid,)))[1].moving == (unpaid,)


class TestSeveralDebts:
    """One customer, many debts: the oldest is collected, the others wait behind it and inherit nothing but what was taken away."""

    older, newer = overdue("in_1", NOW - timedelta(days=30)), overdue("in_2", NOW)

    def owing(self) -> Subscription:
        first, _ = take(active(), replace(provider(NOW), invoices=(self.older,)))
        return take(first, replace(provider(NOW), invoices=(self.newer, self.older)))[0]

    def test_the_younger_one_stands_behind_the_older_one(self) -> None:
        assert [(case.invoice, case.behind) for case in self.owing().cases] == [("in_1", False), ("in_2", True)]

    def test_service_stays_cut_when_the_oldest_is_paid_and_the_next_one_comes_first(self) -> None:
        cut = case_reported(self.owing(), CaseNews("in_1", Stage.DELETION_WARNED))
        after = case_reported(cut, CaseNews("in_1", Stage.CLOSED, Outcome.PAID, paid("in_1")))
        (left,) = after.cases
        assert (after.status, left.invoice, left.behind, left.stage) == (
            Status.SUSPENDED,
            "in_2",
            False,
            Stage.SUSPENDED,
        )
        # What it reported before it heard of its new place changes nothing.
        late = case_reported(after, CaseNews("in_2", Stage.GRACE, behind=True))
        assert late.status is Status.SUSPENDED
        over = case_reported(late, CaseNews("in_2", Stage.CLOSED, Outcome.PAID, paid("in_2")))
        assert over.status is Status.ACTIVE

    def test_a_small_overage_cuts_nobody_off_and_nobody_waits_behind_it(self) -> None:
        small = case_reported(self.owing(), CaseNews("in_2", Stage.GRACE, behind=True, tolerated=True))
        cut = case_reported(small, CaseNews("in_1", Stage.SUSPENDED))
        after = case_reported(cut, CaseNews("in_1", Stage.CLOSED, Outcome.PAID, paid("in_1")))
        assert after.status is Status.PAST_DUE
        assert not case_reported(self.owing(), CaseNews("in_1", Stage.GRACE, tolerated=True)).cases[1].behind

    def test_nobody_waits_for_a_dispute_to_end(self) -> None:
        disputed = case_reported(self.owing(), CaseNews("in_1", Stage.GRACE, disputed=True))
        assert [case.behind for case in disputed.cases] == [False, False]
        assert [c.behind for c in case_reported(disputed, CaseNews("in_1", Stage.GRACE)).cases] == [False, True]


class TestReminders:
    """What goes out before a period's end, as the policy says."""

    pinned = Reminders(tuple(Step(timedelta(days=-d), Action.NOTIFY, NoticeKind.RENEWAL) for d in (7, 3)))

    def subscribed(self) -> Subscription:
        return replace(active(), reminders=self.pinned)

    def test_each_reminder_goes_out_on_its_day_and_then_no_more(self) -> None:
        known, end = self.subscribed(), NOW + timedelta(days=30)
        for days in (7, 3):
            due = next_act(known, CALENDAR)
            assert (due.act, due.at, due.notice) == (Act.NOTIFY, end - timedelta(days=days), NoticeKind.RENEWAL)
            known = reminded(known, NoticeKind.RENEWAL, end - timedelta(days=days), CALENDAR)
        assert next_act(known, CALENDAR).act is Act.ASK
        renewed, _ = take(known, replace(provider(end), id=known.provider_id))
        assert (renewed.reminded, next_act(renewed, CALENDAR).act) == (0, Act.NOTIFY)

    def test_those_that_are_late_go_out_as_one(self) -> None:
        late = reminded(self.subscribed(), NoticeKind.RENEWAL, NOW + timedelta(days=28), CALENDAR)
        assert (late.reminded, next_act(late, CALENDAR).act) == (2, Act.ASK)

    def test_what_was_sent_before_a_process_was_made_anew_is_not_sent_twice(self) -> None:
        assert next_act(replace(self.subscribed(), noticed="reconciliation"), CALENDAR).act is Act.ASK

"""Trials: what is offered above them, what is told before they end, and how one without a card ends and goes on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.collecting.orders import cannot_extend_trial, cannot_resume
from models.messages import Command, Days
from models.money import Money
from models.periods import Calendar
from models.records import AuditEntry, SubscriptionRecord
from models.selling.plans import Interval, Plan, PlanKind, Trial, TrialEnd
from models.speaking.notices import Channel, Language, NoticeKind, NoticeRequest
from models.subscribing.subscription_acts import Act, next_act
from models.subscribing.subscription_news import absorb, told
from models.subscribing.subscriptions import Status, Subscription
from models.subscribing.trials import announced_anew, extended_until, options_told, upgrades, wakes, woken
from models.telling.happenings import of_subscription
from models.telling.outgoing import EventType
from models.watching.decisions import DecisionKind, entailed
from tests.samples import overdue, provider

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CALENDAR = Calendar()
SARA = "ana@soporte"


def plan(code: str, pesos: int, interval: Interval = Interval.MONTH, **more: object) -> Plan:
    return replace(Plan("acme", code, code.title(), Money(pesos * 100), interval), **more)  # type: ignore[arg-type]


BASIC, PRO, MAX = plan("basico", 499), plan("pro", 999), plan("max", 1_999)
YEARLY = plan("basico-anual", 4_990, Interval.YEAR, tier="basico")
SOLD = [MAX, PRO, YEARLY, BASIC]


@pytest.mark.parametrize(
    ("tried", "sold", "expected"),
    [
        (BASIC, SOLD, [YEARLY, PRO, MAX]),
        (PRO, SOLD, [MAX]),
        (MAX, SOLD, []),
        (YEARLY, [*SOLD, plan("pro-anual", 9_990, Interval.YEAR, tier="pro")], ["pro-anual"]),
        (BASIC, [replace(PRO, archived=True), replace(MAX, kind=PlanKind.PACKAGE)], []),
        (BASIC, [replace(PRO, price=Money(99_900, "USD")), replace(MAX, highest=Money(300_000))], []),
        (BASIC, [plan(f"p{n}", 500 + n) for n in range(9)], ["p0", "p1", "p2"]),
    ],
)
def test_what_is_offered_above_a_trial(tried: Plan, sold: list[Plan], expected: list[Plan | str]) -> None:
    codes = [each if isinstance(each, str) else each.code for each in expected]
    assert [each.code for each in upgrades(tried, sold)] == codes


def test_the_options_are_one_sentence_with_their_prices() -> None:
    assert options_told(BASIC, SOLD, Language.ES) == (
        "También puedes elegir Basico-Anual ($4,990.00 MXN al año, 17 % menos), Pro ($999.00 MXN al mes) o Max ($1,999.00 MXN al mes)."
    )
    assert options_told(PRO, SOLD, Language.EN) == "You can also choose Max ($1,999.00 MXN a month)."
    assert options_told(MAX, SOLD, Language.ES)  # a template's variable is never empty


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (plan("p", 1, trial_days=7), Trial(7)),
        (plan("p", 1, trial_days=7, card_required=False), Trial(7, TrialEnd.PAUSE)),
        (plan("p", 1, trial_days=7, card_required=False, without_card=TrialEnd.CANCEL), Trial(7, TrialEnd.CANCEL)),
        (plan("p", 1, card_required=False), Trial()),
    ],
)
def test_only_a_trial_can_begin_without_a_card(of: Plan, expected: Trial) -> None:
    assert of.trial == expected


def trying(*, card: str = "") -> Subscription:
    word = replace(provider(NOW, status="trialing", trial_days=14), payment_method=card)
    return absorb(Subscription(), word, now=NOW, calendar=CALENDAR)[0]


@pytest.mark.parametrize(("card", "kind"), [("", NoticeKind.TRIAL_WITHOUT_CARD), ("pm_1", NoticeKind.TRIAL_ENDING)])
def test_three_days_before_the_end_it_says_whether_a_card_is_missing(card: str, kind: NoticeKind) -> None:
    due = next_act(trying(card=card), CALENDAR)
    assert (due.act, due.at, due.notice) == (Act.NOTIFY, NOW + timedelta(days=11), kind)


def ended(status: str, *, card: str = "") -> tuple[Subscription, Subscription]:
    before = trying()
    at = NOW + timedelta(days=14)
    word = replace(provider(NOW, status=status, trial_days=14), payment_method=card)
    return before, absorb(before, word, now=at, calendar=CALENDAR)[0]


@pytest.mark.parametrize(
    ("provider_says", "status", "notice"),
    [
        ("paused", Status.PAUSED, NoticeKind.TRIAL_ENDED),
        ("canceled", Status.CANCELED, NoticeKind.CANCELED),
        ("active", Status.ACTIVE, None),
    ],
)
def test_how_a_trial_ends_is_told(provider_says: str, status: Status, notice: NoticeKind | None) -> None:
    before, after = ended(provider_says)
    assert (after.status, told(before, after), told(after, after)) == (status, notice, None)


def test_a_pause_asks_once_a_day_and_owes_nothing() -> None:
    _, after = ended("paused")
    assert next_act(after, CALENDAR).at == NOW + timedelta(days=15)
    refused = replace(provider(NOW, status="paused", trial_days=14), invoices=(overdue("in_2", NOW),))
    assert absorb(after, refused, now=NOW + timedelta(days=20), calendar=CALENDAR)[1].overdue == ()


def test_a_card_wakes_it_and_each_card_is_tried_once() -> None:
    _, without = ended("paused")
    assert not wakes(without)
    _, with_card = ended("paused", card="pm_1")
    assert wakes(with_card)
    assert not wakes(woken(with_card))
    assert wakes(replace(woken(with_card), payment_method="pm_2"))
    assert not wakes(replace(with_card, status=Status.ACTIVE, provider_status="active"))
    assert cannot_resume(without, Command(SARA, "x"))
    assert not cannot_resume(with_card, Command(SARA, "x"))


@pytest.mark.parametrize(
    ("state", "days", "at", "refusal"),
    [
        (trying(), 7, NOW, ""),
        (trying(), 0, NOW, "days"),
        (trying(), 61, NOW, "days"),
        (trying(), 7, NOW + timedelta(days=14), "ended"),
        (ended("active")[1], 7, NOW, "no trial"),
        (ended("paused")[1], 7, NOW, "no trial"),
    ],
)
def test_when_a_trial_can_be_extended(state: Subscription, days: float, at: datetime, refusal: str) -> None:
    said = cannot_extend_trial(state, Days(SARA, "asked", days), at)
    assert refusal in said
    assert bool(said) is bool(refusal)


def test_an_extension_counts_from_the_end_and_is_announced_anew() -> None:
    state = replace(trying(), noticed=NoticeKind.TRIAL_ENDING, reminded=1)
    until = extended_until(state, 7, CALENDAR)
    assert until == NOW + timedelta(days=21)
    word = replace(provider(NOW, status="trialing", trial_days=21), payment_method="pm_1")
    after, _ = absorb(announced_anew(state), word, now=NOW + timedelta(days=12), calendar=CALENDAR)
    due = next_act(after, CALENDAR)
    assert (due.at, due.notice) == (NOW + timedelta(days=18), NoticeKind.TRIAL_ENDING)


def record(ends: datetime, status: Status = Status.TRIALING) -> SubscriptionRecord:
    return SubscriptionRecord("acme", "s_1", "c_1", "pro", status, NOW, NOW, trial_end=ends)


def test_what_a_trial_adds_to_the_log() -> None:
    later = record(NOW + timedelta(days=7))
    notice = NoticeRequest("acme", "s_1/x/trial_ending", NoticeKind.TRIAL_ENDING, "s_1", CALENDAR)
    (ending,) = entailed(later, later, [notice, replace(notice, kind=NoticeKind.RENEWAL)], [])
    assert (ending.kind, ending.channel, ending.evidence) == (DecisionKind.TRIAL_ENDING, Channel.WHATSAPP, notice.key)

    before = record(NOW)
    for actor, responsible in (("u_7", "u_7"), ("key:crm ana", "")):
        order = AuditEntry("acme", "s_1", "k", NOW, actor, "trial extended", "asked for a week")
        (extension,) = entailed(before, later, [], [order])
        assert (extension.kind, extension.responsible) == (DecisionKind.TRIAL_EXTENDED, responsible)
        assert extension.evidence == "asked for a week"
    assert [each.type for each in of_subscription(before, later)] == [EventType.TRIAL_EXTENDED]
    for other in (replace(later, status=Status.ACTIVE), before):
        assert entailed(before, other, [], []) == ()
        assert EventType.TRIAL_EXTENDED not in [each.type for each in of_subscription(before, other)]

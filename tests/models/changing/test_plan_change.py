"""Changes of plan as values: their kinds, when they take effect, what they take away, and what becomes of those that wait."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.changing.change_records import (
    ChangeKind,
    ChangeRecord,
    ChangeState,
    Followed,
    WaitingChange,
    When,
    retention,
)
from models.changing.confirmation import Confirmation, opened
from models.changing.leaving import leaving
from models.changing.plan_change import CaseEffect, FiscalEffect, PlanChange, computed
from models.changing.plan_change_summary import summary
from models.changing.plan_change_words import cfdi_words, debt_words, offer_words
from models.changing.plan_course import Course, Standing, course, refusal
from models.changing.plan_difference import benefits_left, limit_changes, takes_away
from models.changing.stay_offers import OfferKind, StayOffer, checked
from models.money import Money
from models.people import FieldInvalid
from models.periods import Calendar
from models.safekeeping.rotating_secret import RotatingSecret
from models.selling.plans import Benefit, Feature, Interval, Limit, Plan, PlanKind
from models.speaking.notices import Language
from models.subscribing.invoice_preview import InvoicePreview, PreviewLine
from models.subscribing.subscription_acts import Act, next_act
from models.subscribing.subscriptions import Status, Subscription
from models.subscribing.waiting_changes import settled
from models.words import Words

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = NOW + timedelta(days=20)
API, LAB = Feature("api", Words("API")), Feature("lab", Words("laboratorio", "laboratory"))


def plan(code: str, pesos: int, interval: Interval = Interval.MONTH, *, pets: int | None = 100, **more: Any) -> Plan:
    limits = (Limit("pets", pets, Words("mascotas", "pets")),)
    return replace(Plan("acme", code, code.title(), Money(pesos * 100), interval, limits=limits), **more)


BASIC, PRO = plan("basic", 499), plan("pro", 999, pets=500, features=(API,))
BASIC_YEAR, PRO_YEAR = (
    plan("basic-year", 4_990, Interval.YEAR, tier="basic"),
    plan("pro-year", 9_990, Interval.YEAR, pets=500, features=(API,), tier="pro"),
)


def standing(known: Plan, **more: Any) -> Standing:
    start = NOW - timedelta(days=10)
    return replace(Standing("s_1", known, known.price, Status.ACTIVE, start, END), **more)


UP, DOWN, OTHER = ChangeKind.UPGRADE, ChangeKind.DOWNGRADE, ChangeKind.INTERVAL


@pytest.mark.parametrize(
    ("known", "wanted", "kind", "when"),
    [
        (BASIC, PRO, UP, When.NOW),
        (PRO, BASIC, DOWN, When.PERIOD_END),
        (PRO, PRO_YEAR, OTHER, When.NOW),
        (PRO_YEAR, PRO, OTHER, When.PERIOD_END),
        (BASIC, PRO_YEAR, UP, When.NOW),
        (BASIC_YEAR, PRO, UP, When.PERIOD_END),  # what is paid for the year is not given back
        (PRO_YEAR, BASIC, DOWN, When.PERIOD_END),
        (PRO, BASIC_YEAR, DOWN, When.PERIOD_END),
        (PRO, plan("same", 999, pets=400, features=(API,)), DOWN, When.PERIOD_END),  # as dear, and less
        (PRO, plan("other", 999, pets=None, features=(API, LAB)), UP, When.NOW),
        (PRO, plan("pro-year", 9_990, Interval.YEAR, pets=100, features=(API,), tier="pro"), DOWN, When.PERIOD_END),
    ],
)
def test_more_comes_at_once_and_less_with_the_next_period(
    known: Plan, wanted: Plan, kind: ChangeKind, when: When
) -> None:
    assert course(standing(known), wanted) == Course(kind, when)


def test_what_is_paid_decides_and_not_what_the_plan_costs_others_by_now() -> None:
    assert course(standing(PRO, price=Money(29_900)), BASIC).kind is UP


@pytest.mark.parametrize(
    ("wanted", "when", "field"),
    [
        (BASIC, None, "plan"),
        (replace(PRO, archived=True), None, "plan"),
        (replace(PRO, kind=PlanKind.PACKAGE), None, "plan"),
        (replace(PRO, price=Money(5_000, "USD")), None, "plan"),
        (plan("mini", 99), When.NOW, "when"),
    ],
)
def test_what_cannot_be_changed_to_names_its_field(wanted: Plan, when: When | None, field: str) -> None:
    with pytest.raises(FieldInvalid) as wrong:
        course(standing(BASIC), wanted, when)
    assert wrong.value.field == field


def test_more_may_wait_and_in_a_trial_a_month_may_come_at_once() -> None:
    assert course(standing(BASIC), PRO, When.PERIOD_END).when is When.PERIOD_END
    trial = standing(PRO_YEAR, status=Status.TRIALING)
    assert course(trial, PRO).when is When.NOW
    assert course(trial, BASIC).when is When.PERIOD_END  # its summary must arrive first


@pytest.mark.parametrize(
    ("more", "when", "says"),
    [
        ({}, When.NOW, ""),
        ({"waiting": "mini"}, When.PERIOD_END, "undo it first"),
        ({"ending": True}, When.NOW, "take the cancellation back"),
        ({"status": Status.PAUSED}, When.NOW, "resume it"),
        ({"status": Status.CANCELED}, When.NOW, "no plan to change"),
        ({"status": Status.SUSPENDED}, When.NOW, "restored first"),
        ({"status": Status.PAST_DUE, "owed": Money(49_900)}, When.NOW, "pay it first"),
        ({"status": Status.SUSPENDED, "owed": Money(49_900)}, When.PERIOD_END, ""),
    ],
)
def test_what_stands_in_the_way_is_said_with_what_to_do(more: dict[str, Any], when: When, says: str) -> None:
    why = refusal(standing(BASIC, **more), Course(UP, when))
    assert (says in why) if says else not why


def test_limits_stand_side_by_side_with_what_is_over() -> None:
    small = plan("small", 99, pets=10, limits=(Limit("pets", 10), Limit("vets", 1)))
    pets, vets = limit_changes(PRO, small, {"pets": 42})
    assert (pets.most_before, pets.most_after, pets.used, pets.over) == (500, 10, 42, 32)
    assert (vets.counted_before, vets.counted_after, vets.over) == (False, True, 0)
    (back,) = [each for each in limit_changes(small, BASIC, {"vets": 5}) if each.code == "vets"]
    assert (back.counted_after, back.over) == (False, 0)


@pytest.mark.parametrize(
    ("before", "after", "less"),
    [
        (BASIC, PRO, False),
        (PRO, BASIC, True),
        (plan("a", 1, pets=None), plan("b", 1, pets=10**9), True),
        (plan("a", 1), plan("b", 1, limits=()), True),
        (plan("a", 1, benefits=(Benefit("check", 4),)), plan("b", 1, benefits=(Benefit("check", None),)), False),
        (plan("a", 1, benefits=(Benefit("check", 4),)), plan("b", 1, benefits=(Benefit("check", 4, 20),)), True),
        (plan("a", 1, benefits=(Benefit("check", 4),)), plan("b", 1), True),
    ],
)
def test_anything_less_takes_away(before: Plan, after: Plan, less: bool) -> None:
    assert takes_away(before, after) is less


def test_what_a_package_leaves_unused_is_told() -> None:
    puppy = plan("puppy", 4_000, benefits=(Benefit("check", 4), Benefit("vaccine", None), Benefit("spay", 1)))
    assert [(each.service, each.left) for each in benefits_left(puppy, {"check": 3, "spay": 1})] == [("check", 1)]


def upgrade(**more: Any) -> PlanChange:
    lines = (PreviewLine("unused", -33_267, True), PreviewLine("remaining", 66_600, True))
    at_once = InvoicePreview(Money(33_333), Money(33_333), lines)
    renewal = InvoicePreview(Money(99_900), Money(99_900))
    known = standing(BASIC, **more)
    return computed(known, PRO, course(known, PRO), asked_at=NOW, renewal=renewal, now=at_once)


def test_an_upgrade_says_what_is_charged_now_and_next_and_which_cfdi_follows() -> None:
    change = upgrade()
    assert (change.charged_now, change.effective_at) == (Money(33_333), NOW)
    assert [(each.at, each.amount) for each in change.coming] == [(NOW, Money(33_333)), (END, Money(99_900))]
    assert change.cfdi is FiscalEffect.INCOME_NOW
    said = cfdi_words(change)
    assert "CFDI de ingreso" in said.es
    assert "descuento" in said.es
    assert "$333.33 MXN" in said.en


def test_another_interval_begins_its_period_at_once() -> None:
    year = NOW + timedelta(days=365)
    lines = (PreviewLine("unused", -66_600, True, END), PreviewLine("a year", 999_000, False, year))
    now = InvoicePreview(Money(932_400), Money(932_400), lines)
    known = standing(PRO)
    renewal = InvoicePreview(Money(999_000), Money(999_000))
    change = computed(known, PRO_YEAR, course(known, PRO_YEAR), asked_at=NOW, renewal=renewal, now=now)
    assert [each.at for each in change.coming] == [NOW, year]


def downgrade(offer: StayOffer | None = None, **more: Any) -> PlanChange:
    known = standing(PRO, used={"pets": 130}, **more)
    renewal = InvoicePreview(Money(49_900), Money(49_900))
    return computed(known, BASIC, course(known, BASIC), asked_at=NOW, renewal=renewal, offer=offer)


def test_a_downgrade_charges_nothing_now_and_leaves_a_debt_as_it_is() -> None:
    change = downgrade(owed=Money(99_900), status=Status.PAST_DUE)
    assert (change.charged_now, change.effective_at, change.lines) == (Money(0), END, ())
    assert (change.debt, change.cfdi) == (CaseEffect.STAYS, FiscalEffect.NEXT_PERIOD)
    assert [each.code for each in change.over] == ["pets"]
    assert "sigue pendiente" in debt_words(change).es


@pytest.mark.parametrize(
    "more", [{"price": Money(99_000)}, {"used": {"pets": 99}}, {"owed": Money(1)}, {"period_end": NOW}]
)
def test_whatever_matters_changes_the_fingerprint(more: dict[str, Any]) -> None:
    known = standing(PRO, used={"pets": 130})
    renewal = InvoicePreview(Money(49_900), Money(49_900))
    first, other = (
        computed(each, BASIC, course(each, BASIC), asked_at=NOW, renewal=renewal)
        for each in (known, replace(known, **more))
    )
    assert first.fingerprint != other.fingerprint
    used = replace(known, used={"pets": 131})
    assert computed(used, BASIC, course(used, BASIC), asked_at=NOW, renewal=renewal).fingerprint == first.fingerprint


def test_an_offer_to_stay_is_for_who_wants_less() -> None:
    offer = StayOffer(OfferKind.DISCOUNT, percent=30, months=1)
    assert downgrade(offer).offer == offer
    assert offer_words(offer).es == "Quédate con tu plan y paga 30 % menos durante 1 mes."
    assert "30 días" in offer_words(StayOffer(OfferKind.PAUSE, days=30)).es
    assert leaving(standing(PRO), offer).offer == offer
    assert checked(offer) == offer


def test_a_confirmation_opens_with_its_key_while_it_is_good() -> None:
    told = Confirmation("acme", "s_1", UP, When.NOW, "pro", 1, "f", int(NOW.timestamp()) + 900)
    key, other = RotatingSecret.parse("a key"), RotatingSecret.parse("another")
    token = told.sealed(key)
    assert opened(token, key, NOW) == told
    assert opened(token, other, NOW) is None
    assert opened(token, key, NOW + timedelta(minutes=16)) is None
    assert opened("nonsense", key, NOW) is None
    assert replace(told, at=2).change != told.change


SHOWN: dict[str, Any] = {
    "limits": [
        {
            "code": "pets",
            "name": {"es": "mascotas", "en": "pets"},
            "unit": "",
            "before": 500,
            "after": 100,
            "used": 130,
            "over": 30,
        },
        {"code": "vets", "name": {"es": "", "en": ""}, "unit": "", "before": None, "after": 2, "used": 0, "over": 0},
        {"code": "docs", "name": {"es": "", "en": ""}, "unit": "", "before": 5, "after": 5, "used": 0, "over": 0},
    ],
    "features_lost": [{"code": "api", "name": {"es": "API", "en": ""}}],
    "benefits_left": [{"service": "check", "name": {"es": "consulta", "en": "check-up"}, "left": 2}],
}


def test_the_summary_is_one_sentence_of_what_changes() -> None:
    assert summary(json.dumps(SHOWN), Language.ES) == (
        "Qué cambia: mascotas: de 500 a 100 (usas 130, 30 de más); vets: de sin límite a 2; ya no incluye API; "
        "2 × consulta por usar antes de esa fecha."
    )
    english = summary(json.dumps(SHOWN), Language.EN)
    assert "pets: 500 → 100 (you use 130, 30 too many)" in english
    nothing = json.dumps({"limits": [], "features_lost": [], "benefits_left": []})
    assert summary(nothing, Language.ES) == "Lo demás sigue igual."
    many = {**SHOWN, "features_lost": SHOWN["features_lost"] * 20}
    told = summary(json.dumps(many), Language.ES)
    assert "y 15 cambios más" in told
    assert len(told) < 500
    assert "\n" not in told


# --- what waits


def record(state: ChangeState = ChangeState.WAITING, **more: Any) -> ChangeRecord:
    old, new = PRO.price, BASIC.price
    made = ChangeRecord("acme", "pc_1", "s_1", DOWN, state, "pro", "basic", old, new, Money(0), NOW, END, "ana")
    return replace(made, **more)


def waiting(**more: Any) -> Subscription:
    change = replace(WaitingChange(record(), "price_basic", price_now="price_pro"), **more)
    return Subscription(
        status=Status.ACTIVE, period_start=NOW, period_end=END, provider_price="price_pro", change=change, ask_at=END
    )


def test_a_change_takes_effect_with_the_period_that_is_charged_at_its_price() -> None:
    state = replace(waiting(arranged=True), provider_price="price_basic")
    assert settled(state, new_period=False, now=END).state == state
    done = settled(state, new_period=True, now=END)
    assert (done.plan, done.price, done.state.change) == ("basic", BASIC.price, None)
    assert [(each.state, each.settled_at) for each in done.records] == [(ChangeState.DONE, END)]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, "not delivered"),
        ({"record": record(delivered_at=NOW)}, "another period"),
        ({"arranged": True}, "another period"),
    ],
)
def test_a_period_at_the_old_price_leaves_it_waiting(more: dict[str, Any], says: str) -> None:
    later = END + timedelta(days=30)
    state = replace(waiting(**more), period_start=END, period_end=later)
    found = settled(state, new_period=True, now=END)
    assert found.plan == ""
    assert found.state.change is not None
    assert (found.state.change.record.effective_at, found.state.change.arranged) == (later, False)
    assert says in found.words[0]


def test_the_end_drops_what_waited_and_settles_the_cancellation() -> None:
    leaves = record(kind=ChangeKind.CANCELLATION, id="pc_2")
    state = replace(waiting(), status=Status.CANCELED, leaving=leaves)
    found = settled(state, new_period=False, now=END)
    assert {each.id: each.state for each in found.records} == {"pc_1": ChangeState.DROPPED, "pc_2": ChangeState.DONE}
    back = settled(replace(state, status=Status.ACTIVE, change=None), new_period=False, now=END)
    assert [each.state for each in back.records] == [ChangeState.UNDONE]


@pytest.mark.parametrize(
    ("more", "act"),
    [
        ({}, Act.ANNOUNCE),
        ({"told": 1, "tell_at": NOW + timedelta(days=1)}, Act.ANNOUNCE),
        ({"told": 1, "tell_at": END + timedelta(days=1)}, Act.NOTIFY),
        ({"record": record(delivered_at=NOW)}, Act.ARRANGE),
        ({"announced": False}, Act.ARRANGE),
        ({"arranged": True}, Act.NOTIFY),
    ],
)
def test_what_is_next_for_a_change_that_waits(more: dict[str, Any], act: Act) -> None:
    assert next_act(waiting(**more), Calendar()).act is act


def test_downgrades_are_retained_when_nobody_left_within_thirty_days() -> None:
    month, now = timedelta(days=30), END + timedelta(days=40)
    done = record(ChangeState.DONE)
    early = replace(done, effective_at=now - timedelta(days=5))
    found = retention(
        [
            Followed(done),
            Followed(done, END + timedelta(days=29)),
            Followed(done, END + timedelta(days=31)),
            Followed(early),
            Followed(early, now),  # gone already: nothing to wait for
            Followed(record(ChangeState.RETAINED)),
            Followed(record(ChangeState.DONE, kind=UP)),
        ],
        now,
        month,
    )
    assert (found.downgrades, found.stayed, found.waiting, found.offers) == (4, 2, 1, 1)
    assert found.share == 0.5
    assert retention([], now, month).share is None

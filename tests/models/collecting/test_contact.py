"""When a customer may be written to, on their own clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.collecting.contact import ANYTIME, Contact
from models.periods import Calendar
from models.speaking.notices import ANSWERS, CONFIRMING, NoticeKind, NoticeRequest

MEXICO, TIJUANA, CANCUN = "America/Mexico_City", "America/Tijuana", "America/Cancun"


INSTANTS = st.integers(0, 2_190 * 86_400).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "asked", "allowed"),
    [
        (MEXICO, "2026-11-20T20:00", "2026-11-20T20:00"),  # Friday 14:00
        (MEXICO, "2026-11-21T03:59", "2026-11-21T03:59"),  # Friday 21:59
        (MEXICO, "2026-11-21T04:00", "2026-11-21T13:00"),  # Friday 22:00 waits for Saturday 7:00
        (MEXICO, "2026-11-20T12:59", "2026-11-20T13:00"),  # Friday 6:59
        (MEXICO, "2026-11-22T05:00", "2026-11-23T13:00"),  # Saturday 23:00 passes over Sunday
        (MEXICO, "2026-11-22T18:00", "2026-11-23T13:00"),  # Sunday noon
        (CANCUN, "2026-11-21T03:30", "2026-11-21T12:00"),  # an hour ahead of Mexico City: 22:30
        (TIJUANA, "2026-03-08T20:00", "2026-03-09T14:00"),  # Sunday on which the clocks go forward
        (TIJUANA, "2026-11-01T20:00", "2026-11-02T15:00"),  # and back
    ],
)
def test_messages_wait_for_the_customers_morning(zone: str, asked: str, allowed: str) -> None:
    assert Contact().allowed(at(asked), zone) == at(allowed)


@given(INSTANTS, st.sampled_from([MEXICO, TIJUANA, CANCUN]))
def test_no_message_ever_leaves_at_night_or_on_a_sunday(instant: datetime, zone: str) -> None:
    asked = instant
    allowed = Contact().allowed(asked, zone)
    local = Calendar(zone=zone).local(allowed)
    assert 7 <= local.hour < 22
    assert local.weekday() != 6
    assert asked <= allowed <= asked + timedelta(hours=34)
    assert Contact().allowed(allowed, zone) == allowed


def test_any_time_is_any_time() -> None:
    night = at("2026-11-22T09:00")
    assert ANYTIME.allowed(night, MEXICO) is night


NOW = at("2026-11-20T20:00")


@pytest.mark.parametrize(
    ("contact", "days_ago", "waits"),
    [
        (Contact(), [1, 0.5, 0.1], 0),
        (Contact(apart=timedelta(hours=48)), [], 0),
        (Contact(apart=timedelta(hours=48)), [5, 1.5], 0.5),
        (Contact(apart=timedelta(hours=48)), [3, 2], 0),
        (Contact(per_week=2), [9, 3], 0),
        (Contact(per_week=2), [6, 3], 1),
        (Contact(per_week=2), [6, 3, 1], 4),
        (Contact(per_week=2, apart=timedelta(days=3)), [6, 1], 2),
    ],
)
def test_reminders_keep_their_distance(contact: Contact, days_ago: list[float], waits: float) -> None:
    sent = tuple(NOW - timedelta(days=days) for days in days_ago)
    assert contact.spaced(sent, NOW, Calendar()) == NOW + timedelta(days=waits)


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_message_keeps_quiet_hours_but_what_answers_or_confirms_the_customers_own(kind: NoticeKind) -> None:
    message = NoticeRequest("acme", "key", kind, "s_1", Calendar())
    assert message.hours == (ANYTIME if kind in ANSWERS | CONFIRMING else Contact())
    mine = Contact(opens=9, closes=18)
    assert replace(message, contact=mine).hours is (ANYTIME if kind in CONFIRMING else mine)
    assert replace(message, calendar=Calendar(day_seconds=8)).hours is ANYTIME  # a shortened day has no nights

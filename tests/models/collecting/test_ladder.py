"""When steps are due: in order, in good hours, and no consequence before its warning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.collecting.ladder import schedule
from models.periods import Calendar
from models.policies.policy import CONSEQUENCES, Action, Policy, Step
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.speaking.notices import NoticeKind

MEXICO = Calendar()
PRESETS = [preset(name) for name in presets()]


INSTANTS = st.integers(0, 2_190 * 86_400).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due(policy: Policy, start: datetime, action: Action, **more: object) -> datetime:
    times = schedule(policy, start, MEXICO, **more)  # type: ignore[arg-type]
    return next(t for t, step in zip(times, policy.steps, strict=True) if step.action is action)


@given(
    st.sampled_from(PRESETS),
    INSTANTS,
    st.sampled_from(["America/Mexico_City", "America/Tijuana", "America/Cancun"]),
    st.integers(0, 23),
    st.text(max_size=8),
)
def test_no_consequence_comes_before_its_warning_however_the_hours_shift(
    policy: Policy, start: datetime, zone: str, hour: int, seed: str
) -> None:
    times = schedule(policy, start, Calendar(zone=zone), success_hour=hour, seed=seed)
    assert list(times) == sorted(times)
    for number, step in enumerate(policy.steps):
        if step.action not in CONSEQUENCES:
            continue
        warning = max(n for n in range(number) if policy.steps[n].notice)
        spoken = policy.contact.allowed(times[warning], zone)
        assert times[number] - spoken >= step.offset - policy.steps[warning].offset
        if step.notice:
            assert policy.contact.allowed(times[number], zone) == times[number]


@given(st.sampled_from(PRESETS), INSTANTS)
def test_a_window_for_payday_is_kept(policy: Policy, start: datetime) -> None:
    times = schedule(policy, start, MEXICO, seed="in_1")
    for step, time in zip(policy.steps, times, strict=True):
        if step.on_payday and step.until:
            assert start + step.offset <= time <= start + step.until + policy.retry.jitter


def test_a_warning_held_back_by_a_sunday_holds_back_the_block() -> None:
    friday = at("2026-11-20T18:00")
    saturday_night = at("2026-11-22T05:00")
    ruthless = preset("ruthless")
    assert due(ruthless, friday, Action.SUSPEND) - friday == timedelta(days=3)
    # The D+1 warning falls on Sunday 23:00 and leaves on Monday at 7:00; three days became three and eight hours.
    assert due(ruthless, saturday_night, Action.SUSPEND) == at("2026-11-25T13:00")


def test_retries_go_at_the_hour_of_the_last_success() -> None:
    policy = preset("standard-21d")
    policy = replace(policy, retry=replace(policy.retry, jitter=timedelta()))
    start = at("2026-11-02T20:00")  # 14:00
    assert due(policy, start, Action.RETRY, success_hour=10) == at("2026-11-03T16:00")
    assert due(policy, start, Action.RETRY) == at("2026-11-03T20:00")


def test_a_retry_hours_away_goes_when_it_was_said() -> None:
    policy = parse(
        "name: x\nretries: {hour: 9}\nsteps:\n  - {at: 0h, do: notify, notice: payment_failed}\n"
        "  - {at: 4h, do: retry}\n  - {at: 9d, do: close}"
    )
    assert due(policy, at("2026-11-02T20:00"), Action.RETRY) == at("2026-11-03T00:00")


@pytest.mark.parametrize("minutes", [0, 45])
def test_jitter_spreads_a_months_retries(minutes: int) -> None:
    policy = replace(preset("ruthless"), retry=replace(preset("ruthless").retry, jitter=timedelta(minutes=minutes)))
    start = at("2026-11-02T20:00")
    times = {due(policy, start, Action.RETRY, seed=f"in_{n}") - start for n in range(100)}
    assert len(times) == (100 if minutes else 1)
    assert all(timedelta(hours=4) <= t <= timedelta(hours=4, minutes=minutes) for t in times)


def test_a_day_of_two_seconds_shrinks_everything() -> None:
    steps = (
        Step(timedelta(), Action.NOTIFY, NoticeKind.PAYMENT_FAILED),
        Step(timedelta(days=3), Action.SUSPEND, NoticeKind.SUSPENDED),
        Step(timedelta(days=30), Action.CLOSE),
    )
    start = at("2026-11-02T03:00")
    times = schedule(Policy("x", 1, steps), start, Calendar(day_seconds=2))
    assert [t - start for t in times] == [timedelta(), timedelta(seconds=6), timedelta(seconds=60)]

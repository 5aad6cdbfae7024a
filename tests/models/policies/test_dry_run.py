"""A dry run over the book: cases put together from their rows go on as the cases themselves would, and nothing else is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from models.collecting import dunning
from models.collecting.cases import Case, Hold, HoldKind, Stage
from models.collecting.course import Nobody, What
from models.collecting.declines import Decline
from models.collecting.running_cases import RunningCase, rebuilt
from models.money import Money
from models.periods import Calendar
from models.policies.dry_run import ComingRenewal, Deed, deeds_as_csv, dry_run
from models.policies.policy import Action, Facts, Policy
from models.policies.policy_move import moving
from models.policies.presets import preset, presets
from models.records import CaseRecord
from models.simulating.walk import walk
from models.speaking.notices import WARNINGS, NoticeKind

D0 = datetime(2026, 3, 2, 15, tzinfo=UTC)  # a Monday morning in Mexico
DAY = timedelta(days=1)
CALENDAR, PRICE = Calendar(), Money(14_900)
RUTHLESS, STANDARD, GENTLE = preset("ruthless"), preset("standard-21d"), preset("gentle-28d")


def lived(policy: Policy, days: float, **more: object) -> Case:
    """A case that nobody paid, so many days after its first decline."""
    case = Case("in_1", PRICE, D0, policy, CALENDAR, decline=Decline("insufficient_funds"), facts=Facts(plan="pro"))
    case = replace(case, **more)  # type: ignore[arg-type]
    for after, _ in walk(case, Nobody(Decline("insufficient_funds")), D0, D0 + days * DAY):
        case = after
    return case


def row(case: Case) -> RunningCase:
    """What SQL keeps of it, as the process writes it."""
    step = case.step
    record = CaseRecord(
        "acme",
        case.invoice,
        "s_1",
        case.amount,
        case.stage,
        f"{case.policy.name} v{case.policy.version}",
        case.opened,
        attempts=case.attempts,
        decline=case.decline.code if case.decline else "",
        next_step=step.name if step else "",
        next_step_at=case.at(step) if step and not case.hold else None,
        suspends_at=case.due(Action.SUSPEND),
        hold=case.hold.kind if case.hold else "",
        hold_until=case.hold.until if case.hold else None,
        last_step=case.last_step,
        promises=case.promises,
        broken_promises=case.broken,
    )
    return RunningCase(record, "clinic-7", "pro", case.facts)


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("days", [0.01, 0.6, 1.1, 2.4, 5.2, 9.9, 13.5])
def test_a_case_put_together_from_its_row_goes_on_as_the_case_itself(name: str, days: float) -> None:
    policy, now = preset(name), D0 + days * DAY
    case = lived(policy, days)
    again = rebuilt(row(case), policy, CALENDAR, now)
    assert again is not None
    assert [
        (act.at, act.action, act.notice)
        for _, act in walk(again, Nobody(Decline("insufficient_funds")), now, D0 + 90 * DAY)
    ] == [
        (act.at, act.action, act.notice)
        for _, act in walk(case, Nobody(Decline("insufficient_funds")), now, D0 + 90 * DAY)
    ]


def test_a_ladder_that_was_pushed_back_is_put_together_pushed_back() -> None:
    case = dunning.extended(lived(RUTHLESS, 1.5), 4)
    again = rebuilt(row(case), RUTHLESS, CALENDAR, D0 + 2 * DAY)
    assert again is not None
    assert again.due(Action.SUSPEND) == D0 + 7 * DAY
    held = dunning.held(case, Hold(HoldKind.PROMISE, D0 + 2 * DAY, D0 + 5 * DAY))
    again = rebuilt(row(held), RUTHLESS, CALENDAR, D0 + 2 * DAY)
    assert again is not None
    assert again.hold == held.hold
    assert again.due(Action.SUSPEND) == D0 + 7 * DAY


def test_a_preview_says_what_changes_and_changes_nothing() -> None:
    found = row(lived(RUTHLESS, 1.5))
    change = moving(found, RUTHLESS, GENTLE, CALENDAR, D0 + 1.5 * DAY)
    assert (change.now.next_step, change.now.suspends_at) == ("D+3 suspend", D0 + 3 * DAY)
    assert (change.then.next_step, change.then.policy) == ("D+2 retry", "gentle-28d v1")
    assert change.then.suspends_at is not None
    assert change.then.suspends_at >= D0 + 21 * DAY
    assert "next is D+2 retry" in change.words
    assert "later" in change.words
    same = moving(found, RUTHLESS, RUTHLESS, CALENDAR, D0 + 1.5 * DAY)
    assert (same.then, same.refusal) == (same.now, "the case runs by this policy already")


def test_a_case_whose_policy_is_lost_can_be_previewed_all_the_same() -> None:
    found = row(lived(RUTHLESS, 1.5))
    change = moving(found, None, STANDARD, CALENDAR, D0 + 1.5 * DAY)
    assert change.now.ends_at is None
    assert change.then.policy == "standard-21d v1"
    assert change.then.ends_at is not None


def dry(
    policy: Policy, *cases: Case, renewals: tuple[ComingRenewal, ...] = (), days: int = 30, **how: bool
) -> list[Deed]:
    now = D0 + 1.5 * DAY
    return dry_run(
        [(row(case), case.policy) for case in cases], renewals, policy, CALENDAR, now=now, until=now + days * DAY, **how
    )


def test_a_dry_run_tells_who_is_messaged_charged_and_blocked_and_when() -> None:
    deeds = dry(RUTHLESS, lived(RUTHLESS, 1.5))
    assert [(deed.what, deed.step, deed.notice) for deed in deeds] == [
        (What.BLOCK, "D+3 suspend", ""),
        (What.MESSAGE, "D+3 suspend", "suspended"),
        (What.MESSAGE, "D+7 warn deletion", "deletion_warning"),
        (What.END, "D+30 close", ""),
    ]
    assert [deed.at for deed in deeds] == sorted(deed.at for deed in deeds)


@pytest.mark.parametrize("policy", [preset(name) for name in presets()], ids=presets())
def test_a_move_takes_nothing_from_anybody_unannounced(policy: Policy) -> None:
    for running in (RUTHLESS, STANDARD, GENTLE):
        for days in (0.2, 3.5, 8.0, 16.0):
            case = lived(running, days)
            if case.outcome is not None or running.name == policy.name:
                continue
            now = D0 + days * DAY
            deeds = dry_run([(row(case), running)], [], policy, CALENDAR, now=now, until=now + 90 * DAY)
            spoke = case.stage is not Stage.GRACE
            for deed in deeds:
                spoke = spoke or (deed.what is What.MESSAGE and NoticeKind(deed.notice) not in WARNINGS)
                assert spoke or deed.what is not What.BLOCK, (running.name, days, deed)


def test_renewals_are_reminded_and_charged_and_dunned_only_when_asked() -> None:
    coming = ComingRenewal("s_2", "clinic-8", "pro", PRICE, D0 + 10 * DAY, Facts(plan="pro"))
    late = replace(coming, subscription="s_3", at=D0 + 60 * DAY)
    deeds = dry(STANDARD, renewals=(coming, late))
    assert [(deed.what, deed.notice, deed.subscription) for deed in deeds] == [
        (What.MESSAGE, "renewal", "s_2"),
        (What.CHARGE, "", "s_2"),
    ]
    failing = dry(STANDARD, renewals=(coming,), renewals_fail=True)
    assert failing[:2] == deeds
    assert sum(deed.what is What.CHARGE for deed in failing) > 3
    assert any(deed.what is What.BLOCK for deed in failing)


def test_every_line_can_be_exported() -> None:
    deeds = dry(RUTHLESS, lived(RUTHLESS, 1.5))
    head, first, *rest = deeds_as_csv(deeds).splitlines()
    assert head.startswith("at,what,step,notice,channel,subscription,customer_reference,invoice,centavos")
    assert first.startswith("2026-03-05T15:00:00+00:00,block,D+3 suspend,,,s_1,clinic-7,in_1,14900")
    assert len(rest) == len(deeds) - 1

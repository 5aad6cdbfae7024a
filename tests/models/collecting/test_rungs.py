"""The ladder as people look at it: what was done and when, what comes, and what does not, told from the case and its story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.collecting.cases import Case, Hold, HoldKind, Outcome
from models.collecting.course import Nobody
from models.collecting.declines import Decline
from models.collecting.ladder_picture import drawn
from models.collecting.rungs import RungState, about, attempts, rungs
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset
from models.records import AuditEntry
from models.simulating import walk

D0 = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)
DONE, NEXT, COMING, LEFT_OUT = RungState.DONE, RungState.NEXT, RungState.COMING, RungState.LEFT_OUT


def lived(days: float, code: str = "insufficient_funds") -> tuple[Case, list[AuditEntry]]:
    """A case that nobody paid, so many days old, and its story as its process writes it."""
    case = Case("in_1", Money(14_900), D0, preset("ruthless"), Calendar(), decline=Decline(code))
    story = []
    for move, (after, act) in enumerate(walk.walk(case, Nobody(case.decline), D0, D0 + days * DAY)):
        case = after
        action = f"charge {act.charge}" if act.charge else act.action
        detail = f"{act.step.name}: {code}" if act.charge and act.step else ""
        story.append(AuditEntry("acme", "s_1", f"in_1/{move}/{action}", act.at, "perdura", action, detail=detail))
    return case, story


def test_what_was_done_has_its_instant_and_what_comes_has_its_own() -> None:
    case, story = lived(2)
    found = rungs(case, story, D0 + 2 * DAY)
    assert [rung.state for rung in found] == [DONE] * 5 + [NEXT] + [COMING] * (len(found) - 6)
    assert [rung.number for rung in found] == list(range(1, len(found) + 1))
    assert found[0].at == D0
    assert found[3].at == D0 + DAY
    assert (found[5].step.name, found[5].at) == ("D+3 suspend", D0 + 3 * DAY)


def test_a_card_that_is_dead_is_not_charged_and_the_ladder_says_so() -> None:
    case, story = lived(2, "lost_card")
    found = {rung.step.name: rung.state for rung in rungs(case, story, D0 + 2 * DAY)}
    assert found["D+1 retry"] is LEFT_OUT
    assert found["D+3 suspend"] is NEXT


def test_a_ladder_that_stands_still_waits_and_one_that_is_over_goes_nowhere() -> None:
    case, story = lived(2)
    held = replace(case, hold=Hold(HoldKind.DISPUTE, D0 + 2 * DAY))
    assert rungs(held, story, D0 + 2 * DAY)[5].state is RungState.WAITING
    over = replace(case, outcome=Outcome.PAID)
    assert rungs(over, story, D0 + 2 * DAY)[5].state is RungState.NEVER


def test_attempts_are_told_with_their_step_and_their_decline() -> None:
    _, story = lived(2)
    found = attempts(story)
    assert [(each.why, each.outcome, each.code) for each in found] == [
        ("D+4h retry", "declined", "insufficient_funds"),
        ("D+12h retry", "declined", "insufficient_funds"),
        ("D+1 retry", "declined", "insufficient_funds"),
    ]
    other = replace(story[0], key="in_2/1/case opened")
    assert about([*story, other], "in_1") == tuple(story)


def test_it_is_drawn_with_a_number_for_each_step_that_has_its_day() -> None:
    case, story = lived(2)
    found = rungs(case, story, D0 + 2 * DAY)
    svg = drawn(found, D0, D0 + 2 * DAY, Calendar()).svg()
    assert all(f">{rung.number}</text>" in svg for rung in found)
    assert "<title>La escalera de cobro" in svg
    assert "ahora" in svg
    assert "style=" not in svg
    assert "now" in drawn(found, D0, D0 + 2 * DAY, Calendar(), english=True).svg()

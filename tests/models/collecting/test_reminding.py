"""A policy as it treats a bill: reminders, escalations and an end, and nothing taken from anybody."""

from datetime import timedelta

import pytest

from models.collecting.reminding import reminding
from models.policies.policy import CONSEQUENCES, Action, Ending
from models.policies.policy_page import parse
from models.policies.presets import preset, presets
from models.speaking.notices import NoticeKind


@pytest.mark.parametrize("name", presets())
def test_no_shipped_policy_charges_or_takes_anything_for_a_bill(name: str) -> None:
    ladder = reminding(preset(name))
    assert {step.action for step in ladder.steps} <= {Action.NOTIFY, Action.ESCALATE, Action.CLOSE}
    assert not {step.action for step in ladder.steps[:-1]} & CONSEQUENCES
    assert {step.notice for step in ladder.steps} <= {None, NoticeKind.BILL_OVERDUE}
    assert ladder.steps[-1].action is Action.CLOSE
    assert [step.offset for step in ladder.steps] == sorted(step.offset for step in ladder.steps)


def test_what_blocks_becomes_a_reminder_on_its_day() -> None:
    assert [(step.offset.days, step.action) for step in reminding(preset("ruthless")).steps] == [
        (0, Action.NOTIFY),
        (1, Action.NOTIFY),
        (3, Action.NOTIFY),
        (7, Action.NOTIFY),
        (30, Action.CLOSE),
    ]


@pytest.mark.parametrize(
    ("then", "ending"), [("cancel", Ending.PAUSE), ("pause", Ending.PAUSE), ("write_off", Ending.WRITE_OFF)]
)
def test_only_a_policy_that_gives_debts_up_gives_a_bill_up(then: str, ending: Ending) -> None:
    page = f"name: p\nsteps:\n  - {{at: 1d, do: notify, notice: payment_failed}}\n  - {{at: 9d, do: close, then: {then}}}\n"
    ladder = reminding(parse(page))
    assert ladder.steps[-1].ending is ending
    assert ladder.steps[-1].offset == timedelta(days=9)

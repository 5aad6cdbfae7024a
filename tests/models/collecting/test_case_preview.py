"""What an order would do to a case: shown as a table of examples, and the same as what the case's process then does, case by case."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from models.collecting import dunning
from models.collecting.case_preview import CasePreview, preview, restoring
from models.collecting.cases import Case, Hold, HoldKind, Outcome, Stage
from models.collecting.course import Coming, Nobody, What, course
from models.collecting.declines import Decline
from models.commands import CaseCommand
from models.messages import (
    AdoptPolicy,
    AgreeInstalments,
    Command,
    Days,
    ExternalPayment,
    Pause,
    Promise,
    SkipToStep,
)
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset, presets
from models.simulating import walk
from models.subscribing.invoices import Instalment, Invoice, InvoiceStatus
from models.tickets.messages import EscalateCase
from models.tickets.ticket import Priority
from tests.models.clockwork import Done, Ordered, by_workflow

D0 = datetime(2026, 3, 2, 15, tzinfo=UTC)  # a Monday morning in Mexico
DAY = timedelta(days=1)
WHO = ("ana", "asked by phone")
RUTHLESS = preset("ruthless")


def at(days: float, **more: object) -> Case:
    """A case on the ruthless ladder that nobody paid, so many days after its first decline."""
    case = Case("in_1", Money(14_900), D0, RUTHLESS, Calendar(), decline=Decline("insufficient_funds"))
    for after, _ in walk.walk(case, Nobody(case.decline), D0, D0 + days * DAY):
        case = after
    return replace(case, **more)  # type: ignore[arg-type]


def shown(command: CaseCommand, order: Command, days: float = 2, **more: object) -> CasePreview:
    return preview(at(days, **more), command, order, D0 + days * DAY)


def named(comings: tuple[Coming, ...]) -> dict[str, timedelta]:
    return {coming.name: coming.at - D0 for coming in comings}


def test_two_more_days_move_every_step_to_come_by_two_days() -> None:
    found = shown(CaseCommand.EXTEND_GRACE, Days(*WHO, 2))
    assert (found.refusal, found.action) == ("", "grace extended by 2 days")
    before, after = named(found.before), named(found.after)
    assert before["D+3 suspend"] == 3 * DAY
    assert after == {name: at + 2 * DAY for name, at in before.items()}
    assert [move.coming.name for move in found.moves] == list(after)
    suspension = next(move for move in found.moves if What.BLOCK in move.coming.whats)
    assert (suspension.before, suspension.after) == (D0 + 3 * DAY, D0 + 5 * DAY)
    assert suspension.coming.notice == "suspended"


def test_a_suspension_that_would_fall_on_a_sunday_is_shown_for_the_monday_when_its_message_may_leave() -> None:
    found = shown(CaseCommand.EXTEND_GRACE, Days(*WHO, 3))
    monday = datetime(2026, 3, 9, 13, tzinfo=UTC)  # seven in the morning in Mexico
    assert named(found.after)["D+3 suspend"] == monday - D0


def test_a_pause_until_further_notice_has_nothing_to_come_and_one_of_days_moves_all_by_them() -> None:
    endless = shown(CaseCommand.PAUSE, Pause(*WHO))
    assert endless.after == ()
    assert all(move.after is None for move in endless.moves)
    assert endless.outcome is None
    two = shown(CaseCommand.PAUSE, Pause(*WHO, 2))
    assert named(two.after)["dunning resumed"] == 4 * DAY
    assert named(two.after)["D+3 suspend"] == 5 * DAY


def test_a_payment_outside_and_a_debt_given_up_end_the_case_and_nothing_more_comes() -> None:
    paid = shown(CaseCommand.RECORD_PAYMENT, ExternalPayment(*WHO, "spei", "2026112140014BMOV0000123456"), days=10)
    assert (paid.outcome, paid.after) == (Outcome.PAID_OUTSIDE, ())
    assert paid.was.stage is Stage.DELETION_WARNED
    assert paid.case.stage is Stage.CLOSED
    given = shown(CaseCommand.WRITE_OFF, Command(*WHO))
    assert (given.outcome, given.after) == (Outcome.WRITTEN_OFF, ())
    assert [move.coming.name for move in given.moves] == [coming.name for coming in given.before]


def test_a_charge_now_is_shown_as_refused_and_moves_no_step() -> None:
    found = shown(CaseCommand.RETRY_NOW, Command(*WHO))
    assert found.charged
    assert [move.coming.whats for move in found.moves] == [(What.CHARGE,)]
    assert found.moves[0].after == D0 + 2 * DAY
    assert found.after[1:] == found.before


def test_a_skipped_step_does_not_come_and_the_one_gone_to_comes_at_once() -> None:
    found = shown(CaseCommand.SKIP_TO_STEP, SkipToStep(*WHO, 7), days=1.5)
    gone = {move.coming.name: move.after for move in found.moves}
    assert gone["D+3 suspend"] is None
    assert gone["D+7 warn deletion"] == D0 + 1.5 * DAY


def test_another_policy_is_compared_by_what_it_does() -> None:
    found = shown(CaseCommand.ADOPT_POLICY, AdoptPolicy(*WHO, preset("gentle-28d")))
    blocks = [move for move in found.moves if What.BLOCK in move.coming.whats]
    assert blocks
    first = blocks[0]
    assert first.before == D0 + 3 * DAY
    assert first.after is not None
    assert first.after > D0 + 7 * DAY


@pytest.mark.parametrize(
    ("command", "order", "more", "why"),
    [
        (CaseCommand.EXTEND_GRACE, Days(*WHO, 3), {"stage": Stage.SUSPENDED}, "already suspended"),
        (CaseCommand.EXTEND_GRACE, Days(*WHO, 61), {}, "days: give a number"),
        (CaseCommand.RESUME, Command(*WHO), {}, "not paused"),
        (CaseCommand.PAUSE, Pause(*WHO), {"hold": Hold(HoldKind.DISPUTE, D0)}, "already paused"),
        (CaseCommand.SKIP_TO_STEP, SkipToStep(*WHO, 1), {}, "the next step is"),
        (CaseCommand.RECORD_PAYMENT, ExternalPayment(*WHO, "spei", " "), {}, "reference: give"),
        (CaseCommand.RETRY_NOW, Command(*WHO), {"once": True}, "this is a bill"),
        (CaseCommand.WRITE_OFF, Command(*WHO), {"outcome": Outcome.PAID}, "this case is over"),
        (CaseCommand.ADOPT_POLICY, AdoptPolicy(*WHO, RUTHLESS), {}, "by this policy already"),
    ],
)
def test_what_would_be_refused_says_why_and_moves_nothing(
    command: CaseCommand, order: Command, more: dict[str, object], why: str
) -> None:
    found = shown(command, order, **more)
    assert why in found.refusal
    assert found.moves == ()
    assert found.case == found.was


def test_service_given_back_returns_to_the_suspension_that_many_days_later() -> None:
    found = restoring(at(10), Days(*WHO, 4), D0 + 10 * DAY)
    assert found.case.stage is Stage.GRACE
    assert named(found.after)["D+3 suspend"] == 14 * DAY


@dataclass
class Quiet(Nobody):
    """Nobody pays, and one order is given."""

    ordered: list[Ordered]
    case: Case

    def __post_init__(self) -> None:
        super().__init__(self.case.decline)

    def next(self) -> Ordered | None:  # type: ignore[override]
        return self.ordered[0] if self.ordered else None

    def taken(self) -> None:
        self.ordered.clear()

    def look(self, case: Case, now: datetime) -> Invoice:  # type: ignore[override]
        return Invoice(case.invoice, InvoiceStatus.OPEN, case.amount, case.amount, D0, attempted=True)


def drawn(number: int) -> tuple[Case, datetime, CaseCommand, Command]:
    """A case some days into its ladder, perhaps held, and an order that may or may not be refused."""
    random_ = random.Random(number)
    policy = preset(presets()[number % len(presets())])
    code = random_.choice(["insufficient_funds", "lost_card", "authentication_required", "do_not_honor"])
    opened = D0 + timedelta(minutes=random_.randrange(60 * 24 * 60))
    case = Case(f"in_{number}", Money(14_900), opened, policy, Calendar(), decline=Decline(code), first_decline=code)
    now = opened + timedelta(minutes=random_.randrange(25 * 24 * 60))
    for after, _ in walk.walk(case, Nobody(case.decline), opened, now):
        case = after
    case = dunning.skip(case, now)  # as its process leaves it behind with every turn
    held = random_.random() < 0.2 and case.outcome is None
    if held:
        until = now + random_.choice([1, 3]) * DAY if random_.random() < 0.5 else None
        case = replace(case, hold=Hold(random_.choice([HoldKind.PAUSE, HoldKind.PROMISE]), now - DAY, until))
    half = case.amount.centavos // 2
    parts = (Instalment(half, now + 10 * DAY), Instalment(case.amount.centavos - half, now + 25 * DAY))
    orders: dict[CaseCommand, Command] = {
        CaseCommand.EXTEND_GRACE: Days(*WHO, random_.choice([1, 3, 7.5])),
        CaseCommand.RETRY_NOW: Command(*WHO),
        CaseCommand.SKIP_TO_STEP: SkipToStep(*WHO, random_.randrange(1, len(policy.steps) + 1)),
        CaseCommand.PAUSE: Pause(*WHO, random_.choice([0, 4]), random_.random() < 0.5),
        CaseCommand.PROMISE: Promise(*WHO, now + random_.randrange(1, 20) * DAY),
        CaseCommand.ADOPT_POLICY: AdoptPolicy(*WHO, preset(random_.choice(presets()))),
        CaseCommand.RESUME: Command(*WHO),
        CaseCommand.RECORD_PAYMENT: ExternalPayment(*WHO, "cash", "R-1"),
        CaseCommand.WRITE_OFF: Command(*WHO),
        CaseCommand.INSTALMENTS: AgreeInstalments(*WHO, parts),
        CaseCommand.ESCALATE: EscalateCase(*WHO, Priority.URGENT),
    }
    command = random_.choice(list(orders))
    return case, now, command, orders[command]


def told(line: Done) -> tuple[datetime, str, str]:
    return line.at, line.action, str(line.notice or "")


def foretold(coming: Coming) -> tuple[datetime, str, str]:
    return coming.at, "charge declined" if What.CHARGE in coming.whats else coming.name, coming.notice


async def test_what_is_shown_is_what_its_process_then_does(monkeypatch: pytest.MonkeyPatch) -> None:
    obeyed, refused = set(), set()
    for number in range(160):
        case, now, command, order = drawn(number)
        if case.outcome is not None:
            continue
        found = preview(case, command, order, now)
        lived = [
            told(line)
            for line in await by_workflow(case, Quiet([Ordered(now, command, order)], case), monkeypatch, now)
        ]
        expected = [foretold(coming) for coming in found.after]
        if found.refusal:
            refused.add(command)
            assert expected == [foretold(coming) for coming in course(case, now)]
        elif not found.charged:
            expected.insert(0, (now, found.action, ""))
        assert lived == expected, f"case {number}: {command}"
        if not found.refusal:
            obeyed.add(command)
    assert obeyed == set(CaseCommand)  # the comparison is worth what it saw
    assert {CaseCommand.EXTEND_GRACE, CaseCommand.RESUME, CaseCommand.SKIP_TO_STEP} <= refused

"""A month's run in one line: what is done, what moves, what waits for somebody, and how fast it goes."""

from models.cfdi.documents import DocumentState
from models.cfdi.month_end import FOR_EVERYBODY, HELD, STAMPED, TO_DELIVER, TO_STAMP, Progress, told

S = DocumentState


def test_every_state_is_counted_once_but_those_stamped_that_are_still_to_be_delivered() -> None:
    assert frozenset(S) == TO_STAMP | HELD | FOR_EVERYBODY | STAMPED
    assert sum(len(each) for each in (TO_STAMP, HELD, FOR_EVERYBODY, STAMPED)) == len(S)
    assert TO_DELIVER < STAMPED


def test_a_run_is_told_with_its_pace_until_nothing_moves_by_itself() -> None:
    began = Progress(100.0, {S.SEALED: 1_500, S.REJECTED: 2})
    assert told(began, began) == "0 stamped, 1,500 to stamp, 0 to deliver, 2 held, 0 sales without RFC"
    later = Progress(110.0, {S.SENDING: 500, S.STAMPED: 300, S.DELIVERED: 700, S.REJECTED: 2, S.GENERAL_PUBLIC: 9})
    assert told(later, began).endswith(
        "1,000 stamped, 500 to stamp, 300 to deliver, 2 held, 9 sales without RFC, 100.0 a second"
    )
    assert (began.under_way, later.under_way) == (True, True)
    assert not Progress(120.0, {S.DELIVERED: 1_500, S.REJECTED: 2, S.GENERAL_PUBLIC: 9}).under_way

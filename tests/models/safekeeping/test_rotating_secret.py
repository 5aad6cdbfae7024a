"""A secret with several values: what the old one made stays good until it is dropped, and no value is guessed or shown."""

import pytest

from models.safekeeping.rotating_secret import RotatingSecret

NEW, OLD = "the new one, which is".replace(",", ""), "the old one of last year"
BOTH, BEFORE, AFTER = RotatingSecret.parse(f"{NEW}, {OLD}"), RotatingSecret.parse(OLD), RotatingSecret.parse(NEW)


def test_the_first_signs_and_each_is_accepted() -> None:
    assert BOTH.current == NEW
    assert BOTH.sign("a body") == AFTER.sign("a body") != BEFORE.sign("a body")
    for seal in (BEFORE.sign("a body"), AFTER.sign("a body")):
        assert BOTH.signed("a body", seal)
        assert not BOTH.signed("another", seal)
    assert not AFTER.signed("a body", BEFORE.sign("a body"))
    assert [BOTH.accepts(told) for told in (NEW, OLD, f"{NEW},{OLD}", "", "x")] == [True, True, False, False, False]


def test_a_seal_is_good_in_its_own_size_alone() -> None:
    short = BOTH.sign("a body", size=16)
    assert BOTH.signed("a body", short, size=16)
    for seal in (short[:-1], short, "", BOTH.sign("a body")[:22]):
        assert not BOTH.signed("a body", seal)


def test_an_empty_setting_lets_nobody_in() -> None:
    nothing = RotatingSecret.parse("")
    assert not nothing.values
    assert not nothing.accepts("")
    assert not nothing.signed("a body", "")


@pytest.mark.parametrize("text", ["tiny", f"{OLD},tiny", f"{OLD},", ",", "ab,cd"])
def test_a_value_that_is_too_short_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="16 characters or more") as refusal:
        RotatingSecret.parse(text, shortest=16 if text == "tiny" else 1)
    assert "tiny" not in str(refusal.value)


def test_its_values_do_not_show() -> None:
    assert NEW not in repr(BOTH)

"""Whatever colour a business chooses, what is written in it or on it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.look.colours import AA, BLACK, WHITE, Colour

ANY = st.builds(Colour, *[st.integers(0, 255)] * 3)


@pytest.mark.parametrize(
    ("text", "colour"),
    [("#0b5fa5", Colour(11, 95, 165)), ("0B5FA5", Colour(11, 95, 165)), (" #abc ", Colour(0xAA, 0xBB, 0xCC))],
)
def test_a_colour_is_read_as_people_write_it_and_written_in_one_way(text: str, colour: Colour) -> None:
    assert Colour.parse(text) == colour
    assert Colour.parse(str(colour)) == colour


@pytest.mark.parametrize(
    "text", ["", "#", "#12", "#12345", "#1234567", "red", "#gggggg", "rgb(1,2,3)", "#1234\n5", "#١٢٣"]
)
def test_what_is_no_colour_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="six hexadecimal digits"):
        Colour.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),  # by the formula of WCAG 2.2; grey #767676 on white is its well-known edge of AA
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_the_standard_s(one: str, other: str, ratio: float) -> None:
    assert Colour.parse(one).against(Colour.parse(other)) == pytest.approx(ratio, abs=0.005)
    assert Colour.parse(other).against(Colour.parse(one)) == pytest.approx(ratio, abs=0.005)


@given(ANY)
def test_letters_on_a_colour_and_in_a_colour_always_reach_aa(colour: Colour) -> None:
    assert colour.against(colour.ink) >= AA
    assert colour.readable.against(WHITE) >= AA
    if colour.against(WHITE) >= AA:
        assert (colour.readable, colour.ink) == (colour, WHITE), "nothing is corrected without need"


def test_dark_letters_stand_where_white_ones_would_vanish() -> None:
    assert (Colour.parse("#ffcc00").ink, Colour.parse("#14532d").ink) == (BLACK, WHITE)

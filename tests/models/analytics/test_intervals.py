"""Intervals, against published figures and against their own promise: 95 of 100 hold the truth."""

from random import Random

import pytest

from models.analytics.intervals import Interval, difference, ratio, ratio_difference, share, verdict


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3: Wilson's score interval.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    found = share(count, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10; there p1 - p2.
    [((48, 80), (56, 70), 0.0524, 0.3339), ((3, 10), (9, 10), 0.1705, 0.8090), ((0, 10), (10, 10), 0.6075, 1.0)],
)
def test_the_difference_of_two_shares_is_the_published_one(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference(first, second)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_of_nothing_nothing_is_known() -> None:
    assert share(0, 0) == Interval(0.0, 0.0, 1.0, sure=False)
    assert ratio([]) == Interval(0.0, 0.0, 0.0, sure=False)


def test_ninety_five_of_a_hundred_intervals_hold_the_truth() -> None:
    random = Random(7)
    held = 0
    for _ in range(100):
        clusters = [
            (sum(random.random() < 0.3 for _ in range(n)), n) for n in (random.randint(1, 9) for _ in range(60))
        ]
        found = ratio(clusters)
        held += found.low <= 0.3 <= found.high
    assert 88 <= held <= 100


def test_the_same_people_met_twice_differ_more_surely_than_two_groups() -> None:
    random = Random(7)
    before = [(random.randint(0, 9), 10) for _ in range(50)]
    after = [(count + 1, 10) for count, _ in before]
    paired, apart = ratio_difference(before, after, paired=True), ratio_difference(before, after, paired=False)
    assert paired.value == pytest.approx(0.1)
    assert paired.high - paired.low < 0.01 < apart.high - apart.low


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Interval(0.1, 0.05, 0.2), "more"),
        (Interval(-0.1, -0.2, -0.05), "less"),
        (Interval(0.1, -0.05, 0.2), "no difference that could be told from chance"),
        (Interval(0.1, 0.05, 0.2, sure=False), "too few cases to tell"),
    ],
)
def test_what_a_difference_says_in_words(found: Interval, says: str) -> None:
    assert verdict(found, better="more", worse="less") == says

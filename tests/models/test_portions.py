"""Much at once, in parts."""

import pytest

from models.portions import portions


@pytest.mark.parametrize(
    ("told", "parts"),
    [([], []), ([1], [[1]]), ([1, 2, 3], [[1, 2, 3]]), ([1, 2, 3, 4, 5, 6, 7], [[1, 2, 3], [4, 5, 6], [7]])],
)
def test_each_comes_once_and_in_its_order(told: list[int], parts: list[list[int]]) -> None:
    assert list(portions(told, 3)) == parts

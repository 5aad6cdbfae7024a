"""Much at once, in parts that a statement, a transaction or a query can name."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def portions(told: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """In their order, so many at a time; the last may be shorter. Of nothing there is none."""
    return (told[start : start + size] for start in range(0, len(told), size))

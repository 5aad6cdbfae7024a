"""How sure a share or a mean is: intervals of 95 %, and the same in words.

Shares: Wilson's score interval, and for the difference of two shares Newcombe's hybrid of two of them (Newcombe 1998, Statistics in
Medicine 17:873, method 10). Ratios of sums, where what is counted comes in clusters (the invoices of one customer): the percentile
bootstrap over whole clusters, with a seed of its own, so that the same data give the same interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from typing import TypeVar

T = TypeVar("T")

Z = 1.959964  # 95 %
RESAMPLES = 1000
FEWEST = 20  # clusters; with fewer a bootstrap says less than it seems to


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95 % interval. `sure` is False where there is too little to say more than the estimate."""

    value: float
    low: float
    high: float
    sure: bool = True


def share(count: int, of: int) -> Interval:
    """A share with Wilson's interval; of nothing, it is unknown: 0 to 1."""
    if not of:
        return Interval(0.0, 0.0, 1.0, sure=False)
    p, z2 = count / of, Z * Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = Z * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Interval(p, max(0.0, middle - half), min(1.0, middle + half), sure=of >= FEWEST)


def difference(first: tuple[int, int], second: tuple[int, int]) -> Interval:
    """The second share minus the first, each (count, of), with Newcombe's interval."""
    one, two = share(*first), share(*second)
    value = two.value - one.value
    low = value - sqrt((two.value - two.low) ** 2 + (one.high - one.value) ** 2)
    high = value + sqrt((two.high - two.value) ** 2 + (one.value - one.low) ** 2)
    return Interval(value, low, high, sure=one.sure and two.sure)


Cluster = tuple[int, int]  # numerator and denominator of one cluster


def ratio(clusters: Sequence[Cluster]) -> Interval:
    """The ratio of two sums over clusters, bootstrapped."""
    return _interval(_ratio(clusters), [_ratio(each) for each in _resampled(clusters, 1)], len(clusters))


def ratio_difference(first: Sequence[Cluster], second: Sequence[Cluster], *, paired: bool) -> Interval:
    """The second ratio minus the first. `paired`: the clusters are the same people, met twice; else two groups of people."""
    value = _ratio(second) - _ratio(first)
    if paired:
        both = list(zip(first, second, strict=True))
        drawn = [_ratio([b for _, b in each]) - _ratio([a for a, _ in each]) for each in _resampled(both, 1)]
    else:
        drawn = [_ratio(b) - _ratio(a) for a, b in zip(_resampled(first, 1), _resampled(second, 2), strict=True)]
    return _interval(value, drawn, min(len(first), len(second)))


def verdict(
    found: Interval,
    *,
    better: str,
    worse: str,
    alike: str = "no difference that could be told from chance",
    few: str = "too few cases to tell",
) -> str:
    """A difference in words: whether it can be told from chance."""
    if not found.sure:
        return few
    if found.low > 0:
        return better
    return worse if found.high < 0 else alike


def _resampled(items: Sequence[T], seed: int) -> list[list[T]]:
    random = Random(seed)
    return [random.choices(items, k=len(items)) for _ in range(RESAMPLES)] if items else []


def _ratio(clusters: Sequence[Cluster]) -> float:
    below = sum(b for _, b in clusters)
    return sum(a for a, _ in clusters) / below if below else 0.0


def _interval(value: float, drawn: list[float], clusters: int) -> Interval:
    drawn.sort()
    if not drawn:
        return Interval(value, value, value, sure=False)
    low, high = drawn[int(len(drawn) * 0.025)], drawn[int(len(drawn) * 0.975)]
    return Interval(value, low, high, sure=clusters >= FEWEST)

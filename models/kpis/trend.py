"""The course of a figure over its days as a small picture: a line that breaks where no snapshot was taken, and its last point."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from models.kpis.figures import Figure, shown
from models.picture import FAINT, PALETTE, Dot, Line, Picture, Text

WIDE, HIGH = 220, 56
_EDGE = 6


def trend(
    figures: Sequence[Figure], title: str, *, width: int = WIDE, height: int = HIGH, named: bool = False
) -> Picture:
    """Of one figure in one currency, oldest first, from zero up; `named`: with its highest value beside the line."""
    picture = Picture(width, height, title)
    known = [(each.day, each.value) for each in figures if each.value is not None]
    if not known:
        return picture
    left = 96 if named else _EDGE
    days = max(1, (known[-1][0] - known[0][0]).days)
    most = max(value for _, value in known) or Fraction(1)
    points = [
        (
            day,
            left + (width - left - _EDGE) * (day - known[0][0]).days / days,
            height - _EDGE - float((height - 2 * _EDGE) * value / most),
        )
        for day, value in known
    ]
    if named:
        top = max((each for each in figures if each.value is not None), key=lambda each: each.value or 0)
        picture.add(
            Line(left, height - _EDGE, width - _EDGE, height - _EDGE, FAINT),
            Text(left - 8, _EDGE + 8, shown(top), 11, FAINT, "end"),
            Text(left - 8, height - _EDGE, "0", 11, FAINT, "end"),
        )
    for (before, x1, y1), (after, x2, y2) in pairwise(points):
        gap = after - before > timedelta(days=1)
        picture.add(Line(x1, y1, x2, y2, FAINT if gap else PALETTE[0], 1 if gap else 2, dashed=gap))
    picture.add(Dot(points[-1][1], points[-1][2], 3, PALETTE[0]))
    return picture

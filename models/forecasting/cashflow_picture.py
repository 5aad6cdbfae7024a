"""A projection of cash as a picture: what comes in each month, what of it may be spent, and what is kept."""

from collections.abc import Sequence
from itertools import pairwise

from models.forecasting.cashflow import CashMonth
from models.money import Money
from models.picture import FAINT, INK, PALETTE, Dot, Line, Picture, Rect, Text
from models.speaking.notices import Language

_WIDTH, _HEIGHT, _LEFT, _FLOOR, _TALL = 900, 380, 130, 310, 230
_IN, _SPENT, _KEPT = PALETTE[0], PALETTE[1], PALETTE[2]


_WORDS = {
    Language.ES: ("Flujo de efectivo", "se cobra", "se puede gastar", "queda, con la reserva"),
    Language.EN: ("Cash flow", "collected", "may be spent", "kept, with the reserve"),
}


def chart(months: Sequence[CashMonth], currency: str, told: str, language: Language = Language.EN) -> Picture:
    """Bars of cash collected and spendable, and a line of all that is kept, reserve included. `told` says what was projected."""
    title, *legend = _WORDS[language]
    picture = Picture(_WIDTH, _HEIGHT, f"{title}: {told}")
    picture.add(Text(24, 30, title, 18, bold=True), Text(24, 50, told, 12, FAINT))
    most = max(1, *(max(each.collected, each.spent, each.kept + each.reserve) for each in months))
    wide = (_WIDTH - _LEFT - 30) / len(months)
    picture.add(
        Line(_LEFT, _FLOOR, _WIDTH - 30, _FLOOR, FAINT),
        Text(_LEFT - 8, _FLOOR - _TALL + 4, str(Money(most, currency)), 11, FAINT, "end"),
        Text(_LEFT - 8, _FLOOR, "0", 11, FAINT, "end"),
    )
    points = []
    for number, month in enumerate(months):
        x = _LEFT + number * wide
        for place, (value, colour) in enumerate(((month.collected, _IN), (month.spent, _SPENT))):
            high = _TALL * value / most
            picture.add(Rect(x + wide * (0.15 + 0.35 * place), _FLOOR - high, wide * 0.32, high, colour))
        points.append((x + wide / 2, _FLOOR - _TALL * (month.kept + month.reserve) / most))
        picture.add(Text(x + wide / 2, _FLOOR + 18, f"{month.first:%Y-%m}", 11, FAINT, "middle"))
    for (x1, y1), (x2, y2) in pairwise(points):
        picture.add(Line(x1, y1, x2, y2, _KEPT, 2))
    for x, y in points:
        picture.add(Dot(x, y, 3.5, _KEPT))
    for place, (words, colour) in enumerate(zip(legend, (_IN, _SPENT, _KEPT), strict=True)):
        picture.add(
            Rect(_LEFT + place * 190, _HEIGHT - 30, 12, 12, colour),
            Text(_LEFT + place * 190 + 18, _HEIGHT - 20, words, 12, INK),
        )
    return picture

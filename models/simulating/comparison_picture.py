"""A compared year as pictures: what is recovered with how much certainty, and what came back month by month."""

from collections.abc import Sequence

from models.analytics.intervals import Interval
from models.picture import FAINT, PALETTE, Line, Picture, Rect, Text
from models.simulating.comparison import Figures
from models.speaking.notices import Language
from models.words import Words

_WIDTH, _LEFT, _BAR = 900, 170, 420
TITLE = Words("Políticas comparadas en un año virtual", "Policies compared over a virtual year")
BY_AMOUNT = Words("Recuperado, de los pesos en riesgo", "Recovered, of pesos at risk")
BY_CASES = Words("Recuperado, de los casos", "Recovered, of cases")
LOST = Words("Clientes perdidos porque una factura no se pagó", "Customers lost because an invoice stayed unpaid")
BY_MONTH = Words("Dinero recuperado por mes, miles de pesos", "Recovered cash by month, thousands of pesos")
_TO, _FEW = Words("a", "to"), Words("muy pocos para saber", "too few to tell")


def chart(years: Sequence[Figures], told: str, language: Language = Language.EN) -> Picture:
    """Bars with whiskers for each policy, and below them the recovered cash by month. `told` says what was simulated."""
    rows = len(years)
    height = 150 + rows * 3 * 24 + 3 * 34 + 230
    title = TITLE.in_(language)
    picture = Picture(_WIDTH, height, title)
    picture.add(Text(24, 30, title, 18, bold=True), Text(24, 50, told, 12, FAINT))
    y = 84.0
    rows_of = {
        BY_AMOUNT: [(f.policy, f.recovery_by_amount) for f in years],
        BY_CASES: [(f.policy, f.recovery) for f in years],
        LOST: [(f.policy, f.involuntary_churn) for f in years],
    }
    for words, shares in rows_of.items():
        y = _bars(picture, y, words.in_(language), shares, language)
    _months(picture, y + 6, years, BY_MONTH.in_(language))
    return picture


def _bars(picture: Picture, y: float, title: str, rows: Sequence[tuple[str, Interval]], language: Language) -> float:
    picture.add(Text(24, y, title, 14, bold=True))
    most = max(0.01, max(interval.high for _, interval in rows))
    for number, (name, interval) in enumerate(rows):
        top = y + 10 + number * 24
        colour = PALETTE[number % len(PALETTE)]
        at = [_LEFT + _BAR * value / most for value in (interval.low, interval.value, interval.high)]
        picture.add(
            Text(_LEFT - 8, top + 13, name, 12, anchor="end"),
            Rect(_LEFT, top, at[1] - _LEFT, 16, colour),
            Line(at[0], top + 8, at[2], top + 8, width=2),
            Line(at[0], top + 4, at[0], top + 12, width=2),
            Line(at[2], top + 4, at[2], top + 12, width=2),
            Text(_LEFT + _BAR + 20, top + 13, f"{percent(interval)}  ({span(interval, language)})", 12),
        )
    return y + 10 + len(rows) * 24 + 24


def _months(picture: Picture, y: float, years: Sequence[Figures], title: str) -> None:
    picture.add(Text(24, y, title, 14, bold=True))
    most = max(1, *(max(f.regained) for f in years))
    floor, tall = y + 180, 150
    picture.add(Line(60, floor, _WIDTH - 30, floor, FAINT))
    months = len(years[0].regained)
    wide = (_WIDTH - 90) / months
    bar = wide * 0.8 / len(years)
    for month in range(months):
        for number, each in enumerate(years):
            high = tall * each.regained[month] / most
            x = 60 + month * wide + number * bar
            picture.add(Rect(x, floor - high, bar * 0.92, high, PALETTE[number % len(PALETTE)]))
        picture.add(Text(60 + month * wide + wide * 0.4, floor + 16, str(month + 1), 11, FAINT, "middle"))
    picture.add(
        Text(54, floor - tall + 4, f"{most / 100_000:,.0f}", 11, FAINT, "end"), Text(54, floor, "0", 11, FAINT, "end")
    )


def percent(interval: Interval) -> str:
    """`61.2 %`."""
    return f"{interval.value * 100:.1f} %"


def span(interval: Interval, language: Language = Language.EN) -> str:
    """`60.1 to 62.3`, or that there is too little to tell."""
    if not interval.sure:
        return _FEW.in_(language)
    return f"{interval.low * 100:.1f} {_TO.in_(language)} {interval.high * 100:.1f}"

"""A compared year as pictures: what is recovered with how much certainty, and what came back month by month."""

from collections.abc import Sequence

from models.comparison import Figures
from models.intervals import Interval
from models.picture import FAINT, PALETTE, Line, Picture, Rect, Text

_WIDTH, _LEFT, _BAR = 900, 170, 420


def chart(years: Sequence[Figures], told: str) -> Picture:
    """Bars with whiskers for each policy, and below them the recovered cash by month. `told` says what was simulated."""
    rows = len(years)
    height = 150 + rows * 3 * 24 + 3 * 34 + 230
    picture = Picture(_WIDTH, height, "Policies compared over a virtual year")
    picture.add(Text(24, 30, "Policies compared over a virtual year", 18, bold=True), Text(24, 50, told, 12, FAINT))
    y = 84.0
    y = _bars(picture, y, "Recovered, of pesos at risk", [(f.policy, f.recovery_by_amount) for f in years])
    y = _bars(picture, y, "Recovered, of cases", [(f.policy, f.recovery) for f in years])
    lost = "Customers lost because an invoice stayed unpaid"
    y = _bars(picture, y, lost, [(f.policy, f.involuntary_churn) for f in years])
    _months(picture, y + 6, years)
    return picture


def _bars(picture: Picture, y: float, title: str, rows: Sequence[tuple[str, Interval]]) -> float:
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
            Text(_LEFT + _BAR + 20, top + 13, f"{percent(interval)}  ({span(interval)})", 12),
        )
    return y + 10 + len(rows) * 24 + 24


def _months(picture: Picture, y: float, years: Sequence[Figures]) -> None:
    picture.add(Text(24, y, "Recovered cash by month, thousands of pesos", 14, bold=True))
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


def span(interval: Interval) -> str:
    """`60.1 to 62.3`, or that there is too little to tell."""
    return f"{interval.low * 100:.1f} to {interval.high * 100:.1f}" if interval.sure else "too few to tell"

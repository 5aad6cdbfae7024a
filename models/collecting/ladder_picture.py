"""A case's ladder as a strip of time: what was done, where it stands, and what comes, over what the customer may use meanwhile."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from models.collecting.rungs import SERVICE, Rung, RungState
from models.periods import Calendar
from models.picture import FAINT, INK, PAPER, Dot, Line, Picture, Rect, Text
from models.policies.policy_picture import COLOURS
from models.words import Words

WIDTH, HEIGHT = 960, 168
_LEFT, _RIGHT, _TOP, _FLOOR = 28, 932, 34, 124
_GROUNDS = ("#ecfdf5", "#fef9c3", "#fee2e2")
_GREY = "#c3cad3"
_APART = 19  # pixels between two dots of a row
_SOON = timedelta(hours=6)


def drawn(
    rungs: Sequence[Rung], opened: datetime, now: datetime, calendar: Calendar, *, english: bool = False
) -> Picture:
    """Dots numbered as the steps are. Instants are UTC; days are the business's.

    Steps that are left out, or whose day is not known, are not drawn.
    """
    shown = [rung for rung in rungs if rung.at is not None]
    times = [opened, now, *(rung.at for rung in shown if rung.at)]
    first, last = min(times), max(times)
    last = max(last, first + _SOON)
    scale = (_RIGHT - _LEFT) / (last - first).total_seconds()

    def x(at: datetime) -> float:
        return _LEFT + (at - first).total_seconds() * scale

    title = _TITLE.en if english else _TITLE.es
    picture = Picture(WIDTH, HEIGHT, title)
    for level, begins, ends in _service(shown, first, last):
        picture.add(Rect(x(begins), _TOP, x(ends) - x(begins), _FLOOR - _TOP, _GROUNDS[level]))
        name = _LEVELS[level].en if english else _LEVELS[level].es
        if x(ends) - x(begins) > 7 * len(name):
            picture.add(Text((x(begins) + x(ends)) / 2, _TOP - 8, name, 12, "#55606d", "middle"))
    picture.add(Line(_LEFT, _FLOOR, _RIGHT, _FLOOR, FAINT))
    _days(picture, first, last, calendar, x, english=english)
    at_now = x(now)
    picture.add(Line(at_now, _TOP - 4, at_now, _FLOOR + 4, "#1d4f91", 2))
    anchor = "start" if at_now < WIDTH / 2 else "end"
    label = "now" if english else "ahora"
    picture.add(Text(at_now + (6 if anchor == "start" else -6), _TOP + 12, label, 12, "#1d4f91", anchor, bold=True))
    rows: list[float] = [-1e9, -1e9, -1e9]
    for rung in shown:
        assert rung.at is not None
        at = x(rung.at)
        # Beside one another in time, below one another on paper.
        row = next((n for n, taken in enumerate(rows) if at - taken >= _APART), min(range(3), key=rows.__getitem__))
        rows[row] = at
        y = _FLOOR - 16 - row * 21
        colour = COLOURS[rung.step.action]
        done = rung.state is RungState.DONE
        picture.add(Dot(at, y, 9, _GREY if done else colour))
        if rung.state in (RungState.COMING, RungState.NEXT):
            picture.add(Dot(at, y, 7, PAPER))
        ink = INK if done else colour
        picture.add(Text(at, y + 4, str(rung.number), 11, ink, "middle", bold=True))
    return picture


def _service(shown: Sequence[Rung], first: datetime, last: datetime) -> list[tuple[int, datetime, datetime]]:
    """What the customer may use: stretches of time, each with how much is gone."""
    marks = [(first, 0)]
    marks += [(rung.at, SERVICE[rung.step.action]) for rung in shown if rung.at and rung.step.action in SERVICE]
    marks.append((last, marks[-1][1]))
    return [(level, begins, ends) for (begins, level), (ends, _) in pairwise(marks) if ends > begins]


def _days(
    picture: Picture,
    first: datetime,
    last: datetime,
    calendar: Calendar,
    x: Callable[[datetime], float],
    *,
    english: bool,
) -> None:
    """At most nine days of the calendar named below the strip."""
    span = calendar.days_between(first, last)
    every = next(step for step in (1, 2, 3, 5, 7, 10, 14, 30, 60, 365, 10_000) if span / step <= 8)
    at = first
    while at <= last:
        name = calendar.show_day(at, english=english).rpartition(" ")[0]
        anchor = "start" if at == first else "middle"
        picture.add(
            Line(x(at), _FLOOR, x(at), _FLOOR + 5, FAINT), Text(x(at), _FLOOR + 20, name, 11, "#55606d", anchor)
        )
        at += calendar.days(every)


_TITLE = Words(
    "La escalera de cobro en el tiempo; la lista de abajo dice lo mismo",
    "The ladder in time; the list below says the same",
)
_LEVELS = (
    Words("servicio completo", "full service"),
    Words("solo lectura", "read only"),
    Words("suspendido", "suspended"),
)

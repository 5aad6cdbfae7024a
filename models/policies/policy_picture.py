"""The timeline of a policy as a picture, drawn from its data."""

from datetime import timedelta
from itertools import pairwise

from models.money import pesos
from models.picture import FAINT, INK, Dot, Line, Picture, Rect, Text
from models.policies.policy import Action, Policy, Step, When
from models.speaking.notices import NoticeKind
from models.tickets.ticket import Priority

COLOURS = {
    Action.NOTIFY: "#2563eb",
    Action.RETRY: "#d97706",
    Action.DEGRADE: "#ca8a04",
    Action.SUSPEND: "#dc2626",
    Action.ESCALATE: "#9333ea",
    Action.WARN_DELETION: "#b91c1c",
    Action.REQUEST_DELETION: "#7f1d1d",
    Action.CLOSE: INK,
}
_SERVICE = (("full service", "#ecfdf5"), ("read only", "#fef9c3"), ("suspended, still collecting", "#fee2e2"))
_LEFT, _WIDTH, _TOP, _ROW, _SAID = 24, 460, 76, 24, 500
_DAY = timedelta(days=1)


def timeline(policy: Policy) -> Picture:
    """Each step a row: where it stands in time, what it does, and what the customer may use meanwhile (the ground's colour)."""
    steps = [*policy.reminders, *policy.steps]
    first, last = min(steps[0].offset, timedelta()) / _DAY, max(steps[-1].offset, _DAY) / _DAY
    scale = _WIDTH / (last - first)

    def x(offset: timedelta) -> float:
        return _LEFT + (offset / _DAY - first) * scale

    bottom = _TOP + _ROW * len(steps)
    picture = Picture(1080, bottom + 34, f"Timeline of the policy {policy.name} v{policy.version}")
    told = f"{policy.retries} retries, {policy.grace.days} days of grace, over on day {policy.steps[-1].offset.days}"
    picture.add(Text(_LEFT, 26, f"{policy.name} v{policy.version}", 17, bold=True), Text(_LEFT, 46, told, 12, FAINT))
    for (name, colour), start, end in _service(policy):
        picture.add(Rect(x(start), _TOP - 6, x(end) - x(start), bottom - _TOP + 10, colour))
        if x(end) - x(start) > 70:
            picture.add(Text((x(start) + x(end)) / 2, _TOP - 12, name, 11, FAINT, "middle"))
    for day in _ticks(first, last):
        at = x(day * _DAY)
        picture.add(
            Line(at, _TOP - 6, at, bottom + 4, "#d9dee4"), Text(at, bottom + 20, _day(day), 11, FAINT, "middle")
        )
    for row, step in enumerate(steps):
        y, colour = _TOP + _ROW * row + _ROW / 2, COLOURS[step.action]
        if step.until is not None:
            picture.add(Line(x(step.offset), y, x(step.until), y, colour, 2, dashed=True))
        picture.add(Dot(x(step.offset), y, 5.5, colour))
        picture.add(Line(x(step.until or step.offset) + 8, y, _SAID - 8, y, "#eef1f4"))
        picture.add(Text(_SAID, y + 4, step.name, bold=True), Text(_SAID + 170, y + 4, said(step), 12))
    return picture


def said(step: Step) -> str:
    """What a step does besides its name: `by e-mail: update card; only if …`."""
    parts = []
    if step.notice is not None:
        parts.append(
            f"writes “{NoticeKind(step.notice).replace('_', ' ')}”" + (f" by {step.channel}" if step.channel else "")
        )
    if step.on_payday and step.until is not None:
        parts.append(f"waits for payday until D+{step.until.days}")
    if step.action is Action.ESCALATE:
        parts.append(f"opens a ticket, priority {step.priority or Priority.NORMAL}")
    if step.action is Action.CLOSE:
        parts.append(f"then: {step.ending.replace('_', ' ')}" + (f" to {step.plan}" if step.plan else ""))
    if step.when is not None:
        parts.append(f"only if {condition(step.when)}")
    return "; ".join(parts)


def condition(when: When) -> str:
    """A condition in words."""
    parts = []
    if when.decline:
        parts.append(f"declined {' or '.join(when.decline)}")
    if when.at_least is not None:
        parts.append(f"at least ${pesos(when.at_least)} owed")
    if when.at_most is not None:
        parts.append(f"at most ${pesos(when.at_most)} owed")
    if when.plans:
        parts.append(f"plan {' or '.join(when.plans)}")
    if when.customer_for is not None:
        parts.append(f"customer for {when.customer_for.days} days")
    if when.attempts is not None:
        parts.append(f"{when.attempts} or more retries made")
    if when.earlier_cases is not None:
        parts.append(f"{when.earlier_cases} or more unpaid invoices before")
    if when.unpaid_cases is not None:
        parts.append(f"{when.unpaid_cases} or more never paid before")
    return " and ".join(parts)


def _service(policy: Policy) -> list[tuple[tuple[str, str], timedelta, timedelta]]:
    """The stretches of the ladder by what the customer may use, for one to whom every condition applies."""
    changes = {Action.DEGRADE: 1, Action.SUSPEND: 2}
    marks = [(timedelta(), 0)]
    marks += [(step.offset, changes[step.action]) for step in policy.steps if step.action in changes]
    marks.append((policy.steps[-1].offset, marks[-1][1]))
    return [(_SERVICE[level], start, end) for (start, level), (end, _) in pairwise(marks) if end > start]


def _ticks(first: float, last: float) -> list[int]:
    every = 2 if last - first <= 16 else 5 if last - first <= 40 else 10
    return [day for day in range(int(first), int(last) + 1) if day % every == 0]


def _day(day: int) -> str:
    return "D0" if not day else f"D{day:+d}"

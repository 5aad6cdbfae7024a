"""What the audience sees: a live table at a terminal, a line per event elsewhere, and the outcomes at the end."""

from datetime import UTC, datetime

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from sandbox.demo.cast import Role
from sandbox.demo.scene import Life, Scene
from sandbox.demo.witness import Verdict

COLOURS = {
    "incomplete": "dim",
    "trialing": "cyan",
    "active": "green",
    "past_due": "yellow",
    "suspended": "red",
    "paused": "magenta",
    "canceled": "dim",
}
LAST = 6  # events kept under the table


class Screen:
    """Shows the scene on a console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.scene: Scene | None = None
        self._events: list[Text] = []

    def tell(self, role: Role, what: str) -> None:
        """Somebody did something, or something happened to them."""
        day = max(self.scene.day, 0.0) if self.scene else 0.0
        line = Text.assemble((f"day {day:5.1f}  ", "dim"), (f"{role.name:<7}", "bold"), what)
        if self.console.is_terminal:
            self._events = [*self._events[-LAST + 1 :], line]
        else:
            self.console.print(line, soft_wrap=True)

    def __rich__(self) -> Group:
        scene = self.scene
        table = Table(title=f"Day {scene.day:.1f}" if scene else "", title_justify="left", expand=True)
        for header in ("Subscriber", "Story", "Status", "Due", "Next action", "When"):
            table.add_column(header, no_wrap=True, justify="right" if header == "Due" else "left")
        for life in scene.lives.values() if scene else ():
            table.add_row(*_row(life, scene.day_seconds if scene else 1.0))
        return Group(table, *self._events)


def _row(life: Life, day_seconds: float) -> tuple[str | Text, ...]:
    view = life.view
    if not view:
        return (life.role.name, life.role.story, Text("—", "dim"), "", "", "")
    due = view["amount_due"]["text"] if view["amount_due"]["centavos"] else ""
    at = view["next_action_at"]
    ahead = (datetime.fromisoformat(at) - datetime.now(UTC)).total_seconds() if at else 0.0
    when = f"in {ahead / day_seconds:.1f} days" if at and ahead > 0 else "now" if at else ""
    status = Text(view["status"], COLOURS.get(view["status"], ""))
    return (life.role.name, life.role.story, status, due, view["next_action"], when)


def outcomes(verdicts: list[Verdict]) -> Table:
    """What came of everybody."""
    table = Table(title="Outcome", title_justify="left", expand=True)
    for header in ("Subscriber", "Story", "Status", "Access", "Charges", "Notices by WhatsApp", "CFDI", ""):
        table.add_column(header, overflow="fold")
    for verdict in verdicts:
        table.add_row(
            verdict.role.name,
            verdict.role.story,
            verdict.seen("status"),
            verdict.seen("access"),
            verdict.seen("charges"),
            verdict.seen("notices"),
            verdict.seen("tax invoices delivered"),
            Text("✓", "green") if verdict.right else Text("✗", "bold red"),
        )
    return table


def differences(verdicts: list[Verdict]) -> list[str]:
    """What is not as it should be, a line each."""
    return [
        f"{verdict.role.name}: {finding.what}: expected {finding.expected}; seen {finding.seen}"
        for verdict in verdicts
        for finding in verdict.findings
        if not finding.right
    ]

"""The recorded histories: one file per story, named `<workflow>.<story>.json`, as the Temporal UI and CLI export them."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory

HISTORIES = Path(__file__).parent / "histories"
LARGEST = 2_200_000  # bytes, all together: a corpus that grows past this slows every clone
MACHINE = re.compile(r"\d+@.+")  # a worker's identity, and the queue of its own: process id and host name


@dataclass(frozen=True, slots=True)
class Recorded:
    """One history."""

    name: str
    text: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its events, oldest first."""
        found: list[dict[str, Any]] = json.loads(self.text)["events"]
        return found

    @property
    def workflow(self) -> str:
        """The workflow's registered name."""
        return str(self._started["workflowType"]["name"])

    @property
    def heard(self) -> set[str]:
        """The updates it accepted and the signals it received, by name."""
        names = set()
        for event in self.events:
            accepted = event.get("workflowExecutionUpdateAcceptedEventAttributes")
            signaled = event.get("workflowExecutionSignaledEventAttributes")
            if accepted:
                names.add(accepted["acceptedRequest"]["input"]["name"])
            if signaled:
                names.add(signaled["signalName"])
        return names

    def history(self) -> WorkflowHistory:
        """As the replayer takes it."""
        return WorkflowHistory.from_json(self._started["workflowId"], self.text)

    @property
    def _started(self) -> dict[str, Any]:
        started: dict[str, Any] = self.events[0]["workflowExecutionStartedEventAttributes"]
        return started


def load() -> list[Recorded]:
    """The whole corpus."""
    return [Recorded(path.stem, path.read_text(encoding="utf-8")) for path in sorted(HISTORIES.glob("*.json"))]


def save(name: str, history: WorkflowHistory) -> int:
    """Keep a history in one line, without what it says of the machine that recorded it. The answer is its size in bytes."""
    events = _anonymous(json.loads(history.to_json()))
    path = HISTORIES / f"{name}.json"
    path.write_text(json.dumps(events, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    return path.stat().st_size


def _anonymous(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _anonymous(inner) for name, inner in value.items() if name != "stackTrace"}
    if isinstance(value, list):
        return [_anonymous(inner) for inner in value]
    return "recorder" if isinstance(value, str) and MACHINE.fullmatch(value) else value

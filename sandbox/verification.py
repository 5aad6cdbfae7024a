"""What the sandbox said, or was asked, that the vendors' own contracts do not allow: found while it is said.

On when ``SandboxSettings.verify`` is, which needs the ``jsonschema`` package; the tests ask for the list and want it
empty.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

KEPT = 200
REMEMBERED = 50_000

Schema = dict[str, Any]


class Side(StrEnum):
    """Whose words they were: the asker's, or the sandbox's own."""

    REQUEST = "request"
    RESPONSE = "response"
    EVENT = "event"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Violation:
    """``operation`` is a method and path template, or an event's type and what caused it; ``path`` where in the body
    (``$.data.object.amount``); ``rule`` what the contract demands there."""

    side: Side
    operation: str
    path: str
    rule: str

    def __str__(self) -> str:
        return f"{self.side} of {self.operation}: {self.path}: {self.rule}"


@dataclass
class Verification:
    """``judged`` counts the bodies looked at; ``violations`` keeps the first ``KEPT``. A reset does not clear them."""

    on: bool = False
    judged: int = 0
    violations: list[Violation] = field(default_factory=list)
    validators: dict[str, Any] = field(default_factory=dict)
    known_good: set[int] = field(default_factory=set)

    def hold(self, side: Side, operation: str, name: str, schema: Schema, body: Any, *, at: str = "$") -> None:
        """Judge a body by the schema known as ``name``; ``at`` is where it stands in what was sent. The same text is
        judged once: most events carry the very object that was answered."""
        if not self.on:
            return
        self.judged += 1
        mark = hash((name, json.dumps(body, sort_keys=True)))
        if mark in self.known_good:
            return
        wrong = list(self._validator(name, schema).iter_errors(body))
        for error in wrong:
            self.note(side, operation, at + error.json_path[1:], f"{error.message[:300]} ({_rule(error)})")
        if not wrong:
            if len(self.known_good) >= REMEMBERED:
                self.known_good.clear()
            self.known_good.add(mark)

    def note(self, side: Side, operation: str, path: str, rule: str) -> None:
        """File a violation found by other means."""
        if self.on and len(self.violations) < KEPT:
            self.violations.append(Violation(side, operation, path, rule))

    def shown(self) -> dict[str, Any]:
        """As the control path serves it."""
        return {
            "on": self.on,
            "judged": self.judged,
            "violations": [
                {"side": v.side, "operation": v.operation, "path": v.path, "rule": v.rule} for v in self.violations
            ],
        }

    def _validator(self, name: str, schema: Schema) -> Any:
        if name not in self.validators:
            from jsonschema import Draft202012Validator  # a development package: only who verifies needs it

            self.validators[name] = Draft202012Validator(schema)
        return self.validators[name]


def _rule(error: Any) -> str:
    """The deepest cause: of an ``anyOf`` that failed, the branch that came nearest."""
    from jsonschema.exceptions import best_match

    deepest = best_match([error])
    inner = "" if deepest is error else f"{deepest.json_path}: {deepest.message[:300]}; "
    return inner + "rule " + "/".join(str(step) for step in deepest.schema_path)

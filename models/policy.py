"""A dunning policy: an ordered list of steps counted from the first decline. Policies are YAML; presets live in `models/policies/`."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib import resources
from itertools import pairwise
from typing import Any

import yaml

from models.notices import NoticeKind

NETWORK_BUDGET = 15  # Visa: reattempts of one charge within 30 days (20 from April 2026); ours is the stricter


class Action(StrEnum):
    """What a step does."""

    NOTIFY = "notify"
    RETRY = "retry"
    SUSPEND = "suspend"
    WARN_DELETION = "warn_deletion"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `offset` in real days and hours after the first decline, what it does, and the notice sent with it."""

    offset: timedelta
    action: Action
    notice: NoticeKind | None = None

    @property
    def name(self) -> str:
        """`D+3 suspend`, as operators and timelines call it. Hours are shown below one day: `D+8h retry`."""
        hours = int(self.offset.total_seconds() // 3600)
        when = "D0" if not hours else f"D+{hours}h" if hours % 24 else f"D+{hours // 24}"
        return f"{when} {self.action.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Policy:
    """A named, versioned ladder. A running case keeps the policy it started with."""

    name: str
    version: int
    steps: tuple[Step, ...]

    @property
    def grace(self) -> timedelta:
        """Days of service after the first decline: the offset of the first suspension, else of the close."""
        return next((s.offset for s in self.steps if s.action is Action.SUSPEND), self.steps[-1].offset)

    @property
    def retries(self) -> int:
        """How many automatic charges the ladder makes."""
        return sum(s.action is Action.RETRY for s in self.steps)


class PolicyInvalid(ValueError):
    """A policy that must not run. Each line of the message names the step and the remedy."""


_OFFSET = re.compile(r"(\d+)\s*([dh])")


def _offset(text: object, where: str) -> timedelta:
    match = _OFFSET.fullmatch(str(text).strip())
    if match is None:
        raise PolicyInvalid(
            f"{where}: at: '{text}' is not a time after the first decline; write hours or days, e.g. 8h or 3d"
        )
    count = int(match[1])
    return timedelta(days=count) if match[2] == "d" else timedelta(hours=count)


def _choice(kind: type[StrEnum], text: object, where: str, field: str) -> Any:
    try:
        return kind(str(text))
    except ValueError:
        raise PolicyInvalid(f"{where}: {field}: '{text}' is unknown; use one of {', '.join(kind)}") from None


def parse(text: str) -> Policy:
    """Read a policy from YAML.

    Raises:
        PolicyInvalid: naming the field and the remedy.
    """
    try:
        page = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyInvalid(f"not YAML: {error}") from None
    if not isinstance(page, dict) or not isinstance(page.get("steps"), list) or not page.get("name"):
        raise PolicyInvalid("a policy is a mapping with name, version and a list of steps; see docs/policies.md")
    steps = []
    for number, raw in enumerate(page["steps"], start=1):
        where = f"step {number}"
        if not isinstance(raw, dict) or not {"at", "do"} <= raw.keys():
            raise PolicyInvalid(f"{where}: needs 'at' (8h, 3d) and 'do' ({', '.join(Action)})")
        if unknown := sorted(set(raw) - {"at", "do", "notice"}):
            raise PolicyInvalid(f"{where}: unknown field {unknown[0]!r}; a step has at, do and notice")
        notice = _choice(NoticeKind, raw["notice"], where, "notice") if raw.get("notice") else None
        steps.append(Step(_offset(raw["at"], where), _choice(Action, raw["do"], where, "do"), notice))
    try:
        version = int(page.get("version", 1))
    except (TypeError, ValueError):
        raise PolicyInvalid(f"version: '{page['version']}' is not a whole number") from None
    policy = Policy(str(page["name"]), version, tuple(steps))
    if faults := check(policy):
        raise PolicyInvalid("\n".join(faults))
    return policy


def check(policy: Policy) -> list[str]:
    """What is wrong with a policy, in words; empty when it may run."""
    steps, faults = policy.steps, []
    if not steps or steps[-1].action is not Action.CLOSE:
        faults.append("the last step must be 'close': a case without an end would dun for ever")
    if sum(s.action is Action.CLOSE for s in steps) > 1:
        faults.append("only one step may be 'close'")
    for number, (before, after) in enumerate(pairwise(steps), start=2):
        if after.offset < before.offset:
            faults.append(
                f"step {number} ({after.name}) comes before step {number - 1} ({before.name}); order the steps by time"
            )
    for number, step in enumerate(steps, start=1):
        if step.action in (Action.NOTIFY, Action.WARN_DELETION) and step.notice is None:
            faults.append(f"step {number} ({step.name}): name the notice it sends")
        if step.action is Action.WARN_DELETION and not any(s.action is Action.SUSPEND for s in steps[: number - 1]):
            faults.append(f"step {number} ({step.name}): suspend service before warning of deletion")
        if step.action is Action.SUSPEND and not any(s.notice for s in steps[: number - 1]):
            faults.append(f"step {number} ({step.name}): a suspension needs a notice before it")
    if policy.retries > NETWORK_BUDGET:
        faults.append(f"{policy.retries} retries: the card networks allow {NETWORK_BUDGET} in 30 days")
    return faults


def preset(name: str) -> Policy:
    """A policy shipped with the product, by name: `ruthless`.

    Raises:
        PolicyInvalid: there is no such preset.
    """
    page = resources.files("models") / "policies" / f"{name}.yaml"
    if not page.is_file():
        raise PolicyInvalid(f"policy: '{name}' is not a preset; use one of {', '.join(presets())}")
    return parse(page.read_text(encoding="utf-8"))


def presets() -> list[str]:
    """Names of the policies shipped with the product."""
    return sorted(
        p.name.removesuffix(".yaml")
        for p in (resources.files("models") / "policies").iterdir()
        if p.name.endswith(".yaml")
    )

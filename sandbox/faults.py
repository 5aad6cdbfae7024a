"""Faults ordered from outside: what an operation answers instead of, or on top of, its own answer."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class FaultKind(StrEnum):
    """``*_before`` nothing was done, ``*_after`` all was done and nobody was told."""

    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    SLOW = "slow"


@dataclass
class Fault:
    """``operation`` is a glob such as ``POST /v1/invoices/*/pay``; ``seconds`` is how long timeouts hang and how slow
    slow is; ``times`` None means until reset."""

    operation: str
    kind: FaultKind
    times: int | None = 1
    seconds: float = 30.0


@dataclass
class Faults:
    """The first fault that fits an operation is taken."""

    ordered: list[Fault] = field(default_factory=list)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this call, using up one of its times."""
        for fault in self.ordered:
            if fnmatchcase(f"{method} {path}", fault.operation):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.ordered.remove(fault)
                return fault
        return None


async def before(fault: Fault | None) -> str | None:
    """Wait as the fault demands before the work. Answers ``429``, ``500``, ``cut`` or None to go on."""
    if fault is None:
        return None
    if fault.kind in {FaultKind.SLOW, FaultKind.TIMEOUT_BEFORE}:
        await asyncio.sleep(fault.seconds)
        return None if fault.kind is FaultKind.SLOW else "cut"
    if fault.kind is FaultKind.CUT_BEFORE:
        return "cut"
    return fault.kind.value if fault.kind in {FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR} else None


async def after(fault: Fault | None) -> str | None:
    """Wait as the fault demands after the work. Answers ``cut`` when the answer must get lost."""
    if fault is not None and fault.kind is FaultKind.TIMEOUT_AFTER:
        await asyncio.sleep(fault.seconds)
        return "cut"
    return "cut" if fault is not None and fault.kind is FaultKind.CUT_AFTER else None

"""Every failure seen elsewhere has a test here that would notice it; none of them may disappear unnoticed."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.failures.lines import LINES, Line

TESTS = Path(__file__).parents[1]


@cache
def collected(file: str) -> frozenset[str]:
    """The names under which pytest finds tests in a file: functions, classes, and methods of classes."""
    names = set()
    for node in ast.parse((TESTS / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {node.name}
            names |= {
                f"{node.name}::{m.name}" for m in node.body if isinstance(m, ast.FunctionDef | ast.AsyncFunctionDef)
            }
        elif isinstance(node, ast.Assign):  # a state machine's test case
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(name for name in names if name.rpartition("::")[2].startswith(("test_", "Test")))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.failure)
def test_a_failure_seen_elsewhere_would_be_noticed_here(line: Line) -> None:
    assert line.proofs
    for proof in line.proofs:
        file, _, name = proof.partition("::")
        assert (TESTS / file).is_file(), f"{file} is gone"
        assert not name or name in collected(file), f"{name} is no test of {file}"


def test_each_failure_stands_there_once() -> None:
    assert len({line.failure for line in LINES}) == len(LINES) == 36

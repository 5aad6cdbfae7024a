"""Every failure seen elsewhere has a test here that would notice it; none of them may disappear unnoticed."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.failures.engine import Naive
from tests.failures.lines import LINES, Line
from tests.failures.naive import NAIVE, SHOWN_IN_THE_SUITE
from tests.sources import parsed

TESTS = Path(__file__).parents[1]


@cache
def collected(file: str) -> frozenset[str]:
    """The names under which pytest finds tests in a file: functions, classes, and methods of classes."""
    names = set()
    for node in parsed(TESTS / file).body:
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


def test_each_failure_has_a_naive_engine_on_which_one_of_its_own_proofs_is_red() -> None:
    proven = {(naive.failure, naive.proof) for naive in NAIVE} | set(SHOWN_IN_THE_SUITE.items())
    assert {failure for failure, _ in proven} == {line.failure for line in LINES}
    assert proven <= {(line.failure, proof) for line in LINES for proof in line.proofs}


def test_a_naive_engine_is_naive_and_not_broken(tmp_path: Path) -> None:
    """One that knew a name no more would be red without having failed as it is meant to."""
    for number, naive in enumerate(NAIVE):
        product = (TESTS.parent / naive.file).read_text(encoding="utf-8")
        (tmp_path / f"engine_{number}.py").write_text(product.replace(naive.guarded, naive.instead), encoding="utf-8")
    judge = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "E9,F821,F823", "."]
    found = subprocess.run(judge, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("naive", NAIVE, ids=str)
def test_the_guard_that_a_naive_engine_lacks_stands_in_the_product(naive: Naive) -> None:
    """`make storm` takes it out; here it is enough that it is there to be taken out, in one place."""
    product = (TESTS.parent / naive.file).read_text(encoding="utf-8")
    assert product.count(naive.guarded) == 1

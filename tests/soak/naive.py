"""`make storm`: naive engines. Each is a copy of the product without one of its guards; the test that is named for it must go red.

A test that stays green there proves nothing: it would not have noticed the failure it is named for.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.failures.engine import Naive
from tests.failures.naive import NAIVE

HERE = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "results")
RED = 1  # pytest's exit code where tests failed
LONGEST = 240  # seconds after which an engine counts as wedged, which is red too


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The product and its tests, to be changed at will."""
    there = tmp_path_factory.mktemp("naive") / "main"
    shutil.copytree(HERE, there, ignore=LEFT_OUT)
    yield there
    shutil.rmtree(there)


@pytest.mark.timeout(LONGEST + 60)
@pytest.mark.parametrize("naive", NAIVE, ids=str)
def test_without_its_guard_the_proof_is_red(copy: Path, naive: Naive) -> None:
    file = copy / naive.file
    product = file.read_text(encoding="utf-8")
    file.write_text(product.replace(naive.guarded, naive.instead), encoding="utf-8")
    # A group of its own: what an engine that is wedged has started ends with it.
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"tests/{naive.proof}"],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": str(copy)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = run.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        return
    finally:
        file.write_text(product, encoding="utf-8")
    assert run.returncode == RED, f"{naive.proof} is green without its guard:\n{said[-2000:]}"

"""Child processes end when they are told to, when they take too long, and when their parent dies."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sandbox import children
from sandbox.children import Child
from sandbox.obstacle import Obstacle

STUBBORN = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def python(tmp_path: Path, program: str) -> Child:
    return Child("part", [sys.executable, "-c", program], os.environ, tmp_path / "logs" / "part.log")


def test_a_child_that_is_asked_ends(tmp_path: Path) -> None:
    child = python(tmp_path, "import time; print('up', flush=True); time.sleep(60)")
    child.start()
    until(lambda: "up" in child.tail())
    child.check()
    child.stop()
    assert child.exit_code is not None


def test_a_child_that_will_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "STOP_SECONDS", 0.2)
    child = python(tmp_path, STUBBORN)
    child.start()
    until(lambda: "up" in child.tail())
    child.stop()
    assert child.exit_code == -9


def test_a_child_that_ended_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = python(tmp_path, "raise SystemExit('no room on disk')")
    child.start()
    until(lambda: child.exit_code is not None)
    with pytest.raises(Obstacle, match=r"part ended with code 1(.|\n)*no room on disk"):
        child.check()


def test_stopping_what_was_never_started_is_nothing(tmp_path: Path) -> None:
    python(tmp_path, "").stop()


@pytest.mark.parametrize("libc", [True, False], ids=["kernel", "guard"])
def test_a_child_dies_with_its_parent(tmp_path: Path, libc: bool) -> None:
    if libc and children._LIBC is None:
        pytest.skip("this kernel does not tell children of their parent's death")
    log = tmp_path / "part.log"
    parent = f"""
import sys, time, os
from pathlib import Path
from sandbox import children
if not {libc}: children._LIBC = None
child = children.Child("part", [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"],
                       os.environ, Path({str(log)!r}))
child.start()
time.sleep(60)
"""
    running = subprocess.Popen([sys.executable, "-c", parent])
    until(lambda: log.exists() and log.read_text().strip().isdigit())
    pid = int(log.read_text())
    running.kill()
    running.wait()
    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)

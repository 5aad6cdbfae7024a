"""Child processes that never outlive us: each with its log, stopped in order, and gone even when we are killed."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sandbox.obstacle import Obstacle

STOP_SECONDS = 15.0
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


class Child:
    """One process. Its output goes to `log`; `log` grows from run to run."""

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._argv = list(argv)
        self._env = dict(env)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 when it was never started."""
        return self._process.pid if self._process else 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs or when it was never started."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Start it in a session of its own: Ctrl-C reaches us alone, and we stop the children in order."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        argv = self._argv if _LIBC else [sys.executable, "-m", "sandbox.guard", str(os.getpid()), *self._argv]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                argv,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()) if _LIBC else None,
            )

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end and wait; end it by force when it takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def check(self) -> None:
        """Raises Obstacle with the end of its log when it ended by itself."""
        if (code := self.exit_code) is not None:
            raise Obstacle(f"{self.name} ended with code {code}; the end of {self.log}:\n{self.tail()}")

    def tail(self, lines: int = 8) -> str:
        """The last lines of its log."""
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with(parent: int) -> Callable[[], None]:
    """Runs in the child before its program: the kernel ends it when its parent dies."""

    def ask_the_kernel() -> None:
        assert _LIBC is not None
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return ask_the_kernel

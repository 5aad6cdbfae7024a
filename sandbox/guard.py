"""`python -m sandbox.guard PARENT COMMAND…`: run a command until it ends or PARENT is gone. For systems whose kernel does not do it."""

import contextlib
import os
import signal
import subprocess
import sys

POLL_SECONDS = 0.5


def main() -> int:
    """The command's exit code."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    process = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: process.send_signal(received))
    while os.getppid() == parent:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_SECONDS)
    process.terminate()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())

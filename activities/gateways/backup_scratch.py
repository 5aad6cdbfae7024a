"""A directory for a copy of the database that goes with whoever made it; what a kill left behind goes with the next one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def scratch(prefix: str, directory: Path | None) -> Iterator[Path]:
    """An empty directory, locked for as long as we live, in `directory` or where temporary files go."""
    sweep(prefix, directory)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=directory) as made:
        held = os.open(made, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
            yield Path(made)
        finally:
            os.close(held)


def sweep(prefix: str, directory: Path | None) -> None:
    """Remove those that nobody living holds, and that are ours to remove."""
    for left in Path(directory or tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            held = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left)
            finally:
                os.close(held)

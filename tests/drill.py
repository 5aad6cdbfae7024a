"""The drill on PostgreSQL, which is started here: `python -m tests.drill`. Without one it keeps its books in a file: `perdura drill`."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.databases import new_database, serving


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="perdura-postgres-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # the server runs as another user
        with serving(Path(home)) as server:
            return subprocess.run([sys.executable, "-m", "cli", "drill", "--database", new_database(server)]).returncode


if __name__ == "__main__":
    sys.exit(main())

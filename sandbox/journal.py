"""What was asked of the sandbox: the last calls, without bodies, for tests and for the curious."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One call; ``status`` 0 means that no answer was sent."""

    at: float
    provider: str
    method: str
    path: str
    status: int
    idempotency_key: str | None
    fault: str | None


@dataclass
class Journal:
    """Keeps the last 5,000 calls."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=5000))

    def record(
        self, provider: str, method: str, path: str, status: int, key: str | None = None, fault: str | None = None
    ) -> None:
        """Note a call."""
        self.entries.append(Entry(time.time(), provider, method, path, status, key, fault))

    def shown(self) -> list[dict[str, Any]]:
        """The calls as JSON, oldest first."""
        return [asdict(entry) for entry in self.entries]

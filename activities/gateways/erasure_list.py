"""The list of erasures, outside the database: a restored backup may be older than an erasure, and must not bring anybody back."""

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from models.safekeeping.erasure import Erasure

FILE = "erasures.jsonl"


class ErasureList:
    """One line of JSON for each erasure, only ever appended. Without a directory nothing is kept."""

    def __init__(self, directory: Path | None) -> None:
        self._file = directory / FILE if directory else None

    def add(self, erasure: Erasure) -> None:
        """Append, on disk before this returns. One that is there already is not written twice."""
        if self._file is None or (erasure.tenant, erasure.customer) in {(e.tenant, e.customer) for e in self.all()}:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps({**asdict(erasure), "at": erasure.at.isoformat()}, ensure_ascii=False)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def all(self) -> list[Erasure]:
        """In the order in which they were ordered. A last line cut off by a crash is left out: its order was not carried out."""
        if self._file is None or not self._file.exists():
            return []
        found = []
        for line in self._file.read_text(encoding="utf-8").split("\n"):
            try:
                told = json.loads(line)
            except ValueError:
                continue
            found.append(Erasure(**{**told, "at": datetime.fromisoformat(told["at"])}))
        return found

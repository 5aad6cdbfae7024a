"""The list of erasures, outside the database: a restored backup may be older than an erasure, and must not bring anybody back."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from models.safekeeping.erasure import Erasure

FILE = "erasures.jsonl"
_DONE = "done"


@dataclass(frozen=True, slots=True)
class Listed:
    """An erasure that was begun. Of one that is not `done` nobody knows whether it was carried out: a crash came between."""

    erasure: Erasure
    done: bool


class ErasureList:
    """A line of JSON for each erasure that is about to be committed and another once it was, only ever appended.

    Without a directory nothing is kept. `others` are directories whose lists are read as well.
    """

    def __init__(self, directory: Path | None, *others: Path) -> None:
        self._file = directory / FILE if directory else None
        read = [directory, *others] if directory else others
        self._read = list(dict.fromkeys(each.resolve() / FILE for each in read if each))

    @property
    def kept(self) -> bool:
        """Whether there is a place for what is added."""
        return self._file is not None

    @property
    def files(self) -> Sequence[Path]:
        """The lists that there are."""
        return [file for file in self._read if file.exists()]

    def add(self, erasure: Erasure) -> None:
        """Append one that is about to be carried out, on disk before this returns. One that is there already is not written twice."""
        if _key(erasure) not in self._known():
            self._append(_line(erasure))

    def confirm(self, erasure: Erasure) -> None:
        """Note that it was carried out."""
        known = self._known().get(_key(erasure))
        if known is None or not known.done:
            self._append({**_line(erasure), _DONE: True})

    def adopt(self, other: "ErasureList") -> None:
        """Take in what another list knows."""
        for listed in other.all():
            (self.confirm if listed.done else self.add)(listed.erasure)

    def all(self) -> list[Listed]:
        """In the order in which they were begun. A line cut off by a crash is left out: its order was not carried out."""
        return list(self._known().values())

    def _known(self) -> dict[tuple[str, str], Listed]:
        found: dict[tuple[str, str], Listed] = {}
        for file in self.files:
            for line in file.read_text(encoding="utf-8").split("\n"):
                try:
                    told = json.loads(line)
                except ValueError:
                    continue
                done = told.pop(_DONE, False)
                erasure = Erasure(**{**told, "at": datetime.fromisoformat(told["at"])})
                known = found.setdefault(_key(erasure), Listed(erasure, done))
                found[_key(erasure)] = Listed(known.erasure, known.done or done)
        return found

    def _append(self, line: dict[str, Any]) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a+b") as file:
            if file.tell():  # what a crash cut off must not take the next line with it
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _key(erasure: Erasure) -> tuple[str, str]:
    return erasure.tenant, erasure.customer


def _line(erasure: Erasure) -> dict[str, Any]:
    return {**asdict(erasure), "at": erasure.at.isoformat()}

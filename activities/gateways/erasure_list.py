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
_DONE, _WITHDRAWN = "done", "withdrawn"


@dataclass(frozen=True, slots=True)
class Listed:
    """What the list says of an order to erase.

    One that was begun and is neither `done` nor `withdrawn` may have been carried out or not: a crash came between. `done` is None in
    a line of a release that wrote one line for each order, right before it carried it out, and no other.
    """

    erasure: Erasure
    done: bool | None
    withdrawn: bool = False

    def outweighs(self, other: "Listed") -> bool:
        """Whether this is the truth where the list says both of one customer: nobody is erased less, and the newest order counts."""
        mine, theirs = (self.erasure.at, self.withdrawn), (other.erasure.at, other.withdrawn)
        return not other.done and (bool(self.done) or mine > theirs)


class ErasureList:
    """A line of JSON for each erasure that is about to be committed and another once it was, or was given up; only ever appended.

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
        self._tell(Listed(erasure, done=False))

    def confirm(self, erasure: Erasure) -> None:
        """Note that it was carried out."""
        self._tell(Listed(erasure, done=True))

    def withdraw(self, erasure: Erasure) -> None:
        """Note that it was not carried out and will not be: whoever still wants it orders it anew."""
        self._tell(Listed(erasure, done=False, withdrawn=True))

    def adopt(self, other: "ErasureList") -> None:
        """Take in what another list knows."""
        for listed in other.all():
            self._tell(listed)

    def all(self) -> list[Listed]:
        """In the order in which they were begun. A line cut off by a crash is left out: its order was not carried out."""
        return list(self._known().values())

    def _tell(self, listed: Listed) -> None:
        known = self._known().get(_key(listed.erasure))
        if known is None or listed.outweighs(known):
            self._append(_line(listed))

    def _known(self) -> dict[tuple[str, str], Listed]:
        found: dict[tuple[str, str], Listed] = {}
        for file in self.files:
            for line in file.read_bytes().split(b"\n"):
                try:
                    told = json.loads(line)  # which decodes it: a line may end inside a letter
                except ValueError:
                    continue
                done, withdrawn = told.pop(_DONE, None), told.pop(_WITHDRAWN, False)
                erasure = Erasure(**{**told, "at": datetime.fromisoformat(told["at"])})
                listed = Listed(erasure, done, withdrawn)
                if listed.outweighs(found.setdefault(_key(erasure), listed)):
                    found[_key(erasure)] = listed
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


def _line(listed: Listed) -> dict[str, Any]:
    told = {**asdict(listed.erasure), "at": listed.erasure.at.isoformat()}
    if listed.done is not None:
        told[_DONE] = listed.done
    return {**told, _WITHDRAWN: True} if listed.withdrawn else told

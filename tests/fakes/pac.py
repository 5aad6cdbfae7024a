"""A PAC, in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from activities.failures import Contested, Unavailable
from models.cfdi.cancellation import Acknowledgement, SatWord
from models.cfdi.documents import Kept, Stamp


@dataclass
class FakePac:
    """Stamps each document once. `script` holds what happens first: a failure to raise, or `lost` (stamped, answer lost)."""

    script: list[Exception | str] = field(default_factory=list)
    stamped: dict[bytes, str] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    cancelled: list[bytes] = field(default_factory=list)
    words: list[SatWord] = field(default_factory=list)  # what the SAT says, look by look; the last one stays

    name: str = "sw"
    seals: bool = False
    other: "FakePac | None" = None
    kept: dict[str, Kept] = field(default_factory=dict)
    stamps_known: bool = True  # whether it can tell what it has stamped

    async def account(self, tenant: str, name: str = "") -> "FakePac":
        return self.other if self.other is not None and name == self.other.name else self

    async def second(self, tenant: str) -> "FakePac | None":
        return self.other

    async def look_up(self, sealed: bytes, key: str) -> Stamp | None:
        if not self.stamps_known:
            raise Unavailable("cannot tell")
        uuid = self.stamped.get(sealed)
        return Stamp(uuid, b"<stamped/>" + sealed, datetime(2026, 11, 20, 18, tzinfo=UTC), True) if uuid else None

    async def fetch(self, uuid: str, key: str) -> Kept:
        if uuid not in self.kept:
            raise Unavailable("nothing is kept")
        return self.kept[uuid]

    async def balance(self) -> int | None:
        return 100 - len(self.stamped)

    async def cancel(self, request: bytes, key: str = "") -> Acknowledgement:
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        known = request in self.cancelled
        self.cancelled.append(request)
        return Acknowledgement("202" if known else "201", b"<acuse/>")

    async def enquire(self, *, uuid: str, issuer: str, receiver: str, total: str, seal: str) -> SatWord:
        return self.words.pop(0) if len(self.words) > 1 else self.words[0]

    async def stamp(self, sealed: bytes, key: str) -> Stamp:
        self.asked.append((key, sealed))
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if self.keys.setdefault(key, sealed) != sealed:
            raise Contested("another document under this key", "307")
        prior = sealed in self.stamped
        uuid = self.stamped.setdefault(sealed, f"UUID-{len(self.stamped) + 1}")
        if step == "lost":
            raise Unavailable("the answer was lost")
        return Stamp(uuid, b"<stamped/>" + sealed, datetime(2026, 11, 20, 18, tzinfo=UTC), prior)

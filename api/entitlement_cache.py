"""Answers about entitlements, kept for a moment, so that a product may ask before everything it does.

An answer is as old as the reading it is made of: it is given for `seconds` from when that reading began, so that no process of the API
is wrong about anybody's access for longer. What this process itself is told of (a use) is forgotten at once.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from activities.failures import Unavailable

MOST = 20_000  # answers; about 20 MB


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer's body, and what it is known again by (a strong ETag)."""

    body: bytes
    etag: str


@dataclass(slots=True)
class _Reading:
    began: float
    answer: asyncio.Future[Kept]


@dataclass(slots=True)
class EntitlementCache:
    """By tenant and customer. Who asks while the same is being read waits for that reading; a failure is nobody's but theirs."""

    seconds: float = 0.0
    _known: OrderedDict[tuple[str, ...], _Reading] = field(default_factory=OrderedDict)

    async def get(self, key: tuple[str, ...], read: Callable[[], Awaitable[bytes]]) -> Kept:
        """The answer for a key. Raises what `read` raises."""
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and now - known.began < self.seconds:
            return await asyncio.shield(known.answer)
        reading = _Reading(now, asyncio.get_running_loop().create_future())
        self._known[key] = reading
        self._known.move_to_end(key)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        try:
            body = await read()
        except BaseException as error:
            if self._known.get(key) is reading:
                del self._known[key]
            # Where the reader went away, whoever waited for the same is told to come again.
            reading.answer.set_exception(
                error if isinstance(error, Exception) else Unavailable("the reading broke off")
            )
            reading.answer.exception()  # perhaps nobody waited
            raise
        kept = Kept(body, f'"{hashlib.sha256(body).hexdigest()[:24]}"')
        reading.answer.set_result(kept)
        return kept

    def forget(self, key: tuple[str, ...]) -> None:
        """What is asked from now on is read anew."""
        self._known.pop(key, None)

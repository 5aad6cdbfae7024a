"""Passwords beside other work: a hash takes long and much memory, so it runs in a thread, and few at a time."""

import asyncio

from models.access import passwords

ROOM = 4  # at 64 MiB each


class Passwords:
    """Hashes and compares, for one API process."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(ROOM)

    async def hashed(self, password: str) -> str:
        async with self._room:
            return await asyncio.to_thread(passwords.hashed, password)

    async def fits(self, password: str, held: str) -> bool:
        """Takes as long for an empty hash."""
        async with self._room:
            return await asyncio.to_thread(passwords.fits, password, held)

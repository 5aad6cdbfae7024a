"""The file of a backup: a clear header, then compressed chunks, each sealed with the keyring and bound to header, place and end.

    PERDURA BACKUP\\n | header's length (4 bytes) | header (JSON) | { chunk's length (4 bytes) | sealed chunk } …

A chunk opens only with this header, at this place, as the last one or not: nothing can be changed, cut off, repeated or moved.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import IO

from models.safekeeping.backups import FORMAT, BackupInvalid, Header
from models.safekeeping.keyring import Keyring, Unsealable

MAGIC = b"PERDURA BACKUP\n"
CHUNK = 256 * 1024  # bytes before sealing: what is held in memory
_LENGTH = struct.Struct(">I")
_LARGEST = 4 * CHUNK


class Writer:
    """Writes lines into a backup. Nothing of it is readable before `close`."""

    def __init__(self, file: IO[bytes], header: Header, keyring: Keyring) -> None:
        self._file, self._keyring = file, keyring
        told = json.dumps({**asdict(header), "created_at": header.created_at.isoformat()}).encode()
        self._about = hashlib.sha256(told).hexdigest()
        file.write(MAGIC + _LENGTH.pack(len(told)) + told)
        self._squeeze = zlib.compressobj()
        self._waiting = bytearray()
        self._count = 0

    def write(self, line: bytes) -> None:
        """Add a line, without its end."""
        self._waiting += self._squeeze.compress(line + b"\n")
        while len(self._waiting) > CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]

    def close(self) -> None:
        """Seal the last chunk, as the last one."""
        self._waiting += self._squeeze.flush()
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        _, sealed = self._keyring.seal(chunk, context=_context(self._about, self._count, last=last))
        self._file.write(_LENGTH.pack(len(sealed)) + sealed)
        self._count += 1


class Reader:
    """Reads a backup's header at once, its lines when asked. Every fault is a BackupInvalid that says what it is."""

    def __init__(self, file: IO[bytes], keyring: Keyring) -> None:
        self._file, self._keyring = file, keyring
        if file.read(len(MAGIC)) != MAGIC:
            raise BackupInvalid("this is not a backup of Perdura")
        told = self._sized(10 * CHUNK)
        self._about = hashlib.sha256(told).hexdigest()
        try:
            read = json.loads(told)
            self.header = Header(**{**read, "created_at": datetime.fromisoformat(read["created_at"])})
        except (ValueError, TypeError, KeyError):
            raise BackupInvalid("the backup's header is damaged") from None
        if self.header.format != FORMAT:
            raise BackupInvalid(f"the backup has format {self.header.format}, this release reads format {FORMAT}")

    def believed(self) -> Header:
        """The header, once the first chunk has opened with it: anybody may have written one, whoever has the keys sealed that chunk."""
        next(self._chunks())
        return self.header

    def lines(self) -> Iterator[bytes]:
        """Its lines, each proved to be as written; the end is reached only if nothing is missing."""
        expand, waiting = zlib.decompressobj(), b""
        for chunk in self._chunks():
            waiting += expand.decompress(chunk)
            *whole, waiting = waiting.split(b"\n")
            yield from whole

    def _chunks(self) -> Iterator[bytes]:
        sealed, count = self._sized(_LARGEST), 0
        while True:
            following = self._file.read(_LENGTH.size)
            if not following:
                yield self._open(sealed, count, last=True)
                return
            yield self._open(sealed, count, last=False)
            sealed, count = self._sized(_LARGEST, following), count + 1

    def _open(self, sealed: bytes, count: int, *, last: bool) -> bytes:
        try:
            return self._keyring.open(self.header.key, sealed, context=_context(self._about, count, last=last))
        except Unsealable as fault:
            if self.header.key not in dict(self._keyring.keys):
                raise BackupInvalid(f"the backup is {fault}: add that key and try again") from None
            if last and self._opens_as_inner(sealed, count):
                raise BackupInvalid("the backup is cut off: its end is missing") from None
            raise BackupInvalid(
                f"the backup was tampered with, or is damaged or sealed with another key (chunk {count})"
            ) from None

    def _opens_as_inner(self, sealed: bytes, count: int) -> bool:
        try:
            self._keyring.open(self.header.key, sealed, context=_context(self._about, count, last=False))
        except Unsealable:
            return False
        return True

    def _sized(self, largest: int, start: bytes = b"") -> bytes:
        size = start or self._file.read(_LENGTH.size)
        if len(size) < _LENGTH.size:
            raise BackupInvalid("the backup is cut off: its end is missing")
        length = int(_LENGTH.unpack(size)[0])
        if length > largest:
            raise BackupInvalid("the backup is damaged: a part of it claims to be larger than any part is")
        found = self._file.read(length)
        if len(found) < length:
            raise BackupInvalid("the backup is cut off: its end is missing")
        return found


def _context(about: str, count: int, *, last: bool) -> str:
    return f"backup\0{about}\0{count}\0{'last' if last else 'inner'}"

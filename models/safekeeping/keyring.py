"""Keys that seal what must not be read by whoever gets hold of the database, a backup or Temporal.

AES-256-GCM. A sealed value names the key that sealed it, so that keys rotate without downtime: put the new key first, let every
process know both, re-seal when convenient, then drop the old one.
"""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
_NONCE_BYTES = 12
_SEALED = "v1"


class KeyringInvalid(ValueError):
    """What is wrong with the keys as they were given. The message holds no key."""


class Unsealable(Exception):
    """A sealed value cannot be opened: its key is not in the ring, it was moved from elsewhere, or it was tampered with."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by id. The first one seals, all of them open."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """A keyring from `id:base64,id:base64`, current key first.

        Raises:
            KeyringInvalid: naming what is wrong, never the key.
        """
        keys: dict[str, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, found, encoded = part.partition(":")
            if not found or not name.isalnum():
                raise KeyringInvalid(
                    "write each key as id:base64, the id in letters and digits, several joined by commas"
                )
            if name in keys:
                raise KeyringInvalid(f"key '{name}' stands twice")
            try:
                secret = base64.b64decode(encoded, validate=True)
            except binascii.Error:
                raise KeyringInvalid(f"key '{name}' is not base64") from None
            if len(secret) != KEY_BYTES:
                raise KeyringInvalid(f"key '{name}' has {len(secret)} bytes, it must have {KEY_BYTES}")
            keys[name] = secret
        if not keys:
            raise KeyringInvalid("there is no key")
        return cls(tuple(keys.items()))

    @staticmethod
    def fresh(name: str) -> str:
        """A new random key as settings write it, `name:base64`."""
        return f"{name}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"

    @property
    def current(self) -> str:
        """Id of the key that seals."""
        return self.keys[0][0]

    def seal(self, plain: bytes, *, context: str) -> tuple[str, bytes]:
        """Key id, and nonce with ciphertext. `context` says what the value is; it opens only as the same thing."""
        key, secret = self.keys[0]
        nonce = os.urandom(_NONCE_BYTES)
        return key, nonce + AESGCM(secret).encrypt(nonce, plain, context.encode())

    def open(self, key: str, sealed: bytes, *, context: str) -> bytes:
        """The plain value.

        Raises:
            Unsealable: the key is unknown, or value and context do not belong together.
        """
        secret = dict(self.keys).get(key)
        if secret is None:
            raise Unsealable(f"sealed with key '{key}', which is not among PERDURA_ENCRYPTION_KEYS")
        try:
            return AESGCM(secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError):
            raise Unsealable(f"does not open with key '{key}': damaged, tampered with or not what it claims") from None

    def seal_text(self, plain: str, *, context: str) -> str:
        """A text in one line, `v1:<key id>:<base64>`; an empty text stays empty."""
        if not plain:
            return ""
        key, sealed = self.seal(plain.encode(), context=context)
        return f"{_SEALED}:{key}:{base64.urlsafe_b64encode(sealed).decode()}"

    def open_text(self, sealed: str, *, context: str) -> str:
        """What `seal_text` was given.

        Raises:
            Unsealable: as `open`, or the text is not a sealed one.
        """
        if not sealed:
            return ""
        version, _, rest = sealed.partition(":")
        key, _, body = rest.partition(":")
        if version != _SEALED or not body:
            raise Unsealable("not a sealed text")
        try:
            raw = base64.urlsafe_b64decode(body)
        except binascii.Error:
            raise Unsealable("a sealed text is damaged") from None
        return self.open(key, raw, context=context).decode()

    def fingerprints(self, value: str, *, context: str) -> tuple[str, ...]:
        """What a sealed value is found and kept unique by, one for each key, the current one first: an HMAC-SHA-256 in hexadecimal."""
        told = f"{context}\0{value}".encode()
        return tuple(hmac.new(secret, told, hashlib.sha256).hexdigest() for _, secret in self.keys)

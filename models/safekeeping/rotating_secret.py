"""A secret that changes without downtime: written as several values with commas between, the first is used and each is accepted.

To rotate: put the new value first, restart, and drop the old one once nothing that was made with it has to be good any more.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Self

_SHORTEST_OF_SEVERAL = 16  # characters: a secret that has a comma in it must not become two that can be guessed


@dataclass(frozen=True, slots=True)
class RotatingSecret:
    """Its values, the current one first; none where the setting is empty."""

    values: tuple[str, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, shortest: int = 1) -> Self:
        """From a setting. Raises ValueError, without a value in its message, when one has fewer characters than `shortest`."""
        values = tuple(each.strip() for each in text.split(",")) if text else ()
        least = max(shortest, _SHORTEST_OF_SEVERAL) if len(values) > 1 else shortest
        if any(len(each) < least for each in values):
            several = "; a comma stands between two of them" if len(values) > 1 else ""
            raise ValueError(f"each must have {least} characters or more{several}")
        return cls(values)

    @property
    def current(self) -> str:
        """What we sign and call with. Raises IndexError when there is none."""
        return self.values[0]

    def accepts(self, told: str) -> bool:
        """Whether somebody knows one of them. Nobody does where there is none."""
        return any(hmac.compare_digest(told.encode(), each.encode()) for each in self.values)

    def sign(self, body: str, *, size: int = 32) -> str:
        """The seal of a text with the current value: as many bytes of its HMAC-SHA-256, in base64 for addresses."""
        return _seal(self.current, body, size)

    def signed(self, body: str, seal: str, *, size: int = 32) -> bool:
        """Whether a text was sealed so with one of the values."""
        told = seal.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(told, _seal(each, body, size).encode()) for each in self.values)


def _seal(value: str, body: str, size: int) -> str:
    seal = hmac.new(value.encode(), body.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()[:size]
    return base64.urlsafe_b64encode(seal).decode().rstrip("=")

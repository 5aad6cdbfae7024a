"""Addresses as Twilio takes them, and recipients whose number decides what happens to a message.

The magic endings are the sandbox's own. ``+5255000`` followed by an error code: a message to ``+525500063016`` (or
``whatsapp:+525500063016``) is accepted and later fails with 63016. ``21211`` and ``21610`` are refused at once.
"""

import re
from dataclasses import dataclass

MAGIC = "+5255000"
ASYNCHRONOUS = {63016, 63018, 63013, 63024, 63017, 63038, 30003, 30005, 30006, 30008}


@dataclass(frozen=True, slots=True)
class Address:
    """``number`` is E.164; ``channel`` is ``whatsapp`` or empty for SMS."""

    number: str
    channel: str = ""

    def __str__(self) -> str:
        return f"{self.channel}:{self.number}" if self.channel else self.number

    @property
    def canonical(self) -> "Address":
        """The same person with the ``1`` removed that WhatsApp still puts into Mexican mobile numbers."""
        mexican = re.fullmatch(r"\+521(\d{10})", self.number)
        return Address(f"+52{mexican[1]}", self.channel) if mexican else self

    @property
    def mexican_one(self) -> "Address":
        """As WhatsApp shows a Mexican number: +52 becomes +521."""
        mexican = re.fullmatch(r"\+52([2-9]\d{9})", self.number)
        return Address(f"+521{mexican[1]}", self.channel) if mexican else self


def parse(text: str) -> Address | None:
    """The address, or None when it is none."""
    channel, _, number = text.rpartition(":")
    if channel not in {"", "whatsapp"} or not re.fullmatch(r"\+[1-9]\d{7,14}", number):
        return None
    return Address(number, channel)


def magic_error(address: Address) -> int | None:
    """The error code the number stands for."""
    if address.number.startswith(MAGIC) and address.number[len(MAGIC) :].isdigit():
        code = int(address.number[len(MAGIC) :])
        return code if code in ASYNCHRONOUS | {21211, 21610} else None
    return None

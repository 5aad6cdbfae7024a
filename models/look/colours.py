"""Colours and whether words on them can be read: relative luminance and contrast ratio as WCAG 2.2 defines them."""

import re
from dataclasses import dataclass

AA = 4.5  # contrast of body text (WCAG 2.2, success criterion 1.4.3)
_STEP = 0.02  # how finely a colour is darkened; twenty of these are visible, one is not


@dataclass(frozen=True, slots=True)
class Colour:
    """An opaque sRGB colour, each channel 0 to 255."""

    red: int
    green: int
    blue: int

    @classmethod
    def parse(cls, text: str) -> "Colour":
        """`#1a2b3c`, `1A2B3C` or `#abc`. Raises ValueError."""
        digits = text.strip().removeprefix("#")
        if re.fullmatch(r"[0-9A-Fa-f]{3}", digits):
            digits = "".join(2 * digit for digit in digits)
        if not re.fullmatch(r"[0-9A-Fa-f]{6}", digits):
            raise ValueError("not a colour; write # and six hexadecimal digits, e.g. #0b5fa5")
        return cls(*bytes.fromhex(digits))

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def luminance(self) -> float:
        """Relative luminance, 0 (black) to 1 (white)."""
        red, green, blue = (_linear(channel) for channel in (self.red, self.green, self.blue))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def against(self, other: "Colour") -> float:
        """The contrast ratio of the two, 1 to 21."""
        lighter, darker = sorted((self.luminance, other.luminance), reverse=True)
        return (lighter + 0.05) / (darker + 0.05)

    def mixed(self, other: "Colour", share: float) -> "Colour":
        """This colour with so large a share (0 to 1) of another."""
        pairs = ((self.red, other.red), (self.green, other.green), (self.blue, other.blue))
        return Colour(*(round(mine + (theirs - mine) * share) for mine, theirs in pairs))

    @property
    def ink(self) -> "Colour":
        """White, or black where white would not reach AA; one of the two always does."""
        return WHITE if self.against(WHITE) >= AA else BLACK

    @property
    def readable(self) -> "Colour":
        """This colour as letters on white: itself where it reaches AA, else as little darkened as needed."""
        return self.readable_on(WHITE)

    def readable_on(self, ground: "Colour") -> "Colour":
        """As `readable`, on any light ground."""
        share, found = 0.0, self
        while found.against(ground) < AA and share < 1:
            share += _STEP
            found = self.mixed(BLACK, min(share, 1.0))
        return found


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


WHITE = Colour(255, 255, 255)
BLACK = Colour(0, 0, 0)

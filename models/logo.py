"""A logo, checked by what it is and not by what it is called: PNG or JPEG, small, really a picture.

It is drawn anew from its pixels, so that nothing else that was in the file (place and camera, text, scripts behind the
picture's end) reaches a customer. SVG is not taken: it may hold scripts and load things from elsewhere.
"""

import hashlib
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageOps

from models.brand import LARGEST_LOGO, LogoMark
from models.people import FieldInvalid

_LARGEST_SIDE, _SMALLEST_SIDE = 4_000, 16  # pixels, as it comes
_SIDES = f"each side must have {_SMALLEST_SIDE} to {_LARGEST_SIDE}"
_KEPT = (640, 320)  # pixels; twice as large as it is shown anywhere
_MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that may be shown, and what must be known of it."""

    mark: LogoMark
    content: bytes = field(repr=False)


def logo(content: bytes, which: str = "logo") -> Logo:
    """The picture in a file, drawn anew; the same file gives the same bytes.

    Raises:
        FieldInvalid: it is too large, no PNG or JPEG, or broken.
    """
    if len(content) > LARGEST_LOGO:
        raise FieldInvalid(which, f"has {len(content):,} bytes; export it with {LARGEST_LOGO:,} at most")
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), "")
    if not kind:
        raise FieldInvalid(which, _other(content))
    try:
        with Image.open(BytesIO(content), formats=[kind]) as opened:
            _measured(which, opened.size)
            picture = ImageOps.exif_transpose(opened)
            picture.load()
    except FieldInvalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FieldInvalid(which, f"unpacks to millions of pixels; {_SIDES}") from None
    except Exception as fault:  # a hundred ways to be broken, each with an exception of its own
        raise FieldInvalid(which, f"is broken: it begins as a {kind}, but cannot be read; export it again") from fault
    return _drawn(picture, kind)


def _measured(which: str, size: tuple[int, int]) -> None:
    """Before any pixel is unpacked: a small file can hold a huge picture."""
    if max(size) > _LARGEST_SIDE or min(size) < _SMALLEST_SIDE:
        raise FieldInvalid(which, f"is {size[0]} x {size[1]} pixels; {_SIDES}")


def _drawn(picture: Image.Image, kind: str) -> Logo:
    out = BytesIO()
    if kind == "PNG":
        clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
        kept = picture.convert("RGBA" if clear else "RGB")
        kept.thumbnail(_KEPT)
        Image.frombytes(kept.mode, kept.size, kept.tobytes()).save(out, "PNG", optimize=True)
    else:
        kept = picture.convert("RGB")
        kept.thumbnail(_KEPT)
        Image.frombytes("RGB", kept.size, kept.tobytes()).save(out, "JPEG", quality=90, optimize=True)
    content = out.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Logo(LogoMark(f"image/{kind.lower()}", digest, *kept.size), content)


def _other(content: bytes) -> str:
    start = content[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start or start.startswith(b"<?xml"):
        return "is an SVG, which may hold scripts; export it as PNG or JPEG"
    if not content:
        return "is empty; give a PNG or JPEG file"
    return "is neither PNG nor JPEG by its first bytes; export it as one of them"

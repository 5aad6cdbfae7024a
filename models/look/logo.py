"""A logo, checked by what it is and not by what it is called: PNG or JPEG, small, really a picture.

It is drawn anew from its pixels, so that nothing else that was in the file (place and camera, text, scripts behind the
picture's end) reaches a customer. SVG is not taken: it may hold scripts and load things from elsewhere.
"""

import hashlib
from dataclasses import dataclass, field
from io import BytesIO

from PIL import Image, ImageOps

from models.files import insist_on_size
from models.look.brand import LARGEST_LOGO, LogoMark
from models.people import FieldInvalid
from models.refusals import Refusal, Why

_LARGEST_SIDE, _SMALLEST_SIDE = 4_000, 16  # pixels, as it comes
_SIDES = {"least": _SMALLEST_SIDE, "most": _LARGEST_SIDE}
_KEPT = (640, 320)  # pixels; twice as large as it is shown anywhere
_MAGIC = {b"\x89PNG\r\n\x1a\n": "PNG", b"\xff\xd8\xff": "JPEG"}


class LogoWhy(Why):
    """What is wrong with a picture."""

    PIXELS = (
        "Mide {width} x {height} pixeles; cada lado debe tener de {least} a {most}",
        "is {width} x {height} pixels; each side must have {least} to {most}",
    )
    BOMB = (
        "Al abrirlo ocupa millones de pixeles; cada lado debe tener de {least} a {most}",
        "unpacks to millions of pixels; each side must have {least} to {most}",
    )
    BROKEN = (
        "Está dañado: empieza como {kind}, pero no se puede leer; expórtalo de nuevo",
        "is broken: it begins as a {kind}, but cannot be read; export it again",
    )
    SVG = (
        "Es un SVG, que puede llevar programas; expórtalo como PNG o JPEG",
        "is an SVG, which may hold scripts; export it as PNG or JPEG",
    )
    EMPTY = ("Está vacío; da un archivo PNG o JPEG", "is empty; give a PNG or JPEG file")
    OTHER = (
        "No es PNG ni JPEG por sus primeros bytes; expórtalo como uno de ellos",
        "is neither PNG nor JPEG by its first bytes; export it as one of them",
    )


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
    insist_on_size(which, content, LARGEST_LOGO)
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
        raise FieldInvalid(which, LogoWhy.BOMB(**_SIDES)) from None
    except Exception as fault:  # a hundred ways to be broken, each with an exception of its own
        raise FieldInvalid(which, LogoWhy.BROKEN(kind=kind)) from fault
    return _drawn(picture, kind)


def _measured(which: str, size: tuple[int, int]) -> None:
    """Before any pixel is unpacked: a small file can hold a huge picture."""
    if max(size) > _LARGEST_SIDE or min(size) < _SMALLEST_SIDE:
        raise FieldInvalid(which, LogoWhy.PIXELS(width=size[0], height=size[1], **_SIDES))


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


def _other(content: bytes) -> Refusal:
    start = content[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in start or start.startswith(b"<?xml"):
        return LogoWhy.SVG()
    if not content:
        return LogoWhy.EMPTY()
    return LogoWhy.OTHER()

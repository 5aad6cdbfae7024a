"""A logo is what its bytes say, is small, and carries nothing but its pixels to customers."""

from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from models.look.brand import LARGEST_LOGO
from models.look.logo import logo
from models.people import FieldInvalid
from tests.pictures import RED, picture


def _huge() -> bytes:
    """A picture that is small as a file and enormous unpacked."""
    out = BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG", optimize=True)
    return out.getvalue()


REFUSED = {
    "too many bytes": (b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_LOGO), "200,000 at most"),
    "nothing": (b"", "is empty"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG, which may hold scripts"),
    "svg with a prologue": (b'\xef\xbb\xbf<?xml version="1.0"?><svg/>', "SVG, which may hold scripts"),
    "gif": (picture("GIF"), "neither PNG nor JPEG"),
    "webp": (picture("WEBP"), "neither PNG nor JPEG"),
    "page that calls itself a picture": (b"<html><script>1</script></html>", "neither PNG nor JPEG"),
    "cut off": (picture()[:60], "is broken"),
    "damaged": (picture()[:50] + b"\0" * 40 + picture()[90:], "is broken"),
    "only a beginning": (b"\xff\xd8\xff\xe0" + bytes(50), "is broken"),
    "page behind a PNG's beginning": (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", "is broken"),
    "too small": (picture(size=(15, 15)), "15 x 15 pixels; each side must have 16 to 4000"),
    "too wide": (picture(size=(4_001, 16)), "4001 x 16 pixels"),
    "bomb": (_huge(), "unpacks to millions of pixels"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_safe_small_picture_is_refused_with_the_remedy(name: str) -> None:
    content, why = REFUSED[name]
    with pytest.raises(FieldInvalid, match=why) as caught:
        logo(content)
    assert caught.value.field == "logo"


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (picture(), "image/png"),
        (picture(mode="RGBA"), "image/png"),
        (picture(mode="P"), "image/png"),
        (picture(mode="L"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("JPEG", mode="CMYK"), "image/jpeg"),
        (picture("JPEG", progressive=True), "image/jpeg"),
    ],
)
def test_every_usual_kind_of_png_and_jpeg_is_taken(content: bytes, media_type: str) -> None:
    kept = logo(content)
    assert (kept.mark.media_type, kept.mark.width, kept.mark.height) == (media_type, 400, 120)
    with Image.open(BytesIO(kept.content)) as shown:
        assert shown.size == (400, 120)
    assert logo(content) == kept, "the same file is the same picture"


def test_nothing_but_pixels_is_kept() -> None:
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", "Graciela")
    exif = Image.Exif()
    exif[0x010E] = "Graciela at home"
    for content in (
        picture(pnginfo=note) + b"<script>alert(1)</script>",
        picture("JPEG", exif=exif, comment=b"Graciela") + b"PK\x03\x04",
    ):
        kept = logo(content).content
        assert not any(word in kept for word in (b"Graciela", b"script", b"PK\x03", b"Exif"))


def test_a_turned_photograph_stands_upright_and_a_large_one_is_made_small() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by a quarter
    turned = logo(picture("JPEG", (300, 100), exif=exif)).mark
    assert (turned.width, turned.height) == (100, 300)
    large = logo(picture(size=(2_000, 500)))
    assert (large.mark.width, large.mark.height) == (640, 160)
    with Image.open(BytesIO(large.content)) as shown:
        assert shown.convert("RGB").getpixel((5, 5)) == RED


def test_it_is_fitted_into_a_box_without_being_blown_up() -> None:
    mark = logo(picture(size=(400, 100))).mark
    assert mark.fitted(200, 56) == (200, 50)
    assert mark.fitted(1_000, 1_000) == (400, 100)

"""Pictures put into files: SVG, HTML or PNG, by the name's ending."""

from html import escape
from pathlib import Path

from commands.terminal import stop
from models.picture import PAPER, Dot, Line, Picture, Rect, Text

ENDINGS = (".svg", ".html", ".png")


def check_ending(file: Path) -> None:
    """End the command, before anything was drawn, where a file's ending names no kind of picture."""
    if file.suffix.lower() not in ENDINGS:
        stop(f"'{file.name}' must end in one of {', '.join(ENDINGS)}")


def save(picture: Picture, file: Path, *, below: str = "") -> None:
    """Draw into a file. `below` is HTML that follows the picture on a page. Ends the command where the ending is unknown."""
    match file.suffix.lower():
        case ".svg":
            file.write_text(picture.svg(), encoding="utf-8")
        case ".html":
            file.write_text(_page(picture, below), encoding="utf-8")
        case ".png":
            _png(picture, file)
        case _:
            check_ending(file)


def _page(picture: Picture, below: str) -> str:
    style = "body{font:15px system-ui,sans-serif;margin:2rem;color:#1f2933}table{border-collapse:collapse}td,th{padding:.25rem .8rem;text-align:right}td:first-child,th:first-child{text-align:left}tr{border-bottom:1px solid #e4e7eb}"  # noqa: E501 - one line of CSS
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(picture.title)}</title>'
        f"<style>{style}</style><body>\n{picture.svg()}{below}\n</body></html>\n"
    )


def _png(picture: Picture, file: Path) -> None:
    from PIL import Image, ImageDraw, ImageFont

    scale = 2  # for sharp screens
    image = Image.new("RGB", (int(picture.width * scale), int(picture.height * scale)), PAPER)
    draw = ImageDraw.Draw(image)
    for shape in picture.shapes:
        match shape:
            case Rect(x, y, width, height, fill):
                draw.rectangle((x * scale, y * scale, (x + width) * scale, (y + height) * scale), fill=fill)
            case Line(x1, y1, x2, y2, colour, width, _):
                ends = (x1 * scale, y1 * scale, x2 * scale, y2 * scale)
                draw.line(ends, fill=colour, width=max(1, round(width * scale)))
            case Dot(x, y, radius, fill):
                box = ((x - radius) * scale, (y - radius) * scale, (x + radius) * scale, (y + radius) * scale)
                draw.ellipse(box, fill=fill)
            case Text(x, y, text, size, colour, anchor, bold):
                place = {"start": "ls", "middle": "ms", "end": "rs"}[anchor]
                font = ImageFont.load_default(size * scale)
                stroke = 1 if bold else 0
                draw.text((x * scale, y * scale), text, fill=colour, font=font, anchor=place, stroke_width=stroke)
    image.save(file, "PNG")

"""Pictures as a list of shapes, drawn as SVG. Sizes in pixels, y downwards."""

from dataclasses import dataclass, field
from html import escape

INK, FAINT, PAPER = "#1f2933", "#9aa5b1", "#ffffff"
PALETTE = ("#2563eb", "#d97706", "#059669", "#9333ea", "#dc2626", "#0891b2", "#65a30d", "#be185d")


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = INK
    width: float = 1
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text; `y` is its baseline, `anchor` where x lies: start, middle, end."""

    x: float
    y: float
    text: str
    size: int = 13
    colour: str = INK
    anchor: str = "start"
    bold: bool = False


Shape = Rect | Line | Dot | Text


@dataclass
class Picture:
    """Shapes on paper, in the order in which they are drawn."""

    width: float
    height: float
    title: str
    shapes: list[Shape] = field(default_factory=list)

    def add(self, *shapes: Shape) -> None:
        """Draw on top of what is there."""
        self.shapes.extend(shapes)

    def svg(self) -> str:
        """The picture as SVG, with its title for who cannot see it."""
        size = f'width="{_n(self.width)}" height="{_n(self.height)}" viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="system-ui, sans-serif">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="100%" height="100%" fill="{PAPER}"/>',
            *(_drawn(shape) for shape in self.shapes),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"


def _drawn(shape: Shape) -> str:
    match shape:
        case Rect(x, y, width, height, fill):
            return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{fill}"/>'
        case Line(x1, y1, x2, y2, colour, width, dashed):
            dash = ' stroke-dasharray="4 3"' if dashed else ""
            ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
            return f'<line {ends} stroke="{colour}" stroke-width="{_n(width)}"{dash}/>'
        case Dot(x, y, radius, fill):
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"/>'
        case Text(x, y, text, size, colour, anchor, bold):
            weight = ' font-weight="600"' if bold else ""
            place = f'x="{_n(x)}" y="{_n(y)}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}'
            return f"<text {place}>{escape(text)}</text>"


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")

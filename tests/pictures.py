"""Pictures as a business would upload them, drawn here."""

from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from models.look.brand import Brand, Letterhead, brand
from models.look.logo import logo

RED = (200, 16, 46)


def picture(kind: str = "PNG", size: tuple[int, int] = (400, 120), mode: str = "RGB", **saved: Any) -> bytes:
    """A red field with a white stripe, as a file."""
    drawn = Image.new("RGB", size, RED)
    ImageDraw.Draw(drawn).rectangle((0, size[1] // 3, size[0], size[1] // 2), fill="white")
    out = BytesIO()
    drawn.convert(mode).save(out, kind, **saved)
    return out.getvalue()


def acuario(tenant: str = "acme", **changes: Any) -> Letterhead:
    """The look of a business that has set everything."""
    kept = logo(picture())
    given = {
        "name": "Acuario & Cía",
        "legal_line": "Servicios Acuario, S.A. de C.V.",
        "primary": "#0b5fa5",
        "accent": "#f2a900",
        "phone": "55 1234 5678",
        "whatsapp": "55 8765 4321",
        "email": "ayuda@acuario.mx",
        "website": "https://acuario.mx",
        "terms_url": "https://acuario.mx/terminos?a=1&b=2",
        "privacy_url": "https://acuario.mx/privacidad",
    }
    made: Brand = brand(tenant=tenant, logo=kept.mark, **(given | changes))
    return Letterhead(made, kept.content)

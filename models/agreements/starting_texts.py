"""Texts a business may start its legal pages from. They are no advice: what is its own to say is marked, and a lawyer must read them."""

from importlib import resources

from models.agreements.legal import UNFINISHED, LegalKind
from models.look.brand import Brand


def starting_text(kind: LegalKind, brand: Brand) -> str:
    """A first text in Spanish with what is known of the business filled in; the rest says `[COMPLETA: …]`."""
    page = (resources.files("models") / "legal_texts" / f"{kind.path}.md").read_text(encoding="utf-8")
    support = brand.support
    known = {
        "negocio": brand.name,
        "razon_social": brand.legal_line or f"{UNFINISHED}: razón social]",
        "correo": support.email or f"{UNFINISHED}: correo de contacto]",
        "sitio": brand.website or f"{UNFINISHED}: dirección de tu sitio]",
    }
    for name, value in known.items():
        page = page.replace(f"{{{name}}}", value)
    return page

"""The texts a business and its customers agree on: terms, privacy notice, service levels, data processing. Each change is a new version."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models.people import FieldInvalid
from models.speaking.notices import Language
from models.words import Words

LONGEST = 200_000  # characters
UNFINISHED = "[COMPLETA"  # what a starting text leaves to the business and its lawyer


class LegalKind(StrEnum):
    """What a text is about."""

    TERMS = "terms"
    PRIVACY = "privacy"
    SLA = "sla"
    DPA = "dpa"

    @property
    def path(self) -> str:
        """As its page is addressed."""
        return _PATHS[self]

    def named(self, language: Language) -> str:
        """As customers call it."""
        return _TITLES[self].in_(language)


_PATHS = {
    LegalKind.TERMS: "terminos",
    LegalKind.PRIVACY: "privacidad",
    LegalKind.SLA: "sla",
    LegalKind.DPA: "dpa",
}
_TITLES = {
    LegalKind.TERMS: Words("Términos y condiciones", "Terms and conditions"),
    LegalKind.PRIVACY: Words("Aviso de privacidad", "Privacy notice"),
    LegalKind.SLA: Words("Nivel de servicio", "Service levels"),
    LegalKind.DPA: Words("Tratamiento de datos", "Data processing"),
}


@dataclass(frozen=True, slots=True)
class LegalText:
    """One version of one text, in Markdown. Unique by (tenant, kind, version); it never changes. `published_at` is UTC."""

    tenant: str
    kind: LegalKind
    version: int
    words: Words
    published_at: datetime


def by_path(path: str) -> LegalKind | None:
    """The text that a page's address names."""
    return next((kind for kind in LegalKind if kind.path == path), None)


def checked(text: str, field: str = "text", *, needed: bool = True) -> str:
    """A text as it may be published, with Unix line ends.

    Raises:
        FieldInvalid: it is empty, too long, holds control characters, or has parts that were left to be filled in.
    """
    plain = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()
    if needed and not plain:
        raise FieldInvalid(field, "is empty; write it as paragraphs, or in Markdown")
    if len(plain) > LONGEST:
        raise FieldInvalid(field, f"has {len(plain):,} characters; write {LONGEST:,} at most")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", plain):
        raise FieldInvalid(field, "holds control characters; save it as plain text")
    if UNFINISHED in plain:
        line = plain[: plain.index(UNFINISHED)].count("\n") + 1
        raise FieldInvalid(
            field, f"line {line} still says {UNFINISHED} …]: write what it asks for, and take the mark away"
        )
    return plain

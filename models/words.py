"""A text that people read: Mexican Spanish, and English where somebody wrote it."""

from dataclasses import dataclass

from models.speaking.notices import Language


@dataclass(frozen=True, slots=True)
class Words:
    """The same text twice. An empty `en` means that the Spanish serves for both."""

    es: str = ""
    en: str = ""

    def in_(self, language: Language) -> str:
        """In the reader's language, else in Spanish."""
        return self.en if language is Language.EN and self.en else self.es

"""HTML from the templates beside this file. Everything put into one is escaped, and a name that is not given is an error.

Texts stand where they are shown, Spanish and English side by side: `{{ say("Precio", "Price") }}`.
"""

from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from models.speaking.notices import Language

_TEMPLATES = Environment(
    loader=PackageLoader("api", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def markup(template: str, language: Language, /, **facts: Any) -> str:
    """A template filled in, in the reader's language."""
    english = language is Language.EN

    def say(spanish: str, in_english: str) -> str:
        return in_english if english else spanish

    return _TEMPLATES.get_template(template).render(say=say, language=language, **facts)


def spoken(asked: str, otherwise: Language = Language.ES) -> Language:
    """The language an address asks for (`en`, `es`); anything else is the reader's own."""
    return {"en": Language.EN, "es": Language.ES, Language.ES.value: Language.ES}.get(asked.strip(), otherwise)


def address(path: str, **query: str) -> str:
    """A path with its query; empty parts are left out."""
    given = urlencode({name: value for name, value in query.items() if value})
    return f"{path}?{given}" if given else path


def switched(path: str, language: Language, **query: str) -> str:
    """The address of the same page in the other language."""
    return address(path, **query, lang="es" if language is Language.EN else "en")

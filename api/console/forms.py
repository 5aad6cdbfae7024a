"""What was written into a form, and what of it cannot be used: told beside its field, on the page that the form stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from api.console.fault_words import fault_said
from api.problems import Problem, of_error
from models.files import insist_on_size
from models.people import FieldInvalid
from models.speaking.notices import Language

FAULTS = (ValidationError, FieldInvalid, Problem)  # what the API's functions raise where a form cannot be taken
_SECRET = ("password", "old", "new", "token", "secret_key")
_NOT_THE_FORMS = frozenset({401, 403, 404, 429, 503})


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a form was not taken: words by field (`""`: the whole of it), what was written, and the answer's status."""

    status: int = 200
    fields: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


NOTHING = Wrong()


def wrong(error: Exception, given: Mapping[str, str], language: Language) -> Wrong:
    """What one of FAULTS says of a form, in that language.

    Raises it again where another form would not help: no permission, not there, not now.
    """
    problem = of_error(error)
    if problem.status_code in _NOT_THE_FORMS:
        raise problem
    told: dict[str, list[str]] = {}
    for each in problem.errors:
        name = next((part for part in each.field.split(".")[::-1] if not part.isdigit()), "")  # `emails`, of `emails.0`
        told.setdefault(name, []).append(fault_said(name, each.message, language))
    fields = {name: "; ".join(dict.fromkeys(words)) for name, words in told.items()}
    kept = {name: value for name, value in given.items() if name not in _SECRET}
    return Wrong(problem.status_code, fields or {"": problem.said(language)}, kept)


async def written(request: Request) -> dict[str, str]:
    """The form's texts, without spaces around them; a password may end with one."""
    found = (await request.form()).items()
    return {name: value if name in _SECRET else value.strip() for name, value in found if isinstance(value, str)}


async def uploaded(request: Request, name: str, *, largest: int) -> bytes:
    """The file of a field, of so many bytes at most; empty where none was chosen. Raises FieldInvalid."""
    found = (await request.form()).get(name)
    content = await found.read() if isinstance(found, UploadFile) else b""
    insist_on_size(name, content, largest)
    return content


async def chosen(request: Request, name: str) -> list[str]:
    """All values of a field that may have several."""
    return [value for value in (await request.form()).getlist(name) if isinstance(value, str)]

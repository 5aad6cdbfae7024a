"""Every refusal has a code and both languages, whichever part of the product gives it."""

import ast
import importlib
from pathlib import Path
from string import Formatter

import pytest
from temporalio.exceptions import ApplicationError

from api.console.fault_words import fault_said
from models.refusals import NONE, OrderWhy, Refusal, Why, reason, said
from models.speaking.notices import Language
from tests.sources import parsed
from workflows.refusals import refused, told

HOUSE = Path(__file__).parents[2]
_TOLD_OTHERWISE = {
    401,
    404,
    422,
}  # the console has pages of its own for two of them, and words at each field for the third


def sets() -> list[type[Why]]:
    """Every set of reasons that the product's files make, imported."""
    found = []
    for file in (
        path for room in ("models", "workflows", "activities", "api") for path in (HOUSE / room).rglob("*.py")
    ):
        text = file.read_text(encoding="utf-8")
        if "(Why)" in text:
            module = importlib.import_module(".".join(file.relative_to(HOUSE).with_suffix("").parts))
            found += [each for each in vars(module).values() if _is_set(each) and each.__module__ == module.__name__]
    return found


def _is_set(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, Why) and each is not Why


REASONS = [why for each in sets() for why in each]


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("why", REASONS, ids=lambda why: f"{type(why).__name__}.{why.name}")
def test_every_refusal_has_both_languages(why: Why) -> None:
    spanish, english = why.value
    assert spanish.strip()
    assert english.strip()
    assert spanish != english
    refusal = why(**dict.fromkeys(facts_of(spanish) | facts_of(english), "7"))
    assert (refusal.code, said(refusal, Language.ES)) == (why.name.lower(), refusal.spanish)
    assert said(refusal, Language.EN) == refusal == english.format(**dict.fromkeys(facts_of(english), "7"))


def test_a_code_names_one_reason() -> None:
    codes = [why.name for why in REASONS]
    assert sorted(codes) == sorted(set(codes))


def test_none_is_no_reason() -> None:
    assert not NONE
    assert OrderWhy.OPENING()


def test_a_process_tells_its_refusal_whole() -> None:
    why = OrderWhy.DAYS(most=60)
    heard = told(refused(why))
    assert (heard, heard.code, heard.spanish) == (why, why.code, why.spanish)
    assert told(ApplicationError("no such card", "card_gone", type="Refused")).in_(Language.ES) == "no such card"
    assert told(RuntimeError("gone")) == "gone"


def test_an_error_keeps_what_it_was_raised_with() -> None:
    assert reason(ValueError(OrderWhy.OPENING())).in_(Language.ES) == "El alta todavía no termina"  # type: ignore[attr-defined]
    assert reason(KeyError("x")) == "'x'"
    assert said("their own words", Language.ES) == "their own words"
    assert Refusal("only English").in_(Language.ES) == "only English"


def _reached() -> list[Path]:
    """The API's modules that pages of the console call."""
    found = set((HOUSE / "api/console").glob("*.py"))
    for page in list(found):
        for node in ast.walk(parsed(page)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("api"):
                names = [node.module or "", *(f"{node.module}.{each.name}" for each in node.names)]
                found |= {HOUSE / f"{name.replace('.', '/')}.py" for name in names}
    return sorted(path for path in found if path.is_file())


def _worded(call: ast.Call, place: int, name: str) -> str | None:
    """The text written out in a call at that place, or under that name; None where something else says it."""
    found = (
        call.args[place] if len(call.args) > place else next((k.value for k in call.keywords if k.arg == name), None)
    )
    if isinstance(found, ast.JoinedStr):
        return ast.unparse(found)
    return str(found.value) if isinstance(found, ast.Constant) else None


def _calls(file: Path, *names: str) -> list[ast.Call]:
    nodes = ast.walk(parsed(file))
    return [each for each in nodes if isinstance(each, ast.Call) and getattr(each.func, "id", "") in names]


def test_what_a_form_s_field_may_be_refused_with_is_said_in_both_languages() -> None:
    plain = []
    for file in _reached():
        for call in _calls(file, "FieldError", "FieldInvalid"):
            field, message = _worded(call, 0, "field"), _worded(call, 1, "message")
            if field and message and message in fault_said(field, message, Language.ES):
                plain.append(f"{file.name}:{call.lineno}")
    assert not plain, "say why with a member of a `Why`, or give the field its words in `fault_words`"


def test_no_order_is_refused_in_english_alone() -> None:
    """By `refused` alone, which takes a refusal: a failure made by hand loses its code and its Spanish on the way."""
    processes = set((HOUSE / "workflows").rglob("*.py"))
    by_hand = [
        f"{file.name}:{call.lineno}"
        for file in processes - {HOUSE / "workflows/refusals.py"}
        for call in _calls(file, "ApplicationError")
    ]
    plain = [
        f"{file.name}:{call.lineno}"
        for file in processes | set(_reached())
        for call in _calls(file, "CommandRefused")
        if _worded(call, 0, "reason") is not None
    ]
    assert not by_hand + plain, "say why with a member of a `Why`, and raise `refused(why)`"


def test_what_a_page_may_be_refused_with_is_said_in_both_languages() -> None:
    plain = []
    for file in _reached():
        nodes = list(ast.walk(parsed(file)))
        texts = {
            name.id: node.value
            for node in nodes
            if isinstance(node, ast.Assign)
            for name in node.targets
            if isinstance(name, ast.Name)
        }
        for node in nodes:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"):
                continue
            status, detail = node.args[:2]
            detail = texts.get(detail.id, detail) if isinstance(detail, ast.Name) else detail
            worded = isinstance(detail, ast.Constant | ast.JoinedStr)
            if worded and isinstance(status, ast.Constant) and status.value not in _TOLD_OTHERWISE:
                plain.append(f"{file.name}:{node.lineno}")
    assert not plain, "say why with a member of a `Why`"

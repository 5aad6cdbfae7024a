"""The summary of a change of plan as a message carries it: one sentence, from what was shown when it was confirmed."""

import json
from collections.abc import Iterable
from typing import Any

from models.speaking.notices import Language

MOST = 8  # things told one by one: a message has an end, WhatsApp's after 1,024 characters


def summary(shown: str, language: Language) -> str:
    """`documentos: de 1,000 a 100 (usas 800, 700 de más); ya no incluye Reportes.` from a `PlanChangeView` as JSON."""
    told: dict[str, Any] = json.loads(shown)
    english = language is Language.EN
    parts = [_limit(each, english) for each in told["limits"] if each["before"] != each["after"]]
    lost = [_name(each["name"], english) or each["code"] for each in told["features_lost"]]
    parts += [f"{'no longer' if english else 'ya no incluye'} {each}" for each in lost]
    parts += [_left(each, english) for each in told["benefits_left"]]
    if not parts:
        return "Nothing else changes." if english else "Lo demás sigue igual."
    more = len(parts) - MOST
    if more > 0:
        parts = [*parts[:MOST], f"and {more} more" if english else f"y {more} cambios más"]
    return f"{'What changes' if english else 'Qué cambia'}: {_joined(parts)}."


def _limit(limit: dict[str, Any], english: bool) -> str:
    name = _name(limit["name"], english) or limit["code"]
    unit = f" {limit['unit']}" if limit["unit"] else ""
    before, after = (_most(limit[each], english) for each in ("before", "after"))
    line = f"{name}: {before} → {after}{unit}" if english else f"{name}: de {before} a {after}{unit}"
    if not limit["over"]:
        return line
    used, over = f"{limit['used']:,}", f"{limit['over']:,}"
    return f"{line} (you use {used}, {over} too many)" if english else f"{line} (usas {used}, {over} de más)"


def _left(benefit: dict[str, Any], english: bool) -> str:
    name = _name(benefit["name"], english) or benefit["service"]
    return f"{benefit['left']} × {name} {'left to use until then' if english else 'por usar antes de esa fecha'}"


def _most(most: int | None, english: bool) -> str:
    return f"{most:,}" if most is not None else "unlimited" if english else "sin límite"


def _name(words: dict[str, str], english: bool) -> str:
    return (words["en"] if english else "") or words["es"]


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)

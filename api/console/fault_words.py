"""Why a field cannot be taken, in the language of whoever wrote it. The API says it in English; the console says it in Spanish too."""

import re
from collections.abc import Mapping

from models.refusals import Refusal, said
from models.speaking.notices import Language

# What the words themselves say, whichever field they are about: a pattern, and the Spanish of it.
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"Input should be greater than or equal to (\S+)", r"Escribe \1 o más"),
        (r"Input should be less than or equal to (\S+)", r"Escribe \1 o menos"),
        (r"Input should be a valid (integer|number).*", "Escribe un número"),
        (r"Input should be a valid date.*", "Elige un día"),
        (r"Input should be '.*", "Elige una opción de la lista"),
        (r"Field required", "Falta este dato"),
        (r"String should have at least .*", "Falta este dato"),
        (r"String should have at most (\d+) characters?", r"Como máximo \1 caracteres"),
        (r"List should have at least .*", "Elige por lo menos una opción"),
        (r"List should have at most (\d+) items? .*", r"Como máximo \1"),
        (r"at most (\d+) characters, none of them .*", r"Como máximo \1 caracteres, ninguno de control"),
        (r"not a colour; .*", "Escribe un color: # y seis dígitos hexadecimales, como #0b5fa5"),
        (r"has (\d+) cells, the header has (\d+)", r"Tiene \1 celdas y el encabezado \2"),
        (r"stands in an earlier row of this file", "Ya está en una fila anterior de este archivo"),
        (r"belongs to customer '(\S+)': .*", r"Es del cliente \1: usa su registro, o corrígelo"),
        (r"is the RFC of customer '(\S+)': .*", r"Es el RFC del cliente \1: usa su registro, o corrígelo"),
        (r"this is no CSV: .*", "No es un archivo CSV que se pueda leer"),
        (r"the first row must name the columns: (.+)", r"La primera fila debe nombrar las columnas: \1"),
        (r"the columns are (.+), each once; one .*", r"Hay una columna repetida; las columnas son \1"),
        (
            r"the columns are (.+), each once; unknown: (.+); missing: (.+)",
            r"Las columnas son \1; no se conocen: \2; faltan: \3",
        ),
        (r"the columns are (.+), each once; missing: (.+)", r"Las columnas son \1; faltan: \2"),
        (r"the columns are (.+), each once; unknown: (.+)", r"Las columnas son \1; no se conocen: \2"),
        (r"(\d+) rows: give (\d+) at a time", r"Son \1 filas: manda hasta \2 por archivo"),
    )
)
_EMAIL = "Escribe un correo válido, como ana@ejemplo.mx"
_PHONE = "Escribe un teléfono de diez dígitos, o + y la clave del país"
_PASSWORD = "Elige una contraseña más larga y difícil de adivinar"
_RFC = "Escribe el RFC como está en la constancia de situación fiscal"
_FIELDS: Mapping[str, str] = {
    "email": _EMAIL,
    "emails": _EMAIL,
    "phone": _PHONE,
    "phones": _PHONE,
    "whatsapp": _PHONE,
    "new": _PASSWORD,
    "password": _PASSWORD,
    "name": "Escribe un nombre",
    "url": "Escribe una dirección pública que empiece con https://",
    "events": "Elige eventos de la lista",
    "scopes": "Elige lo que puede hacer",
    "role": "Elige un papel de la lista",
    "reference": "Usa de 1 a 64 letras, dígitos, - o _: tu clave del cliente, sin datos personales",
    "language": "Escribe es-MX o en",
    "tax_id": _RFC,
    "rfc": _RFC,
    "legal_name": "Escribe el nombre como está en la constancia de situación fiscal",
    "tax_regime": "No es un régimen que le corresponda: míralo en la constancia de situación fiscal",
    "postal_code": "Escribe los cinco dígitos del código postal fiscal",
    "cfdi_use": "No es un uso de CFDI que le corresponda a su régimen",
    "round": "Usa minúsculas, dígitos y guiones, como 2026-w47",
    "from": "Los días terminan a más tardar hoy, empiezan antes de terminar y abarcan un año como máximo",
    "due_at": "Elige un día entre 2000 y 2100",
    "assignee": "Elige a una persona de la lista",
    "amount": "Escribe el importe en pesos, mayor que 0",
    "probability": "Escribe un porcentaje entero, de 0 a 100",
    "at": "Elige cuándo pasó: un momento que ya llegó",
    "since": "Elige desde cuándo, y que sea antes de hasta cuándo",
    "month": "Di qué buscas: un UUID, un RFC o un mes",
    "off": "Elige avisos de la lista",
    "logo": "Elige un archivo PNG o JPEG",
    "cursor": "Abre la lista otra vez desde el principio",
    "reason": "Di por qué: queda en la auditoría",
}


def fault_said(field: str, message: str, language: Language) -> str:
    """Why `field` (`emails`, or empty: the whole) cannot be taken; `message` is the API's word, kept where nobody knows a better one."""
    if language is Language.EN or isinstance(message, Refusal):
        return said(message, language)
    for pattern, words in _SAID:
        if found := pattern.fullmatch(message):
            return found.expand(words)
    known = _FIELDS.get(field, "")
    return known or (f"Revisa este dato ({message})" if field else message)

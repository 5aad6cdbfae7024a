"""Which clock a Mexican postal code lives by: a CFDI's Fecha is local time at its LugarExpedicion (RMF 2.7.2.9-I).

Source: SAT c_CodigoPostal (huso horario), catalogue of 1 January 2026, folded into runs of postal codes. The towns of
Chihuahua that follow El Paso (Juárez, Janos, Ascensión, Guadalupe, Práxedis G. Guerrero) keep Juárez's own clock: an
hour behind the rest of the border at most, and a Fecha in the past is stamped where one in the future is refused.
"""

import re
from bisect import bisect_right
from zoneinfo import ZoneInfo

CENTRE = "America/Mexico_City"
BORDER = "America/Matamoros"
JUAREZ = "America/Ciudad_Juarez"
NORTHWEST = "America/Tijuana"
PACIFIC = "America/Mazatlan"
SOUTHEAST = "America/Cancun"

# Each run begins at its postal code and lasts until the next one.
_RUNS = (
    ("00000", CENTRE),
    ("21000", NORTHWEST),
    ("23000", PACIFIC),
    ("24000", CENTRE),
    ("26000", BORDER),
    ("26340", CENTRE),
    ("26400", BORDER),
    ("26700", CENTRE),
    ("27500", BORDER),
    ("27550", CENTRE),
    ("31820", JUAREZ),
    ("31850", CENTRE),
    ("32000", JUAREZ),
    ("32800", CENTRE),
    ("63000", PACIFIC),
    ("63726", CENTRE),
    ("63727", PACIFIC),
    ("63728", CENTRE),
    ("63731", PACIFIC),
    ("63732", CENTRE),
    ("63733", PACIFIC),
    ("63734", CENTRE),
    ("63740", PACIFIC),
    ("64000", CENTRE),
    ("65000", BORDER),
    ("65070", CENTRE),
    ("68318", PACIFIC),
    ("68319", CENTRE),
    ("77000", SOUTHEAST),
    ("78000", CENTRE),
    ("80000", PACIFIC),
    ("86000", CENTRE),
    ("87300", BORDER),
    ("87600", CENTRE),
    ("88000", BORDER),
    ("88880", CENTRE),
    ("88900", BORDER),
    ("89000", CENTRE),
)
_STARTS = tuple(start for start, _ in _RUNS)


def is_postal_code(text: str) -> bool:
    """Five digits that can be a Mexican postal code; 00 opens none in use."""
    return re.fullmatch(r"(?!00)\d{5}", text) is not None


def zone_of(postal_code: str) -> ZoneInfo:
    """The time zone of a postal code.

    Raises:
        ValueError: not five digits.
    """
    if re.fullmatch(r"\d{5}", postal_code) is None:
        raise ValueError(f"postal code: five digits expected, got {len(postal_code)} characters")
    return ZoneInfo(_RUNS[bisect_right(_STARTS, postal_code) - 1][1])

"""Fiscal facts of a receiver and the rules of a CFDI 4.0."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom a tax invoice names. `regime` is SAT c_RegimenFiscal, `use` c_UsoCFDI (empty: chosen by rule)."""

    rfc: str
    name: str
    regime: str
    postal_code: str
    use: str = ""

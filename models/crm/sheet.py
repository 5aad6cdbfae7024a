"""Customers as a sheet (CSV): read row by row with what is wrong in each, and written so that no spreadsheet runs what stands in it."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from models import people
from models.cfdi import fiscal
from models.cfdi.fiscal import Receiver
from models.people import FieldInvalid
from models.records import Customer
from models.speaking.notices import Language
from models.spreadsheet import FORMULA, harmless

MOST_ROWS, MOST_CHARACTERS = 5_000, 500_000  # of one request
LONGEST_CELL = 400
COLUMNS = (
    *("reference", "name", "email", "phone", "language"),
    *("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use"),
)
SHOWN = (
    "state",
    "value",
    "owed",
    "default_risk",
    "churn_risk",
    "last_purchase_at",
    "next_invoice_at",
)  # told by an export, read by none
_SPANISH: Mapping[str, str] = MappingProxyType(
    {
        "referencia": "reference",
        "nombre": "name",
        "correo": "email",
        "telefono": "phone",
        "teléfono": "phone",
        "idioma": "language",
        "rfc": "tax_id",
        "razon_social": "legal_name",
        "razón_social": "legal_name",
        "regimen": "tax_regime",
        "régimen": "tax_regime",
        "codigo_postal": "postal_code",
        "código_postal": "postal_code",
        "uso_cfdi": "cfdi_use",
    }
)
_NEEDED = ("reference", "name", "email")


class SheetInvalid(ValueError):
    """The sheet as a whole cannot be read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a row; the header is row 1. `field` is the column."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was read: customers by row, without those of wrong rows. `digest` names exactly this content."""

    digest: str
    rows: int
    customers: Mapping[int, Customer]
    faults: tuple[Fault, ...]


def digest_of(text: str) -> str:
    """What a preview and its confirmation are held against each other by."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def read(tenant: str, text: str, *, most: int = MOST_ROWS) -> Sheet:
    """A sheet whose first row names its columns, in English or Spanish, separated by commas or semicolons.

    Raises:
        SheetInvalid: it is no such sheet, or too long.
    """
    body = text.removeprefix("\ufeff")
    separator = ";" if body.partition("\n")[0].count(";") > body.partition("\n")[0].count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(body), delimiter=separator, strict=True))
    except csv.Error as error:
        raise SheetInvalid(f"this is no CSV: {error}") from None
    if not lines or not any(cell.strip() for cell in lines[0]):
        raise SheetInvalid(f"the first row must name the columns: {', '.join(COLUMNS)}")
    header = [_column(name) for name in lines[0]]
    unknown = [name for name, known in zip(lines[0], header, strict=True) if not known]
    missing = [name for name in _NEEDED if name not in header]
    if unknown or missing or len(set(header)) < len(header):
        told = [f"unknown: {', '.join(name[:40] for name in unknown)}"] if unknown else []
        told += [f"missing: {', '.join(missing)}"] if missing else []
        raise SheetInvalid(f"the columns are {', '.join(COLUMNS)}, each once; {'; '.join(told) or 'one stands twice'}")
    filled = [(row, cells) for row, cells in enumerate(lines[1:], 2) if any(cell.strip() for cell in cells)]
    if len(filled) > most:
        raise SheetInvalid(f"{len(filled)} rows: give {most} at a time")
    customers: dict[int, Customer] = {}
    faults: list[Fault] = []
    for row, cells in filled:
        if len(cells) != len(header):
            faults.append(Fault(row, "", f"has {len(cells)} cells, the header has {len(header)}"))
            continue
        said = {name: _said(cell) for name, cell in zip(header, cells, strict=True)}
        try:
            customers[row] = _customer(tenant, said)
        except FieldInvalid as fault:
            faults.append(Fault(row, fault.field, str(fault)))
    faults += _twice(customers)
    wrong = {fault.row for fault in faults}
    good = {row: customer for row, customer in customers.items() if row not in wrong}
    return Sheet(digest_of(text), len(filled), good, tuple(sorted(faults, key=lambda fault: (fault.row, fault.field))))


def written(rows: Iterable[Sequence[object]]) -> str:
    """Rows of a sheet, each cell as text that no spreadsheet takes for a formula: an apostrophe stands before one that looks like it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([[harmless(str(cell)) for cell in row] for row in rows])
    return out.getvalue()


def _said(cell: str) -> str:
    """What a cell says; the apostrophe that `written` put there is none of it."""
    bare = " ".join(cell.split())
    return bare[1:] if bare.startswith("'") and bare[1:2] in FORMULA else bare


def _column(name: str) -> str:
    known = name.strip().lower().replace(" ", "_")
    known = _SPANISH.get(known, known)
    return known if known in (*COLUMNS, *SHOWN) else ""


def _customer(tenant: str, told: Mapping[str, str]) -> Customer:
    """Raises FieldInvalid, naming the column."""
    for name, cell in told.items():
        if len(cell) > LONGEST_CELL or not all(c.isprintable() for c in cell):
            raise FieldInvalid(name, f"at most {LONGEST_CELL} characters, none of them a control character")
    if not told["name"]:
        raise FieldInvalid("name", "write the customer's name")
    language = told.get("language", "") or Language.ES
    if language not in (*Language, "es", "en"):
        raise FieldInvalid("language", "es-MX or en")
    reference = people.reference(told["reference"], "reference")
    return Customer(
        tenant=tenant,
        id=f"c_{hashlib.sha256(f'{tenant}/{reference}'.encode()).hexdigest()[:16]}",
        reference=reference,
        name=told["name"],
        email=people.email(told["email"]),
        phone=people.phone(told["phone"]) if told.get("phone") else "",
        language=Language.EN if language in (Language.EN, "en") else Language.ES,
        receiver=_receiver(told),
    )


def _receiver(told: Mapping[str, str]) -> Receiver | None:
    fields = {name: told.get(name, "") for name in ("tax_id", "legal_name", "tax_regime", "postal_code", "cfdi_use")}
    if not any(fields.values()):
        return None
    return fiscal.receiver(
        rfc=fields["tax_id"],
        name=fields["legal_name"],
        regime=fields["tax_regime"],
        postal_code=fields["postal_code"],
        use=fields["cfdi_use"],
    )


def _own_rfc(customer: Customer) -> str:
    """Empty where it is one that anybody may have."""
    rfc = customer.receiver.rfc if customer.receiver else ""
    return "" if rfc in fiscal.GENERIC_RFCS else rfc


def _twice(customers: Mapping[int, Customer]) -> list[Fault]:
    """The later rows of a sheet that say again what is one customer's alone."""
    faults = []
    for field, what in (
        ("reference", {row: each.reference for row, each in customers.items()}),
        ("email", {row: each.email for row, each in customers.items()}),
        ("tax_id", {row: rfc for row, each in customers.items() if (rfc := _own_rfc(each))}),
    ):
        often = Counter(what.values())
        first: set[str] = set()
        for row, value in what.items():
            if often[value] > 1 and value in first:
                faults.append(Fault(row, field, "stands in an earlier row of this file"))
            first.add(value)
    return faults

"""Sheets of customers: read row by row, and written so that no spreadsheet runs what stands in them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.crm.sheet import COLUMNS, SheetInvalid, read, written
from models.speaking.notices import Language

HEADER = "referencia,nombre,correo,telefono,idioma,rfc,razon_social,regimen,codigo_postal,uso_cfdi\n"
LUZ = "luz,Luz López,Luz@Cliente.mx,55 1111 2222,en,XIA190128J61,XENON INDUSTRIAL ARTICLES,601,76343,G03\n"


def test_a_row_is_a_customer() -> None:
    sheet = read("acme", "\ufeff" + HEADER + LUZ + ",,,,,,,,,\n")
    (customer,) = sheet.customers.values()
    assert (customer.reference, customer.email, customer.phone) == ("luz", "luz@cliente.mx", "+525511112222")
    assert (customer.language, customer.receiver.rfc if customer.receiver else "") == (Language.EN, "XIA190128J61")
    assert (sheet.rows, sheet.faults) == (1, ())
    assert read("acme", (HEADER + LUZ).replace(",", ";")).customers[2] == customer


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("a,,a@cliente.mx,,,,,,,", "name"),
        ("a,Ana,nothing,,,,,,,", "email"),
        ("a b,Ana,a@cliente.mx,,,,,,,", "reference"),
        ("a,Ana,a@cliente.mx,12,,,,,,", "phone"),
        ("a,Ana,a@cliente.mx,,fr,,,,,", "language"),
        ("a,Ana,a@cliente.mx,,,XIA19,X,601,76343,", "tax_id"),
        ("a,Ana,a@cliente.mx", ""),
        ("luz,Ana,a@cliente.mx,,,,,,,", "reference"),
        ("a,Ana,luz@cliente.mx,,,,,,,", "email"),
        ("a,Ana,a@cliente.mx,,,XIA190128J61,XENON INDUSTRIAL ARTICLES,601,76343,", "tax_id"),
        ("a,A\x07na,a@cliente.mx,,,,,,,", "name"),
    ],
)
def test_a_wrong_row_is_told_and_left_out(row: str, field: str) -> None:
    sheet = read("acme", f"{HEADER}{LUZ}{row}\n")
    assert [(fault.row, fault.field) for fault in sheet.faults] == [(3, field)]
    assert list(sheet.customers) == [2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "first row"),
        ("reference,name\n", "missing: email"),
        ("reference,name,email,shoe size\n", "unknown: shoe size"),
        ("reference,name,email,email\n", "twice"),
        ('reference,name,email\n"a', "no CSV"),
        ("reference,name,email\n" + "a,b,c\n" * 5_001, "5000 at a time"),
    ],
)
def test_what_is_no_such_sheet_says_what_to_do(text: str, why: str) -> None:
    with pytest.raises(SheetInvalid, match=why):
        read("acme", text)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0")), min_size=1, max_size=4))
def test_no_cell_is_a_formula_and_all_come_back(cells: list[str]) -> None:
    (found,) = csv.reader(io.StringIO(written([cells])))
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in found)
    assert [cell.removeprefix("'") if cell[1:2] in tuple("=+-@\t") else cell for cell in found] == [
        cell.removeprefix("'") if cell[1:2] in tuple("=+-@\t") else cell for cell in cells
    ]


def test_who_is_billed_as_the_general_public_may_be_many() -> None:
    public = "XAXX010101000,ANA RUIZ,616,06000,S01"
    rows = [f"{name},{name},{name}@cliente.mx,,,{public}\n" for name in ("ana", "eva")]
    sheet = read("acme", HEADER + "".join(rows))
    assert (sheet.faults, list(sheet.customers)) == ((), [2, 3])


def test_a_phone_that_was_exported_is_read_again() -> None:
    sheet = written([COLUMNS[:4], ("a", "=1+1", "a@cliente.mx", "+525511112222")])
    assert "'=1+1" in sheet
    (customer,) = read("acme", sheet).customers.values()
    assert (customer.name, customer.phone) == ("=1+1", "+525511112222")

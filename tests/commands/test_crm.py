"""`perdura crm …`: customers in as a sheet and out again, derived anew, and one customer's copy of what is held of them."""

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from activities.gateways.store_sql import SqlStore
from models.records import Tenant
from models.watching.overview import AuditFilter
from tests.commands.test_attention import written
from tests.test_cli import own_environment, perdura, said, state  # noqa: F401 - fixtures

SHEET = (
    "reference,name,email\n"
    "luz,Luz López,luz@cliente.mx\n"
    "eva,Eva,eva@cliente.mx\n"
    "bad,Bad,nothing\n"
)  # fmt: skip


@pytest.fixture
def house(state: Path) -> Path:  # noqa: F811
    """A business without customers."""
    written(state, lambda store: store.create_tenant(Tenant("acme", "Acme")))
    return state


def asked(state: Path, what: Any) -> Any:  # noqa: F811
    """Something read from the books of this state."""
    answers: list[Any] = []

    async def read(store: SqlStore) -> None:
        answers.append(await what(store))

    written(state, read)
    return answers[0]


def sheet(tmp_path: Path, text: str = SHEET) -> str:
    file = tmp_path / "customers.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_sheet_is_looked_at_entered_once_audited_and_goes_out_again(house: Path, tmp_path: Path) -> None:
    file = sheet(tmp_path)
    looked = perdura("crm", "import", "acme", file, state=house)
    assert "3 rows: 2 would be entered (--yes enters them), 0 known already, 1 wrong" in looked.output
    assert "row 4  email: " in looked.output
    assert asked(house, lambda store: store.customers_after("acme", "")) == []
    assert asked(house, lambda store: store.audit_page("acme", AuditFilter())) == []
    done = perdura("crm", "import", "acme", file, "--yes", "--actor", "ana", state=house)
    assert "3 rows: 2 entered, 0 known already, 1 wrong" in done.output
    again = perdura("crm", "import", "acme", file, "--yes", state=house)
    assert "3 rows: 0 entered, 2 known already, 1 wrong" in again.output
    (line,) = asked(house, lambda store: store.audit_page("acme", AuditFilter()))
    assert (line.entry.actor, line.entry.action) == ("ana", "import of 2 customers")
    out = perdura("crm", "export", "acme", state=house).output
    assert {row["email"] for row in csv.DictReader(io.StringIO(out))} == {"luz@cliente.mx", "eva@cliente.mx"}
    back = perdura("crm", "import", "acme", sheet(tmp_path, out.replace("\r\n", "\n")), state=house)
    assert "2 rows: 0 would be entered (--yes enters them), 2 known already, 0 wrong" in back.output


def test_what_is_anothers_is_told_by_row_however_many_pages_there_are(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.customer_sheets._PAGE", 2)
    perdura("crm", "import", "acme", sheet(tmp_path), "--yes", state=house)
    rows = "".join(f"u{number},U,u{number}@cliente.mx\n" for number in range(4))
    file = sheet(tmp_path, f"reference,name,email\n{rows}lucia,Lucía,LUZ@cliente.mx\neva,Eva,eva@cliente.mx\n")
    told = perdura("crm", "import", "acme", file, state=house).output
    assert "6 rows: 4 would be entered (--yes enters them), 1 known already, 1 wrong" in told
    assert "row 6  email: belongs to customer 'c_" in told
    assert "the columns are reference" in said(perdura("crm", "import", "acme", sheet(tmp_path, "a,b\n"), state=house))
    for words in (("import", "nobody", sheet(tmp_path)), ("export", "nobody"), ("rebuild", "nobody")):
        assert "there is no tenant" in said(perdura("crm", *words, state=house))


def test_customers_are_derived_anew_and_one_gets_a_copy_of_what_is_held(house: Path, tmp_path: Path) -> None:
    perdura("crm", "import", "acme", sheet(tmp_path), "--yes", state=house)
    assert perdura("crm", "rebuild", "acme", state=house).output == "2 customers were derived anew\n"
    luz = asked(house, lambda store: store.customer_by_reference("acme", "luz"))
    for name in ("luz", luz.id):
        file = tmp_path / f"{name}.zip"
        assert perdura("crm", "copy", "acme", name, str(file), state=house).output.startswith(f"{file}: ")
        with zipfile.ZipFile(file) as held:
            assert json.loads(held.read("cliente.json"))["email"] == "luz@cliente.mx"
    nobody = tmp_path / "n.zip"
    assert "there is no customer 'nobody'" in said(perdura("crm", "copy", "acme", "nobody", str(nobody), state=house))
    assert not nobody.exists()

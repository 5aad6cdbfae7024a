"""Our tables are the SAT's: row by row against the published files."""

import sqlite3
from pathlib import Path

import pytest

from models.cfdi.sat_catalogues import FORMS_OF_PAYMENT, REGIMES, USES


@pytest.fixture(scope="module")
def published(contracts: Path) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    for table in ("regimenes_fiscales", "usos_cfdi", "formas_pago"):
        for kind in (".schema.sql", ".sql"):
            database.executescript((contracts / "sat" / f"cfdi_40_{table}{kind}").read_text(encoding="utf-8"))
    return database


def test_regimes(published: sqlite3.Connection) -> None:
    rows = published.execute("SELECT id, texto, aplica_fisica, aplica_moral FROM cfdi_40_regimenes_fiscales")
    assert {r[0]: (r[1], bool(r[2]), bool(r[3])) for r in rows} == {
        code: (r.name, r.fisica, r.moral) for code, r in REGIMES.items()
    }


def test_uses(published: sqlite3.Connection) -> None:
    rows = published.execute(
        "SELECT id, texto, aplica_fisica, aplica_moral, regimenes_fiscales_receptores FROM cfdi_40_usos_cfdi"
    )
    assert {r[0]: (r[1], bool(r[2]), bool(r[3]), {c.strip() for c in r[4].split(",")}) for r in rows} == {
        code: (u.name, u.fisica, u.moral, set(u.regimes)) for code, u in USES.items()
    }


def test_forms_of_payment(published: sqlite3.Connection) -> None:
    rows = published.execute("SELECT id, texto FROM cfdi_40_formas_pago")
    assert dict(rows.fetchall()) == FORMS_OF_PAYMENT

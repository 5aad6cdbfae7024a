"""`perdura csd …` and `perdura cfdi …`: a certificate is added with what the SAT gave, and said no to in one message."""

import zipfile
from pathlib import Path

import pytest

from sandbox.pki import issue_csd
from tests.fiscal_world import certificate
from tests.samples import ISSUER
from tests.test_cli import own_environment, perdura, said, state  # noqa: F401 - fixtures


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("csd")
    issue_csd(here / "csd", "acme", ISSUER, here / "authority")
    certificate(here, "fiel", issuer="AC", extensions=4)
    return here / "csd"


def add(place: Path, state: Path, *more: str, of: str = "acme", password: str = "") -> tuple[str, ...]:  # noqa: F811
    files = place / of
    given = password or (files / "password").read_text()
    words = ("csd", "add", "acme", str(files / "certificate.cer"), str(files / "private.key"), "--password", given)
    return (*words, *more)


FIRST = ("--regime", "601", "--postal-code", "06600")


def test_a_certificate_is_added_shown_and_used(place: Path, state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    assert "no issuer yet" in said(perdura("csd", "list", "acme", state=state))
    assert "--regime and --postal-code" in said(perdura(*add(place, state), state=state))
    made = perdura(*add(place, state, *FIRST), state=state)
    assert made.exit_code == 0, made.output
    assert f"of {ISSUER.rfc}, good until" in made.output
    shown = perdura("csd", "list", "acme", state=state).output
    assert f"{ISSUER.rfc} {ISSUER.name}, régimen 601, CP 06600, VAT 16 %, Serie P, PUE" in shown
    assert "in use, ends" in shown


def test_a_renewal_needs_no_more_than_the_files_and_keeps_every_setting(place: Path, state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    chosen = ("--vat", "exempt", "--series", "FAC", "--payment-method", "PPD", "--name", "OTRA ESCUELA")
    assert perdura(*add(place, state, *FIRST, *chosen), state=state).exit_code == 0
    kept = f"{ISSUER.rfc} OTRA ESCUELA, régimen 601, CP 06600, VAT exempt, Serie FAC, PPD"
    assert kept in perdura("csd", "list", "acme", state=state).output
    assert perdura(*add(place, state), state=state).exit_code == 0
    assert kept in perdura("csd", "list", "acme", state=state).output
    # What is said changes, and nothing else does.
    assert perdura(*add(place, state, "--regime", "603", "--vat", "8"), state=state).exit_code == 0
    shown = perdura("csd", "list", "acme", state=state).output
    assert f"{ISSUER.rfc} OTRA ESCUELA, régimen 603, CP 06600, VAT 8 %, Serie FAC, PPD" in shown


def test_what_is_wrong_is_one_message_without_the_password(place: Path, state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    assert "FIEL" in said(perdura(*add(place, state, *FIRST, of="fiel"), state=state))
    wrong = said(perdura(*add(place, state, *FIRST, password="not-this-one"), state=state))
    assert wrong.startswith("password: ")
    assert "not-this-one" not in wrong
    assert "tax_regime" in said(perdura(*add(place, state, "--regime", "612", "--postal-code", "06600"), state=state))
    assert "vat" in said(perdura(*add(place, state, *FIRST, "--vat", "15"), state=state))


def test_a_pac_of_one_s_own_is_set(place: Path, state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    words = ("csd", "pac", "acme", "finkok", "--credential", "username=ana")
    assert "username and password" in said(perdura(*words, state=state))
    made = perdura(*words, "--credential", "password=s3cret", state=state)
    assert (made.exit_code, "s3cret" in made.output) == (0, False)
    other = ("csd", "pac", "acme", "sw", "--credential", "token=t")
    assert "rank: the account at finkok is asked there" in said(perdura(*other, state=state))
    assert perdura(*other, "--replace", state=state).exit_code == 0
    remove = ("csd", "remove-pac", "acme", "sw")
    assert perdura(*remove, state=state).output == "acme has no account at sw any more\n"
    assert "there is no account at sw" in said(perdura(*remove, state=state))


def test_a_month_is_exported(state: Path, tmp_path: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    out = tmp_path / "november.zip"
    assert "0 documents of 2026-11" in perdura("cfdi", "export", "acme", "2026-11", str(out), state=state).output
    assert zipfile.ZipFile(out).namelist() == ["documents.csv"]
    assert "month" in said(perdura("cfdi", "export", "acme", "11/2026", str(out), state=state))


def test_a_month_s_run_is_followed_until_nothing_moves(state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    shown = perdura("cfdi", "progress", "acme", "2026-11", "--watch", state=state).output
    assert shown == "0 stamped, 0 to stamp, 0 to deliver, 0 held, 0 sales without RFC\n"
    assert "month" in said(perdura("cfdi", "progress", "acme", "november", state=state))


def test_an_exchange_rate_is_entered(state: Path) -> None:  # noqa: F811
    perdura("tenant", "create", "Acme", state=state)
    rate = ("cfdi", "rate", "acme", "USD", "2026-11-20")
    assert perdura(*rate, "17.2345", state=state).output == "1 USD = 17.2345 MXN on 2026-11-20\n"
    assert "pesos" in said(perdura(*rate, "0", state=state))
    assert "currency" in said(perdura("cfdi", "rate", "acme", "JPY", "2026-11-20", "0.11", state=state))

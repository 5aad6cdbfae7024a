"""The books from a terminal: what it prints, and one clear message for whatever is wrong."""

import asyncio
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
from activities.gateways.store_sql import SqlStore
from models.bookkeeping.ledger import Fact, Kind
from models.money import Money
from models.records import AuditEntry, Tenant
from models.safekeeping.keyring import Keyring
from sandbox import environment, temporal
from sandbox.ports import Ports

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def perdura(tmp_path: Path, database: str) -> Iterator[Callable[..., Result]]:
    """The command line on a database with one tenant, one invoice in its books and one line in its audit."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PERDURA_", "TEMPORAL_"))}
    for name in kept:
        del os.environ[name]
    values = environment.compose(tmp_path, temporal.read(), Ports.free(), day_seconds=86_400.0, real={})
    environment.save(tmp_path, values | {"PERDURA_DATABASE_URL": database})

    def perdura(*words: str) -> Result:
        return CliRunner().invoke(cli.app(), [*words, "--state", str(tmp_path)])

    assert perdura("migrate").exit_code == 0
    asyncio.run(_fill(database, Keyring.parse(values["PERDURA_ENCRYPTION_KEYS"])))
    yield perdura
    for name in [name for name in os.environ if name.startswith(("PERDURA_", "TEMPORAL_"))]:
        del os.environ[name]
    os.environ.update(kept)


async def _fill(url: str, keyring: Keyring) -> None:
    store = SqlStore(url, keyring)
    await store.create_tenant(Tenant("acme", "Acme"))
    owed = Fact("acme", "s_1", Kind.ISSUED, "in_1", Money(14_900), NOW, "in_1")
    given_up = Fact(
        "acme", "s_1", Kind.WRITTEN_OFF, "in_1", Money(14_900), NOW, "in_1", actor="ana", reason="too small"
    )
    await store.post(owed, given_up)
    await store.audit(AuditEntry("acme", "s_1", "s_1/1", NOW, "ana", "written off"))
    await store.close()


def test_entries_of_a_subscription_are_told_in_words(perdura: Callable[..., Result]) -> None:
    told = perdura("ledger", "show", "s_1")
    assert told.exit_code == 0, told.output
    assert [" ".join(line.split()) for line in told.output.splitlines()] == [
        "2026-11-21 12:00 UTC invoice issued (in_1) by perdura",
        "$128.45 MXN into receivable, out of revenue",
        "$20.55 MXN into receivable, out of vat_uncollected",
        "2026-11-21 12:00 UTC written off (in_1) by ana: too small",
        "$128.45 MXN into bad_debt, out of receivable",
        "$20.55 MXN into vat_uncollected, out of receivable",
    ]
    missing = perdura("ledger", "show", "s_9")
    assert (missing.exit_code, missing.output) == (1, "nothing is booked for subscription 's_9'\n")


def test_chain_is_verified_with_its_head_and_against_one_noted_earlier(perdura: Callable[..., Result]) -> None:
    told = perdura("audit", "verify")
    assert told.exit_code == 0, told.output
    head = told.output.split("head ")[1].strip()
    assert head.startswith("5:")
    assert perdura("audit", "verify", "--tenant", "acme", "--anchor", head).exit_code == 0
    other = perdura("audit", "verify", "--tenant", "acme", "--anchor", "5:beef")
    assert (other.exit_code, "written anew" in other.output) == (1, True)
    assert perdura("audit", "seal").output == "tenant acme: sealed\n"
    for words, complaint in ((("--anchor", head), "--tenant"), (("--tenant", "acme", "--anchor", "x"), "place:hash")):
        wrong = perdura("audit", "verify", *words)
        assert (wrong.exit_code, complaint in wrong.output) == (1, True), wrong.output
    assert "nobody" in perdura("audit", "verify", "--tenant", "nobody").output


def test_check_without_stripe_says_so_and_fails(perdura: Callable[..., Result]) -> None:
    told = perdura("ledger", "check")
    assert (told.exit_code, told.output) == (1, "Stripe did not answer\n")

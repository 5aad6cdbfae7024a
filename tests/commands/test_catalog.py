"""A catalogue on the command line: checked, shown, applied."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli
import worker
from activities.gateways.store_sql import SqlStore
from models import shipped
from models.records import Tenant
from models.settings import Settings
from sandbox import environment, temporal
from sandbox.ports import Ports
from tests.databases import migrated
from tests.fakes.payments import FakePayments
from tests.keys import KEYRING

CATALOGS = Path(__file__).parents[2] / "models" / "catalogs"


def perdura(*words: str) -> Result:
    return CliRunner().invoke(cli.app(), ["catalog", *words])


@pytest.mark.parametrize("name", shipped.names("catalogs"))
def test_a_shipped_catalogue_is_told_in_words_and_printed_whole(name: str) -> None:
    told = perdura("check", str(CATALOGS / f"{name}.yaml"))
    assert told.exit_code == 0, told.output
    assert "MXN a " in told.output
    assert name in perdura("example").output.splitlines()
    assert perdura("example", name).output == (CATALOGS / f"{name}.yaml").read_text(encoding="utf-8")


def test_limits_trial_and_benefits_are_told() -> None:
    told = perdura("check", str(CATALOGS / "software-veterinario.yaml")).output
    assert "plan basico (Básico): $499.00 MXN a month; 14 days of trial without a card; pets 100, vets 2;" in told
    told = perdura("check", str(CATALOGS / "clinica-veterinaria.yaml")).output
    assert "package adulto-anual (Plan Adulto): $2,000.00 MXN to $3,000.00 MXN a year" in told
    assert "2 × consulta, vacunacion, 2 × desparasitacion, limpieza-dental at 20 % off" in told
    assert "product alimentos (Alimentos): said when sold" in told


def test_a_wrong_page_is_refused_by_its_fields(tmp_path: Path) -> None:
    page = tmp_path / "mine.yaml"
    page.write_text("plans:\n  - {code: a, name: A, prices: {month: 149}}\n  - {code: b}\n")
    told = perdura("check", str(page))
    assert told.exit_code == 1
    assert f"{page}: plans.0.prices.month (a): '149' is no amount" in told.output
    assert f"{page}: plans.1.prices (b): is missing" in told.output
    assert "'nothing'; use one of" in perdura("example", "nothing").output


@dataclass
class Shared:
    """What a command works with: real books, and a provider that notes what is sold."""

    store: SqlStore
    payments: FakePayments


@pytest.fixture
def shop(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePayments]:
    """A tenant with books and nothing to sell."""
    kept = dict(os.environ)
    composed = environment.compose(tmp_path, temporal.read(), Ports.free(), day_seconds=86_400.0, real={})
    environment.save(tmp_path, composed | {"PERDURA_DATABASE_URL": database})
    payments = FakePayments()

    @asynccontextmanager
    async def gateways(_: Settings) -> AsyncIterator[Shared]:
        store = SqlStore(database, KEYRING)
        try:
            yield Shared(store, payments)
        finally:
            await store.close()

    async def open_shop() -> None:
        await migrated(database)
        store = SqlStore(database, KEYRING)
        await store.create_tenant(Tenant("acme", "Acme"))
        await store.close()

    asyncio.run(open_shop())
    monkeypatch.setattr(worker, "gateways", gateways)
    monkeypatch.setenv("PERDURA_STATE", str(tmp_path))
    yield payments
    os.environ.clear()
    os.environ.update(kept)


def test_a_catalogue_is_applied_after_its_changes_were_shown(shop: FakePayments) -> None:
    words = ("apply", str(CATALOGS / "contabilidad-pyme.yaml"), "--tenant", "acme")
    refused = CliRunner().invoke(cli.app(), ["catalog", *words], input="n\n")
    assert refused.exit_code == 1
    assert refused.output.splitlines()[:3] == [
        "add plan pro",
        "add plan pro-anual",
        "at the payments provider: 3 to make or change, 0 left to take down",
    ]
    assert "nothing was changed" in refused.output
    assert shop.sold == []
    assert "applied: revision 1" in CliRunner().invoke(cli.app(), ["catalog", *words], input="y\n").output
    assert len(shop.sold) == 3
    assert perdura(*words, "--yes").output == "no change\n"


def test_a_new_price_is_shown_before_and_after(shop: FakePayments, tmp_path: Path) -> None:
    first = CATALOGS / "contabilidad-pyme.yaml"
    assert perdura("apply", str(first), "--tenant", "acme", "--yes").exit_code == 0
    page = tmp_path / "mine.yaml"
    page.write_text(perdura("show", "--tenant", "acme", "--yaml").output.replace("149.00", "159.00"), encoding="utf-8")
    told = perdura("apply", str(page), "--tenant", "acme", "--yes").output
    assert told.splitlines()[0] == "new price plan pro (price: $149.00 MXN → $159.00 MXN)"
    shown = perdura("show", "--tenant", "acme", "--history").output
    assert "plan pro (PRO): $159.00 MXN a month; 7 days of trial with a card" in shown
    assert "price pro: $149.00 MXN month, retired" in shown
    assert "price pro: $159.00 MXN month, sold" in shown


def test_a_tenant_that_is_not_there_is_named(shop: FakePayments) -> None:
    told = perdura("apply", str(CATALOGS / "inventarios.yaml"), "--tenant", "nobody", "--yes")
    assert (told.exit_code, told.output) == (1, "there is no tenant 'nobody'\n")

"""`perdura simulate`, `perdura analytics` and `perdura policy experiment`, as an analyst types them."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

import cli
from activities.gateways.store_sql import SqlStore
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.policies.presets import preset, preset_page
from models.records import CaseRecord, Customer, SubscriptionRecord, Tenant
from models.safekeeping.keyring import Keyring
from models.selling.plans import Plan
from models.simulating.population import shipped_page
from models.subscribing.subscriptions import Status
from sandbox import environment
from tests.test_cli import own_environment, perdura, said, state  # noqa: F401 - fixtures

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
RUTHLESS = preset("ruthless")
CASE = CaseRecord(
    "acme",
    "in_1",
    "s_1",
    Money(14_900),
    Stage.GRACE,
    f"ruthless v{RUTHLESS.version}",
    NOW - 2 * DAY,
    decline="insufficient_funds",
    first_decline="insufficient_funds",
    last_step="D+1 notify",
    next_step="D+3 suspend",
    next_step_at=NOW + DAY,
    suspends_at=NOW + DAY,
)


def written(state: Path, *cases: CaseRecord) -> None:  # noqa: F811
    """One tenant with one customer, whose renewal is due in ten days, and these cases."""
    known = environment.load(state)

    async def write() -> None:
        store = SqlStore(known["PERDURA_DATABASE_URL"], Keyring.parse(known["PERDURA_ENCRYPTION_KEYS"]))
        try:
            await store.create_tenant(Tenant("acme", "Acme"))
            await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
            record = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.INCOMPLETE, NOW - 90 * DAY, NOW)
            await store.sign_up(Customer("acme", "c_1", "clinic-7", "Ana", "ana@example.mx", "+525512345678"), record)
            active = replace(record, status=Status.ACTIVE, period_start=NOW - 20 * DAY, period_end=NOW + 10 * DAY)
            await store.save_subscription(active)
            for case in cases:
                await store.save_case(case)
        finally:
            await store.close()

    work: Coroutine[Any, Any, None] = write()
    asyncio.run(work)


def test_the_book_is_dry_run(state: Path, tmp_path: Path) -> None:  # noqa: F811
    written(state, CASE)
    lines = tmp_path / "book.csv"
    told = perdura("simulate", "book", "--policy", "ruthless", "--csv", str(lines), state=state)
    assert told.exit_code == 0, told.output
    assert "1 running cases and 1 renewals of acme" in told.output
    assert "1 charges of 1 customers" in told.output
    assert "1 blocks of 1 customers" in told.output
    found = json.loads(perdura("simulate", "book", "--policy", "ruthless", "--json", state=state).output)
    assert [line["step"] for line in found if line["what"] == "block"] == ["D+3 suspend"]
    assert len(lines.read_text().splitlines()) == len(found) + 1
    assert "'nonsense' is neither a preset" in said(perdura("simulate", "book", "--policy", "nonsense", state=state))


def test_recovery_is_told_and_exported(state: Path, tmp_path: Path) -> None:  # noqa: F811
    paid = replace(CASE, invoice="in_2", outcome=Outcome.PAID, paid_at=NOW, stage=Stage.CLOSED)
    written(state, CASE, paid)
    lines = tmp_path / "recovery.csv"
    told = perdura("analytics", "recovery", "acme", "--by", "decline", "--csv", str(lines), state=state)
    assert told.exit_code == 0, told.output
    assert "1 = 100.0 %" in told.output
    assert "(too few to tell)" in told.output
    assert "involuntary churn: 0 of 1 subscriptions" in told.output
    assert lines.read_text().splitlines()[1].startswith("soft,MXN,2,1,0,1,1,")
    span = ("--from", "2026-02-01", "--to", "2026-01-01")
    assert "--from" in said(perdura("analytics", "recovery", "acme", *span, state=state))


def test_figures_and_cases_are_exported_as_parquet_with_types(state: Path, tmp_path: Path) -> None:  # noqa: F811
    paid = replace(CASE, invoice="in_2", outcome=Outcome.PAID, paid_at=NOW, stage=Stage.CLOSED)
    written(state, CASE, paid)
    groups, cases, lines = tmp_path / "recovery.parquet", tmp_path / "cases.parquet", tmp_path / "cases.csv"
    told = perdura("analytics", "recovery", "acme", "--by", "decline", "--parquet", str(groups), state=state)
    assert told.exit_code == 0, told.output
    (group,) = pq.read_table(groups).to_pylist()
    assert (group["key"], group["recovered"], group["recovered_centavos"], group["rate"]) == ("soft", 1, 14_900, 1.0)
    assert group["since"] < paid.opened_at < group["until"]
    for file in (cases, lines):
        assert str(file) in perdura("analytics", "cases", "acme", str(file), state=state).output
    assert [case["paid_at"] for case in pq.read_table(cases).to_pylist()] == [None, NOW]
    assert lines.read_text().splitlines()[2].startswith(f"in_2,s_1,pro,MXN,14900,{paid.opened_at.isoformat()},")
    assert ".parquet or .csv" in said(perdura("analytics", "cases", "acme", "cases.xls", state=state))


def test_an_experiment_begins_is_reported_and_ends(state: Path, tmp_path: Path) -> None:  # noqa: F811
    arms = [("ruthless v2", Outcome.PAID), ("gentle-28d v1", Outcome.EXHAUSTED)]
    cases = [
        replace(CASE, invoice=f"in_{n}", policy=policy, outcome=outcome, paid_at=NOW if outcome.settled else None)
        for n, (policy, outcome) in enumerate(arms)
    ]
    written(state)
    rival = tmp_path / "rival.yaml"
    rival.write_text(preset_page("gentle-28d"))
    begin = ("policy", "experiment", "start", "acme", "--rival", str(rival), "--share", "30", "--name")
    assert "1 to 40 letters" in said(perdura(*begin, "a name", state=state))
    assert (
        "of 100 subscriptions 30 get gentle-28d v1, the others ruthless v2"
        in perdura(*begin, "spring", state=state).output
    )
    assert "(experiment spring: 30 % get gentle-28d v1)" in perdura("policy", "list", "acme", state=state).output
    assert "experiment 'spring' is running" in said(perdura(*begin, "summer", state=state))
    told = perdura("policy", "experiment", "report", "acme", state=state)
    assert "too few cases to tell" in told.output
    _keep(state, [replace(case, experiment="spring") for case in cases])
    told = perdura("policy", "experiment", "report", "acme", state=state)
    assert "1 = 100.0 %" in told.output
    ended = perdura("policy", "experiment", "stop", "acme", "--keep-rival", state=state)
    assert ended.output == "experiment spring is over; every new case begins with gentle-28d v1\n"
    assert "no experiment is running" in said(perdura("policy", "experiment", "stop", "acme", state=state))
    assert "has cases already" in said(perdura(*begin, "spring", state=state))
    assert "too few cases" in perdura("policy", "experiment", "report", "acme", "--name", "spring", state=state).output


def _keep(state: Path, cases: list[CaseRecord]) -> None:  # noqa: F811
    known = environment.load(state)

    async def write() -> None:
        store = SqlStore(known["PERDURA_DATABASE_URL"], Keyring.parse(known["PERDURA_ENCRYPTION_KEYS"]))
        for case in cases:
            await store.save_case(case)
        await store.close()

    asyncio.run(write())


def year(*words: str) -> Any:
    return CliRunner().invoke(cli.app(), ["simulate", "year", *words])


def test_a_year_is_the_same_however_many_processes_live_it(tmp_path: Path) -> None:
    few = ("--customers", "150", "--policies", "ruthless,gentle-28d", "--json")
    alone, shared = year(*few, "--processes", "1"), year(*few, "--processes", "2")
    assert alone.exit_code == 0, alone.output
    assert json.loads(alone.output) == json.loads(shared.output)


def test_a_year_is_told_in_words_and_drawn(tmp_path: Path) -> None:
    drawn = tmp_path / "year.png"
    few = ("--customers", "120", "--policies", "ruthless,standard-21d", "--processes", "1")
    told = year(*few, "--picture", str(drawn))
    assert told.exit_code == 0, told.output
    for words in (
        "120 customers (mexico)",
        "Recovered, of pesos",
        "standard-21d v1 ",
        "customers lost: ",
        "95 % intervals",
    ):
        assert words in told.output
    with Image.open(drawn) as image:
        assert image.width == 1800
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 5
    page = tmp_path / "year.html"
    assert year(*few, "--picture", str(page)).exit_code == 0
    assert "<svg" in page.read_text()
    assert "Cash in the year" in page.read_text()


def test_customers_of_a_file_live_the_year(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("amount,day,risk,decline\n" + "149.00,15,1,lost_card\n" * 30)
    told = year("--population", str(people), "--policies", "ruthless", "--processes", "1", "--json")
    assert told.exit_code == 0, told.output
    (found,) = json.loads(told.output)["policies"]
    assert found["customers"] == 30
    assert set(found["by_class"]) == {"hard"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--policies", ","), "name at least one"),
        (("--policies", "harsh"), "'harsh' is neither a preset"),
        (
            ("--customers", "5", "--policies", "ruthless", "--processes", "1", "--picture", "x.bmp"),
            "must end in one of",
        ),
    ],
)
def test_what_cannot_be_simulated_is_told_in_words(words: tuple[str, ...], says: str) -> None:
    assert says in said(year(*words))


def test_the_assumptions_are_printed_to_be_changed(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli.app(), ["simulate", "population"]).output == shipped_page()
    wrong = tmp_path / "mine.yaml"
    wrong.write_text(shipped_page().replace("fatigue: 0.80", "fatigue: 8"))
    assert "fatigue: " in said(year("--population", str(wrong), "--policies", "ruthless"))

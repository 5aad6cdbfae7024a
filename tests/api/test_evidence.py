"""A round of evidence is made once, is the same whenever it is asked for, and names nobody."""

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from activities.measuring import Measuring
from models.analytics.recovery import Collected
from models.cfdi.fiscal import Receiver
from models.collecting.cases import Outcome, Stage
from models.kpis.evidence import Evidence, Line, Pseudonyms, packed, why_critical
from models.money import Money
from models.records import CaseRecord
from models.subscribing.subscriptions import Status
from models.watching.decisions import Decision, DecisionKind
from tests.api.conftest import World
from tests.keys import KEYRING

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
BEGINS, ENDS = datetime(2026, 11, 16, 6, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)
PERSONAL = ("Xóchitl", "Zazueta", "ana@example.mx", "5512345678", "user-1042", "LOAA800101AB1")


def case(**changes: object) -> CaseRecord:
    record = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.GRACE, "ruthless v2", BEGINS + DAY)
    return replace(record, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (case(), ("past due for over 72 h",)),
        (case(opened_at=ENDS - 2 * DAY), ()),
        (case(closed_at=BEGINS + 2 * DAY, outcome=Outcome.PAID), ()),
        (case(closed_at=BEGINS + 6 * DAY, outcome=Outcome.PAID), ("past due for over 72 h",)),
        (case(opened_at=ENDS - DAY, escalated_at=ENDS - DAY / 2), ("escalated",)),
        (case(opened_at=BEGINS - 3 * DAY, closed_at=BEGINS - DAY, outcome=Outcome.EXHAUSTED), ()),
        (case(closed_at=BEGINS + 2 * DAY, outcome=Outcome.EXHAUSTED), ("lost",)),
        (case(opened_at=ENDS), ()),
    ],
)
def test_a_case_is_critical_by_the_runbook(record: CaseRecord, why: tuple[str, ...]) -> None:
    assert why_critical(record, BEGINS, ENDS) == why


def read(content: bytes, name: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def test_the_same_facts_make_the_same_bytes_and_another_round_other_pseudonyms() -> None:
    facts = Evidence(
        "acme",
        "r-1",
        date(2026, 11, 16),
        date(2026, 11, 22),
        "daily snapshot of 2026-11-22",
        [Line("s_1", "past_due", "\t=pro", 14_900, "MXN", "month")],
        [(Collected(case(), "pro"), "c_1")],
        [],
        [Decision("acme", "d_1", DecisionKind.OTHER, BEGINS, "llamar a ANA por s_1, ana@example.mx", "s_1", "u_7")],
        frozenset({"Ana"}),
    )
    first = packed(facts, Pseudonyms(KEYRING, "acme", "r-1"), BEGINS, ENDS)
    assert packed(facts, Pseudonyms(KEYRING, "acme", "r-1"), BEGINS, ENDS) == first
    (status,), (critical,), (decision,) = (read(first, f"{n}.csv") for n in ("statuses", "critical_cases", "decisions"))
    assert status["subscription"] == critical["subscription"] == decision["subscription"], "the same within a round"
    assert status["plan"] == "'\t=pro", "no spreadsheet takes it for a formula"
    assert decision["what"].startswith("llamar a [name] por id-")
    assert "[e-mail]" in decision["what"]
    assert decision["responsible"].startswith("person-")
    other = packed(facts, Pseudonyms(KEYRING, "acme", "r-2"), BEGINS, ENDS)
    assert read(other, "statuses.csv")[0]["subscription"] != status["subscription"]


async def lived(world: World) -> str:
    """Ana, whose case was critical, of whom people have written; her subscription."""
    mine = await world.signed_up(name="Xóchitl Zazueta")
    record = await world.store.subscription("acme", mine)
    assert record is not None
    receiver = Receiver("LOAA800101AB1", "XOCHITL ZAZUETA ALVAREZ", "605", "01160")
    await world.store.save_receiver("acme", record.customer, receiver)
    await world.store.save_case(case(subscription=mine, opened_at=NOW - 5 * DAY))
    noted = {"what": "Xóchitl Zazueta (+52 55 1234 5678) paga el lunes", "subscription": mine, "evidence": f"{mine}/x"}
    await world.post("/v1/decisions", noted | {"actor": "beto"})
    return mine


async def test_a_round_holds_what_the_runbook_asks_for_and_names_nobody(world: World) -> None:
    mine = await lived(world)
    today = datetime.now(UTC).astimezone(ZoneInfo("America/Mexico_City")).date()
    told = (await world.post("/v1/evidence", {"round": "alpha-1", "to": str(today)})).json()
    answer = await world.get("/v1/evidence/alpha-1")
    content = answer.content
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (told["sha256"], told["size"])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert (
        set(manifest["files"]) == set(files) == {"statuses.csv", "critical_cases.csv", "scorecard.csv", "decisions.csv"}
    )
    for name, content_of in files.items():
        assert manifest["files"][name]["sha256"] == hashlib.sha256(content_of).hexdigest()
        text = content_of.decode()
        found = [word for word in (*PERSONAL, mine) if word.lower() in text.lower()]
        assert found == [], (name, found)
    assert [row["status"] for row in read(content, "statuses.csv")] == ["active"]
    assert "no snapshot of" in manifest["statuses_as_of"]
    (critical,) = read(content, "critical_cases.csv")
    assert (critical["why"], critical["amount_centavos"]) == ("past due for over 72 h", "14900")
    assert {row["kpi"] for row in read(content, "scorecard.csv")} >= {"past_due_share", "mrr", "recovered_in_7_days"}
    assert len(read(content, "decisions.csv")) >= 1


async def test_a_round_asked_for_again_is_the_one_that_was_made(world: World) -> None:
    await lived(world)
    first = await world.post("/v1/evidence", {"round": "r-1"})
    before = (await world.get("/v1/evidence/r-1")).content
    await world.signed_up(customer_reference="user-2", email="beto@example.mx")
    again = await world.post("/v1/evidence", {"round": "r-1", "from": "2026-01-01"})
    assert again.json() == first.json()
    assert (await world.get("/v1/evidence/r-1")).content == before
    assert [each["round"] for each in (await world.get("/v1/evidence")).json()["data"]] == ["r-1"]
    other = replace(world, key=await world.store.issue_key("other"))
    assert (await other.get("/v1/evidence/r-1")).status_code == 404
    assert (await other.get("/v1/evidence")).json() == {"data": []}
    assert {entry.action for entry in await world.store.audit_trail("acme", "")} == {"evidence made"}


async def test_a_day_that_was_kept_is_told_as_it_was(world: World) -> None:
    mine = await world.signed_up()
    keeping = Measuring(world.store, day_seconds=86_400)
    (order,) = [each for each in await keeping.days_due(datetime.now(UTC) + DAY) if each.tenant == "acme"]
    await keeping.keep_day(order)
    record = await world.store.subscription("acme", mine)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    made = await world.post("/v1/evidence", {"round": "r-1", "to": str(order.day)})
    assert made.json()["since"] == str(order.day - 6 * DAY), "a week, where there was no round before"
    content = (await world.get("/v1/evidence/r-1")).content
    assert [row["status"] for row in read(content, "statuses.csv")] == ["active"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"round": "R 1"}, "round"),
        ({"round": "r-1", "from": "2026-02-01", "to": "2026-01-01"}, "from"),
        ({"round": "r-1", "to": "2999-01-01"}, "from"),
        ({"round": "r-1", "from": "2001-01-01"}, "from"),
        ({"round": "r-1", "to": "0001-01-03"}, "from"),
        ({"round": "r-1", "from": "0001-01-01", "to": "0001-01-02"}, "from"),
    ],
)
async def test_a_round_that_makes_no_sense_is_named(world: World, wish: dict[str, str], field: str) -> None:
    answer = await world.post("/v1/evidence", wish)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field

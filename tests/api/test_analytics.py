"""Recovery as figures and the preview of a policy, over HTTP and the real store."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.policies.presets import preset, preset_page
from models.records import Assignment, CaseRecord, Delivery, NoticeRecord, Payment
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from tests.api.conftest import World

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)


async def row(world: World, **changes: object) -> CaseRecord:
    """An open case of Ana's, two days old, kept."""
    subscription = str(changes.pop("subscription", "")) or await world.signed_up()
    ruthless = preset("ruthless")
    opened = NOW - 2 * DAY
    suspend = next(step for step in ruthless.steps if step.name == "D+3 suspend")
    case = CaseRecord(
        "acme",
        "in_1",
        subscription,
        Money(14_900),
        Stage.GRACE,
        f"ruthless v{ruthless.version}",
        opened,
        decline="insufficient_funds",
        first_decline="insufficient_funds",
        last_step="D+1 notify",
        next_step=suspend.name,
        next_step_at=opened + suspend.offset,
        suspends_at=opened + suspend.offset,
    )
    case = replace(case, **changes)  # type: ignore[arg-type]
    await world.store.save_case(case)
    return case


async def test_recovery_is_told_with_its_denominators(world: World) -> None:
    paid = await row(world, outcome=Outcome.PAID, paid_at=NOW, stage=Stage.CLOSED)
    mine = paid.subscription
    await row(world, subscription=mine, invoice="in_2", outcome=Outcome.EXHAUSTED, amount=Money(50_000))
    await row(world, subscription=mine, invoice="in_3")
    notice = NoticeRecord(
        "acme", "in_1/payment_failed", Channel.SMS, NoticeKind.PAYMENT_FAILED, mine, Delivery.DELIVERED, "", NOW - DAY
    )
    await world.store.save_notice(notice)
    told = (await world.get("/v1/analytics/recovery?by=channel")).json()
    assert {group["key"]: (group["cases"], group["decided"], group["recovered"]) for group in told["groups"]} == {
        "sms": (1, 1, 1),
        "no message": (2, 1, 0),
    }
    (total,) = told["total"]
    assert (total["running"], total["decided_centavos"], total["recovered_centavos"]) == (1, 64_900, 14_900)
    assert total["rate"]["value"] == 0.5
    assert total["days_p50"] == pytest.approx(2, abs=0.01)
    assert "voided and replaced ones are counted apart" in told["denominators"][0]
    assert (told["churned"], told["churn"]["sure"]) == (1, False)


async def test_recovery_is_of_the_days_asked_for_and_of_the_caller_alone(world: World) -> None:
    await row(world, outcome=Outcome.PAID, paid_at=NOW)
    day = (NOW - 40 * DAY).date().isoformat()
    assert (await world.get(f"/v1/analytics/recovery?to={day}")).json()["groups"] == []
    other = replace(world, key=await world.store.issue_key("other"))
    assert (await other.get("/v1/analytics/recovery")).json()["total"] == []


async def test_recovery_is_exported_as_csv(world: World) -> None:
    await row(world, outcome=Outcome.PAID, paid_at=NOW)
    answer = await world.get("/v1/analytics/recovery?by=decline&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    head, line = answer.text.splitlines()
    assert dict(zip(head.split(","), line.split(","), strict=True))["recovered_centavos"] == "14900"
    assert line.startswith("soft,MXN,1,0,0,1,1,1.0,")


async def test_recovery_is_exported_as_parquet_with_typed_columns(world: World) -> None:
    await row(world, outcome=Outcome.PAID, paid_at=NOW)
    answer = await world.get("/v1/analytics/recovery?by=decline&format=parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    table = pq.read_table(io.BytesIO(answer.content))
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["recovered_centavos"], types["rate"], types["since"]) == ("int64", "double", "timestamp[us, tz=UTC]")
    (group,) = table.to_pylist()
    assert (group["key"], group["recovered_centavos"], group["days_p50"]) == ("soft", 14_900, 2.0)


async def test_the_cases_behind_the_figures_are_streamed_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.gateways.sql.recovery.PAGE", 2)
    mine = await world.signed_up()
    paid = Outcome.PAID
    for number in range(5):  # three of one moment: a page may end among them
        opened = NOW - (9 if 0 < number < 4 else 10 - number) * DAY
        await row(world, subscription=mine, invoice=f"in_{number}", opened_at=opened, outcome=paid, paid_at=NOW)
    answer = await world.get("/v1/analytics/recovery/cases")
    assert 'filename="recovery-cases.parquet"' in answer.headers["content-disposition"]
    file = pq.ParquetFile(io.BytesIO(answer.content))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [2, 2, 1]
    cases = file.read().to_pylist()
    assert [case["invoice"] for case in cases] == ["in_0", "in_1", "in_2", "in_3", "in_4"]
    assert (cases[0]["opened_at"], cases[0]["amount_centavos"]) == (NOW - 10 * DAY, 14_900)
    assert cases[0]["opened_at"].tzinfo is not None
    lines = (await world.get("/v1/analytics/recovery/cases?format=csv")).text.splitlines()
    assert len(lines) == 6
    other = replace(world, key=await world.store.issue_key("other"))
    nothing = await other.get("/v1/analytics/recovery/cases")
    assert pq.read_table(io.BytesIO(nothing.content)).num_rows == 0
    assert "@" not in "".join(lines), "no personal data"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-02-01&to=2026-01-01", "from"),
        ("from=2001-01-01&to=2026-01-01", "from"),
        ("to=0001-01-02", "from"),
        ("by=weather", "by"),
        ("format=xls", "format"),
    ],
)
async def test_a_span_or_a_grouping_that_makes_no_sense_is_named(world: World, query: str, field: str) -> None:
    answer = await world.get(f"/v1/analytics/recovery?{query}")
    assert answer.status_code == 422
    assert field in answer.json()["detail"]


async def test_a_preview_shows_case_by_case_what_another_policy_would_change(world: World) -> None:
    case = await row(world)
    told = (await world.post("/v1/policies/preview", {"policy": "standard-21d"})).json()
    assert told["policy"] == "standard-21d v1"
    (change,) = told["data"]
    assert (change["customer_reference"], change["invoice"]) == ("user-1042", "in_1")
    assert case.suspends_at is not None
    assert datetime.fromisoformat(change["now"]["suspends_at"]) == case.suspends_at
    assert datetime.fromisoformat(change["then"]["suspends_at"]) > case.suspends_at + 8 * DAY
    assert "suspended" in change["words"]
    assert "later" in change["words"]
    assert (await world.store.cases("acme", case.subscription))[0] == case, "nothing was changed"
    assert world.door.orders == []


async def test_a_page_that_is_nobodys_yet_can_be_previewed_and_mistakes_are_explained(world: World) -> None:
    await row(world)
    page = preset_page("gentle-28d").splitlines()
    (change,) = (await world.post("/v1/policies/preview", {"page": page})).json()["data"]
    assert change["then"]["policy"] == "gentle-28d v1"
    wrong = await world.post("/v1/policies/preview", {"page": ["name: x", "steps:", "  - {at: 3d, do: retry}"]})
    assert wrong.status_code == 422
    assert "the last step must be 'close'" in wrong.json()["detail"]
    assert (await world.post("/v1/policies/preview", {"policy": "mine"})).status_code == 422
    assert (await world.post("/v1/policies/preview", {"policy": "mine", "version": 4})).status_code == 404


async def test_a_case_that_runs_by_the_policy_already_says_so(world: World) -> None:
    await row(world)
    (change,) = (await world.post("/v1/policies/preview", {"policy": "ruthless"})).json()["data"]
    assert change["refusal"] == change["words"] == "the case runs by this policy already"
    assert (await world.post("/v1/policies/preview", {"policy": "ruthless", "plan": "basic"})).json()["data"] == []


async def test_what_is_known_of_a_customer_is_the_same_for_one_and_for_all(world: World) -> None:
    case = await row(world)
    mine = case.subscription
    await row(world, subscription=mine, invoice="in_0", outcome=Outcome.EXHAUSTED)
    await row(world, subscription=mine, invoice="in_00", outcome=Outcome.PAID, paid_at=NOW)
    await world.store.record_payment(Payment("acme", "ch_1", "in_00", mine, Money(1), Funding.CREDIT, NOW - DAY))
    now = datetime.now(UTC)
    (found,) = await world.store.running_cases("acme", now)
    assert found.facts == await world.store.facts("acme", mine, now)
    assert (found.facts.earlier_cases, found.facts.unpaid_cases) == (2, 1)
    renewals = await world.store.coming_renewals("acme", now, now + 400 * DAY)
    assert [each.subscription for each in renewals] == []  # no period has begun


async def test_an_experiments_cases_are_found_by_its_name(world: World) -> None:
    await world.store.add_policy("acme", preset_page("ruthless"), "ana")
    await world.store.assign_policy(Assignment("acme", "", "ruthless", preset("ruthless").version), "ana")
    await row(world, experiment="spring")
    assert len(await world.store.experiment_cases("acme", "spring")) == 1
    assert await world.store.experiment_cases("acme", "autumn") == []
    assert await world.store.experiment_cases("other", "spring") == []

"""The log of decisions: written by people and by processes, settled once, and nobody else's to read."""

from dataclasses import replace
from datetime import UTC, datetime

from models.records import Delivery, NoticeRecord
from models.speaking.notices import Channel, NoticeKind
from models.watching.decisions import Decision, DecisionKind, decision_id
from tests.api.conftest import World

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_a_person_writes_a_decision_down_and_its_outcome_counts_once(world: World) -> None:
    subscription = await world.signed_up()
    said = {"what": "kept at the old price", "subscription": subscription, "channel": "phone", "actor": "ana@soporte"}
    written = (await world.post("/v1/decisions", said)).json()
    assert (written["kind"], written["channel"], written["outcome"]) == ("other", "phone", "")

    for outcome in ("stayed on PRO", "left all the same"):
        answer = await world.post(f"/v1/decisions/{written['id']}/outcome", {"outcome": outcome, "actor": "ana"})
        assert answer.json()["outcome"] == "stayed on PRO"
    assert [each["id"] for each in (await world.get("/v1/decisions")).json()] == [written["id"]]
    assert (await world.get("/v1/decisions?open=true")).json() == []
    actions = [entry.action for entry in await world.store.audit_trail("acme", subscription)]
    assert {"decision noted", "decision settled"} <= set(actions)


async def test_wrong_fields_are_named(world: World) -> None:
    for field, value in (("subscription", "s_nobody"), ("responsible", "u_nobody")):
        answer = await world.post("/v1/decisions", {"what": "x", field: value})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await world.post("/v1/decisions/d_none/outcome", {"outcome": "x"})).status_code == 404


async def test_the_channel_is_the_one_by_which_the_message_really_went(world: World) -> None:
    subscription = await world.signed_up()
    key = f"{subscription}/trial_ending"
    decision = Decision(
        "acme", decision_id(key), DecisionKind.TRIAL_ENDING, NOW, "told", subscription, "", "whatsapp", key
    )
    for _ in range(2):  # a step that is repeated after a crash
        await world.store.add_decision(decision)
    record = NoticeRecord(
        "acme", key, Channel.WHATSAPP, NoticeKind.TRIAL_ENDING, subscription, Delivery.FAILED, "", NOW
    )
    await world.store.save_notice(record)
    await world.store.save_notice(replace(record, channel=Channel.EMAIL, delivery=Delivery.SENT))
    (found,) = (await world.get(f"/v1/decisions?subscription={subscription}")).json()
    assert (found["channel"], found["responsible"]) == ("email", "perdura")

    await world.store.settle_decisions("acme", subscription, DecisionKind.TRIAL_ENDING, "paid", NOW)
    await world.store.settle_decisions("acme", subscription, DecisionKind.TRIAL_ENDING, "canceled", NOW)
    (found,) = (await world.get("/v1/decisions")).json()
    assert found["outcome"] == "paid"
    assert await world.store.decisions("other") == []

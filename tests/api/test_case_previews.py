"""What an order about an unpaid invoice would do, asked over the API: shown, and nothing done."""

from datetime import datetime, timedelta

import pytest

from models.collecting.cases import Case, Stage
from models.collecting.declines import Decline
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset
from models.records import CaseRecord
from tests.api.conftest import NOW, World

OPENED = NOW - timedelta(minutes=5)


@pytest.fixture
async def where(world: World) -> str:
    """The path of previews for a subscription that owes an invoice since five minutes ago."""
    subscription = await world.signed_up()
    record = CaseRecord("acme", "in_1", subscription, Money(14_900), Stage.GRACE, "ruthless v1", OPENED)
    await world.store.save_case(record)
    case = Case("in_1", Money(14_900), OPENED, preset("ruthless"), Calendar(), decline=Decline("insufficient_funds"))
    world.door.cases["in_1"] = case
    return f"/v1/subscriptions/{subscription}/overrides/preview"


async def test_three_more_days_are_shown_and_nothing_is_ordered(world: World, where: str) -> None:
    answer = await world.post(where, {"order": "extend_grace", "days": 3})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["invoice"], found["refusal"], found["action"]) == ("in_1", "", "grace extended by 3 days")
    assert (found["outcome"], found["now"]["stage"], found["then"]["stage"]) == (None, "grace", "grace")
    (suspension,) = (move for move in found["moves"] if "block" in move["what"]["whats"])
    before, after = (datetime.fromisoformat(suspension[when]) for when in ("before", "after"))
    # At least so much later; a message that would fall on a Sunday waits for the Monday, and what it tells of with it.
    assert timedelta(days=2) < after - before < timedelta(days=5)
    assert (suspension["what"]["step"], suspension["what"]["notice"]) == (6, "suspended")
    assert world.door.orders == []


async def test_service_given_back_another_policy_and_a_transfer_are_shown(world: World, where: str) -> None:
    standard = preset("standard-21d")
    given = await world.post(where, {"order": "restore_now", "days": 2})
    assert given.json()["action"] == "service restored for 2 days"
    missing = {"order": "move_to_policy", "policy": standard.name, "version": 7}
    assert (await world.post(where, missing)).status_code == 404
    paid = await world.post(
        where, {"order": "record_external_payment", "method": "spei", "reference": "2026112140014BMOV0000123456"}
    )
    assert (paid.json()["outcome"], paid.json()["after"]) == ("paid_outside", [])


async def test_what_would_be_refused_says_so_and_what_is_wrong_names_its_field(world: World, where: str) -> None:
    refused = (await world.post(where, {"order": "resume_dunning"})).json()
    assert (refused["refusal"], refused["moves"]) == ("dunning is not paused", [])
    for body, field in (
        ({"order": "extend_grace", "days": 0}, "days"),
        ({"order": "skip_to_step"}, "step"),
        ({"order": "record_external_payment", "method": "gold", "reference": "x"}, "method"),
    ):
        answer = await world.post(where, body)
        assert answer.status_code == 422
        assert [error["field"].rpartition(".")[2] for error in answer.json()["errors"]] == [field]
    unknown = await world.post(where, {"order": "forgive"})
    assert unknown.status_code == 422
    assert "extend_grace" in unknown.json()["detail"]


async def test_a_case_whose_process_is_not_known_or_not_there_is_not_guessed_at(world: World, where: str) -> None:
    world.door.cases.clear()
    assert (await world.post(where, {"order": "write_off"})).status_code == 409
    none = {"order": "write_off", "invoice": "in_none"}
    assert (await world.post(where, none)).status_code == 409
    world.door.up = False
    assert (await world.post(where, {"order": "write_off"})).status_code == 503

"""What a step means for a customer's data."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.departures import Departures, named
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.policies.policy import Retention
from models.records import CaseRecord, SubscriptionRecord
from models.safekeeping.deletions import Cause, Deletion, Standing, State
from models.subscribing.subscriptions import Status
from tests.fakes.deletions import FakeDeletions
from tests.fakes.processes import FakeProcesses
from tests.samples import RUTHLESS

NOW = datetime.now(UTC)
ENDED = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.CANCELED, NOW, NOW)
CASE = CaseRecord("acme", "in_1", "s_1", Money(14_900), Stage.DELETION_WARNED, "ruthless v1", NOW)
KEPT = Retention(after=timedelta(days=90))


class House:
    def __init__(self, terms: Retention | None) -> None:
        self.store = FakeDeletions(pinned=replace(RUTHLESS, deletion=terms), subscriptions={"s_1": ENDED})
        self.processes = FakeProcesses()
        self.departures = Departures(self.store, self.store, self.processes)

    def begun(self) -> list[tuple[str, Cause, int]]:
        """Ids, causes, and days given."""
        starts = [each.deletion for each in self.processes.deletions]
        return [(each.id, each.cause, (each.day - each.requested_at).days) for each in starts]


@pytest.mark.parametrize(
    ("terms", "outcome", "begun"),
    [
        (None, None, []),
        (KEPT, None, [(named("acme", "s_1"), Cause.CANCELED, 90)]),
        (KEPT, Outcome.EXHAUSTED, [(named("acme", "s_1"), Cause.UNPAID, 90)]),
    ],
)
async def test_the_end_of_a_subscription_begins_what_its_policy_knows(
    terms: Retention | None, outcome: Outcome | None, begun: list[tuple[str, Cause, int]]
) -> None:
    house = House(terms)
    if outcome is not None:
        house.store.case_rows["in_1"] = replace(CASE, outcome=outcome)
    await house.departures.of_subscription(replace(ENDED, status=Status.ACTIVE), ENDED)
    await house.departures.of_subscription(ENDED, ENDED)  # written again: the same deletion
    assert house.begun() == begun


async def test_nobody_is_deleted_whose_other_subscription_lives() -> None:
    house = House(KEPT)
    house.store.standing = Standing(returned=True)
    await house.departures.of_subscription(None, ENDED)
    assert house.begun() == []


async def test_ladder_that_asks_for_it_begins_it_by_the_usual_terms_where_the_policy_has_none() -> None:
    house = House(None)
    await house.departures.of_case(CASE)
    assert house.begun() == []
    await house.departures.of_case(replace(CASE, deletion_asked_at=NOW))
    assert house.begun() == [(named("acme", "s_1"), Cause.UNPAID, Retention().after.days)]


@pytest.mark.parametrize("state", [State.WAITING, State.DONE])
async def test_money_and_service_are_told_to_a_deletion_under_way(state: State) -> None:
    house = House(KEPT)
    house.store.deletion_rows["del_1"] = Deletion(
        "acme", "del_1", "c_1", "s_1", Cause.UNPAID, NOW, "perdura", "policy", NOW, state
    )
    await house.departures.of_case(replace(CASE, outcome=Outcome.PAID))
    await house.departures.of_subscription(ENDED, replace(ENDED, status=Status.ACTIVE))
    told = [("acme", "c_1")] if state is State.WAITING else []
    assert house.processes.returned == told * 2

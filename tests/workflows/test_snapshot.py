"""What is done once for each tenant, a day kept or a week told of: one that fails keeps no other waiting."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from activities.measuring import Measuring
from activities.ports.measures import DayBook
from activities.reviewing import Reviewing, Rounds
from models.kpis import review
from models.kpis.snapshots import Kept as KeptUntil
from models.records import Tenant
from tests.conftest import Stage
from tests.fakes.measures import FakeMeasures
from workflows.connection import verbs
from workflows.review import Sent, WeeklyReviewWorkflow
from workflows.snapshot import Kept, SnapshotWorkflow

DAY = timedelta(days=1)


@dataclass
class Measured(Stage):
    """A stage on which days are kept."""

    measures: FakeMeasures = field(default_factory=FakeMeasures)

    def activities(self) -> list[Callable[..., Any]]:
        reviewing = Reviewing(
            cast(Rounds, self.measures), mail=self.mail, public_url="https://perdura.test", day_seconds=86_400
        )
        return [*verbs(Measuring(cast(DayBook, self.measures), day_seconds=86_400)), *verbs(reviewing)]


@pytest.fixture
def stage(stage: Stage) -> Measured:
    return Measured(stage.env, stage.still, stage.queue)


async def test_days_are_kept_once_what_was_missed_is_named_and_a_broken_tenant_waits(stage: Measured) -> None:
    now = datetime.now(UTC)
    yesterday = now.date() - DAY
    stage.measures.tenants = [
        KeptUntil(Tenant("acme", "Acme", "UTC"), now - 30 * DAY, yesterday - 3 * DAY),
        KeptUntil(Tenant("broken", "Broken", "UTC"), now - 30 * DAY),
        KeptUntil(Tenant("fresh", "Fresh", "UTC"), now),
        KeptUntil(Tenant("zeta", "Zeta", "UTC"), now - 30 * DAY, yesterday - DAY),
    ]
    stage.measures.broken = {"broken"}

    async def round() -> Kept:
        return await stage.client.execute_workflow(
            SnapshotWorkflow.run, id=f"snapshot-{uuid.uuid4()}", task_queue=stage.queue
        )

    async with stage.working(SnapshotWorkflow):
        first = await round()
        assert [each.tenant for each in first.kept] == ["acme", "zeta"]
        assert first.failed == ["broken"]
        (acme, zeta) = first.kept
        assert first.missed == {"acme": [acme.day - 2 * DAY, acme.day - DAY]}
        assert acme.day == zeta.day
        stage.measures.broken = set()
        second = await round()
    assert [each.tenant for each in second.kept] == ["broken"], "the others are kept already"
    assert second.missed == {}


async def test_a_review_is_sent_once_on_monday_morning_and_a_broken_tenant_waits(
    stage: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    stage.measures.tenants = [
        KeptUntil(Tenant(name, name.title(), "UTC"), now - 30 * DAY) for name in ("acme", "broken", "zeta")
    ]
    stage.measures.broken = {"broken"}
    monkeypatch.setattr(review, "STALE", 8 * DAY)  # whatever day it is, some Monday morning was a week ago at most
    monkeypatch.setattr(review, "HOUR", 0)

    async def round() -> Sent:
        return await stage.client.execute_workflow(
            WeeklyReviewWorkflow.run, id=f"review-{uuid.uuid4()}", task_queue=stage.queue
        )

    async with stage.working(WeeklyReviewWorkflow):
        first = await round()
        assert (first.sent, first.failed) == ({"acme": 1, "zeta": 1}, ["broken"])
        stage.measures.broken = set()
        assert (await round()).sent == {"broken": 1}
        assert (await round()).sent == {}
    assert len(stage.mail.sent) == 3

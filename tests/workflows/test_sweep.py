"""A round of housekeeping outlives the worker that did it, and gives way to the next one when it cannot be done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import WorkflowFailureError

from tests.conftest import Stage
from workflows.sweep import InboxSweepWorkflow


@dataclass
class Broom(Stage):
    """A stage whose sweep fails as often as it is told to."""

    failures: int = 0
    tries: list[int] = field(default_factory=list)

    def activities(self) -> list[Callable[..., Any]]:
        @activity.defn(name="sweep_inbox")
        async def sweep() -> int:
            self.tries.append(activity.info().attempt)
            if len(self.tries) <= self.failures:
                raise ConnectionError("the books are away")
            return 3

        return [sweep]

    async def round(self) -> int:
        async with self.working(InboxSweepWorkflow):
            return await self.client.execute_workflow(InboxSweepWorkflow.run, id=self.queue, task_queue=self.queue)


@pytest.fixture
def broom(stage: Stage) -> Broom:
    return Broom(stage.env, stage.still, stage.queue)


async def test_a_round_that_was_cut_off_is_done_again(broom: Broom) -> None:
    broom.failures = 2
    assert await broom.round() == 3
    assert broom.tries == [1, 2, 3]


async def test_a_round_that_cannot_be_done_is_left_to_the_next(broom: Broom) -> None:
    broom.failures = 9
    with pytest.raises(WorkflowFailureError):
        await broom.round()
    assert broom.tries == [1, 2, 3]

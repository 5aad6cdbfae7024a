"""A call in progress shows that it lives; one that is over stops."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.heartbeats import Heartbeats


class Slow(ActivityInboundInterceptor):
    """An activity that takes a moment."""

    def __init__(self) -> None:
        self.fails = False

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        await asyncio.sleep(0.1)
        if self.fails:
            raise RuntimeError("broken")
        return "done"


async def run(slow: Slow, timeout: timedelta | None) -> tuple[Any, int]:
    beats: list[tuple[Any, ...]] = []
    env = ActivityEnvironment()
    env.info = replace(env.info, heartbeat_timeout=timeout)
    env.on_heartbeat = lambda *details: beats.append(details)

    @activity.defn
    async def call() -> Any:
        return await Heartbeats().intercept_activity(slow).execute_activity(None)  # type: ignore[arg-type]

    result = await env.run(call)
    return result, len(beats)


async def test_it_beats_while_the_call_lasts_and_answers_what_the_call_answers() -> None:
    result, beats = await run(Slow(), timedelta(seconds=0.06))
    assert result == "done"
    assert beats >= 2


async def test_a_call_without_such_a_timeout_is_left_alone() -> None:
    assert await run(Slow(), None) == ("done", 0)


async def test_a_failure_passes_through() -> None:
    slow = Slow()
    slow.fails = True
    with pytest.raises(RuntimeError, match="broken"):
        await run(slow, timedelta(seconds=0.06))

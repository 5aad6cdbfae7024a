"""A running case moved to another policy, all the way: command, API, books, and the case's own process on a clock that skips."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from typer.testing import CliRunner, Result

import cli
from activities.ports.payments import Payments
from api.app import build
from commands import policy_moves
from commands.terminal import stop
from models.collecting.cases import Case, Hold, HoldKind, Outcome
from models.collecting.declines import Decline
from models.messages import DunningStart
from models.money import Money
from models.periods import Calendar
from models.policies.presets import preset, preset_page
from models.speaking.notices import NoticeKind
from tests.api.conftest import PUBLIC, SETTINGS, World
from tests.conftest import Stage, eventually
from tests.samples import overdue
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id
from workflows.interface import Interface


async def test_a_case_is_previewed_moved_and_walks_the_new_ladder_to_its_end(
    world: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    subscription = await world.signed_up()
    await world.store.add_policy("acme", preset_page("gentle-28d"), "ana")
    books = replace(stage, store=cast(Any, world.store))
    stage.payments.add(overdue("in_1", now))
    # On hold, so that it stands still on a clock that skips, until it is told to go on.
    case = Case("in_1", Money(14_900), now, preset("ruthless"), Calendar(), decline=Decline("insufficient_funds"))
    case = replace(case, hold=Hold(HoldKind.PAUSE, now))
    door = Interface(stage.client, queue=stage.queue)
    app = build(settings=SETTINGS, store=world.store, payments=cast(Payments, stage.payments), processes=door)
    http = httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=PUBLIC, headers={"Authorization": f"Bearer {world.key}"}
    )
    monkeypatch.setattr(policy_moves, "api", reached_by(http))
    async with books.working(DunningWorkflow), app.router.lifespan_context(app), http:
        handle = await stage.client.start_workflow(
            DunningWorkflow.run,
            DunningStart("acme", subscription, "user-1042", "pro", case),
            id=dunning_id("acme", "in_1"),
            task_queue=stage.queue,
        )
        assert await door.case_state("acme", "in_1") == case
        assert await door.case_state("acme", "in_none") is None
        assert door.page_of_case("acme", "in_1").endswith("/workflows/dunning%3Aacme%3Ain_1")

        async def known() -> bool:
            return bool(await world.store.cases("acme", subscription))

        await eventually(known)
        wish = {"order": "move_to_policy", "policy": "gentle-28d", "version": preset("gentle-28d").version}
        shown = (await http.post(f"/v1/subscriptions/{subscription}/overrides/preview", json=wish)).json()
        assert (shown["now"]["policy"], shown["then"]["policy"]) == ("ruthless v2", "gentle-28d v1")
        seen = await perdura("preview", "gentle-28d", "--version", "1")
        assert re.search(r"suspended 1\d\.\d days later", " ".join(seen.output.split())), seen.output
        (before,) = await world.store.cases("acme", subscription)
        assert before.policy == "ruthless v2", "a preview changes nothing"
        moved = await perdura(
            "move", "gentle-28d", "--version", "1", "--actor", "ana", "--reason", "kinder", "--plan", "pro"
        )
        assert "1 cases moved to gentle-28d v1" in moved.output, moved.output
        (after,) = await world.store.cases("acme", subscription)
        assert after.policy == "gentle-28d v1"
        again = await perdura("move", "gentle-28d", "--version", "1", "--actor", "ana", "--reason", "twice")
        assert "0 cases moved to gentle-28d v1, 1 ran by it already" in again.output
        path = f"/v1/subscriptions/{subscription}/overrides/resume_dunning"
        (await http.post(path, json={"actor": "ana", "reason": "moved", "invoice": "in_1"})).raise_for_status()
        assert await handle.result() is Outcome.EXHAUSTED
    trail = await world.store.audit_trail("acme", subscription)
    (entry,) = [each for each in trail if each.action == "policy gentle-28d v1"]
    assert (entry.reason, entry.detail) == ("kinder", "was ruthless v2")
    assert "ana" in entry.actor
    steps = [each.action for each in trail if each.action.startswith("D")]
    assert [step for step in steps if "suspend" in step] == ["D+21 suspend"]
    assert steps[-1] == "D+28 close"
    kinds = [notice.kind for notice in stage.processes.notices]
    assert kinds.index(NoticeKind.UPDATE_CARD) < kinds.index(NoticeKind.SUSPENDED)
    assert kinds.index(NoticeKind.DELETION_WARNING) == len(kinds) - 1


async def perdura(*words: str) -> Result:
    """The command in a thread of its own, as it is a process of its own elsewhere."""
    return await asyncio.to_thread(CliRunner().invoke, cli.app(), ["policy", *words])


def reached_by(http: httpx.AsyncClient) -> Callable[[Path], Any]:
    """The commands' way to the API, over this client."""
    loop = asyncio.get_running_loop()

    def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = asyncio.run_coroutine_threadsafe(http.request(method, path, json=body), loop).result(60)
        if not answer.is_success:
            stop(str(answer.json()["detail"]))
        return answer.json()

    @contextmanager
    def api(_: Path) -> Iterator[Callable[..., Any]]:
        yield ask

    return api

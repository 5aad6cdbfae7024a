"""The world on disk: one JSON file, written whole and atomically, read at start."""

import asyncio
import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.stripe.account import Delivery
from sandbox.stripe.declines import Order
from sandbox.stripe.store import Store
from sandbox.stripe.timeline import Due, Timeline
from sandbox.world import World

EVERY_SECONDS = 0.5
FORMAT = 1


def dump(world: World) -> dict[str, Any]:
    """Everything that must survive a restart. Faults, chaos and the journal do not."""
    account, line = world.account, world.line
    return {
        "format": FORMAT,
        "objects": account.store.objects,
        "kinds": {kind: list(ids) for kind, ids in account.store.kinds.items()},
        "hidden": account.store.hidden,
        "timelines": {name: asdict(timeline) for name, timeline in account.timelines.items()},
        "declines": {key: asdict(order) for key, order in account.declines.orders.items()},
        "outbox": [asdict(d) for d in [*world.courier.flying.values(), *account.outbox]],
        "counters": account.counters,
        "answers": world.gate.answers,
        "messages": line.messages,
        "message_notes": line.hidden,
        "contents": line.contents,
        "opted_out": line.opted_out,
        "windows": line.windows,
        "mails": world.mailbox.dump(),
    }


def load(world: World, state: dict[str, Any]) -> None:
    """Put a dumped state into a new world. Raises ValueError for a file of another format."""
    if state.get("format") != FORMAT:
        raise ValueError(f"the state file has format {state.get('format')}, expected {FORMAT}: delete it to start anew")
    account, line = world.account, world.line
    objects = state["objects"]
    kinds = {kind: dict.fromkeys(ids) for kind, ids in state["kinds"].items()}
    account.store = Store(objects, kinds, state["hidden"])
    for identifier in kinds.get("subscription", {}):
        items = objects[identifier]["items"]  # the items are objects of their own and must be the same ones
        items["data"] = [objects.get(item["id"], item) for item in items["data"]]
    account.timelines = {
        name: Timeline(**{**timeline, "heap": [Due(**due) for due in timeline["heap"]]})
        for name, timeline in state["timelines"].items()
    }
    account.declines.orders = {key: Order(**order) for key, order in state["declines"].items()}
    account.outbox[:] = [Delivery(**delivery) for delivery in state["outbox"]]
    account.counters = state["counters"]
    world.gate.answers.update(state["answers"])
    line.messages.update(state["messages"])
    line.hidden.update(state["message_notes"])
    line.contents.update(state["contents"])
    line.opted_out.update(state["opted_out"])
    line.windows.update(state["windows"])
    world.mailbox.load(state["mails"])


def read(world: World, path: Path) -> None:
    """Restore from the file when there is one. Raises ValueError when it cannot be understood."""
    if path.exists():
        load(world, json.loads(path.read_text()))


def write(world: World, path: Path) -> None:
    """Write the file by way of a draft beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".draft")
    with draft.open("w") as file:
        json.dump(dump(world), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    world.dirty = False


async def keep(world: World, path: Path) -> None:
    """Write whenever something changed, until cancelled, and once more at the end; a large world is written less
    often, so that writing takes at most a tenth of the time."""
    pause = EVERY_SECONDS
    try:
        while True:
            await asyncio.sleep(pause)
            if world.dirty:
                began = time.perf_counter()
                write(world, path)
                pause = max(EVERY_SECONDS, 10 * (time.perf_counter() - began))
    finally:
        write(world, path)

"""(a) A complete case of the preset `ruthless`: its history events, and cases per second beside bare workflows of the same shape.

Two endings: paid by the link in the suspension notice, and given up with the last step.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from temporalio.client import Client

from activities.gateways.store_sql import SqlStore
from bench import floor_effects
from bench.figures import Report
from bench.ground import RECORDS, cost, ground
from bench.histories import history, kinds, read_shape
from bench.sides import CALM, OUTCOMES, Sides, messages, open_floor, open_product
from bench.stand_ins import PLAN, TENANT
from models.records import Tenant
from sandbox.children import Child
from workflows.ids import dunning_id, subscription_id

ENDINGS = {True: "paid by link", False: "given up"}  # whether the customer pays
GOALS = {"events": "≤ 60", "ratio": "≤ 1.15", "rate": "≥ 0.85", "server": "≤ 1.2", "worker": "≤ 1.75"}


async def measure(report: Report, *, cases: int, lanes: int, reps: int) -> None:
    """Add the figures of section (a): events of single cases, then `reps` pairs of `cases` cases, `lanes` at a time."""
    async with ground() as under:
        (under.state / "ledger").mkdir()
        floor_effects.prepare(under.state / "floor.db")
        store = SqlStore(under.url, RECORDS)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(PLAN)
        workers = await asyncio.gather(under.part("dunning-worker"), under.part("floor-worker"))
        sides = Sides(under, store, *workers)
        try:
            await _count(report, sides)
            await _race(report, sides, cases=cases, lanes=lanes, reps=reps)
        finally:
            await store.close()


async def _count(report: Report, sides: Sides) -> None:
    """One case of each ending with nothing else under way: events do not depend on the machine."""
    client, plain = sides.ground.client, sides.ground.plain
    await sides.play_product(await sides.subscribers(1))  # imports and first connections are not what is counted
    ones = await sides.subscribers(len(ENDINGS))
    outcomes = await asyncio.gather(*(open_product(client, one, CALM) for one in ones))
    assert outcomes == [OUTCOMES[one.pays] for one in ones]
    cases = [await history(client, dunning_id(TENANT, one.invoice)) for one in ones]
    notices = [[await history(client, name) for name in messages(one)] for one in ones]
    for one, case, sent in zip(ones, cases, notices, strict=True):
        heard = kinds(await history(client, subscription_id(TENANT, one.subscription)))
        sides.shapes[one.pays] = read_shape(case, sent, heard.get("workflow execution signaled", 0), CALM)
    await sides.play_floor(await sides.names(1))
    names = await sides.names(len(ENDINGS))
    await asyncio.gather(
        *(open_floor(plain, name, sides.shapes[one.pays]) for name, one in zip(names, ones, strict=True))
    )
    report.notes["events"] = {}
    for one, name, case, sent in zip(ones, names, cases, notices, strict=True):
        ending, shape = ENDINGS[one.pays], sides.shapes[one.pays]
        bare = await history(plain, name)
        floor_sent = [await history(plain, f"{name}-notice-{n}") for n in range(shape.notices)]
        aim = f"{GOALS['events']}; ratio {GOALS['ratio']}"
        report.paired("a", f"events, {ending}", "events", [(len(case), len(bare))], aim)
        whole, floor_whole = len(case) + sum(map(len, sent)), len(bare) + sum(map(len, floor_sent))
        report.paired("a", f"… with its {len(sent)} messages", "events", [(whole, floor_whole)], GOALS["ratio"])
        report.notes["events"][ending] = {
            "case": kinds(case),
            "message": kinds(sent[0]),
            "floor case": kinds(bare),
            "floor message": kinds(floor_sent[0]),
            "steps": shape.steps,
            "words to the subscription": shape.words,
        }


@dataclass(frozen=True, slots=True)
class Lap:
    """One side's turn: seconds on the clock and CPU of server and worker."""

    wall: float
    server: float
    worker: float


async def _lap(sides: Sides, worker: Child, work: Callable[[], Awaitable[None]]) -> Lap:
    server, mine, start = cost(sides.ground.temporal), cost(worker), time.perf_counter()
    await work()
    wall = time.perf_counter() - start
    return Lap(wall, cost(sides.ground.temporal).cpu - server.cpu, cost(worker).cpu - mine.cpu)


async def _race(report: Report, sides: Sides, *, cases: int, lanes: int, reps: int) -> None:
    laps, events = list[tuple[Lap, Lap]](), list[tuple[float, float]]()
    for rep in range(reps + 1):
        ours, theirs = await sides.subscribers(cases), await sides.names(cases)
        pair = (
            await _lap(sides, sides.product, partial(sides.play_product, ours, lanes)),
            await _lap(sides, sides.floor, partial(sides.play_floor, theirs, lanes)),
        )
        if rep or not reps:  # the first pair only warms up
            laps.append(pair)
            processes = [dunning_id(TENANT, one.invoice) for one in ours]
            events.append((await _events(sides.ground.client, processes), await _events(sides.ground.plain, theirs)))
    rates = [(cases / ours.wall, cases / theirs.wall) for ours, theirs in laps]
    report.paired("a", f"cases per second, {lanes} at a time", "1/s", rates, GOALS["rate"])
    for name, aim in (("server", GOALS["server"]), ("worker", GOALS["worker"])):
        spent = [(getattr(ours, name) / cases * 1e3, getattr(theirs, name) / cases * 1e3) for ours, theirs in laps]
        report.paired("a", f"{name} CPU per case", "ms", spent, aim)
    report.paired("a", "events per case meanwhile", "events", events, GOALS["ratio"])


async def _events(client: Client, processes: Sequence[str]) -> float:
    """Events per process: late timers merge into fewer tasks, so it is shown that both sides did the same work."""
    lengths = [(await client.get_workflow_handle(name).describe()).history_length for name in processes]
    return sum(lengths) / len(lengths)

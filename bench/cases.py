"""(a) A complete case of the preset `ruthless`: its history events, and cases per second beside bare workflows of the same shape.

The ladder is the preset's with its steps a fraction of a second apart and days as long as ever, so nothing counts as late.
Two endings: paid by the link in the suspension notice, and given up with the last step.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from activities.gateways.store_sql import SqlStore
from bench import floor, floor_effects
from bench.figures import Report
from bench.floor import FloorCase, FloorListener, FloorStart, Shape
from bench.ground import Ground, cost, ground
from bench.histories import history, kinds, read_shape
from bench.stand_ins import FUNDS, PLAN, PRICE, TENANT, Subscriber
from models.dunning import Case, Outcome, Stage
from models.messages import DunningStart
from models.periods import REAL_DAY, Calendar
from models.policy import Action, Policy, preset
from models.records import Tenant
from sandbox.children import Child
from workflows import visibility
from workflows.dunning import DunningWorkflow
from workflows.interface import QUEUE, dunning_id, notice_id, subscription_id

T = TypeVar("T")

TICK = 0.3  # seconds between two steps of the ladder: short, and long enough that a busy machine still keeps them apart
LADDER_SECONDS = 6 * TICK
FAR = timedelta(hours=1)
ENDINGS = {"paid by link": True, "given up": False}
OUTCOMES = {True: Outcome.PAID, False: Outcome.EXHAUSTED}
GOALS = {"events": "≤ 60", "ratio": "≤ 1.15", "rate": "≥ 0.85", "server": "≤ 1.2", "worker": "≤ 1.75"}


def ladder(*, pays: bool) -> Policy:
    """The preset with its steps a tick apart. Whoever pays does so long before the step after the suspension."""
    policy, instants = preset("ruthless"), dict[timedelta, float]()
    for step in policy.steps:
        instants.setdefault(step.offset, len(instants) * TICK)
    grace = policy.grace
    return replace(
        policy,
        steps=tuple(
            replace(
                step,
                offset=timedelta(seconds=instants[step.offset])
                + (FAR if pays and step.offset > grace else timedelta()),
            )
            for step in policy.steps
        ),
    )


async def open_product(client: Client, subscriber: Subscriber) -> Outcome:
    """One case of the product, until it and all its messages have ended."""
    calendar, now = Calendar(REAL_DAY), datetime.now(UTC)
    policy = ladder(pays=subscriber.pays)
    case = Case(subscriber.invoice, PRICE, now, policy, calendar, decline=FUNDS)
    reference = subscriber.customer.reference
    handle = await client.start_workflow(
        DunningWorkflow.run,
        DunningStart(TENANT, subscriber.subscription, reference, PLAN.code, case),
        id=dunning_id(TENANT, subscriber.invoice),
        task_queue=QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        search_attributes=visibility.attributes(
            tenant=TENANT,
            customer=reference,
            plan=PLAN.code,
            stage=Stage.GRACE,
            amount_due=PRICE.centavos,
            next_action_at=now,
        ),
        static_summary=f"{reference}: {PRICE} unpaid",
    )
    outcome = await handle.result()
    for name in messages(subscriber):
        await client.get_workflow_handle(name).result()
    return outcome


def messages(subscriber: Subscriber) -> list[str]:
    """Workflow ids of the messages that a case sends."""
    steps = preset("ruthless").steps
    last = next((n for n, step in enumerate(steps, start=1) if step.action is Action.SUSPEND), len(steps))
    sent = steps[:last] if subscriber.pays else steps
    return [notice_id(TENANT, f"{subscriber.invoice}/{step.notice}") for step in sent if step.notice]


async def open_floor(client: Client, name: str, shape: Shape) -> None:
    """One case of the floor, until it and all its messages have ended."""
    start = FloorStart(name, shape, time.time())
    handle = await client.start_workflow(FloorCase.run, start, id=name, task_queue=floor.QUEUE)
    await handle.result()
    for number in range(shape.notices):
        await client.get_workflow_handle(f"{name}-notice-{number}").result()


@dataclass
class Sides:
    """Both sides on one ground. `shapes`: of the product's cases, by whether the customer pays."""

    ground: Ground
    store: SqlStore
    product: Child
    floor: Child
    shapes: dict[bool, Shape] = field(default_factory=dict)
    used: int = 0

    async def subscribers(self, count: int, *, pays: bool | None = None) -> list[Subscriber]:
        """New customers with their rows and with somebody who hears what their case reports; half of them pay."""
        now, first = datetime.now(UTC), self.used
        self.used += count
        made = [Subscriber(first + n, pays=n % 2 == 0 if pays is None else pays) for n in range(count)]
        for one in made:
            await self.store.sign_up(one.customer, one.record(now))
            await self.ground.client.start_workflow(
                "SubscriptionWorkflow", id=subscription_id(TENANT, one.subscription), task_queue=QUEUE
            )
        return made

    async def names(self, count: int) -> list[str]:
        """New cases of the floor with their listeners."""
        first = self.used
        self.used += count
        made = [f"floor-{first + n}" for n in range(count)]
        for name in made:
            await self.ground.plain.start_workflow(FloorListener.run, id=f"{name}-listener", task_queue=floor.QUEUE)
        return made

    async def play_product(self, subscribers: Sequence[Subscriber], lanes: int = 1) -> None:
        """All these cases, so many at a time. Raises AssertionError when one ends otherwise than it should."""
        outcomes = await _in_lanes(lanes, [partial(open_product, self.ground.client, one) for one in subscribers])
        expected = [OUTCOMES[one.pays] for one in subscribers]
        assert outcomes == expected, f"cases ended as {Counter(outcomes)}"

    async def play_floor(self, names: Sequence[str], lanes: int = 1) -> None:
        """As many cases of the floor, half of them of each shape."""
        client, shapes = self.ground.plain, [self.shapes[n % 2 == 0] for n in range(len(names))]
        pairs = list(zip(names, shapes, strict=True))
        await _in_lanes(lanes, [partial(open_floor, client, name, shape) for name, shape in pairs])


async def _in_lanes(lanes: int, work: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do all of it, so many at a time; the lanes set off one after the other, as customers do."""
    todo, done = iter(enumerate(work)), dict[int, T]()

    async def lane(number: int) -> None:
        await asyncio.sleep(number * LADDER_SECONDS / lanes)
        for place, act in todo:
            done[place] = await act()

    await asyncio.gather(*(lane(number) for number in range(lanes)))
    return [done[place] for place in range(len(work))]


async def measure(report: Report, *, cases: int, lanes: int, reps: int) -> None:
    """Add the figures of section (a): events of single cases, then `reps` pairs of `cases` cases, `lanes` at a time."""
    async with ground() as under:
        (under.state / "ledger").mkdir()
        floor_effects.prepare(under.state / "floor.db")
        store = SqlStore(under.url)
        await store.create_tenant(Tenant(TENANT, "Acme"))
        await store.save_plan(PLAN)
        sides = Sides(under, store, await under.part("dunning-worker"), await under.part("floor-worker"))
        try:
            await _count(report, sides)
            await _race(report, sides, cases=cases, lanes=lanes, reps=reps)
        finally:
            await store.close()


async def _count(report: Report, sides: Sides) -> None:
    """One case of each ending, alone: events do not depend on the machine."""
    await sides.play_product(await sides.subscribers(1))  # imports and first connections are not what is counted
    found = {}
    for ending, pays in ENDINGS.items():
        (one,) = await sides.subscribers(1, pays=pays)
        await sides.play_product([one])
        client = sides.ground.client
        case = await history(client, dunning_id(TENANT, one.invoice))
        notices = [await history(client, name) for name in messages(one)]
        heard = kinds(await history(client, subscription_id(TENANT, one.subscription)))
        shape = read_shape(case, notices, heard.get("workflow execution signaled", 0), TICK)
        sides.shapes[pays] = shape
        warm, name = await sides.names(2)
        await open_floor(sides.ground.plain, warm, shape)
        await open_floor(sides.ground.plain, name, shape)
        bare = await history(sides.ground.plain, name)
        sent = [await history(sides.ground.plain, f"{name}-notice-{n}") for n in range(shape.notices)]
        report.paired(
            "a", f"events, {ending}", "events", [(len(case), len(bare))], f"{GOALS['events']}; ratio {GOALS['ratio']}"
        )
        whole, floor_whole = len(case) + sum(map(len, notices)), len(bare) + sum(map(len, sent))
        report.paired("a", f"… with its {len(notices)} messages", "events", [(whole, floor_whole)], GOALS["ratio"])
        found[ending] = {
            "case": kinds(case),
            "message": kinds(notices[0]),
            "floor case": kinds(bare),
            "floor message": kinds(sent[0]),
            "steps": shape.steps,
            "words to the subscription": shape.words,
        }
    report.notes["events"] = found


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

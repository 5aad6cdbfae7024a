"""The two sides of a dunning case: the product's and the floor's, each opened, played to its end and waited for with its messages.

The ladder is the preset's with its steps a fraction of a second apart and days as long as ever, so nothing counts as late.
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
from bench import floor
from bench.floor import FloorCase, FloorListener, FloorStart, Shape
from bench.ground import Ground
from bench.stand_ins import FUNDS, PLAN, PRICE, TENANT, Subscriber
from models.collecting.cases import Case, Outcome, Stage
from models.collecting.contact import ANYTIME
from models.messages import DunningStart
from models.periods import REAL_DAY, Calendar
from models.policies.policy import Action, Policy
from models.policies.presets import preset
from sandbox.children import Child
from workflows import visibility
from workflows.dunning import DunningWorkflow
from workflows.ids import dunning_id, notice_id, subscription_id
from workflows.interface import QUEUE

T = TypeVar("T")

TICK = 0.3  # seconds between two steps of the ladder when many cases are played
CALM = 1.0  # the same when events are counted: even a busy machine keeps the steps apart
LADDER_SECONDS = 6 * TICK
FAR = timedelta(hours=1)
OUTCOMES = {True: Outcome.PAID, False: Outcome.EXHAUSTED}


def ladder(*, pays: bool, tick: float) -> Policy:
    """The preset with its steps a tick apart. Whoever pays does so long before the step after the suspension."""
    policy, instants = preset("ruthless"), dict[timedelta, float]()
    for step in policy.steps:
        instants.setdefault(step.offset, len(instants) * tick)
    grace = policy.grace
    return replace(
        policy,
        contact=ANYTIME,  # else a run at night waits for the morning
        retry=replace(policy.retry, hour=None, last_success=False),
        steps=tuple(
            replace(
                step,
                offset=timedelta(seconds=instants[step.offset])
                + (FAR if pays and step.offset > grace else timedelta()),
            )
            for step in policy.steps
        ),
    )


async def open_product(client: Client, subscriber: Subscriber, tick: float = TICK) -> Outcome:
    """One case of the product, until it and all its messages have ended."""
    calendar, now = Calendar(REAL_DAY), datetime.now(UTC)
    policy = ladder(pays=subscriber.pays, tick=tick)
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
        client = self.ground.plain
        shapes = [replace(self.shapes[n % 2 == 0], tick=TICK) for n in range(len(names))]
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

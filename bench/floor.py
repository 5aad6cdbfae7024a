"""The floor: the cheapest workflows with the same shape as the product's, and nothing decided or kept.

Nothing but Temporal is imported here: the workflow sandbox imports this file anew for every workflow.
"""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import workflow

QUEUE = "floor"
MOMENT = timedelta(seconds=30)


@dataclass
class Shape:
    """A case's steps in order, read off the product's own history.

    `timer`, `activity`, `local`, `local+N` (starts N notices as well), `signal` (wait for it, with a timer). `words`: how
    many of the local activities tell the subscription.
    """

    steps: list[str]
    words: int
    tick: float

    @property
    def notices(self) -> int:
        """How many messages the case sends."""
        return sum(int(step.partition("+")[2] or 0) for step in self.steps)


@dataclass
class FloorStart:
    """A case of the floor."""

    name: str
    shape: Shape
    opened: float  # seconds since 1970: a ladder's instants count from here, so who is late catches up


@dataclass
class Record:
    """What the local activity of a case does beside recording nothing."""

    name: str
    tell: bool
    notices: list[str]
    pays: bool


@workflow.defn
class FloorCase:
    """The steps of a dunning case."""

    def __init__(self) -> None:
        self.paid = False

    @workflow.run
    async def run(self, start: FloorStart) -> int:
        done, words, sent, timers = 0, 0, 0, 0
        for step in start.shape.steps:
            verb, _, count = step.partition("+")
            if verb == "timer":
                timers += 1
                wait = start.opened + timers * start.shape.tick - workflow.time()
                if wait > 0:
                    await workflow.sleep(wait)
            elif verb == "signal":
                await workflow.wait_condition(lambda: self.paid, timeout=timedelta(minutes=10))
            elif verb == "activity":
                done = await workflow.execute_activity("plus_one", done, start_to_close_timeout=MOMENT)
            else:
                names = [f"{start.name}-notice-{sent + n}" for n in range(int(count or 0))]
                words, sent = words + 1, sent + len(names)
                last = sent == start.shape.notices and "signal" in start.shape.steps
                record = Record(start.name, words <= start.shape.words, names, last)
                await workflow.execute_local_activity("word", record, start_to_close_timeout=MOMENT)
        return done

    @workflow.signal
    def pay(self) -> None:
        self.paid = True


@workflow.defn
class FloorNotice:
    """One message: sent, reported, recorded."""

    def __init__(self) -> None:
        self.delivered = False

    @workflow.run
    async def run(self, case: str) -> int:
        await workflow.execute_activity("send", case, start_to_close_timeout=MOMENT)
        await workflow.wait_condition(lambda: self.delivered, timeout=timedelta(hours=1))
        return int(await workflow.execute_local_activity("plus_one", 0, start_to_close_timeout=MOMENT))

    @workflow.signal
    def arrived(self) -> None:
        self.delivered = True


@workflow.defn
class FloorListener:
    """Stands where the subscription would be."""

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.signal
    def case_reported(self, stage: str) -> None: ...


@workflow.defn
class FloorSleeper:
    """An open process that waits."""

    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(timedelta(days=27))

    @workflow.query
    def waits(self) -> bool:
        return True


@workflow.defn
class FloorService:
    """A signal, one local write."""

    def __init__(self) -> None:
        self.paid = False

    @workflow.run
    async def run(self, name: str) -> None:
        await workflow.wait_condition(lambda: self.paid)
        await workflow.execute_local_activity("restore", name, start_to_close_timeout=MOMENT)

    @workflow.signal
    def pay(self) -> None:
        self.paid = True


WORKFLOWS = (FloorCase, FloorNotice, FloorListener, FloorSleeper, FloorService)

"""(e) What sealing costs: the same processes with their payloads sealed and in clear, in turns, on one server.

Each process is given a dunning case and hands it through five activities, so eleven payloads of a case's size are sealed and opened.
"""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from bench.figures import Report
from bench.ground import ground
from models.collecting.cases import Case
from models.messages import DunningStart
from models.money import Money
from models.periods import Calendar
from models.policies.policy import Policy
from models.policies.presets import preset
from models.safekeeping.keyring import KEY_BYTES, Keyring
from workflows.connection import DATA_CONVERTER, sealing_converter

STEPS = 5
TENANT = "acme"


@activity.defn
async def handed(start: DunningStart) -> DunningStart:
    return start


@workflow.defn(sandboxed=False)
class Handing:
    """Hands a case through activities."""

    @workflow.run
    async def run(self, start: DunningStart) -> DunningStart:
        for _ in range(STEPS):
            start = await workflow.execute_activity(handed, start, start_to_close_timeout=timedelta(seconds=30))
        return start


async def measure(report: Report, *, processes: int, lanes: int, reps: int) -> None:
    """Add the figures of section (e): `reps` pairs of `processes`, `lanes` at a time, after one pair that only warms up."""
    policy: Policy = preset("ruthless")
    case = Case("in_1", Money(29_900), datetime(2026, 11, 21, tzinfo=UTC), policy, Calendar())
    start = DunningStart(TENANT, "s_1", "clinic-7", "pro", case)
    async with ground() as under:
        target, namespace = under.server.target, under.server.namespace
        sealing = sealing_converter(Keyring((("bench", bytes(KEY_BYTES)),)))
        sealed = await Client.connect(target, namespace=namespace, data_converter=sealing)
        clear = await Client.connect(target, namespace=namespace, data_converter=DATA_CONVERTER)
        (payload,) = await DATA_CONVERTER.encode([start])
        report.notes["sealing"] = {"bytes of a case": len(payload.data), "payloads per process": 1 + 2 * STEPS}
        rates, spent = list[tuple[float, float]](), list[tuple[float, float]]()
        async with _working(sealed, "sealed"), _working(clear, "clear"):
            for rep in range(reps + 1):
                ours = await _lap(sealed, "sealed", start, processes, lanes)
                theirs = await _lap(clear, "clear", start, processes, lanes)
                if rep or not reps:
                    rates.append((processes / ours[0], processes / theirs[0]))
                    spent.append((ours[1] / processes * 1e3, theirs[1] / processes * 1e3))
    report.paired("e", f"sealed processes per second, {lanes} at a time", "1/s", rates)
    report.paired("e", "CPU of client and worker per sealed process", "ms", spent)


def _working(client: Client, queue: str) -> Worker:
    return Worker(client, task_queue=queue, workflows=[Handing], activities=[handed])


async def _lap(client: Client, queue: str, start: DunningStart, processes: int, lanes: int) -> tuple[float, float]:
    """Seconds on the clock, and of CPU in this process."""
    room = asyncio.Semaphore(lanes)

    async def one() -> None:
        async with room:
            await client.execute_workflow(Handing.run, start, id=f"sub:{TENANT}:{uuid.uuid4().hex}", task_queue=queue)

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one() for _ in range(processes)))
    return time.perf_counter() - wall, time.process_time() - cpu

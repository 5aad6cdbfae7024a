"""`make soak`: months of at least 200 subscriptions on real servers while everything around them breaks.

Who lives how, and what breaks when, follows from the seed alone; how processes and packets interleave does not, so a seed
repeats the story, not each microsecond of it. It ends when the shop has closed and every process has ended by itself; then
the books are held against the bank, the PAC and the mailbox.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from tests.soak.ground import opened
from tests.soak.lives import Town
from tests.soak.people import SLOWEST, census
from tests.soak.verdict import Verdict, alarming, judge, running, waiting
from tests.soak.weather import MONTH_DAYS, PROCESSES, Place, Trouble, forecast

CLOSING_DAYS = 4  # what the end of everything still sets in motion
CLOSING_SECONDS = 150.0  # what real vendors' patience adds, whatever a day lasts
OPENING_SECONDS = 15.0
SECONDS_EACH = (
    0.05  # of a day, for each subscription: with shorter days two cores work off a queue instead of living a month
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subscriptions", type=int, default=200)
    parser.add_argument("--months", type=float, default=12, help="as many, if the minutes allow")
    parser.add_argument("--minutes", type=float, default=10, help="of life; closing and judging take some more")
    parser.add_argument("--day-seconds", type=float, help="otherwise by the number of subscriptions")
    parser.add_argument("--json", type=Path, default=Path(".perdura/soak.json"))
    given = parser.parse_args()
    if given.day_seconds is None:
        given.day_seconds = max(1.5, given.subscriptions * SECONDS_EACH)
    return given


async def strike(town: Town, trouble: Trouble) -> None:
    """Let one trouble happen."""
    ground = town.ground
    await asyncio.sleep(max(0.0, trouble.at - town.now))
    match trouble.place:
        case Place.WORKER | Place.TEMPORAL | Place.API:
            await ground.break_down(getattr(ground.stack, trouble.place))
        case Place.STRIPE:
            await ground.bank.order("faults", trouble.order)
        case Place.WEBHOOKS:
            await ground.bank.order("chaos", trouble.order)
        case Place.DROUGHT:
            await ground.bank.order("chaos", {"provider": "stripe", "kind": "drop", "times": None})
            await asyncio.sleep(trouble.order["seconds"])
            await ground.bank.lift("chaos")
        case Place.PAC:
            await ground.bank.order("pac/faults", trouble.order)
        case Place.WHATSAPP:
            await ground.bank.order("twilio/failures", trouble.order)
        case Place.MAIL:
            await ground.bank.order("mailbox/refusals", trouble.order)


async def storm(town: Town, troubles: list[Trouble]) -> None:
    """All troubles at their instants. Two of one process wait for each other."""

    async def in_turn(place: Place) -> None:
        for trouble in troubles:
            if trouble.place is place:
                await strike(town, trouble)

    await asyncio.gather(*(in_turn(place) for place in Place))


async def close(town: Town) -> None:
    """Calm weather; the shop closes: everybody's subscription ends at once, whatever state it is in."""
    ground = town.ground
    await ground.bank.lift("faults", "chaos", "pac/faults")
    await ground.whole()
    limit = asyncio.Semaphore(8)

    async def end(subscription: str) -> None:
        async with limit:
            await town.order(subscription, "cancel", at_period_end=False)

    await asyncio.gather(*(end(each) for each in town.subscriptions.values()))
    deadline = time.monotonic() + CLOSING_DAYS * town.day_seconds + CLOSING_SECONDS
    while time.monotonic() < deadline and (await running(ground) or await waiting(ground) or await alarming(ground)):
        await asyncio.sleep(2)


async def soak(given: argparse.Namespace, console: Console, state: Path) -> dict[str, Any]:
    """One run; what came of it."""
    began, day = time.monotonic(), given.day_seconds
    allowed = given.minutes * 60 - OPENING_SECONDS - CLOSING_DAYS * day - CLOSING_SECONDS / 2
    seconds = max(MONTH_DAYS * day, min(given.months * MONTH_DAYS * day, allowed))
    people = census(given.seed, given.subscriptions, days=seconds / day)
    troubles = forecast(given.seed, seconds=seconds, day_seconds=day)
    console.print(
        f"seed {given.seed}: {len(people)} subscriptions, {seconds / day / MONTH_DAYS:.1f} months of 30 days of {day:g} s, "
        f"{len(troubles)} troubles; then the shop closes"
    )
    broken: list[str] = []
    async with opened(state, day_seconds=day) as ground:
        town = Town(ground, day, seconds)
        lives = [asyncio.create_task(town.live(who)) for who in people]
        told = asyncio.create_task(tell(town, console))
        try:
            await storm(town, troubles)
            await asyncio.sleep(max(0.0, seconds - town.now))
            done, late = await asyncio.wait(lives, timeout=60 + 2 * SLOWEST * day)
            broken += [f"{type(e).__name__}: {e}" for e in (task.exception() for task in done) if e is not None]
            broken += [f"{len(late)} subscribers were never done with what they wanted"] if late else []
            for task in late:
                task.cancel()
            console.print("calm weather: the shop closes")
            try:
                await close(town)
            except RuntimeError as error:  # the books are judged all the same
                broken.append(str(error))
        finally:
            told.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await told
        verdict = await judge(ground, kills=sum(t.place in PROCESSES for t in troubles), lived=town.did)
    verdict.wrong += broken
    return report(given, seconds, troubles, town, verdict, time.monotonic() - began)


async def tell(town: Town, console: Console) -> None:
    """A line now and then: how far it is."""
    while True:
        await asyncio.sleep(20)
        with contextlib.suppress(Exception):
            console.print(
                f"day {town.now / town.day_seconds:5.0f}: {len(await running(town.ground))} processes at work"
            )


def report(
    given: argparse.Namespace,
    seconds: float,
    troubles: list[Trouble],
    town: Town,
    verdict: Verdict,
    took: float,
) -> dict[str, Any]:
    """The run as data."""
    return {
        "seed": given.seed,
        "subscriptions": given.subscriptions,
        "months": round(seconds / given.day_seconds / MONTH_DAYS, 2),
        "day_seconds": given.day_seconds,
        "seconds": round(took, 1),
        "troubles": dict(Counter(str(t.place) for t in troubles)),
        "killed": sum(t.place in PROCESSES for t in troubles),
        "lives": dict(town.did),
        "counts": verdict.counts,
        "said": verdict.said,
        "wrong": verdict.wrong,
        "forecast": [asdict(t) for t in troubles],
    }


def main() -> int:
    given, console = arguments(), Console(width=150)
    state = Path(tempfile.mkdtemp(prefix="perdura-soak-"))
    found = asyncio.run(soak(given, console, state))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    for name in ("troubles", "lives", "counts"):
        console.print(f"{name}: {', '.join(f'{value} {key}' for key, value in found[name].items())}")
    for command, said in found["said"].items():
        console.print(f"perdura {command}: {said.strip()}", markup=False)
    for line in found["wrong"]:
        console.print(line, style="red", markup=False, soft_wrap=True)
    if found["wrong"]:
        console.print(
            f"WRONG in {len(found['wrong'])} ways after {found['seconds']:.0f} s; logs in {state / 'logs'}, {given.json}"
        )
        return 1
    shutil.rmtree(state, ignore_errors=True)
    console.print(f"nothing lost, nothing twice, after {found['seconds']:.0f} s; {given.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

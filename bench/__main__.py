"""`python -m bench`: the product beside its floor, in one run. Prints a table, writes JSON to `bench/results/`."""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import cases, codec, customers, entitlements, population, recording, restoration, webhooks
from bench.figures import Report
from sandbox import temporal
from sandbox.obstacle import Obstacle

RESULTS = Path(__file__).parent / "results"
SECTIONS: dict[str, tuple[Callable[..., Awaitable[None]], dict[str, int], dict[str, int]]] = {
    # what measures it, how much usually, how much for a quick look
    "a": (cases.measure, {"cases": 16, "lanes": 8, "reps": 4}, {"cases": 1, "lanes": 1, "reps": 0}),
    "b": (webhooks.measure, {"events": 1_000, "reps": 3}, {"events": 40, "reps": 1}),
    "c": (restoration.measure, {"payments": 60}, {"payments": 4}),
    "d": (population.measure, {"subscriptions": 1_000}, {"subscriptions": 40}),
    "e": (codec.measure, {"processes": 100, "lanes": 10, "reps": 5}, {"processes": 4, "lanes": 2, "reps": 0}),
    "f": (entitlements.measure, {"questions": 1_000, "reps": 3}, {"questions": 60, "reps": 1}),
    "g": (customers.measure, {"customers": 5_000, "questions": 60}, {"customers": 200, "questions": 8}),
    "h": (recording.measure, {"past": 120, "facts": 100, "reps": 4}, {"past": 4, "facts": 4, "reps": 1}),
}


def machine() -> dict[str, Any]:
    """Where and when this was measured."""
    server = subprocess.run([temporal.binary(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "cpus": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "temporalio": version("temporalio"),
        "temporal": server,
    }


async def run(sections: list[str], report: Report, *, quick: bool) -> None:
    """Measure these sections, one after the other."""
    for name in sections:
        measure, usual, small = SECTIONS[name]
        await measure(report, **(small if quick else usual))


def main() -> int:
    """The exit code: 1 when something stood in the way. A missed aim is no failure, only a figure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers: a check that it works, not a measurement")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, e.g. a,c")
    parser.add_argument(
        "--customers", type=int, help="how many customers section g has, e.g. 100000 (10 interactions each)"
    )
    options = parser.parse_args()
    if options.customers:
        SECTIONS["g"][1]["customers"] = options.customers
    wanted = options.only.split(",")
    if unknown := sorted(set(wanted) - set(SECTIONS)):
        parser.error(f"--only: '{unknown[0]}' is unknown; use some of {','.join(SECTIONS)}")
    console, began = Console(width=None if sys.stdout.isatty() else 140), datetime.now(UTC)
    report, code = Report(), 0
    try:
        about = machine()
        asyncio.run(run(wanted, report, quick=options.quick))
    except Obstacle as told:
        console.print(str(told), style="red")
        code = 1
    except TimeoutError:
        console.print("a part did not answer in time: this machine has too much else to do", style="red")
        code = 1
    except KeyboardInterrupt:
        code = 130
    if not report.figures:
        return code
    # What was measured before something stood in the way is kept.
    page = {"measured_at": began.isoformat(), "quick": options.quick, "machine": about, **report.page()}
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{began:%Y%m%dT%H%M%SZ}.json"
    file.write_text(json.dumps(page, indent=1, ensure_ascii=False), encoding="utf-8")
    console.print(report.table())
    for ending, events in page.get("events", {}).items():
        console.print(f"{ending}: " + ", ".join(f"{count} {kind}" for kind, count in events["case"].items()))
    load = f"load before {about['load_before']:.1f}, after {os.getloadavg()[0]:.1f}"
    console.print(f"{about['cpus']} CPUs, {load}; a ratio is the median of its pairs. Written to {file}")
    return code


if __name__ == "__main__":
    sys.exit(main())

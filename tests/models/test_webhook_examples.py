"""The examples that docs/webhooks.md gives verify what the product signs, and nothing else."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.telling.endpoints import fresh_secret, signed_headers
from models.telling.outgoing import SUBSCRIBABLE

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
BODY = '{"type":"invoice.paid","nota":"año"}'.encode()


def example(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return str(code)


def cases() -> list[tuple[str, dict[str, str], bytes, bool]]:
    """Secret, headers, body, and whether it is ours."""
    old, new, now = fresh_secret(), fresh_secret(), datetime.now(UTC)
    good = signed_headers("evt_1", now, BODY, (new, old))
    return [
        (new, good, BODY, True),
        (old, good, BODY, True),
        (fresh_secret(), good, BODY, False),
        (new, good, BODY + b" ", False),
        (new, {**good, "webhook-id": "evt_2"}, BODY, False),
        (new, {**good, "webhook-signature": "v1,x v2,y"}, BODY, False),
        (new, signed_headers("evt_1", now - timedelta(hours=1), BODY, (new,)), BODY, False),
    ]


def test_the_python_example_verifies() -> None:
    written: dict[str, Any] = {}
    exec(example("python"), written)
    verified: Callable[[str, dict[str, str], bytes], bool] = written["verified"]
    assert [verified(*case[:3]) for case in cases()] == [case[3] for case in cases()]


def test_the_typescript_example_verifies(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine to run TypeScript with")
    plain = example("typescript")
    for types in (": string", ": Record<string, string>", ": Buffer", ": boolean"):
        plain = plain.replace(types, "")  # what is left is JavaScript, for every version of node
    known = cases()
    told = [[secret, headers, body.decode()] for secret, headers, body, _ in known]
    ask = f"for (const [s, h, b] of {json.dumps(told)}) console.log(verified(s, h, Buffer.from(b)));"
    script = tmp_path / "verify.mjs"
    script.write_text(f"{plain}\n{ask}\n", encoding="utf-8")
    said = subprocess.run([node, script], capture_output=True, text=True, check=True).stdout.split()
    assert said == [str(case[3]).lower() for case in known]


def test_the_page_names_every_event() -> None:
    subjects = {each.partition(".")[0] for each in SUBSCRIBABLE}
    named = {
        f"{subject}{name}"
        for line in PAGE.splitlines()
        if line.startswith("| `")
        for subject in subjects & set(re.findall(r"`(\w+)\.", line))
        for name in re.findall(r"`\w*(\.\w+)`", line.split("|")[1])
    }
    assert set(SUBSCRIBABLE) <= named

"""The examples in docs/examples, run against the API over real HTTP: a use, the limit, the banner, the block, and an event to work off."""

import asyncio
import importlib.util
import io
import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import uvicorn

from models.messages import ConfirmDeletion
from models.money import Money
from models.safekeeping.deletions import Cause, Deletion
from models.selling.plans import Limit, Plan
from models.subscribing.subscriptions import Status
from models.telling.endpoints import fresh_secret, signed_headers
from sandbox.server import Quiet
from tests.api.conftest import ANA, World

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SECRET = fresh_secret()
ANAS = str(ANA["customer_reference"])
EVENT = {
    "id": "evt_1",
    "type": "customer.data_deletion_requested",
    "customer_reference": ANAS,
    "data": {"deletion": "del_1"},
}


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """The API of the world at a free port; Ana's plan allows two documents a month."""
    limits = (Limit("documents", 2, monthly=True),)
    await world.store.save_plan(Plan("acme", "pro", "Pro", Money(14_900), trial_days=14, limits=limits))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # whoever asks before the server is there waits for it
    server = Quiet(uvicorn.Config(world.app, log_level="critical", access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.stop()
    await serving


async def suspended(world: World) -> None:
    """Ana owes, and a deletion of hers is asked for."""
    subscription = str((await world.get(f"/v1/billing/subscription?customer_reference={ANAS}")).json()["id"])
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_subscription(replace(record, status=Status.SUSPENDED, amount_due=Money(14_900)))
    now, day = datetime.now(UTC), timedelta(days=1)
    row = Deletion("acme", "del_1", record.customer, record.id, Cause.UNPAID, now, "perdura", "policy", now + day)
    await world.store.save_deletion(row)


def event() -> tuple[dict[str, str], bytes]:
    body = json.dumps(EVENT).encode()
    return signed_headers("evt_1", datetime.now(UTC), body, (SECRET,)), body


def confirmed(world: World) -> list[tuple[str, ...]]:
    return [order.deleted for _, _, order in world.door.orders if isinstance(order, ConfirmDeletion)]


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / "python" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


async def test_the_python_product_counts_shows_blocks_and_deletes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.signed_up()
    async with served(world) as url:
        for name, value in (("URL", url), ("API_KEY", world.key), ("WEBHOOK_SECRET", SECRET)):
            monkeypatch.setenv(f"PERDURA_{name}", value)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        billing, shop = loaded("billing", monkeypatch), loaded("shop", monkeypatch)

        def ask(
            method: str = "GET", path: str = "/", headers: dict[str, str] | None = None, body: bytes = b""
        ) -> tuple[str, str]:
            heads = {f"HTTP_{each.upper().replace('-', '_')}": value for each, value in (headers or {}).items()}
            environ: dict[str, Any] = {
                "PATH_INFO": path,
                "REQUEST_METHOD": method,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": io.BytesIO(body),
                **heads,
            }
            told: list[str] = []
            answer = b"".join(shop.app(environ, lambda status, _: told.append(status)))
            return told[0], answer.decode()

        assert "documents: 0 de 2" in (await asyncio.to_thread(ask))[1]
        said = [(await asyncio.to_thread(ask, "POST"))[1] for _ in range(3)]
        assert ["creada" in each for each in said] == [True, True, False]
        assert "Llegaste al límite" in said[2]
        assert "data-token=" in said[2]
        await suspended(world)
        blocked = (await asyncio.to_thread(ask))[1]
        assert "Servicio suspendido" in blocked
        assert "<form" not in blocked
        assert "no permite" in (await asyncio.to_thread(shop.create, ANAS))

        headers, body = event()
        assert (await asyncio.to_thread(ask, "POST", "/perdura", headers, body + b" "))[0].startswith("401")
        for _ in range(2):
            assert (await asyncio.to_thread(ask, "POST", "/perdura", headers, body))[0].startswith("204")
        assert confirmed(world) == [("2 invoices",)]
    known = await asyncio.to_thread(billing.entitlements, ANAS)  # nobody answers any more
    assert known["access"] == "blocked"
    assert (await asyncio.to_thread(billing.entitlements, "user-9"))["access"] == "full"


DRIVER = """
import * as shop from "./SHOP";
const [customer, headers, body, secret] = JSON.parse(process.argv[2]);
const told = [];
told.push(await shop.page(customer));
for (let n = 0; n < 3; n++) told.push(await shop.create(customer));
told.push(await shop.hear(headers, Buffer.from(body + " "), secret));
for (let n = 0; n < 2; n++) told.push(await shop.hear(headers, Buffer.from(body), secret));
console.log(JSON.stringify(told));
"""


def runnable(node: str, where: Path) -> str:
    """The example as this node takes it: newer ones take the types away by themselves."""
    text = (EXAMPLES / "typescript" / "shop.ts").read_text(encoding="utf-8")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = (int(part) for part in version.strip().lstrip("v").split(".")[:2])
    if (major, minor) >= (22, 18):
        (where / "shop.ts").write_text(text, encoding="utf-8")
        return "shop.ts"
    for types, plain in (
        (r"^export type .*$", ""),
        (r"new (Map|Set)<[^()]*>\(", r"new \1("),
        (r"\): (Promise<[^>]+>|boolean)", ")"),
        (r"(\w)\??: (string|Buffer|object|Entitlements|Record<string, any>)(?=[,) ])", r"\1"),
    ):
        text = re.sub(types, plain, text, flags=re.MULTILINE)
    (where / "shop.mjs").write_text(text, encoding="utf-8")
    return "shop.mjs"


async def test_the_typescript_product_counts_and_deletes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine to run TypeScript with")
    await world.signed_up()
    subscription = str((await world.get(f"/v1/billing/subscription?customer_reference={ANAS}")).json()["id"])
    customer, now = (await world.store.customer_of("acme", subscription)).id, datetime.now(UTC)
    await world.store.save_deletion(Deletion("acme", "del_1", customer, subscription, Cause.ASKED, now, "ana", "", now))
    driver = tmp_path / "driver.mjs"
    driver.write_text(DRIVER.replace("SHOP", runnable(node, tmp_path)), encoding="utf-8")
    headers, body = event()
    async with served(world) as url:
        monkeypatch.setenv("PERDURA_URL", url)
        monkeypatch.setenv("PERDURA_API_KEY", world.key)
        asked = json.dumps([ANAS, headers, body.decode(), SECRET])
        run = await asyncio.create_subprocess_exec(node, driver, asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said, failed = await run.communicate()
    assert run.returncode == 0, failed.decode()
    page, *created, wrong, first, again = json.loads(said)
    assert "documents: 0 de 2" in page
    assert "data-token=" in page
    assert ["creada" in each for each in created] == [True, True, False]
    assert (wrong, first, again) == (401, 204, 204)
    assert confirmed(world) == [("2 invoices",)]

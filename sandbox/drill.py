"""`make drill`: the database is lost, restored from last night's backup, reconciled; and nothing is missing.

A real Temporal server, API and worker, the sandbox in the vendors' place, and every step by the commands an operator has. What is
true is what the payments provider and the PAC say, who lost nothing.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from models.subscribing.entitlements import Access
from models.subscribing.subscriptions import Status
from sandbox.demo.cast import BROKE, CASAS, FUENTE, GOOD, JUAREZ, KALA, MIRANDA, ROBOTICA, XENON, XIMO, Ending, Role
from sandbox.demo.shopfront import Shopfront
from sandbox.obstacle import Obstacle
from sandbox.ports import HOST, Ports
from sandbox.shop import AT_ONCE, MONTHLY, YEARLY
from sandbox.stack import Stack

Json = dict[str, Any]
Say = Callable[[str], None]

DAY_SECONDS = 8.0  # the trial must outlast the backup on a slow machine
PATIENCE = 120.0  # seconds for each wait: the machine may be busy
_FINE = Ending(Status.ACTIVE, Access.FULL)
BEFORE = (
    Role("drill-ana", "Ana", "paid before the backup", AT_ONCE, GOOD, CASAS, _FINE),
    Role("drill-bea", "Bea", "paid before the backup", AT_ONCE, GOOD, XENON, _FINE),
    Role("drill-caro", "Caro", "in a trial at the backup, pays after it", MONTHLY, GOOD, JUAREZ, _FINE),
    Role("drill-dora", "Dora", "in a trial at the backup, pays after it", YEARLY, GOOD, MIRANDA, _FINE),
    Role("drill-eva", "Eva", "in a trial at the backup, in dunning after it", YEARLY, BROKE, KALA, _FINE),
    Role("drill-fe", "Fe", "canceled after the backup", AT_ONCE, GOOD, XIMO, _FINE),
)
AFTER = (
    Role("drill-gina", "Gina", "signs up and pays after the backup", AT_ONCE, GOOD, FUENTE, _FINE),
    Role(
        "drill-hugo", "Hugo", "signs up after the backup, in dunning when it happens", MONTHLY, BROKE, ROBOTICA, _FINE
    ),
)


@dataclass(frozen=True, slots=True)
class Books:
    """What one side says of the shop: settled charges, stamped tax invoices, unpaid invoices in dunning, statuses."""

    charges: frozenset[str]
    invoices: frozenset[str]
    unpaid: frozenset[str]
    statuses: Mapping[str, str]

    def missing(self, other: "Books") -> list[str]:
        """What the other side has and this one lacks, or has and the other lacks, in words."""
        lines = []
        for what, mine, theirs in (
            ("charge", self.charges, other.charges),
            ("tax invoice", self.invoices, other.invoices),
            ("unpaid invoice", self.unpaid, other.unpaid),
        ):
            lines += [f"{what} {each} is missing" for each in sorted(theirs - mine)]
            lines += [f"{what} {each} is nobody's" for each in sorted(mine - theirs)]
        for name, status in other.statuses.items():
            if self.statuses.get(name) != status:
                lines.append(f"{name} is {self.statuses.get(name, 'unknown')}, not {status}")
        return lines


async def drill(open_shop: Callable[[Stack], Awaitable[str]], say: Say) -> int:
    """Run the drill and print its report; the answer is the exit code.

    Raises:
        Obstacle: the stack cannot start, a command failed, or something did not happen in time.
    """
    state = Path(tempfile.mkdtemp(prefix="perdura-drill-"))
    stack, key = Stack(state, Ports.free(), day_seconds=DAY_SECONDS, real={}), ""

    async def prepare() -> None:
        nonlocal key
        key = await open_shop(stack)

    kept = True
    try:
        async with stack.running(prepare):
            drilled = _Drill(stack, key, say)
            try:
                lost = await drilled.run()
            finally:
                await drilled.close()
        kept = bool(lost)
        for line in lost:
            say(f"  LOST  {line}")
        say("nothing was lost" if not lost else f"{len(lost)} things were lost; the state is kept in {state}")
        return 1 if lost else 0
    finally:
        if not kept:
            shutil.rmtree(state, ignore_errors=True)


class _Drill:
    def __init__(self, stack: Stack, key: str, say: Say) -> None:
        self._stack, self._say = stack, say
        self._shop = Shopfront(stack.env["PERDURA_PUBLIC_URL"], key)
        self._outside = httpx.AsyncClient(
            base_url=f"http://{HOST}:{stack.ports.sandbox}", auth=(stack.env["PERDURA_STRIPE_KEY"], ""), trust_env=False
        )
        self._mine: dict[str, str] = {}  # subscription by reference

    async def close(self) -> None:
        await self._shop.close()
        await self._outside.aclose()

    async def run(self) -> list[str]:
        """The story; what was lost in it."""
        await self._sign_up(BEFORE)
        await self._until("three charges with their tax invoices", lambda books: len(books.invoices) >= 3)
        directory = self._stack.state / "backups"
        await self._command("backup", "--to", str(directory))
        (backup,) = directory.glob("*.backup")
        at_backup = await self._ours()

        await self._sign_up(AFTER)
        await self._shop.order(self._mine["drill-fe"], "cancel", actor="drill", reason="drill", at_period_end=False)
        await self._until(
            "three more charges with their tax invoices, and two in dunning",
            lambda books: len(books.invoices) >= 6 and len(books.unpaid) >= 2 and "canceled" in books.statuses.values(),
        )
        before = await self._ours()
        self._say(_row("at the backup", at_backup))
        self._say(_row("when it happens", before))

        self._stack.worker.kill()
        self._stack.api.kill()
        for file in self._stack.state.glob("perdura.db*"):
            file.unlink()
        self._say("the database is destroyed; worker and API are dead")
        begun = datetime.now(UTC)
        await self._command("restore", str(backup), "--yes")
        self._stack.api.start()
        self._stack.worker.start()
        await self._stack.worker_ready()
        await self._answering()
        self._say(_row("restored", await self._ours()))
        await self._command("reconcile")
        await self._command("ledger", "catch-up")
        lost = await self._settled()
        took = (datetime.now(UTC) - begun).total_seconds()
        ours = await self._ours()
        self._say(_row("reconciled", ours))
        self._say(_row("provider and PAC", await self._theirs()))
        self._say(f"from the loss to the last row: {took:.0f} s")
        checked = await self._command("ledger", "check", fine=(0, 1))
        if checked:
            lost.append("the ledger does not agree with the provider: see above")
        await self._command("attention")
        lost += await self._charged_twice()
        lost += await self._files()
        return lost + self._readable([*self._stack.state.glob("perdura.db*"), backup])

    async def _sign_up(self, roles: Sequence[Role]) -> None:
        for role in roles:
            answer = await self._shop.sign_up(role)
            if answer.status_code != 201:
                raise Obstacle(f"{role.reference} could not sign up: {answer.text}")
            self._mine[role.reference] = answer.json()["id"]

    async def _settled(self) -> list[str]:
        """Wait until both sides agree; what still differs when patience ends. Time goes on meanwhile, on both sides."""
        lost: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while lost := (await self._ours()).missing(await self._theirs()):
                    await asyncio.sleep(0.5)
        return lost

    async def _until(self, what: str, done: Callable[[Books], bool]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not done(await self._ours()) or (await self._ours()).missing(await self._theirs()):
                    await asyncio.sleep(0.2)
        except TimeoutError:
            differ = "; ".join((await self._ours()).missing(await self._theirs()))
            raise Obstacle(f"waited in vain for {what}; sides differ: {differ or 'not at all'}") from None

    async def _answering(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(httpx.TransportError, Obstacle):
                    await self._shop.subscriptions()
                    return
                await asyncio.sleep(0.2)

    async def _ours(self) -> Books:
        """By the API."""
        charges, invoices, unpaid = set(), set(), set()
        views = await self._shop.subscriptions()
        statuses = {view["customer_reference"]: view["status"] for view in views}
        for name in (view["id"] for view in views):
            open_cases: set[str] = set()
            for entry in await self._shop.timeline(name):
                if entry["kind"] == "payment":
                    charges.add(entry["about"])
                elif entry["kind"] == "case" and entry["what"] == "dunning began":
                    open_cases.add(entry["about"])
                elif entry["kind"] == "case" and entry["what"].startswith("dunning ended"):
                    open_cases.discard(entry["about"])
            unpaid |= open_cases
            invoices |= {document["uuid"] for document in await self._shop.documents(name) if document["uuid"]}
        return Books(frozenset(charges), frozenset(invoices), frozenset(unpaid), statuses)

    async def _theirs(self) -> Books:
        """By Stripe and the PAC."""
        charges = {c["id"] for c in await self._stripe("charges") if c["status"] == "succeeded"}
        stamps: Any = (await self._outside.get("/_sandbox/pac/stamps")).json()
        subscriptions = await self._stripe("subscriptions", status="all")
        # What somebody still owes whom we have given up is collected by nobody.
        alive = {held["customer"] for held in subscriptions if held["status"] != "canceled"}
        due = [i for i in await self._stripe("invoices", status="open") if i["attempted"] and i["customer"] in alive]
        unpaid, owed = {i["id"] for i in due}, {i["customer"] for i in due}
        people = {c["id"]: c["email"].partition("@")[0] for c in await self._stripe("customers")}
        statuses = {}
        for held in subscriptions:
            # How long a debt is borne before service stops is our policy's word; that it is open, the provider's.
            if held["customer"] not in owed:
                statuses[people[held["customer"]]] = held["status"]
        return Books(frozenset(charges), frozenset(s["uuid"] for s in stamps), frozenset(unpaid), statuses)

    def _readable(self, files: Sequence[Path]) -> list[str]:
        """Personal values that stand in clear in these files."""
        known = [v for role in (*BEFORE, *AFTER) for v in (role.email, role.phone[-10:], *role.fiscal[:2])]
        return [f"{value} stands in clear in {file.name}" for file in files for value in known if _holds(file, value)]

    async def _files(self) -> list[str]:
        """Stamped documents whose XML or PDF cannot be opened. A PDF that is being printed anew is waited for."""
        missing: list[str] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while True:
                    missing = [
                        f"{form} of tax invoice {document['uuid']} does not open"
                        for name in self._mine.values()
                        for document in await self._shop.documents(name)
                        for form in ("xml", "pdf")
                        if document["uuid"] and (await self._outside.get(document[f"{form}_url"])).status_code != 200
                    ]
                    if not missing:
                        break
                    await asyncio.sleep(0.5)
        return missing

    async def _charged_twice(self) -> list[str]:
        paid: dict[str, int] = {}
        for charge in await self._stripe("charges"):
            if charge["status"] == "succeeded":
                paid[charge["payment_intent"]] = paid.get(charge["payment_intent"], 0) + 1
        return [f"{intent} was charged {count} times" for intent, count in paid.items() if count > 1]

    async def _stripe(self, what: str, **params: str) -> list[Json]:
        answer = await self._outside.get(f"/v1/{what}", params={"limit": "100", **params})
        answer.raise_for_status()
        found: list[Json] = answer.json()["data"]
        return found

    async def _command(self, *words: str, fine: Sequence[int] = (0,)) -> int:
        """An operator's command, as they type it."""
        self._say(f"$ perdura {' '.join(words)}")
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "cli",
            *words,
            "--state",
            str(self._stack.state),
            env={k: v for k, v in os.environ.items() if not k.startswith(("PERDURA_", "TEMPORAL_"))},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await child.communicate()
        for line in told.decode().splitlines():
            self._say(f"  {line}")
        if child.returncode not in fine:
            raise Obstacle(f"perdura {words[0]} ended with {child.returncode}")
        return int(child.returncode or 0)


def _holds(file: Path, value: str) -> bool:
    return value.encode() in file.read_bytes()


def _row(when: str, books: Books) -> str:
    return (
        f"{when:>17}: {len(books.charges)} charges, {len(books.invoices)} tax invoices, {len(books.unpaid)} unpaid in dunning,"
        f" {sum(s == 'canceled' for s in books.statuses.values())} canceled"
    )

"""`make drill`: the database is lost, restored from last night's backup, reconciled; and nothing is missing.

A real Temporal server, API and worker, the sandbox in the vendors' place, and every step by the commands an operator has. What is
true is what the payments provider and the PAC say, who lost nothing.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from models.subscribing.entitlements import Access
from models.subscribing.subscriptions import Status
from sandbox import drill_database
from sandbox.demo.cast import (
    ANDRADE,
    BROKE,
    CASAS,
    CRUZ,
    FUENTE,
    GOOD,
    JUAREZ,
    KALA,
    MIRANDA,
    ROBOTICA,
    XENON,
    XIMO,
    Ending,
    Role,
)
from sandbox.demo.shopfront import Shopfront
from sandbox.drill_books import Books, charged, ours, stripe, theirs
from sandbox.obstacle import Obstacle
from sandbox.ports import HOST, Ports
from sandbox.shop import AT_ONCE, MONTHLY, YEARLY
from sandbox.stack import Stack

Say = Callable[[str], None]

DAY_SECONDS = 8.0  # the trial must outlast the backup on a slow machine
PATIENCE = 120.0  # seconds for each wait: the machine may be busy
_FINE = Ending(Status.ACTIVE, Access.FULL)
BEFORE = (
    Role("drill-ana", "Ana", "paid before the backup, stopped by support after it", AT_ONCE, GOOD, CASAS, _FINE),
    Role("drill-bea", "Bea", "paid before the backup, given back in part after it", AT_ONCE, GOOD, XENON, _FINE),
    Role("drill-caro", "Caro", "in a trial at the backup, pays after it", MONTHLY, GOOD, JUAREZ, _FINE),
    Role("drill-dora", "Dora", "in a trial at the backup, pays after it", YEARLY, GOOD, MIRANDA, _FINE),
    Role("drill-eva", "Eva", "in a trial at the backup, in dunning after it", YEARLY, BROKE, KALA, _FINE),
    Role("drill-fe", "Fe", "canceled after the backup", AT_ONCE, GOOD, XIMO, _FINE),
    Role("drill-iris", "Iris", "in a trial at the backup, pays by transfer after it", YEARLY, BROKE, CRUZ, _FINE),
    Role("drill-juan", "Juan", "in a trial at the backup, written off after it", YEARLY, BROKE, ANDRADE, _FINE),
)
STOPPED = "drill-ana"
AFTER = (
    Role("drill-gina", "Gina", "signs up and pays after the backup", AT_ONCE, GOOD, FUENTE, _FINE),
    Role(
        "drill-hugo", "Hugo", "signs up after the backup, in dunning when it happens", MONTHLY, BROKE, ROBOTICA, _FINE
    ),
)


async def drill(open_shop: Callable[[Stack], Awaitable[str]], say: Say, database: str = "") -> int:
    """Run the drill and print its report; the answer is the exit code. `database` is an empty one of PostgreSQL's, instead of a file.

    Raises:
        Obstacle: the stack cannot start, a command failed, or something did not happen in time.
    """
    if database:
        await drill_database.must_be_empty(database)
        os.environ["PERDURA_DATABASE_URL"] = database
    state = Path(tempfile.mkdtemp(prefix="perdura-drill-"))
    real = {"PERDURA_DATABASE_URL": database} if database else {}
    stack, key = Stack(state, Ports.free(), day_seconds=DAY_SECONDS, real=real), ""

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
        self._stopped = ""

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
        await self._order("drill-fe", "cancel", at_period_end=False)
        await self._refund("drill-bea")
        await self._order(STOPPED, "suspend_now")
        self._stopped = STOPPED
        await self._until("three in dunning", lambda books: len(books.unpaid) >= 3)
        await self._order(
            "drill-iris", "record_external_payment", method="spei", reference="2026112140014BMOV0000123456"
        )
        await self._order("drill-juan", "write_off")
        await self._until(
            "seven charges and transfers with their tax invoices, a credit note, two in dunning, and what was done by hand",
            lambda books: (
                len(books.invoices) >= 8
                and len(books.unpaid) >= 2
                and len(books.deeds) >= 4
                and "canceled" in books.statuses.values()
            ),
        )
        before = await self._ours()
        self._say(at_backup.row("at the backup"))
        self._say(before.row("when it happens"))

        self._stack.worker.kill()
        self._stack.api.kill()
        await drill_database.destroy(self._stack.database_url)
        self._say("the database is destroyed; worker and API are dead")
        begun = datetime.now(UTC)
        await self._command("restore", str(backup), "--yes")
        self._stack.api.start()
        self._stack.worker.start()
        await self._stack.worker_ready()
        await self._answering()
        self._say((await self._ours()).row("restored"))
        await self._command("reconcile")
        await self._command("ledger", "catch-up")
        lost = await self._settled()
        took = (datetime.now(UTC) - begun).total_seconds()
        ours = await self._ours()
        self._say(ours.row("reconciled"))
        self._say((await self._theirs()).row("provider and PAC"))
        self._say(f"from the loss to the last row: {took:.0f} s")
        checked = await self._command("ledger", "check", fine=(0, 1))
        if checked:
            lost.append("the ledger does not agree with the provider: see above")
        await self._command("attention")
        often = charged(await stripe(self._outside, "charges"), await stripe(self._outside, "invoice_payments"))
        lost += [f"invoice {invoice} was charged {times} times" for invoice, times in often.items() if times > 1]
        lost += await self._files()
        known = [v for role in (*BEFORE, *AFTER) for v in (role.email, role.phone[-10:], *role.fiscal[:2])]
        lost += await drill_database.readable(self._stack.database_url, known)
        return lost + drill_database.in_file(backup, known)

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
        return await ours(self._shop, self._stopped)

    async def _theirs(self) -> Books:
        return await theirs(self._outside, self._stopped)

    async def _order(self, customer: str, command: str, **said: Any) -> None:
        await self._shop.order(self._mine[customer], command, actor="drill", reason="drill", **said)

    async def _refund(self, customer: str) -> None:
        """As somebody at Stripe does it."""
        timeline = await self._shop.timeline(self._mine[customer])
        charge = next(entry["about"] for entry in timeline if entry["kind"] == "payment")
        (await self._outside.post("/v1/refunds", data={"charge": charge, "amount": "12345"})).raise_for_status()

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
            env={k: v for k, v in os.environ.items() if not k.startswith(("PERDURA_", "TEMPORAL_"))}
            | {"PERDURA_DATABASE_URL": self._stack.database_url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        told, _ = await child.communicate()
        for line in told.decode().splitlines():
            self._say(f"  {line}")
        if child.returncode not in fine:
            raise Obstacle(f"perdura {words[0]} ended with {child.returncode}")
        return int(child.returncode or 0)

"""The whole pretended world in one value, and the loops that keep it alive."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.mailbox import Mailbox
from sandbox.settings import SandboxSettings
from sandbox.stripe import billing, contract
from sandbox.stripe.account import WALL, Account
from sandbox.stripe.deliveries import Courier
from sandbox.stripe.gate import Gate
from sandbox.stripe.verifier import Verifier
from sandbox.twilio.callbacks import Walker
from sandbox.twilio.messages import Line
from sandbox.twilio.verifier import Verifier as TwilioVerifier
from sandbox.verification import Verification

LONGEST_NAP = 1.0  # a laptop that slept notices within a second


@dataclass
class World:
    """Stripe's account and courier, Twilio's line and walker, the mailbox, and what disturbs them."""

    settings: SandboxSettings
    account: Account
    gate: Gate
    courier: Courier
    line: Line
    walker: Walker
    verification: Verification
    mailbox: Mailbox = field(default_factory=Mailbox)
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    dirty: bool = False

    @classmethod
    def new(cls, settings: SandboxSettings) -> "World":
        """An empty world."""
        derived, verification = contract.load(), Verification(settings.verify)
        account = Account(settings, derived, Verifier(derived, verification))
        faults, journal = Faults(), Journal()
        line = Line(settings)
        world = cls(
            settings,
            account,
            Gate(account, faults, journal, {}),
            Courier(account),
            line,
            Walker(line, TwilioVerifier(settings.twilio_contract, verification)),
            verification,
            faults=faults,
            journal=journal,
        )
        account.changed = world.touch
        world.walker.changed = world.touch
        world.mailbox.changed = world.touch
        return world

    def touch(self) -> None:
        """Something changed that the state file should know."""
        self.dirty = True

    async def reset(self) -> None:
        """Forget everything but the settings and what was found wrong, once what is in the air has landed."""
        await self.courier.land()
        await self.walker.close()
        fresh = World.new(self.settings)
        self.account.store, self.account.timelines = fresh.account.store, fresh.account.timelines
        self.account.declines, self.account.counters = fresh.account.declines, {}
        self.gate.answers.clear()
        self.courier.chaos.clear()
        self.walker.chaos.clear()
        self.line.messages.clear()
        self.line.hidden.clear()
        self.line.contents.clear()
        self.line.opted_out.clear()
        self.line.windows.clear()
        self.line.failures.clear()
        self.mailbox.mails.clear()
        self.mailbox.refusals = 0
        self.faults.ordered.clear()
        self.journal.entries.clear()
        self.touch()

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once: Stripe's clock leaps, and Twilio's windows are so much older."""
        wall = self.account.timelines[WALL]
        target = wall.now() + seconds
        wall.frozen = wall.now()  # what falls due on the way sees the time at which it does
        billing.advance(self.account, WALL, target)
        wall.frozen, wall.ahead = None, target - time.time()
        for person in self.line.windows:
            self.line.windows[person] -= seconds

    @contextlib.asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Run the billing clock and the deliveries while the block runs."""
        tasks = [asyncio.create_task(self.bill()), asyncio.create_task(self.courier.run())]
        self.walker.resume()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.walker.close()

    async def bill(self) -> None:
        """Let what falls due on the wall clock happen, as soon as it does."""
        account = self.account
        while True:
            now = account.timelines[WALL].now()
            billing.advance(account, WALL, now)
            account.woken.clear()
            due = account.timelines[WALL].next_at()
            nap = LONGEST_NAP if due is None else min(max(due - now, 0.0), LONGEST_NAP)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(account.woken.wait(), nap)

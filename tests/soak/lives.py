"""What the subscribers do, through the doors that people use. Whoever does not get through tries again."""

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.browser import PageLost
from sandbox.demo.shopfront import applicant
from tests.soak.ground import Ground
from tests.soak.people import Habit, Subscriber

SUPPORT = {"actor": "sofia@soporte", "reason": "soak"}
LOOK_DAYS = 1.0


@dataclass
class Town:
    """Everybody's lives on one ground; `end` is the second at which nothing new is begun."""

    ground: Ground
    day_seconds: float
    end: float
    began: float = field(default_factory=time.monotonic)
    subscriptions: dict[str, str] = field(default_factory=dict)  # id by reference
    did: Counter[str] = field(default_factory=Counter)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    async def day(self, day: float) -> None:
        """Wait for an instant, in days since the start."""
        await asyncio.sleep(max(0.0, day * self.day_seconds - self.now))

    async def live(self, who: Subscriber) -> None:
        """Sign up, then live as one is."""
        await self.day(who.comes)
        form = {**applicant(who.role), "payment_method": who.role.card}
        answer = await self.ground.ask("POST", "/v1/subscriptions", form)
        while answer.status_code == 202:  # accepted while nobody could open it: asked again, it is the same signup
            await asyncio.sleep(0.5)
            answer = await self.ground.ask("POST", "/v1/subscriptions", form)
        said = answer.json()
        if answer.status_code == 409:  # the answer to the first try was lost: this one names what came of it
            said["id"] = said["subscription"]
        elif answer.status_code != 201:
            raise RuntimeError(f"{who.role.reference}: signup answered {answer.status_code}: {answer.text}")
        self.subscriptions[who.role.reference] = said["id"]
        self.did["signed up"] += 1
        if who.habit is Habit.QUIET:
            return
        await self.day(who.shows)
        await _SCRIPTS[who.habit](self, who, self.subscriptions[who.role.reference])
        self.did[who.habit] += 1

    async def order(self, subscription: str, command: str, **more: Any) -> httpx.Response:
        """An order of support; a refusal (the state has moved on) is an answer."""
        return await self.ground.ask(
            "POST", f"/v1/subscriptions/{subscription}/overrides/{command}", {**SUPPORT, **more}
        )

    async def status(self, subscription: str) -> str:
        return str((await self.ground.ask("GET", f"/v1/subscriptions/{subscription}")).json()["status"])

    async def owing(self, subscription: str) -> bool:
        """Wait until they owe; False when the run ends first, or they are gone."""
        while self.now < self.end:
            status = await self.status(subscription)
            if status in ("past_due", "suspended"):
                return True
            if status == "canceled":
                return False
            await asyncio.sleep(LOOK_DAYS * self.day_seconds)
        return False


async def stumbles(town: Town, who: Subscriber, subscription: str) -> None:
    customer = (await town.ground.bank.customer(who.role.email))["id"]
    await town.ground.bank.refuse(customer, who.refusals)


async def never_pays(town: Town, who: Subscriber, subscription: str) -> None:
    await town.ground.bank.refuse((await town.ground.bank.customer(who.role.email))["id"], None)


async def pays_by_link(town: Town, who: Subscriber, subscription: str) -> None:
    bank, customer = town.ground.bank, (await town.ground.bank.customer(who.role.email))["id"]
    await bank.refuse(customer, None)
    if not await town.owing(subscription):
        return
    await asyncio.sleep(who.pace * town.day_seconds)
    await bank.refuse(customer, 0)
    for invoice in await bank.open_invoices(customer):
        # The page may be gone because a retry went through this very moment: that is one of the collisions sought.
        with contextlib.suppress(PageLost, httpx.TransportError):
            page = await town.ground.browser.open(invoice["hosted_invoice_url"])
            await town.ground.browser.press(page, "Pagar", card="pm_card_visa")


async def changes_card(town: Town, who: Subscriber, subscription: str) -> None:
    bank, customer = town.ground.bank, (await town.ground.bank.customer(who.role.email))["id"]
    await bank.refuse(customer, None)
    if await town.owing(subscription):
        await asyncio.sleep(who.pace * town.day_seconds)
        await bank.refuse(customer, 0)
        await bank.new_card(customer)


async def calls(town: Town, who: Subscriber, subscription: str) -> None:
    """Support gives days and retries twice at once, as two people of support who do not know of each other would."""
    bank, customer = town.ground.bank, (await town.ground.bank.customer(who.role.email))["id"]
    await bank.refuse(customer, None)
    if await town.owing(subscription):
        await town.order(subscription, "extend_grace", days=2)
        await asyncio.sleep(who.pace * town.day_seconds)
        await bank.refuse(customer, 0)
        await asyncio.gather(*(town.order(subscription, "retry_now") for _ in range(2)))


async def transfers(town: Town, who: Subscriber, subscription: str) -> None:
    customer = (await town.ground.bank.customer(who.role.email))["id"]
    await town.ground.bank.refuse(customer, None)
    if await town.owing(subscription):
        await asyncio.sleep(who.pace * town.day_seconds)
        reference = f"SPEI-{who.role.reference}"
        await town.order(subscription, "record_external_payment", method="spei", reference=reference)
        await town.ground.bank.refuse(customer, 0)


async def leaves(town: Town, who: Subscriber, subscription: str) -> None:
    await town.order(subscription, "cancel", at_period_end=who.refusals > 1)


async def rests(town: Town, who: Subscriber, subscription: str) -> None:
    await town.order(subscription, "pause_subscription")
    await asyncio.sleep(who.pace * 3 * town.day_seconds)
    await town.order(subscription, "resume_subscription")


_SCRIPTS = {
    Habit.STUMBLES: stumbles,
    Habit.PAYS_BY_LINK: pays_by_link,
    Habit.CHANGES_CARD: changes_card,
    Habit.CALLS: calls,
    Habit.TRANSFERS: transfers,
    Habit.NEVER_PAYS: never_pays,
    Habit.LEAVES: leaves,
    Habit.RESTS: rests,
}

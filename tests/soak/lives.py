"""What the subscribers do, through the doors that people use. Whoever does not get through tries again."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox.browser import PageLost
from sandbox.demo.shopfront import applicant, own_card
from tests.soak.ground import Ground
from tests.soak.people import RESTING, Habit, Subscriber

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

    async def reaction(self, who: Subscriber) -> None:
        """The days that somebody takes to react."""
        await asyncio.sleep(who.pace * self.day_seconds)

    async def live(self, who: Subscriber) -> None:
        """Sign up, then live as one is."""
        await self.day(who.comes)
        form = {**applicant(who.role), "payment_method": own_card(who.role.card, who.role.reference)}
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
        happened = await _SCRIPTS[who.habit](self, who, self.subscriptions[who.role.reference])
        self.did[who.habit if happened else f"{who.habit} (in vain)"] += 1

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


@contextlib.asynccontextmanager
async def refused(town: Town, who: Subscriber, subscription: str) -> AsyncIterator[str | None]:
    """Their bank refuses every charge: gives the customer once they owe, or None when it never came to that."""
    bank, customer = town.ground.bank, (await town.ground.bank.customer(who.role.email))["id"]
    await bank.refuse(customer, None)
    try:
        yield customer if await town.owing(subscription) else None
    finally:
        await bank.refuse(customer, 0)


async def pay(town: Town, customer: str) -> bool:
    """Pay on the page of each open invoice."""
    paid = False
    for invoice in await town.ground.bank.open_invoices(customer):
        # The page may be gone because a retry went through this very moment: that is one of the collisions sought.
        with contextlib.suppress(PageLost, httpx.TransportError):
            page = await town.ground.browser.open(invoice["hosted_invoice_url"])
            await town.ground.browser.press(page, "Pagar", card="pm_card_visa")
            paid = True
    return paid


async def give_card(town: Town, who: Subscriber, customer: str) -> None:
    await town.ground.bank.new_card(customer, own_card("pm_card_mastercard", who.role.reference))


async def stumbles(town: Town, who: Subscriber, subscription: str) -> bool:
    customer = (await town.ground.bank.customer(who.role.email))["id"]
    await town.ground.bank.refuse(customer, who.refusals)
    return await town.owing(subscription)


async def never_pays(town: Town, who: Subscriber, subscription: str) -> bool:
    await town.ground.bank.refuse((await town.ground.bank.customer(who.role.email))["id"], None)
    return await town.owing(subscription)


async def pays_by_link(town: Town, who: Subscriber, subscription: str) -> bool:
    async with refused(town, who, subscription) as customer:
        if customer is None:
            return False
        await town.reaction(who)
    return await pay(town, customer)


async def changes_card(town: Town, who: Subscriber, subscription: str) -> bool:
    async with refused(town, who, subscription) as customer:
        if customer is None:
            return False
        await town.reaction(who)
    await give_card(town, who, customer)
    return True


async def calls(town: Town, who: Subscriber, subscription: str) -> bool:
    """Support gives days and retries twice at once, as two people of support who do not know of each other would."""
    async with refused(town, who, subscription) as customer:
        if customer is None:
            return False
        await town.order(subscription, "extend_grace", days=2)
        await town.reaction(who)
    said = await asyncio.gather(*(town.order(subscription, "retry_now") for _ in range(2)))
    return any(answer.is_success for answer in said)


async def hurries(town: Town, who: Subscriber, subscription: str) -> bool:
    """The page, a new card and a call to support, each of which would pay, in one instant."""
    async with refused(town, who, subscription) as customer:
        if customer is None:
            return False
        await town.reaction(who)
    await asyncio.gather(pay(town, customer), give_card(town, who, customer), town.order(subscription, "retry_now"))
    return True


async def transfers(town: Town, who: Subscriber, subscription: str) -> bool:
    reference = f"SPEI-{who.role.reference}"
    async with refused(town, who, subscription) as customer:
        if customer is None:
            return False
        await town.reaction(who)
        said = await town.order(subscription, "record_external_payment", method="spei", reference=reference)
    return said.is_success


async def leaves(town: Town, who: Subscriber, subscription: str) -> bool:
    return (await town.order(subscription, "cancel", at_period_end=who.refusals > 1)).is_success


async def rests(town: Town, who: Subscriber, subscription: str) -> bool:
    paused = await town.order(subscription, "pause_subscription")
    await asyncio.sleep(who.pace * RESTING * town.day_seconds)
    return (await town.order(subscription, "resume_subscription")).is_success and paused.is_success


_SCRIPTS = {
    Habit.STUMBLES: stumbles,
    Habit.PAYS_BY_LINK: pays_by_link,
    Habit.CHANGES_CARD: changes_card,
    Habit.CALLS: calls,
    Habit.IN_A_HURRY: hurries,
    Habit.TRANSFERS: transfers,
    Habit.NEVER_PAYS: never_pays,
    Habit.LEAVES: leaves,
    Habit.RESTS: rests,
}

"""The demo as it runs: what the API and the mailbox show now, and people who wait for something to show."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.browser import Browser, Page
from sandbox.demo.cast import CAST, Role
from sandbox.demo.outside import Outside
from sandbox.demo.shopfront import Shopfront
from sandbox.obstacle import Obstacle

Json = dict[str, Any]
LOOK_SECONDS = 0.25


@dataclass(slots=True)
class Life:
    """What was seen of one subscriber: the API's view, statuses passed through, and the last thing they did."""

    role: Role
    view: Json = field(default_factory=dict)
    visited: list[str] = field(default_factory=list)
    said: str = ""

    @property
    def subscription(self) -> str:
        """Its id; empty before the signup was answered."""
        return str(self.view.get("id", ""))

    @property
    def status(self) -> str:
        """As the API tells it."""
        return str(self.view.get("status", ""))


class Scene:
    """Everybody's life, looked at again and again. `tell` is called with whatever is worth a line."""

    def __init__(
        self, shop: Shopfront, outside: Outside, day_seconds: float, tell: Callable[[Role, str], None]
    ) -> None:
        self.shop = shop
        self.outside = outside
        self.day_seconds = day_seconds
        self.lives = {role.reference: Life(role) for role in CAST}
        self.mailbox: list[Json] = []
        self.started = time.time()
        self._tell = tell
        self._news = asyncio.Condition()

    @property
    def day(self) -> float:
        """Days since the curtain rose."""
        return (time.time() - self.started) / self.day_seconds

    def act(self, role: Role, what: str) -> None:
        """Somebody did something."""
        self.lives[role.reference].said = what
        self._tell(role, what)

    async def watch(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look once at the API and the mailbox, and wake whoever waits."""
        views, self.mailbox = await asyncio.gather(self.shop.subscriptions(), self.outside.mailbox())
        for reference, view in {view["customer_reference"]: view for view in reversed(views)}.items():
            life = self.lives[reference]  # newest first, so the last one set is the newest of each
            life.view = view
            if view["status"] != "incomplete" and life.visited[-1:] != [view["status"]]:
                life.visited.append(view["status"])
                self._tell(life.role, f"{view['status']}; next: {_upcoming(view)}")
        async with self._news:
            self._news.notify_all()

    async def until_day(self, day: float) -> None:
        """Wait for an instant."""
        await asyncio.sleep(max(0.0, day - self.day) * self.day_seconds)

    async def until(self, seen: Callable[[], bool], days: float, what: str) -> None:
        """Wait until something shows. Raises Obstacle, saying what did not, after so many days and half a minute."""
        try:
            async with asyncio.timeout(days * self.day_seconds + 30), self._news:
                await self._news.wait_for(seen)
        except TimeoutError:
            raise Obstacle(f"{what}: not seen in {days:g} days") from None


class Person:
    """One subscriber at the keyboard."""

    def __init__(self, scene: Scene, role: Role) -> None:
        self.scene = scene
        self.role = role
        self.life = scene.lives[role.reference]
        self.browser = Browser()

    def does(self, what: str) -> None:
        """Say what they do."""
        self.scene.act(self.role, what)

    async def reads(self, words: str, days: float) -> str:
        """Wait for a WhatsApp with these words; the answer is the link in it."""
        address = f"whatsapp:{self.role.phone}"

        def found() -> str:
            texts = [e["text"] for e in self.scene.mailbox if e["channel"] == "whatsapp" and address in e["to"]]
            return next((text for text in texts if words in text), "")

        await self.scene.until(lambda: bool(found()), days, f"{self.role.name}: a WhatsApp with '{words}'")
        link = re.search(r"https?://\S+", found())
        return link[0] if link else ""

    async def stands(self, status: str, days: float) -> None:
        """Wait until the API shows a status."""
        await self.scene.until(lambda: self.life.status == status, days, f"{self.role.name}: status {status}")

    async def opens(self, link: str) -> Page:
        """Open a link. Raises Obstacle when the page is not there."""
        page = await self.browser.open(link)
        if page.status >= 400:
            raise Obstacle(f"{self.role.name}: {link} answered {page.status}: {page.text[:200]}")
        return page


def _upcoming(view: Json) -> str:
    if not view["next_action"]:
        return "nothing"
    at = view["next_action_at"]
    return f"{view['next_action']} at {datetime.fromisoformat(at).astimezone():%H:%M:%S}" if at else view["next_action"]

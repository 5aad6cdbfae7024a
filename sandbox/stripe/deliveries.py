"""Webhook deliveries: signed by the SDK's own code, retried while the receiver is down, disturbed on demand."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import httpx
import stripe

from sandbox.chaos import COPYING, HOLDING, Chaos, Disturbance, take
from sandbox.stripe.account import WALL, Account, Delivery
from sandbox.stripe.store import Obj

CONCURRENCY = 8
TIMEOUT_SECONDS = 20.0
LANDING_SECONDS = 5.0
PAUSES = (0.5, 10.0)  # the longest wait between attempts is an hour of the account's calendar, within these
GIVE_UP_SECONDS = 3 * 86400.0


@dataclass
class Courier:
    """Takes deliveries from the account's outbox."""

    account: Account
    chaos: list[Chaos] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    flying: dict[int, Delivery] = field(default_factory=dict)
    disturbed: set[int] = field(default_factory=set)

    async def run(self) -> None:
        """Deliver until cancelled."""
        limit = asyncio.Semaphore(CONCURRENCY)
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            try:
                while True:
                    pause = self.start_due(client, limit)
                    self.account.mailed.clear()
                    try:
                        await asyncio.wait_for(self.account.mailed.wait(), pause)
                    except TimeoutError:
                        continue
            finally:
                for task in self.tasks:
                    task.cancel()
                await asyncio.gather(*self.tasks, return_exceptions=True)

    async def land(self) -> None:
        """Start nothing more, and wait for what is in the air: a receiver shall not hear of a world that is forgotten."""
        self.account.outbox.clear()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=LANDING_SECONDS)
        self.account.outbox.clear()  # what was refused on landing

    def start_due(self, client: httpx.AsyncClient, limit: asyncio.Semaphore) -> float | None:
        """Start what is due; answers how long until the next is."""
        now = time.time()
        later = []
        for delivery in self.account.outbox:
            if delivery.at > now:
                later.append(delivery)
                continue
            if self.disturb(delivery, now):
                if delivery.at > now:
                    later.append(delivery)
                continue
            self.flying[id(delivery)] = delivery
            task = asyncio.create_task(self.deliver(client, limit, delivery))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        self.account.outbox[:] = later
        return max(min(delivery.at for delivery in later) - now, 0.01) if later else None

    def disturb(self, delivery: Delivery, now: float) -> bool:
        """Whether chaos keeps this delivery back (with a later ``at``) or swallows it."""
        event = self.account.store.find(delivery.event)
        if event is None or delivery.attempt or id(delivery) in self.disturbed:
            self.disturbed.discard(id(delivery))
            return False
        chaos = take(self.chaos, event["type"], HOLDING)
        if chaos is None:
            return False
        if chaos.kind is not Disturbance.DROP:
            delivery.at = now + chaos.seconds
            self.disturbed.add(id(delivery))
        return True

    async def deliver(self, client: httpx.AsyncClient, limit: asyncio.Semaphore, delivery: Delivery) -> None:
        """One attempt; a failed one goes back into the outbox."""
        event = self.account.store.find(delivery.event)
        url, secret = self.target(delivery.endpoint)
        if event is None or not url:
            self.flying.pop(id(delivery), None)
            return
        async with limit:
            extra = None
            if not delivery.attempt:
                extra = take(self.chaos, event["type"], COPYING)
            if extra is not None and extra.kind is Disturbance.FORGED:
                await self.post(client, url, "whsec_forged", event)
            elif extra is not None and extra.kind is Disturbance.STALE:
                await self.post(client, url, secret, event, age=3600)
            delivered = await self.post(client, url, secret, event)
            if delivered and extra is not None and extra.kind is Disturbance.DUPLICATE:
                await self.post(client, url, secret, event)
        self.flying.pop(id(delivery), None)
        if delivered:
            event["pending_webhooks"] = max(event["pending_webhooks"] - 1, 0)
        elif time.time() - event["created"] < GIVE_UP_SECONDS or self.account.clock_id(event["data"]["object"]):
            delivery.attempt += 1
            hour = self.account.calendar(None).hours(1)
            longest = min(max(hour, PAUSES[0]), PAUSES[1])
            delivery.at = time.time() + min(0.25 * 2 ** min(delivery.attempt, 8), longest)
            self.account.outbox.append(delivery)
            self.account.mailed.set()
        self.account.changed()

    def target(self, endpoint: str) -> tuple[str, str]:
        """The URL and the signing secret of an endpoint; empty when it is gone."""
        settings = self.account.settings
        if endpoint == WALL:
            return settings.stripe_webhook_url, settings.stripe_webhook_secret
        found = self.account.store.find(endpoint)
        if found is None or found["status"] != "enabled":
            return "", ""
        return found["url"], self.account.store.note(endpoint)["secret"]

    async def post(self, client: httpx.AsyncClient, url: str, secret: str, event: Obj, *, age: int = 0) -> bool:
        """Post one signed copy; whether it was taken with a 2xx."""
        payload = json.dumps(event)
        signature = stripe.WebhookSignature.generate_signature_header(payload, secret, int(time.time()) - age)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature,
            "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        try:
            response = await client.post(url, content=payload.encode(), headers=headers)
        except httpx.HTTPError:
            return False
        return response.is_success

"""The Stripe account the sandbox plays: its objects, its clocks and its event log."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import stripe

from sandbox.settings import SandboxSettings
from sandbox.stripe.contract import Contract
from sandbox.stripe.declines import Declines
from sandbox.stripe.shape import complete
from sandbox.stripe.store import Obj, Store, new_id
from sandbox.stripe.timeline import TRUE_DAY, Calendar, Timeline
from sandbox.stripe.verifier import Verifier

WALL = ""
EVENTS_KEPT = 10_000


def _snapshot(obj: Obj) -> Obj:
    copied: Obj = json.loads(json.dumps(obj))  # several times faster than deepcopy, and what is sent is JSON anyway
    return copied


@dataclass
class Delivery:
    """One event on its way to one endpoint; ``at`` is the epoch second of the next attempt."""

    event: str
    endpoint: str
    at: float
    attempt: int = 0


@dataclass
class Account:
    """Handlers change it in one go, without awaiting: what a request does, it does whole."""

    settings: SandboxSettings
    contract: Contract
    verifier: Verifier
    store: Store = field(default_factory=Store)
    timelines: dict[str, Timeline] = field(default_factory=lambda: {WALL: Timeline()})
    declines: Declines = field(default_factory=Declines)
    outbox: list[Delivery] = field(default_factory=list)
    request: dict[str, str | None] = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    counters: dict[str, int] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    mailed: asyncio.Event = field(default_factory=asyncio.Event)
    changed: Callable[[], None] = lambda: None

    def timeline(self, obj: Obj | None) -> Timeline:
        """The timeline an object lives on: its test clock's, its customer's, or the wall clock's."""
        return self.timelines.get(self.clock_id(obj) or WALL, self.timelines[WALL])

    def clock_id(self, obj: Obj | None) -> str | None:
        """The id of the test clock an object is tied to, directly or through its customer."""
        if obj is None:
            return None
        if obj.get("test_clock"):
            return str(obj["test_clock"])
        customer = self.store.find(obj.get("customer"))
        return str(customer["test_clock"]) if customer and customer.get("test_clock") else None

    def calendar(self, obj: Obj | None) -> Calendar:
        """True days on a test clock, the configured ones on the wall clock."""
        return Calendar(TRUE_DAY) if self.clock_id(obj) else Calendar(self.settings.day_seconds)

    def now(self, obj: Obj | None = None) -> int:
        """The current epoch second on the object's timeline."""
        return int(self.timeline(obj).now())

    def schedule(self, obj: Obj, at: float, kind: str, *, first: bool = False) -> None:
        """Have the billing engine look at the object at that instant, ``first`` of all that falls due then."""
        self.timeline(obj).schedule(at, kind, obj["id"], first=first)
        self.woken.set()

    def create(self, obj: Obj) -> Obj:
        """File a new object, completed to its declared shape."""
        obj.setdefault("livemode", False)
        obj.setdefault("created", self.now(obj))
        allowed = self.contract.definitions[self.contract.objects[obj["object"]]]["properties"]
        for name in ("livemode", "created"):
            if name not in allowed:
                obj.pop(name)
        complete(self.contract, obj)
        self.changed()
        return self.store.add(obj)

    def count(self, name: str) -> int:
        """The next number of a named sequence, from 1."""
        self.counters[name] = self.counters.get(name, 0) + 1
        return self.counters[name]

    def emit(self, kind: str, obj: Obj, previous: Obj | None = None) -> Obj:
        """Record an event with a snapshot of the object, and queue it for every endpoint that wants it."""
        data: dict[str, Any] = {"object": _snapshot(obj)}
        if previous is not None:
            data["previous_attributes"] = _snapshot(previous)
        event = self.create(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": stripe.api_version,
                "created": self.now(obj),
                "data": data,
                "pending_webhooks": 0,
                "request": dict(self.request),
                "type": kind,
            }
        )
        self.verifier.told(event)
        self.post(event)
        kept = self.store.kinds["event"]
        while len(kept) > EVENTS_KEPT:
            self.store.remove(self.store.objects[next(iter(kept))])
        return event

    def post(self, event: Obj) -> int:
        """Queue an event for every endpoint that wants it; to how many."""
        endpoints = self.endpoints(event["type"])
        event["pending_webhooks"] += len(endpoints)
        self.outbox.extend(Delivery(event["id"], endpoint, time.time()) for endpoint in endpoints)
        self.mailed.set()
        return len(endpoints)

    def endpoints(self, kind: str) -> list[str]:
        """Ids of the endpoints an event of this kind goes to; ``""`` is the one from the settings."""
        wanted = [WALL] if self.settings.stripe_webhook_url else []
        for endpoint in self.store.newest("webhook_endpoint", status="enabled"):
            if "*" in endpoint["enabled_events"] or kind in endpoint["enabled_events"]:
                wanted.append(endpoint["id"])
        return wanted

    def update(self, obj: Obj, changes: Obj, kind: str | None = None) -> bool:
        """Apply the changes; when any value differs, emit ``kind`` with the previous ones. Says whether any did."""
        previous = {name: obj.get(name) for name, value in changes.items() if obj.get(name) != value}
        obj.update(changes)
        self.changed()
        if previous and kind:
            self.emit(kind, obj, previous)
        return bool(previous)

"""The troubles of a run, foretold from its seed: what breaks, when, and how badly. Nothing here happens yet."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

DROUGHT_DAYS = 3.0  # how long every webhook is lost, once a month
MONTH_DAYS = 30.0


class Place(StrEnum):
    """What is hit. The first three are processes, killed as a crash kills them; the others are told to the sandbox."""

    WORKER = "worker"
    TEMPORAL = "temporal"
    API = "api"
    STRIPE = "stripe"
    WEBHOOKS = "webhooks"
    DROUGHT = "drought"
    PAC = "pac"
    WHATSAPP = "whatsapp"
    MAIL = "mail"


PROCESSES = (Place.WORKER, Place.TEMPORAL, Place.API)


@dataclass(frozen=True, slots=True, order=True)
class Trouble:
    """One trouble: `at` seconds after the start, and what the sandbox is told (nothing for a process)."""

    at: float
    place: Place
    order: dict[str, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        return f"{self.at:6.1f} s  {self.place:<9} {' '.join(f'{k}={v}' for k, v in self.order.items())}"


_CALLS = ("POST /v1/invoices/*/pay", "GET /v1/subscriptions/*", "GET /v1/invoices*", "POST /v1/*", "* /v1/*")
_LOST = ("500", "429", "cut_before", "cut_after", "timeout_before", "timeout_after", "slow")


def _stripe(dice: random.Random) -> dict[str, Any]:
    # Timeouts are shorter than Stripe's SDK would wait: the line is cut when they end.
    fault = {"kind": dice.choice(_LOST), "seconds": round(dice.uniform(1, 4), 1)}
    return {"operation": dice.choice(_CALLS), "times": dice.randint(1, 6), **fault}


def _webhooks(dice: random.Random) -> dict[str, Any]:
    kind = dice.choice(("duplicate", "duplicate", "reorder", "delay", "drop"))
    return {"provider": "stripe", "kind": kind, "times": dice.randint(3, 30), "seconds": round(dice.uniform(0.2, 4), 1)}


def _pac(dice: random.Random) -> dict[str, Any]:
    kind = dice.choice(("unavailable", "garbage", "drop_before", "drop_after", "drop_after", "silent_prior", "slow"))
    return {"kind": kind, "times": dice.randint(1, 8), "seconds": 2.0}


def _whatsapp(dice: random.Random) -> dict[str, Any]:
    return {"codes": [dice.choice((63016, 63013, 63024, 30003, 30008)) for _ in range(dice.randint(1, 6))]}


def _mail(dice: random.Random) -> dict[str, Any]:
    return {"count": dice.randint(1, 4)}


_ORDERS: dict[Place, Callable[[random.Random], dict[str, Any]]] = {
    Place.STRIPE: _stripe,
    Place.WEBHOOKS: _webhooks,
    Place.PAC: _pac,
    Place.WHATSAPP: _whatsapp,
    Place.MAIL: _mail,
}
# Seconds between two of a kind, on average.
_EVERY = {
    Place.WORKER: 30.0,
    Place.TEMPORAL: 75.0,
    Place.API: 60.0,
    Place.STRIPE: 4.0,
    Place.WEBHOOKS: 4.0,
    Place.PAC: 8.0,
    Place.WHATSAPP: 8.0,
    Place.MAIL: 12.0,
}


def forecast(seed: int, *, seconds: float, day_seconds: float) -> list[Trouble]:
    """All troubles of a run of so many seconds, in their order. The same seed foretells the same."""
    dice = random.Random(f"weather {seed}")
    troubles = []
    for place, every in _EVERY.items():
        at = dice.uniform(0.5, 1.5) * every
        while at < seconds:
            order = _ORDERS[place](dice) if place in _ORDERS else {}
            troubles.append(Trouble(round(at, 1), place, order))
            at += dice.uniform(0.5, 1.5) * every
    month = MONTH_DAYS * day_seconds
    begins = dice.uniform(0.4, 0.6) * month
    while begins + DROUGHT_DAYS * day_seconds < seconds:
        drought = {"days": DROUGHT_DAYS, "seconds": round(DROUGHT_DAYS * day_seconds, 1)}
        troubles.append(Trouble(round(begins, 1), Place.DROUGHT, drought))
        begins += month
    return sorted(troubles)

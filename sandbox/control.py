"""``/_sandbox``: the world behind the providers' backs. Bodies and answers are JSON; an order that makes no sense is 422.

The world:

- ``GET /_sandbox``: settings, counts, what is ordered. ``POST /_sandbox/reset``: forget everything.
- ``GET /_sandbox/journal``: the last calls.
- ``GET /_sandbox/violations``: what broke the vendors' contracts, when ``PERDURA_SANDBOX_VERIFY`` is on; ``DELETE``
  forgets them, a reset does not.
- ``GET /_sandbox/clock``: what time it is at the providers and how long their day lasts. ``POST`` ``{"day_seconds": 2}``
  changes the speed of what is begun from now on; ``{"advance_seconds": 86400}`` lets that much time pass at once: what
  falls due happens in order before this answers, and from then on the providers' clock runs ahead of ours.
- ``POST /_sandbox/faults`` ``{"operation": "POST /v1/invoices/*/pay", "kind": "timeout_after", "times": 1,
  "seconds": 30}``; kinds: 429, 500, timeout_before, timeout_after, cut_before, cut_after, slow; ``times`` null until
  lifted. ``DELETE`` lifts all.
- ``POST /_sandbox/chaos`` ``{"provider": "stripe", "kind": "duplicate", "events": "invoice.*", "times": 1,
  "seconds": 1}``; kinds: duplicate, reorder, delay, drop, forged, stale. For twilio ``events`` is a message status.
  ``DELETE`` lifts all.

Stripe (``stripe/orders.py``):

- ``POST /_sandbox/stripe/declines`` ``{"decline_code": "insufficient_funds", "customer": "cus_…", "count": 1}``: refuse
  the next charges; no ``customer`` means everybody's, ``count`` null until lifted, 0 lifts.
- ``POST /_sandbox/stripe/webhook`` ``{"url": …, "secret": …}``: where events go from now on.
- ``POST /_sandbox/stripe/events/{id}/resend``: deliver an event again.
- ``POST /_sandbox/stripe/payment_intents/{id}/settle``: the OXXO voucher or SPEI transfer is paid;
  ``POST /_sandbox/stripe/payment_intents/{id}/expire``: the voucher expires now.
- ``POST /_sandbox/stripe/charges/{id}/dispute`` ``{"reason": "fraudulent"}``: the cardholder disputes a charge.
- ``POST /_sandbox/stripe/payment_methods/{id}/renew`` ``{"exp_month": 1, "exp_year": 2040, "last4": "4242"}``: the bank
  issued a new card and told Stripe.

Twilio (``twilio/orders.py``):

- ``POST /_sandbox/twilio/inbound`` ``{"from": "whatsapp:+52…", "body": "hola", "to": …, "url": …, "button": …}``:
  somebody writes to us; ``"forged": true`` signs it wrongly.
- ``POST /_sandbox/twilio/failures`` ``{"codes": [63016]}``: errors of the next messages.
- ``POST /_sandbox/twilio/templates/{sid}`` ``{"status": "rejected", "reason": "…"}``: WhatsApp's word on a template:
  before approval was asked for, the outcome; afterwards, at once.

Mail and the PAC (``pac.py``, ``sat.py``):

- ``POST /_sandbox/mailbox/refusals`` ``{"count": 2}``: refuse the next mails (421).
- ``GET /_sandbox/pac/stamps``, ``GET /_sandbox/pac/stamps/{folio}.xml``: what was stamped.
- ``POST /_sandbox/pac/faults`` ``{"kind": "drop_after", "times": 1, "seconds": 1}``; kinds: unavailable, garbage,
  drop_before, drop_after, slow, silent_prior, no_balance. ``DELETE`` lifts all.
- ``PUT /_sandbox/pac/taxpayers`` ``{"rfc": …, "name": …, "postal_code": …, "regime": …, "listed": true}``: a taxpayer as
  the SAT has it on file.
- ``PUT /_sandbox/pac/calendar`` ``{"days": 3}``: the SAT's calendar runs ahead, so that invoices above 1,000.00 need consent.
- ``PUT /_sandbox/pac/lag`` ``{"requests": 1}``: so many cancellations find the document unknown (205).
- ``GET /_sandbox/pac/cancellations``; ``POST /_sandbox/pac/cancellations/{uuid}`` ``{"answer": …}``: the receiver's.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.chaos import Chaos, Disturbance
from sandbox.faults import Fault, FaultKind
from sandbox.stripe import orders as stripe
from sandbox.stripe.account import WALL
from sandbox.stripe.refusal import Refusal
from sandbox.twilio import orders as twilio
from sandbox.world import World

Json = dict[str, Any]


def state(world: World) -> Json:
    """What there is."""
    return {
        "day_seconds": world.settings.day_seconds,
        "stripe": {kind: len(ids) for kind, ids in world.account.store.kinds.items()},
        "pending_deliveries": len(world.account.outbox) + len(world.courier.flying),
        "messages": len(world.line.messages),
        "mails": len(world.mailbox.mails),
        "faults": [asdict(fault) for fault in world.faults.ordered],
        "chaos": {
            "stripe": [asdict(chaos) for chaos in world.courier.chaos],
            "twilio": [asdict(chaos) for chaos in world.walker.chaos],
        },
    }


async def reset(world: World) -> Json:
    """Forget everything."""
    await world.reset()
    return {"reset": True}


def forgive(world: World) -> Json:
    """Forget what was found wrong, and answer it."""
    found = world.verification.shown()
    world.verification.violations.clear()
    return found


def clock(world: World) -> Json:
    """The time at the providers."""
    now = world.account.timelines[WALL].now()
    return {"now": int(now), "day_seconds": world.settings.day_seconds}


def set_clock(world: World, day_seconds: float | None = None, advance_seconds: float = 0) -> Json:
    """Another speed, or a leap."""
    if day_seconds is not None:
        if not day_seconds > 0:
            raise ValueError("day_seconds must be greater than 0")
        world.settings.day_seconds = float(day_seconds)
    if not 0 <= advance_seconds <= 3 * 366 * 86400:
        raise ValueError("advance_seconds must be from 0 to three years")
    world.advance(advance_seconds)
    return clock(world)


def add_fault(world: World, operation: str, kind: str, times: int | None = 1, seconds: float = 30.0) -> Json:
    """Order a fault."""
    fault = Fault(operation, FaultKind(str(kind)), times, seconds)
    world.faults.ordered.append(fault)
    return asdict(fault)


def lift_faults(world: World) -> Json:
    """Lift all faults."""
    world.faults.ordered.clear()
    return {"lifted": True}


def add_chaos(
    world: World,
    kind: str,
    provider: str = "stripe",
    events: str = "*",
    times: int | None = 1,
    seconds: float = 1.0,
) -> Json:
    """Order a disturbance."""
    ordered = {"stripe": world.courier.chaos, "twilio": world.walker.chaos}
    if provider not in ordered:
        raise ValueError("provider must be stripe or twilio")
    chaos = Chaos(Disturbance(kind), events, times, seconds)
    ordered[provider].append(chaos)
    return asdict(chaos)


def lift_chaos(world: World) -> Json:
    """Lift all disturbances."""
    world.courier.chaos.clear()
    world.walker.chaos.clear()
    return {"lifted": True}


def refuse_mails(world: World, count: int) -> Json:
    """Refuse the next mails."""
    world.mailbox.refusals = int(count)
    return {"count": world.mailbox.refusals}


# What is in the path and in the body is handed over by name.
ORDERS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "", state),
    ("POST", "/reset", reset),
    ("GET", "/journal", lambda world: {"calls": world.journal.shown()}),
    ("GET", "/violations", lambda world: world.verification.shown()),
    ("DELETE", "/violations", forgive),
    ("GET", "/clock", clock),
    ("POST", "/clock", set_clock),
    ("POST", "/faults", add_fault),
    ("DELETE", "/faults", lift_faults),
    ("POST", "/chaos", add_chaos),
    ("DELETE", "/chaos", lift_chaos),
    ("POST", "/mailbox/refusals", refuse_mails),
    *stripe.ORDERS,
    *twilio.ORDERS,
)


def routes(world: World) -> list[Route]:
    """Starlette routes over one world."""
    return [_route(world, method, path, order) for method, path, order in ORDERS]


def _route(world: World, method: str, path: str, order: Callable[..., Any]) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            body = json.loads(await request.body() or b"{}")
            if not isinstance(body, dict):
                raise ValueError("the body must be a JSON object")
            # ``from`` is a word of Python's.
            words = {f"{name}_" if name == "from" else name: value for name, value in body.items()}
            answer = order(world, **words, **request.path_params)
            if isinstance(answer, Awaitable):
                answer = await answer
            return JSONResponse(answer)
        except LookupError as missing:
            return JSONResponse({"error": str(missing)}, status_code=404)
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=422)
        except Refusal as refusal:
            return JSONResponse({"error": refusal.error}, status_code=refusal.status)
        finally:
            world.touch()

    return Route(f"/_sandbox{path}", endpoint, methods=[method])

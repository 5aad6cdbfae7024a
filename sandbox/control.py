"""``/_sandbox``: the world behind the providers' backs. Bodies and answers are JSON.

- ``GET /_sandbox``: settings, counts, what is ordered. ``POST /_sandbox/reset``: forget everything.
- ``GET /_sandbox/journal``: the last calls. ``GET /_sandbox/violations``: what broke the vendors' contracts, when
  ``PERDURA_SANDBOX_VERIFY`` is on; ``DELETE`` forgets them, a reset does not.
- ``POST /_sandbox/faults`` ``{"operation": "POST /v1/invoices/*/pay", "kind": "timeout_after", "times": 1,
  "seconds": 30}``; kinds: 429, 500, timeout_before, timeout_after, cut_before, cut_after, slow. ``DELETE`` lifts all.
- ``POST /_sandbox/chaos`` ``{"provider": "stripe", "kind": "duplicate", "events": "invoice.*", "times": 1,
  "seconds": 1}``; kinds: duplicate, reorder, delay, drop, forged, stale. For twilio ``events`` is a message status.
  ``DELETE`` lifts all.
- ``POST /_sandbox/stripe/declines`` ``{"decline_code": "insufficient_funds", "customer": "cus_…", "count": 1}``: refuse
  the next charges; no ``customer`` means everybody's, ``count`` null until lifted, 0 lifts.
- ``POST /_sandbox/stripe/events/{event}/resend``: deliver an event again.
- ``POST /_sandbox/stripe/payment_intents/{intent}/settle``: the OXXO voucher or SPEI transfer is paid.
- ``POST /_sandbox/stripe/webhook`` ``{"url": …, "secret": …}``: where events go from now on.
- ``POST /_sandbox/twilio/inbound`` ``{"from": "whatsapp:+52…", "body": "hola", "to": …, "url": …, "button": …}``.
- ``POST /_sandbox/twilio/failures`` ``{"codes": [63016]}``: errors of the next messages.
- ``POST /_sandbox/mailbox/refusals`` ``{"count": 2}``: refuse the next mails (421).
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
from sandbox.stripe import endpoints, vouchers
from sandbox.stripe.declines import DECLINES
from sandbox.stripe.refusal import Refusal
from sandbox.twilio.numbers import parse
from sandbox.world import World


class Wrong(Exception):
    """The order cannot be understood; the message names the field and the remedy."""


class Control:
    """The routes over one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        """Starlette routes."""
        return [
            self.route("", self.state, "GET"),
            self.route("/reset", self.reset, "POST"),
            self.route("/journal", self.journal, "GET"),
            self.route("/violations", self.violations, "GET"),
            self.route("/violations", self.forgive, "DELETE"),
            self.route("/faults", self.add_fault, "POST"),
            self.route("/faults", self.lift_faults, "DELETE"),
            self.route("/chaos", self.add_chaos, "POST"),
            self.route("/chaos", self.lift_chaos, "DELETE"),
            self.route("/stripe/declines", self.decline, "POST"),
            self.route("/stripe/webhook", self.webhook, "POST"),
            self.route("/stripe/events/{id}/resend", self.resend, "POST"),
            self.route("/stripe/payment_intents/{id}/settle", self.settle, "POST"),
            self.route("/twilio/inbound", self.inbound, "POST"),
            self.route("/twilio/failures", self.failures, "POST"),
            self.route("/mailbox/refusals", self.refusals, "POST"),
        ]

    def route(self, path: str, handler: Callable[[Request, dict[str, Any]], Awaitable[Any]], method: str) -> Route:
        """A route that reads and answers JSON."""

        async def endpoint(request: Request) -> Response:
            try:
                body = json.loads(await request.body() or b"{}")
                if not isinstance(body, dict):
                    raise Wrong("the body must be a JSON object")
                return JSONResponse(await handler(request, body))
            except (Wrong, ValueError, TypeError, KeyError) as wrong:
                return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, status_code=422)
            except Refusal as refusal:
                return JSONResponse({"error": refusal.error}, status_code=refusal.status)

        return Route(f"/_sandbox{path}", endpoint, methods=[method])

    async def state(self, _: Request, __: dict[str, Any]) -> Any:
        """What there is."""
        world = self.world
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

    async def reset(self, _: Request, __: dict[str, Any]) -> Any:
        """Forget everything."""
        self.world.reset()
        return {"reset": True}

    async def journal(self, _: Request, __: dict[str, Any]) -> Any:
        """The last calls, oldest first."""
        return {"calls": self.world.journal.shown()}

    async def violations(self, _: Request, __: dict[str, Any]) -> Any:
        """What broke the contracts."""
        return self.world.verification.shown()

    async def forgive(self, _: Request, __: dict[str, Any]) -> Any:
        """Forget what was found, and answer it."""
        found = self.world.verification.shown()
        self.world.verification.violations.clear()
        return found

    async def add_fault(self, _: Request, body: dict[str, Any]) -> Any:
        """Order a fault."""
        fault = Fault(body["operation"], FaultKind(str(body["kind"])), body.get("times", 1), body.get("seconds", 30.0))
        self.world.faults.ordered.append(fault)
        return asdict(fault)

    async def lift_faults(self, _: Request, __: dict[str, Any]) -> Any:
        """Lift all faults."""
        self.world.faults.ordered.clear()
        return {"lifted": True}

    async def add_chaos(self, _: Request, body: dict[str, Any]) -> Any:
        """Order a disturbance."""
        provider = body.get("provider", "stripe")
        if provider not in {"stripe", "twilio"}:
            raise Wrong("provider must be stripe or twilio")
        kind = Disturbance(body["kind"])
        chaos = Chaos(kind, body.get("events", "*"), body.get("times", 1), body.get("seconds", 1.0))
        (self.world.courier.chaos if provider == "stripe" else self.world.walker.chaos).append(chaos)
        return asdict(chaos)

    async def lift_chaos(self, _: Request, __: dict[str, Any]) -> Any:
        """Lift all disturbances."""
        self.world.courier.chaos.clear()
        self.world.walker.chaos.clear()
        return {"lifted": True}

    async def decline(self, _: Request, body: dict[str, Any]) -> Any:
        """Refuse coming charges."""
        code = body.get("decline_code", "generic_decline")
        if code not in DECLINES:
            raise Wrong(f"decline_code must be one of {', '.join(sorted(DECLINES))}")
        self.world.account.declines.order(code, customer=body.get("customer", ""), count=body.get("count", 1))
        return {key: asdict(order) for key, order in self.world.account.declines.orders.items()}

    async def webhook(self, _: Request, body: dict[str, Any]) -> Any:
        """Point the deliveries elsewhere."""
        settings = self.world.settings
        settings.stripe_webhook_url = body["url"]
        settings.stripe_webhook_secret = body.get("secret", settings.stripe_webhook_secret)
        return {"url": settings.stripe_webhook_url}

    async def resend(self, request: Request, _: dict[str, Any]) -> Any:
        """Deliver an event again."""
        account = self.world.account
        return {"deliveries": endpoints.resend(account, account.store.get("event", request.path_params["id"]))}

    async def settle(self, request: Request, _: dict[str, Any]) -> Any:
        """Pay a voucher or a transfer."""
        account = self.world.account
        intent = account.store.get("payment_intent", request.path_params["id"])
        vouchers.settle(account, intent)
        return {"status": intent["status"]}

    async def inbound(self, _: Request, body: dict[str, Any]) -> Any:
        """A person writes to us."""
        world = self.world
        sender = parse(str(body.get("from", "")))
        if sender is None:
            raise Wrong("from must be a number such as whatsapp:+525512345678")
        url = body.get("url") or world.settings.twilio_inbound_url
        if not url:
            raise Wrong("nowhere to post to: give url, or set PERDURA_SANDBOX_TWILIO_INBOUND_URL")
        to = body.get("to") or ("whatsapp:+14155238886" if sender.channel else "+15005550006")
        fields = world.line.receive(
            sender, to, str(body.get("body", "")), profile=body.get("profile", "Cliente"), button=body.get("button")
        )
        world.touch()
        status = await world.walker.post(url, fields, token="forged" if body.get("forged") else None)
        return {"sid": fields["MessageSid"], "status": status}

    async def failures(self, _: Request, body: dict[str, Any]) -> Any:
        """Errors for the next messages."""
        self.world.line.failures.extend(int(code) for code in body["codes"])
        return {"codes": self.world.line.failures}

    async def refusals(self, _: Request, body: dict[str, Any]) -> Any:
        """Refuse the next mails."""
        self.world.mailbox.refusals = int(body["count"])
        return {"count": self.world.mailbox.refusals}

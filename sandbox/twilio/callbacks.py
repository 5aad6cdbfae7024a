"""Signed posts from Twilio to us: status callbacks and inbound messages."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from sandbox.chaos import COPYING, HOLDING, Chaos, Disturbance, take
from sandbox.twilio.messages import Line
from sandbox.twilio.verifier import Verifier

TIMEOUT_SECONDS = 15.0
ATTEMPTS = 2  # Twilio retries once when it cannot connect (docs: webhooks, connection overrides)


@cache
def _authorities() -> ssl.SSLContext:
    """Read once: that takes longer than a callback."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass
class Walker:
    """Walks messages through their statuses, telling the callback URL of each."""

    line: Line
    verifier: Verifier
    chaos: list[Chaos] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    changed: Callable[[], None] = lambda: None

    def start(self, identifier: str) -> None:
        """Let a message go its way."""
        self._spawn(self._walk(identifier))

    def resume(self) -> None:
        """After a restart: let messages that were under way arrive."""
        for identifier, message in self.line.messages.items():
            if message["status"] == "queued":
                self.start(identifier)
        for identifier in self.line.contents:
            if "approval" in self.line.hidden.get(identifier, {}):
                self.submit(identifier)

    async def _walk(self, identifier: str) -> None:
        hidden = self.line.hidden[identifier]
        await self._tell(hidden["callback"], self.line.callback(identifier))
        for status, error in self.line.steps(identifier):
            await asyncio.sleep(self.line.settings.twilio_step_seconds)
            if identifier not in self.line.messages:
                return
            self.line.move(identifier, status, error)
            self.changed()
            await self._tell(hidden["callback"], self.line.callback(identifier))

    def submit(self, identifier: str) -> None:
        """Let WhatsApp look at a template: received, pending, then what was ordered for it, or approved."""
        self._spawn(self._judge(identifier))

    async def _judge(self, identifier: str) -> None:
        for status in ("pending", "approved"):
            await asyncio.sleep(self.line.settings.twilio_step_seconds)
            hidden = self.line.hidden.get(identifier, {})
            approval = hidden.get("approval")
            if approval is None or hidden.get("held") or approval["status"] not in {"received", "pending"}:
                return
            verdict = hidden.get("verdict") if status == "approved" else None
            approval.update(verdict or {"status": status})
            self.changed()

    async def _tell(self, url: str | None, fields: dict[str, str]) -> None:
        if not url:
            return
        self.verifier.told(fields)
        status = fields["MessageStatus"]
        held = take(self.chaos, status, HOLDING)
        if held is not None:
            if held.kind is not Disturbance.DROP:
                self._spawn(self._later(held.seconds, url, fields))
            return
        copied = take(self.chaos, status, COPYING)
        if copied is not None and copied.kind is Disturbance.FORGED:
            await self.post(url, fields, token="forged")
        await self.post(url, fields)
        if copied is not None and copied.kind is Disturbance.DUPLICATE:
            await self.post(url, fields)

    async def _later(self, seconds: float, url: str, fields: dict[str, str]) -> None:
        await asyncio.sleep(seconds)
        await self.post(url, fields)

    async def post(self, url: str, fields: dict[str, str], *, token: str | None = None) -> int:
        """Post the form with its signature; answers the receiver's status, 0 when it could not be reached."""
        validator = RequestValidator(token or self.line.settings.twilio_auth_token)
        headers = {
            "X-Twilio-Signature": validator.compute_signature(url, fields),
            "User-Agent": "TwilioProxy/1.1",
        }
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, verify=_authorities()) as client:
            for attempt in range(ATTEMPTS):
                try:
                    response = await client.post(url, data=fields, headers=headers)
                except httpx.HTTPError:
                    if attempt + 1 < ATTEMPTS:
                        await asyncio.sleep(0.5)
                    continue
                return response.status_code
        return 0

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Stop walking."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

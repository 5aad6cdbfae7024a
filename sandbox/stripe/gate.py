"""The door of the Stripe API: keys, parameters, idempotency, faults and the error envelope, over ASGI."""

import base64
import hashlib
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

import stripe
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from sandbox import faults
from sandbox.faults import Faults
from sandbox.hangup import Hangup
from sandbox.journal import Journal
from sandbox.stripe import legacy, params
from sandbox.stripe.account import Account
from sandbox.stripe.annotations import Schema
from sandbox.stripe.expansion import expanded
from sandbox.stripe.refusal import Refusal, invalid
from sandbox.stripe.registry import Call, Params, Route, match
from sandbox.stripe.store import Obj, new_id

_LIST = {"type": "array", "items": {"type": "string"}}
_log = logging.getLogger(__name__)
IDEMPOTENCY_SECONDS = 24 * 3600


@dataclass
class Answer:
    """What goes back: a status, a body, and whether it is a replay."""

    status: int
    body: bytes
    replayed: bool = False


@dataclass
class Gate:
    """An ASGI application for everything under ``/v1``."""

    account: Account
    faults: Faults
    journal: Journal
    answers: dict[str, dict[str, Any]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path, method = request.url.path, request.method
        body = (await request.body()).decode("utf-8", "replace")
        request_id = new_id("req", 14)
        fault = self.faults.take(method, path)
        answer: Answer | None = None
        lost = await faults.before(fault)
        if lost in {"429", "500"}:
            answer = _fault_answer(lost)
        elif lost is None:
            try:
                answer = self.answer(request, method, path, body, request_id)
            except Exception:
                _log.exception("the sandbox's Stripe failed at %s %s", method, path)
                self.account.verifier.crashed(f"{method} {path}")
                answer = _fault_answer("500")
            lost = await faults.after(fault)
        status = answer.status if answer else 0
        self.journal.record("stripe", method, path, status, request.headers.get("idempotency-key"),
                            fault.kind.value if fault else None)  # fmt: skip
        if lost == "cut" or answer is None:
            await Hangup()(scope, receive, send)
            return
        headers = {
            "content-type": "application/json",
            "content-length": str(len(answer.body)),
            "request-id": request_id,
            "stripe-version": self.version(request),
        }
        if answer.replayed:
            headers["idempotent-replayed"] = "true"
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    def version(self, request: Request) -> str:
        """The version answered with: the pinned one, whatever was asked for."""
        return request.headers.get("stripe-version") or stripe.api_version

    def answer(self, request: Request, method: str, path: str, body: str, request_id: str) -> Answer:
        """Authenticate, replay or execute."""
        key = request.headers.get("idempotency-key") if method == "POST" else None
        try:
            self.authenticate(request.headers.get("authorization", ""))
            fingerprint = hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()
            if key:
                known = self.answers.get(key)
                if known and time.time() - known["at"] < IDEMPOTENCY_SECONDS:
                    if known["fingerprint"] != fingerprint:
                        raise Refusal(
                            400,
                            "idempotency_error",
                            "Keys for idempotent requests can only be used with the same parameters they were first "
                            f"used with. Try using a key other than '{key}' if you meant to execute a different "
                            "request.",
                        )
                    return Answer(known["status"], known["body"].encode(), replayed=True)
            route, call, paths = self.prepare(request, method, path, body)
        except Refusal as refusal:
            return self.refused(refusal, request_id, f"{method} {path}")
        answer = self.execute(route, call, paths, request_id, key)
        if key:
            self.answers[key] = {
                "fingerprint": fingerprint,
                "status": answer.status,
                "body": answer.body.decode(),
                "at": time.time(),
            }
        return answer

    def authenticate(self, header: str) -> None:
        """Raises Refusal 401 unless the request carries the account's secret key, as bearer or basic."""
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value).decode().partition(":")[0]
            except ValueError:
                value = ""
        if not value:
            raise invalid("You did not provide an API key.", status=401)
        if value != self.account.settings.stripe_key:
            hidden = value[:8] + "*" * max(len(value) - 12, 4) + value[-4:]
            raise invalid(f"Invalid API Key provided: {hidden}", status=401)

    def prepare(self, request: Request, method: str, path: str, body: str) -> tuple[Route, Call, list[str]]:
        """Find the operation and check the parameters against the SDK's table."""
        verifier = self.account.verifier
        try:
            route, ids = match(method, path)
        except Refusal as refusal:
            verifier.asked(f"{method} {path}", refusal.error)
            raise
        raw = params.decode(body if method == "POST" else request.url.query)
        contract = self.account.contract
        undocumented = (method, route.template) in legacy.UNDOCUMENTED
        schema: Schema = {"type": "object"} if undocumented else contract.params_schema(method, route.template)
        extra: dict[str, Any] = {}
        if "stripe-version" not in request.headers:
            # The official CLI's fixtures send no version and lag behind the SDK: what it does not know passes.
            raw = legacy.translate(route.template, raw)
            known = schema.get("properties", {})
            extra = {name: _loose(raw.pop(name)) for name in list(raw) if name not in known}
            if extra and not undocumented:
                verifier.asked(f"{method} {route.template}", {"param": next(iter(extra)), "message": "not in the SDK"})
        if "expand" not in schema.get("properties", {}):
            schema = {**schema, "properties": {**schema.get("properties", {}), "expand": _LIST}}
        try:
            typed = params.check(raw, schema, contract.definitions)
        except Refusal as refusal:
            verifier.asked(f"{method} {route.template}", refusal.error)
            raise
        paths = typed.pop("expand", None) or []
        given = Params(typed)
        given.update(extra)  # of these it is known already that nobody may look at them
        return route, Call(self.account, given, ids, path), paths

    def execute(self, route: Route, call: Call, paths: list[str], request_id: str, key: str | None) -> Answer:
        """Run the handler; a Refusal is an answer like any other."""
        account = self.account
        account.request = {"id": request_id, "idempotency_key": key}
        account.verifier.during = operation = f"{route.method} {route.template}"
        try:
            result: Obj = route.handler(call)
            if isinstance(call.params, Params):
                account.verifier.ignored(operation, call.params.unread)
            if paths:
                result = expanded(account, result, paths)
            account.verifier.answered(route.method, route.template, result)
            return Answer(200, json.dumps(result).encode())
        except Refusal as refusal:
            return self.refused(refusal, request_id, operation)
        finally:
            account.request = {"id": None, "idempotency_key": None}
            account.verifier.during = ""
            account.changed()

    def refused(self, refusal: Refusal, request_id: str, operation: str) -> Answer:
        """Stripe's error envelope."""
        envelope = _envelope(refusal, request_id)
        self.account.verifier.refused(operation, envelope)
        return Answer(refusal.status, json.dumps(envelope).encode())


def _envelope(refusal: Refusal, request_id: str) -> Obj:
    return {"error": {**refusal.error, "request_log_url": f"https://dashboard.stripe.com/test/logs/{request_id}"}}


def _fault_answer(kind: str) -> Answer:
    if kind == "429":
        refusal = invalid("Request rate limit exceeded.", code="rate_limit", status=429)
    else:
        refusal = Refusal(500, "api_error", "An unknown error occurred.")
    return Answer(refusal.status, json.dumps(_envelope(refusal, "req_fault")).encode())


def _loose(raw: Any) -> Any:
    if isinstance(raw, dict) and raw and all(key.isdigit() for key in raw):
        return [_loose(raw[key]) for key in sorted(raw, key=int)]
    if isinstance(raw, dict):
        return {key: _loose(value) for key, value in raw.items()}
    return raw

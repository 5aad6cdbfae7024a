"""`Idempotency-Key`: a request that comes again with the same key is not carried out again, it gets the first answer.

As Stripe has it and draft-ietf-httpapi-idempotency-key-header describes it: the key is the caller's, kept for a day; the same key with
another request is refused (422), and so is a second press while the first is being carried out (409). An answer that says nothing was
done, or that nobody knows (5xx), is not kept: the same request may be tried again with the same key. Behind an order to a process the
key becomes the id of the Temporal update, so that even a repeat after a crash is one order.
"""

import base64
import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from activities.failures import Failure
from api.deps import Context, recognised
from api.problems import FieldError, Problem, invalid, of_failure
from api.refusals import ApiWhy
from models.access.principals import Principal

HEADER = "Idempotency-Key"
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
HOLD = timedelta(seconds=60)  # longer than any answer takes; after that whoever had it is taken for dead
_NOT_KEPT = frozenset({401, 403, 413, 429})  # say something of the caller, not of the request
_KEPT_HEADERS = ("content-type", "location")


class Idempotency:
    """Plain ASGI, around the routes and inside the limits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive) if scope["type"] == "http" else None
        key = request.headers.get(HEADER) if request and request.method in CHANGING else None
        if request is None or key is None:
            await self._app(scope, receive, send)
            return
        context: Context = scope["app"].state.context
        try:
            who = await recognised(request, context)
        except (Problem, Failure):
            who = None
        if who is None:  # the route says what is missing, or asks for nobody
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._answered(request, context, who, key)
        except Problem as problem:
            answer = problem.response()
        except Failure as failure:
            answer = of_failure(failure).response()
        await answer(scope, receive, send)

    async def _answered(self, request: Request, context: Context, who: Principal, key: str) -> Response:
        if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
            raise invalid([FieldError(field=HEADER, message="use 1 to 255 visible ASCII characters, e.g. a UUID")])
        body = await request.body()
        tenant, name = who.tenant.id, _hash(who.id, key)
        content = _hash(request.method, request.url.path, request.url.query, body)
        now = datetime.now(UTC)
        recorded, answer, ours = await context.store.begin_request(tenant, name, content, now, hold=HOLD)
        if recorded != content:
            why = "was used for another request: use a new one for each order"
            raise Problem(422, f"{HEADER}: {why}", kind="key_reused", errors=[FieldError(field=HEADER, message=why)])
        if answer:
            return _replayed(answer)
        if not ours:
            raise Problem(409, ApiWhy.SAME_REQUEST(), kind="in_progress", headers={"Retry-After": "1"})
        request.scope["state"] |= {"update_id": _hash(name, content)[:40], "request_key": name}
        kept = ""
        try:
            first = await self._carried_out(request, body)
            if first.status_code < 500 and first.status_code not in _NOT_KEPT:
                kept = _written(first)
            return first
        finally:
            # The order stands whether this can be noted or not; a repeat would find the update of the same id.
            with suppress(Failure):
                await context.store.answer_request(tenant, name, kept, datetime.now(UTC))

    async def _carried_out(self, request: Request, body: bytes) -> Response:
        given = False
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def receive() -> Message:
            nonlocal given
            if given:
                return await request.receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(request.scope, receive, send)
        response = Response(b"".join(parts), start["status"])
        response.raw_headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        response.headers["content-length"] = str(len(response.body))
        return response


def _hash(*parts: str | bytes) -> str:
    return sha256(b"\0".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


def _written(response: Response) -> str:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = base64.b64encode(bytes(response.body)).decode()
    return json.dumps({"status": response.status_code, "headers": headers, "body": body})


def _replayed(answer: str) -> Response:
    told = json.loads(answer)
    return Response(
        base64.b64decode(told["body"]), told["status"], headers={**told["headers"], "Idempotency-Replayed": "true"}
    )

"""Twilio over HTTP: Messages under ``/2010-04-01``, templates under ``/content/v1``."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import faults
from sandbox.faults import Faults
from sandbox.hangup import Hangup
from sandbox.journal import Journal
from sandbox.twilio.callbacks import Walker
from sandbox.twilio.messages import Line, Refused, found, stamp
from sandbox.twilio.templates import Templates
from sandbox.twilio.verifier import Verifier

# What the SDK can send on a message (twilio.rest.api.v2010.account.message), by wire name.
PARAMETERS = frozenset(
    {
        "AddressRetention", "ApplicationSid", "Attempt", "Body", "ContentRetention", "ContentSid", "ContentVariables",
        "FallbackFrom", "ForceDelivery", "From", "MaxPrice", "MediaUrl", "MessageIntent", "MessagingServiceSid",
        "PersistentAction", "ProvideFeedback", "RiskCheck", "ScheduleType", "SendAsMms", "SendAt", "ShortenUrls",
        "SmartEncoded", "StatusCallback", "To", "TrafficType", "ValidityPeriod",
    }
)  # fmt: skip


class Exchange:
    """The HTTP side of the line."""

    def __init__(self, line: Line, walker: Walker, ordered: Faults, journal: Journal) -> None:
        self.line, self.walker, self.faults, self.journal = line, walker, ordered, journal
        self.templates = Templates(line, walker)
        self.verifier: Verifier = walker.verifier

    def routes(self) -> list[Route]:
        """Starlette routes."""
        account = "/2010-04-01/Accounts/{account}"
        return [
            self.route(f"{account}/Messages.json", self.create, "POST"),
            self.route(f"{account}/Messages.json", self.listed, "GET"),
            self.route(f"{account}/Messages/{{sid}}.json", self.fetch, "GET"),
            self.route(f"{account}/Messages/{{sid}}.json", self.redact, "POST"),
            self.route(f"{account}/Messages/{{sid}}.json", self.delete, "DELETE"),
            self.route(f"{account}/Messages/{{sid}}/Media.json", self.media, "GET"),
            *(self.route(path, handler, method) for path, handler, method in self.templates.handlers()),
        ]

    def route(self, path: str, handler: Callable[[Request], Awaitable[Response]], method: str) -> Route:
        """A route with authentication, faults, the error envelope and the journal around it."""

        async def endpoint(request: Request) -> Response:
            fault = self.faults.take(method, request.url.path)
            lost = await faults.before(fault)
            try:
                self.authenticate(request)
                if lost == "429":
                    raise Refused(429, 20429, "Too Many Requests")
                if lost == "500":
                    raise Refused(500, 20500, "Internal Server Error")
                response: Response = Hangup() if lost else await handler(request)
            except Refused as refused:
                response = JSONResponse(refused.body, status_code=refused.status)
            if await faults.after(fault):
                response = Hangup()
            status = 0 if isinstance(response, Hangup) else response.status_code
            self.journal.record("twilio", method, request.url.path, status, None, fault.kind.value if fault else None)
            return response

        return Route(path, endpoint, methods=[method])

    def authenticate(self, request: Request) -> None:
        """Raises Refused 401/20003 unless account and token are right, 20404 for another account's path."""
        settings = self.line.settings
        _, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(value).decode().partition(":")
        except ValueError:
            user, password = "", ""
        if (user, password) != (settings.twilio_account_sid, settings.twilio_auth_token):
            raise Refused(401, 20003, "Authenticate")
        if request.path_params.get("account", settings.twilio_account_sid) != settings.twilio_account_sid:
            raise Refused(404, 20404, f"The requested resource {request.url.path} was not found")

    async def create(self, request: Request) -> Response:
        """Accept a message and let it go its way."""
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        unknown = sorted(set(fields) - PARAMETERS)
        if unknown:
            raise Refused(400, 20001, f"Unknown parameter {unknown[0]}")
        form: dict[str, Any] = {name: values[-1] for name, values in fields.items()}
        form["MediaUrl"] = fields.get("MediaUrl", [])
        message = self.line.create(form)
        self.verifier.answered("POST Messages", message)
        answer = JSONResponse(message, status_code=201)
        self.walker.start(message["sid"])
        self.walker.changed()
        return answer

    async def fetch(self, request: Request) -> Response:
        """One message."""
        message = found(self.line.messages, request)
        self.verifier.answered("GET Message", message)
        return JSONResponse(message)

    async def redact(self, request: Request) -> Response:
        """Take the text out of a message (twilio.com/docs/messaging/api/message-resource, "Redact a Message")."""
        message = self.finished(request)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        if fields != {"Body": [""]}:
            raise Refused(400, 20001, "Body can only be emptied; Status only cancels what is scheduled")
        message.update(body="", date_updated=stamp())
        self.line.hidden[message["sid"]]["variables"] = {}
        self.walker.changed()
        self.verifier.answered("POST Message", message)
        return JSONResponse(message)

    async def delete(self, request: Request) -> Response:
        """Forget a message."""
        message = self.finished(request)
        del self.line.messages[message["sid"]], self.line.hidden[message["sid"]]
        self.walker.changed()
        return Response(status_code=204)

    def finished(self, request: Request) -> dict[str, Any]:
        """The message of the path. Raises Refused 20009 while it is under way."""
        message = found(self.line.messages, request)
        if message["status"] in {"queued", "sent"}:
            raise Refused(409, 20009, "Cannot delete this resource before it is complete")
        return message

    async def listed(self, request: Request) -> Response:
        """Messages, newest first, by To, From and page."""
        query = request.query_params
        size, number = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        chosen = [
            message
            for message in reversed(self.line.messages.values())
            if query.get("To") in (None, message["to"]) and query.get("From") in (None, message["from"])
        ]
        start = size * number
        for index, message in enumerate(chosen[start : start + size]):
            self.verifier.answered("GET Messages", message, f"$.messages[{index}]")
        path = request.url.path
        more = len(chosen) > start + size
        return JSONResponse(
            {
                "end": max(start + len(chosen[start : start + size]) - 1, 0),
                "first_page_uri": f"{path}?PageSize={size}&Page=0",
                "messages": chosen[start : start + size],
                "next_page_uri": f"{path}?PageSize={size}&Page={number + 1}" if more else None,
                "page": number,
                "page_size": size,
                "previous_page_uri": f"{path}?PageSize={size}&Page={number - 1}" if number else None,
                "start": start,
                "uri": f"{path}?PageSize={size}&Page={number}",
            }
        )

    async def media(self, request: Request) -> Response:
        """The media of a message, which the sandbox knows only by their URLs."""
        found(self.line.messages, request)
        return JSONResponse({"media_list": [], "page": 0, "page_size": 50, "uri": request.url.path})

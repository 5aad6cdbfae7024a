"""Twilio over HTTP: Messages under ``/2010-04-01``, templates under ``/content/v1``."""

import base64
import json
import time
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
from sandbox.twilio.messages import Line, Refused, sid

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

    def routes(self) -> list[Route]:
        """Starlette routes."""
        account = "/2010-04-01/Accounts/{account}"
        return [
            self.route(f"{account}/Messages.json", self.create, "POST"),
            self.route(f"{account}/Messages.json", self.listed, "GET"),
            self.route(f"{account}/Messages/{{sid}}.json", self.fetch, "GET"),
            self.route(f"{account}/Messages/{{sid}}/Media.json", self.media, "GET"),
            self.route("/content/v1/Content", self.create_content, "POST"),
            self.route("/content/v1/Content", self.contents, "GET"),
            self.route("/content/v1/Content/{sid}", self.content, "GET"),
            self.route("/content/v1/Content/{sid}", self.delete_content, "DELETE"),
            self.route("/content/v1/Content/{sid}/ApprovalRequests", self.approval, "GET"),
            self.route("/content/v1/Content/{sid}/ApprovalRequests/whatsapp", self.approve, "POST"),
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
        answer = JSONResponse(message, status_code=201)
        self.walker.start(message["sid"])
        self.walker.changed()
        return answer

    async def fetch(self, request: Request) -> Response:
        """One message."""
        return JSONResponse(self.found(self.line.messages, request))

    async def listed(self, request: Request) -> Response:
        """Messages, newest first, by To, From and page."""
        query = request.query_params
        size, number = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        found = [
            message
            for message in reversed(self.line.messages.values())
            if query.get("To") in (None, message["to"]) and query.get("From") in (None, message["from"])
        ]
        start = size * number
        path = request.url.path
        more = len(found) > start + size
        return JSONResponse(
            {
                "end": max(start + len(found[start : start + size]) - 1, 0),
                "first_page_uri": f"{path}?PageSize={size}&Page=0",
                "messages": found[start : start + size],
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
        self.found(self.line.messages, request)
        return JSONResponse({"media_list": [], "page": 0, "page_size": 50, "uri": request.url.path})

    async def create_content(self, request: Request) -> Response:
        """A template. It can be used when WhatsApp has approved it, or at once unless strict."""
        try:
            given = json.loads(await request.body())
        except ValueError:
            raise Refused(400, 20001, "The request body is not valid JSON") from None
        if not given.get("types"):
            raise Refused(400, 20001, "Missing required parameter types")
        identifier = sid("HX")
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        url = f"https://content.twilio.com/v1/Content/{identifier}"
        self.line.contents[identifier] = {
            "account_sid": self.line.settings.twilio_account_sid,
            "date_created": now,
            "date_updated": now,
            "friendly_name": given.get("friendly_name"),
            "language": given.get("language", "es_MX"),
            "links": {
                "approval_create": f"{url}/ApprovalRequests/whatsapp",
                "approval_fetch": f"{url}/ApprovalRequests",
            },
            "sid": identifier,
            "types": given["types"],
            "url": url,
            "variables": given.get("variables") or {},
        }
        self.walker.changed()
        return JSONResponse(self.line.contents[identifier], status_code=201)

    async def content(self, request: Request) -> Response:
        """One template."""
        return JSONResponse(self.found(self.line.contents, request))

    async def contents(self, _: Request) -> Response:
        """All templates."""
        url = "https://content.twilio.com/v1/Content?PageSize=50&Page=0"
        meta = {"first_page_url": url, "key": "contents", "next_page_url": None, "page": 0, "page_size": 50,
                "previous_page_url": None, "url": url}  # fmt: skip
        return JSONResponse({"contents": list(self.line.contents.values()), "meta": meta})

    async def delete_content(self, request: Request) -> Response:
        """Remove a template."""
        self.found(self.line.contents, request)
        del self.line.contents[request.path_params["sid"]]
        return Response(status_code=204)

    async def approve(self, request: Request) -> Response:
        """Ask WhatsApp to approve a template: the sandbox's WhatsApp always does, at once."""
        content = self.found(self.line.contents, request)
        given = json.loads(await request.body() or b"{}")
        approval = {
            "name": given.get("name", content["friendly_name"]),
            "category": given.get("category", "UTILITY"),
            "content_type": next(iter(content["types"])),
            "status": "approved",
            "rejection_reason": "",
            "allow_category_change": True,
        }
        self.line.hidden[content["sid"]] = {"approval": approval}
        return JSONResponse({**approval, "status": "received"}, status_code=201)

    async def approval(self, request: Request) -> Response:
        """Whether WhatsApp approved a template."""
        content = self.found(self.line.contents, request)
        approval = self.line.hidden.get(content["sid"], {}).get("approval")
        none = {"status": "unsubmitted", "name": "", "category": "", "content_type": "", "rejection_reason": ""}
        return JSONResponse(
            {
                "account_sid": content["account_sid"],
                "sid": content["sid"],
                "url": content["links"]["approval_fetch"],
                "whatsapp": approval or none,
            }
        )

    def found(self, among: dict[str, dict[str, Any]], request: Request) -> dict[str, Any]:
        """The record named in the path. Raises Refused 20404."""
        record = among.get(request.path_params["sid"])
        if record is None:
            raise Refused(404, 20404, f"The requested resource {request.url.path} was not found")
        return record

"""Content templates and WhatsApp's word on them (twilio.com/docs/content).

An approval request is ``received``, then ``pending``, then ``approved``, unless ``POST /_sandbox/twilio/templates/{sid}``
``{"status": "rejected", "reason": "…"}`` ordered otherwise: before the request, for its outcome; afterwards, at once.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.twilio.callbacks import Walker
from sandbox.twilio.messages import Line, Refused, found, sid

# twilio.rest.content.v1.content.approval_fetch: "unsubmitted" is Twilio's own, before anything was asked.
STATUSES = ("received", "pending", "approved", "rejected", "paused", "disabled")
Handler = Callable[[Request], Awaitable[Response]]


class Templates:
    """The templates of one line."""

    def __init__(self, line: Line, walker: Walker) -> None:
        self.line, self.walker = line, walker

    def handlers(self) -> Iterator[tuple[str, Handler, str]]:
        """Path, handler and method of what Twilio's Content API answers."""
        yield "/content/v1/Content", self.create, "POST"
        yield "/content/v1/Content", self.listed, "GET"
        yield "/content/v1/Content/{sid}", self.fetch, "GET"
        yield "/content/v1/Content/{sid}", self.delete, "DELETE"
        yield "/content/v1/Content/{sid}/ApprovalRequests", self.approval, "GET"
        yield "/content/v1/Content/{sid}/ApprovalRequests/whatsapp", self.submit, "POST"

    async def create(self, request: Request) -> Response:
        """A template. Nobody has approved it yet."""
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

    async def fetch(self, request: Request) -> Response:
        """One template."""
        return JSONResponse(found(self.line.contents, request))

    async def listed(self, _: Request) -> Response:
        """All templates."""
        url = "https://content.twilio.com/v1/Content?PageSize=50&Page=0"
        meta = {"first_page_url": url, "key": "contents", "next_page_url": None, "page": 0, "page_size": 50,
                "previous_page_url": None, "url": url}  # fmt: skip
        return JSONResponse({"contents": list(self.line.contents.values()), "meta": meta})

    async def delete(self, request: Request) -> Response:
        """Remove a template and what was said of it."""
        found(self.line.contents, request)
        del self.line.contents[request.path_params["sid"]]
        self.line.hidden.pop(request.path_params["sid"], None)
        self.walker.changed()
        return Response(status_code=204)

    async def submit(self, request: Request) -> Response:
        """Ask WhatsApp to approve a template."""
        content = found(self.line.contents, request)
        given = json.loads(await request.body() or b"{}")
        approval = {
            "name": given.get("name", content["friendly_name"]),
            "category": given.get("category", "UTILITY"),
            "content_type": next(iter(content["types"])),
            "status": "received",
            "rejection_reason": "",
            "allow_category_change": given.get("allow_category_change", True),
        }
        answer = JSONResponse(approval, status_code=201)
        hidden = self.line.hidden.setdefault(content["sid"], {})
        hidden.update(approval=approval, held=False)
        self.walker.submit(content["sid"])
        self.walker.changed()
        return answer

    async def approval(self, request: Request) -> Response:
        """What WhatsApp says of a template."""
        content = found(self.line.contents, request)
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

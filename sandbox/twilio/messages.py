"""Messages and what becomes of them: queued, sent, delivered, read; or failed."""

import json
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request

from sandbox.settings import SandboxSettings
from sandbox.twilio.numbers import ASYNCHRONOUS, Address, magic_error, parse

CHANNEL = "XE" + "5a" * 16  # the installed WhatsApp channel
WINDOW_SECONDS = 24 * 3600
STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"}
START = {"START", "UNSTOP", "YES"}
_CHANNEL_ERRORS = {
    63016: "Failed to send freeform message because you are outside the allowed window. If you are using WhatsApp, "
    "please use a Message Template.",
    63018: "Rate limit exceeded for Channel",
    63013: "This message send failed because it violates Channel provider's policy.",
    63024: "Invalid message recipient",
    30003: "Unreachable destination handset",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30008: "Unknown error",
}


class Refused(Exception):
    """An error of Twilio's REST API: ``{code, message, more_info, status}``."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "more_info": f"https://www.twilio.com/docs/errors/{code}",
            "status": status,
        }


def sid(prefix: str) -> str:
    """A SID: two letters and 32 hex digits."""
    return prefix + secrets.token_hex(16)


def stamp(at: float | None = None) -> str:
    """An instant as Twilio writes it (RFC 2822)."""
    return format_datetime(datetime.fromtimestamp(time.time() if at is None else at, UTC))


def found(among: dict[str, dict[str, Any]], request: Request) -> dict[str, Any]:
    """The record named in the request's path. Raises Refused 20404."""
    record = among.get(request.path_params["sid"])
    if record is None:
        raise Refused(404, 20404, f"The requested resource {request.url.path} was not found")
    return record


@dataclass
class Line:
    """The sandbox's Twilio account: messages by sid (oldest first), templates, who opted out, who wrote when."""

    settings: SandboxSettings
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)
    opted_out: dict[str, float] = field(default_factory=dict)
    windows: dict[str, float] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)  # error codes for the next messages, from outside

    def create(self, form: dict[str, Any]) -> dict[str, Any]:
        """Accept a message. Raises Refused for what Twilio refuses at once."""
        to = parse(form.get("To", ""))
        if not form.get("To"):
            raise Refused(400, 21604, "A 'To' phone number is required.")
        if to is None:
            raise Refused(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        sender, service = form.get("From"), form.get("MessagingServiceSid")
        if not sender and not service:
            raise Refused(400, 21603, "A 'From' phone number is required.")
        if sender and (parse(sender) is None or (parse(sender) or to).channel != to.channel):
            raise Refused(400, 63007 if to.channel else 21606, f"Twilio could not find a sender for {sender}")
        body, content = form.get("Body"), form.get("ContentSid")
        media = form.get("MediaUrl") or []
        if not body and not content and not media:
            raise Refused(400, 21619, "A text message body or media urls must be specified.")
        variables = self._variables(form.get("ContentVariables"))
        if content:
            body = self._rendered(content, variables)
        magic = magic_error(to)
        if magic == 21211:
            raise Refused(400, 21211, f"Invalid 'To' Phone Number: {form['To']}")
        if magic == 21610 or str(to.canonical) in self.opted_out:
            raise Refused(400, 21610, "Attempt to send to unsubscribed recipient")
        if self.failures and self.failures[0] not in ASYNCHRONOUS:
            code = self.failures.pop(0)
            raise Refused(429 if code == 20429 else 400, code, f"Error {code}")
        return self._file(form, to, body or "", media, content, variables, magic)

    def _file(
        self,
        form: dict[str, Any],
        to: Address,
        body: str,
        media: list[str],
        content: str | None,
        variables: dict[str, str],
        magic: int | None,
    ) -> dict[str, Any]:
        identifier = sid("MM" if media else "SM")
        account = self.settings.twilio_account_sid
        now = stamp()
        message = {
            "account_sid": account,
            "api_version": "2010-04-01",
            "body": body,
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "num_media": str(len(media)),
            "num_segments": str(1 + len(body) // 153),
            "price": None,
            "price_unit": "USD",
            "sid": identifier,
            "status": "queued",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{account}/Messages/{identifier}/Media.json"},
            "to": str(to),
            "uri": f"/2010-04-01/Accounts/{account}/Messages/{identifier}.json",
        }
        self.messages[identifier] = message
        self.hidden[identifier] = {
            "at": time.time(),
            "callback": form.get("StatusCallback"),
            "media": media,
            "content_sid": content,
            "variables": variables,
            "error": magic or (self.failures.pop(0) if self.failures else self._outside_window(to, content)),
        }
        return message

    def _outside_window(self, to: Address, content: str | None) -> int | None:
        """63016 when strict, not an approved template, and the person has not written in the last 24 hours. Within the
        window a template that WhatsApp never approved goes out as free text."""
        if not self.settings.twilio_strict or to.channel != "whatsapp" or self.approved(content):
            return None
        wrote = self.windows.get(str(to.canonical), 0.0)
        return None if time.time() - wrote < WINDOW_SECONDS else 63016

    def approved(self, content: str | None) -> bool:
        """Whether WhatsApp approved the template."""
        return bool(content) and self.hidden.get(content or "", {}).get("approval", {}).get("status") == "approved"

    def _variables(self, given: str | None) -> dict[str, str]:
        if not given:
            return {}
        try:
            variables = json.loads(given)
        except ValueError:
            raise Refused(400, 21656, "The ContentVariables parameter is invalid.") from None
        if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
            raise Refused(400, 21656, "The ContentVariables parameter is invalid.")
        return variables

    def _rendered(self, content: str, variables: dict[str, str]) -> str:
        template = self.contents.get(content)
        if template is None:
            if self.settings.twilio_strict or not re.fullmatch(r"HX[0-9a-fA-F]{32}", content):
                raise Refused(400, 21655, "The ContentSid parameter is invalid.")
            return " | ".join(variables[key] for key in sorted(variables))
        text = next((str(kind.get("body", "")) for kind in template["types"].values()), "")
        return re.sub(r"\{\{(\w+)\}\}", lambda found: variables.get(found[1], found[0]), text)

    def move(self, identifier: str, status: str, error: int | None = None) -> dict[str, Any]:
        """Change a message's status."""
        message = self.messages[identifier]
        message.update(status=status, date_updated=stamp())
        if status in {"sent", "delivered"} and message["date_sent"] is None:
            message["date_sent"] = stamp()
        if error is not None:
            message.update(error_code=error, error_message=_CHANNEL_ERRORS.get(error, f"Error {error}"))
        return message

    def steps(self, identifier: str) -> list[tuple[str, int | None]]:
        """What will happen to a message: statuses with error codes."""
        hidden, message = self.hidden[identifier], self.messages[identifier]
        error = hidden["error"]
        whatsapp = message["to"].startswith("whatsapp:")
        if error in {63016, 63018, 63013, 63024, 63017, 63038}:
            return [("failed" if error != 63024 else "undelivered", error)]
        if error:
            return [("sent", None), ("undelivered", error)]
        path: list[tuple[str, int | None]] = [("sent", None), ("delivered", None)]
        return [*path, ("read", None)] if whatsapp and self.settings.twilio_read else path

    def callback(self, identifier: str) -> dict[str, str]:
        """The fields of a status callback for the message as it stands: those, and only those, of Twilio's guide
        "Track the Message Status of Outbound Messages" (the OpenAPI has no schema for callbacks)."""
        message = self.messages[identifier]
        fields = {
            "AccountSid": message["account_sid"],
            "ApiVersion": "2010-04-01",
            "From": message["from"] or "",
            "MessageSid": identifier,
            "MessageStatus": message["status"],
            "SmsSid": identifier,
            "SmsStatus": message["status"],
            "To": message["to"],
        }
        if message["messaging_service_sid"]:
            fields["MessagingServiceSid"] = message["messaging_service_sid"]
        if message["error_code"]:
            fields["ErrorCode"] = str(message["error_code"])
        if message["to"].startswith("whatsapp:"):
            fields |= {"ChannelInstallSid": CHANNEL, "ChannelPrefix": "whatsapp"}
            if message["error_code"]:
                fields["ChannelStatusMessage"] = message["error_message"]
            if message["status"] == "read":
                fields["EventType"] = "READ"
        elif message["status"] in {"delivered", "undelivered"}:
            fields["RawDlrDoneDate"] = time.strftime("%y%m%d%H%M", time.gmtime())
        return fields

    def receive(self, sender: Address, to: str, body: str, *, profile: str, button: str | None) -> dict[str, str]:
        """A person writes to us. Opens the 24-hour window, obeys STOP and START, and gives the webhook's fields."""
        person = str(sender.canonical)
        self.windows[person] = time.time()
        word = body.strip().upper()
        shown = sender.mexican_one if sender.channel and self.settings.twilio_mexican_one else sender
        identifier = sid("SM")
        fields = {
            "AccountSid": self.settings.twilio_account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": str(shown),
            "MessageSid": identifier,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": identifier,
            "SmsSid": identifier,
            "SmsStatus": "received",
            "To": to,
        }
        if sender.channel:
            fields |= {"MessageType": "button" if button else "text", "ProfileName": profile, "ReferralNumMedia": "0",
                       "WaId": shown.number.removeprefix("+")}  # fmt: skip
        if button:
            fields |= {"ButtonText": body, "ButtonPayload": button}
        if word in STOP:
            self.opted_out[person] = time.time()
            fields["OptOutType"] = "STOP"
        elif word in START:
            self.opted_out.pop(person, None)
            fields["OptOutType"] = "START"
        now = stamp()
        self.messages[identifier] = {
            "account_sid": self.settings.twilio_account_sid, "api_version": "2010-04-01", "body": body,
            "date_created": now, "date_sent": now, "date_updated": now, "direction": "inbound", "error_code": None,
            "error_message": None, "from": str(shown), "messaging_service_sid": None, "num_media": "0",
            "num_segments": "1", "price": None, "price_unit": "USD", "sid": identifier, "status": "received",
            "subresource_uris": {}, "to": to,
            "uri": f"/2010-04-01/Accounts/{self.settings.twilio_account_sid}/Messages/{identifier}.json",
        }  # fmt: skip
        self.hidden[identifier] = {"at": time.time(), "callback": None, "media": [], "content_sid": None,
                                   "variables": {}, "error": None}  # fmt: skip
        return fields

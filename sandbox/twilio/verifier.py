"""Holds what Twilio's sandbox says against Twilio's own OpenAPI document (github.com/twilio/twilio-oai).

The document describes messages. It has nothing on status callbacks: their fields are those of Twilio's guide "Track the
Message Status of Outbound Messages", their statuses and sids those of a message.
"""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from sandbox.verification import Side, Verification

MESSAGE = "api.v2010.account.message"
# "Properties in status callback requests": what every request carries, and what some do.
ALWAYS = {"AccountSid", "ApiVersion", "From", "MessageSid", "MessageStatus", "SmsSid", "SmsStatus", "To"}
CHANNEL = {"ChannelInstallSid", "ChannelPrefix"}
SOMETIMES = {"ErrorCode", "MessagingServiceSid", "RawDlrDoneDate", "ChannelStatusMessage", "EventType"}
_FAILED = {"failed", "undelivered"}


def nullable(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` as JSON Schema knows it."""
    if isinstance(node, list):
        return [nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    converted = {name: nullable(each) for name, each in node.items() if name != "nullable"}
    return {"anyOf": [converted, {"type": "null"}]} if node.get("nullable") is True else converted


@lru_cache(maxsize=2)  # every reset of the sandbox asks again
def _schemas(document: Path) -> dict[str, Any]:
    schemas = json.loads(document.read_text())["components"]["schemas"]
    return {name: schemas[name] for name in schemas if name == MESSAGE or name.startswith("message_enum_")}


class Verifier:
    """Without the document nothing is judged. Raises OSError or ValueError when it cannot be read."""

    def __init__(self, document: Path | None, verification: Verification) -> None:
        self.verification = verification
        self.schema: dict[str, Any] = {}
        self.declared: dict[str, Any] = {}
        self.statuses: set[str] = set()
        if document is None or not verification.on:
            return
        used = _schemas(document)
        self.declared, self.statuses = used[MESSAGE]["properties"], set(used["message_enum_status"]["enum"])
        self.schema = nullable({"$ref": f"#/components/schemas/{MESSAGE}", "components": {"schemas": used}})

    def answered(self, operation: str, message: dict[str, Any], at: str = "$") -> None:
        """A message as the REST API shows it: every declared field and no other."""
        if not self.schema:
            return
        self.verification.hold(Side.RESPONSE, operation, MESSAGE, self.schema, message, at=at)
        if odd := set(message) ^ set(self.declared):
            self.verification.note(Side.RESPONSE, operation, at, f"missing or unknown: {', '.join(sorted(odd))}")

    def told(self, fields: dict[str, str]) -> None:
        """A status callback."""
        if not self.schema:
            return
        self.verification.judged += 1
        status = fields.get("MessageStatus", "")
        channel = fields.get("To", "").startswith("whatsapp:")
        always = ALWAYS | (CHANNEL if channel else set())
        wrong = [f"{name} is missing" for name in sorted(always - set(fields))]
        wrong += [f"{name} is not documented" for name in sorted(set(fields) - always - SOMETIMES)]
        if status not in self.statuses or status != fields.get("SmsStatus"):
            wrong.append(f"'{status}' is no status, or SmsStatus differs")
        if (status in _FAILED) != ("ErrorCode" in fields):
            wrong.append("ErrorCode comes with a failure and only then")
        for field, name in (("MessageSid", "sid"), ("AccountSid", "account_sid")):
            if not re.fullmatch(self.declared[name]["pattern"], fields.get(field, "")):
                wrong.append(f"{field} does not match {self.declared[name]['pattern']}")
        for rule in wrong:
            self.verification.note(Side.CALLBACK, f"status callback {status}", "$", rule)

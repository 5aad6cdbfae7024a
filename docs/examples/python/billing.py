"""Perdura as a product's server uses it: what a customer may use, what they used, and what it is told. Standard library only."""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
from typing import Any

URL = os.environ.get("PERDURA_URL", "http://127.0.0.1:8400")
KEY = os.environ.get("PERDURA_API_KEY", "")  # scopes read and write; it never leaves the server
SECRET = os.environ.get("PERDURA_WEBHOOK_SECRET", "")  # printed by `perdura webhooks add`

OPEN = {"access": "full", "banner": "", "link": "", "meters": []}
_last: dict[str, dict[str, Any]] = {}


class OverLimit(Exception):
    """The plan does not allow more. The message says what is used and what is allowed."""


def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One request; a problem (RFC 9457) is raised as urllib.error.HTTPError."""
    data = None if body is None else json.dumps(body).encode()
    head = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(URL + path, data, head, method=method), timeout=5) as answer:
        return json.load(answer)


def entitlements(customer: str) -> dict[str, Any]:
    """What a customer may use now. While Perdura cannot be reached: the last answer, and without one everything."""
    try:
        _last[customer] = ask("GET", f"/v1/entitlements/{customer}")
    except (OSError, urllib.error.HTTPError):
        return _last.get(customer, OPEN)
    return _last[customer]


def use(customer: str, meter: str, key: str, quantity: int = 1) -> int | None:
    """Count a use, once by its key however often it is told; how much is left (None: no end). Raises OverLimit: it was not counted."""
    told = {"key": key, "meter": meter, "quantity": quantity, "customer_reference": customer}
    try:
        left: int | None = ask("POST", "/v1/usage", told)["left"]
    except urllib.error.HTTPError as problem:
        if problem.code == 409:
            raise OverLimit(json.load(problem)["detail"]) from None
        raise
    return left


def browser_token(customer: str) -> dict[str, str]:
    """What the page of a logged-in customer gives to the snippet: `token`, `script` and `integrity`."""
    told: dict[str, str] = ask("POST", f"/v1/entitlements/{customer}/token")
    return told


def verified(headers: dict[str, str], body: bytes, secret: str = "") -> bool:
    """Whether Perdura sent this, just now (Standard Webhooks). `headers` by lower-case name, `body` as it came."""
    key = base64.b64decode((secret or SECRET).removeprefix("whsec_"))
    sent_at = headers.get("webhook-timestamp", "0")
    if not sent_at.isdigit() or abs(time.time() - int(sent_at)) > 300:
        return False
    told = f"{headers.get('webhook-id', '')}.{sent_at}.".encode() + body
    expected = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected, each.removeprefix("v1,")) for each in given if each.startswith("v1,"))


def confirm_deletion(deletion: str, deleted: list[str], reference: str) -> None:
    """The answer to `customer.data_deletion_requested`, once it is done."""
    ask("POST", f"/v1/deletions/{deletion}/confirm", {"deleted": deleted, "reference": reference})

"""A product in a hundred lines: a page with the banner, a button that uses the plan, and the webhook. `python shop.py`, port 8500.

Who is logged in is left out: the customer is `user-1042` unless `?customer=` says otherwise.
"""

import json
import uuid
from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server

import billing

documents: dict[str, list[str]] = {}  # by customer
worked_off: set[str] = set()  # ids of events; a product keeps them in its database

Start = Callable[[str, list[tuple[str, str]]], Any]


def page(customer: str, said: str = "") -> str:
    """Look and use are decided here, on the server; the snippet shows the same in the browser while the page is open."""
    now = billing.entitlements(customer)
    banner = ""
    if now["banner"]:
        link = f' <a href="{escape(now["link"], quote=True)}">Pagar</a>' if now["link"] else ""
        banner = f"<p role='status'>{escape(now['banner'])}{link}</p>"
    if now["access"] == "blocked":
        return f"<!doctype html><title>Facturas</title>{banner}"
    used = "".join(f"<li>{escape(m['meter'])}: {m['used']} de {m['most'] or '∞'}</li>" for m in now["meters"])
    mine = "".join(f"<li>{escape(each)}</li>" for each in documents.get(customer, []))
    writes = "" if now["access"] == "read_only" else "<form method='post'><button>Nueva factura</button></form>"
    return f"<!doctype html><title>Facturas</title>{banner}<p>{escape(said)}</p><ul>{used}</ul>{writes}<ul>{mine}</ul>{snippet(customer)}"


def snippet(customer: str) -> str:
    try:
        told = billing.browser_token(customer)
    except OSError:
        return ""  # the page works without
    return (
        f'<script src="{told["script"]}" integrity="{told["integrity"]}" crossorigin="anonymous" '
        f'data-token="{told["token"]}" data-token-url="/perdura-token?customer={customer}" defer></script>'
    )


def create(customer: str) -> str:
    """Count first, then do: what the plan does not allow is not done."""
    if billing.entitlements(customer)["access"] not in ("full", "grace"):
        return "Tu servicio no permite crear facturas ahora."
    name = f"F-{uuid.uuid4().hex[:8]}"
    try:
        billing.use(customer, "documents", f"document-{name}")
    except billing.OverLimit:
        return "Llegaste al límite de tu plan."
    documents.setdefault(customer, []).append(name)
    return f"Factura {name} creada."


def hear(headers: dict[str, str], body: bytes) -> str:
    """Take an event: verified, worked off once, answered with 2xx. What takes long belongs behind the answer."""
    if not billing.verified(headers, body):
        return "401 Unauthorized"
    event = json.loads(body)
    if event["id"] not in worked_off:
        if event["type"] == "customer.data_deletion_requested":
            gone = documents.pop(event["customer_reference"], [])
            billing.confirm_deletion(event["data"]["deletion"], [f"{len(gone)} invoices"], event["id"])
        worked_off.add(event["id"])
    return "204 No Content"


def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """WSGI: /, /perdura-token and /perdura (the address given to `perdura webhooks add`)."""
    path, posted = environ["PATH_INFO"], environ["REQUEST_METHOD"] == "POST"
    customer = parse_qs(environ.get("QUERY_STRING", "")).get("customer", ["user-1042"])[0]
    if path == "/perdura" and posted:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        head = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        start(hear(head, body), [])
        return []
    if path == "/perdura-token":
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"token": billing.browser_token(customer)["token"]}).encode()]
    start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [page(customer, create(customer) if posted else "").encode()]


if __name__ == "__main__":
    with make_server("127.0.0.1", 8500, app) as server:
        server.serve_forever()

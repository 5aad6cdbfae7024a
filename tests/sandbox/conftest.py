"""One sandbox in a thread of its own, the real SDKs pointed at it, and a receiver for what it sends.

With ``--live`` the tests marked ``live`` run, unchanged, against the real services that ``tests/live/services.py`` finds.
"""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import httpx
import pytest
import stripe

from sandbox.server import serve
from sandbox.settings import SandboxSettings
from sandbox.stripe import contract
from sandbox.stripe.operations import register
from sandbox.stripe.registry import match
from sandbox.stripe.verifier import Verifier
from sandbox.verification import Side, Verification, Violation
from tests.conftest import official_contracts
from tests.live.services import STRIPE, TWILIO, Service, chosen

# One client for all tests: each new one would read the certificates of all authorities, for plain HTTP on this machine.
HTTP = httpx.Client(trust_env=False, verify=False, timeout=10)
LIVE = pytest.StashKey[tuple[Service, ...] | None]()
SECRET = "whsec_perdura_sandbox"
SID = "AC" + "5a" * 16
TOKEN = "perdura_sandbox_token"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--live``: the real services instead of the sandbox."""
    parser.addoption("--live", action="store_true", help="run the tests marked live against real Stripe and Twilio")


def pytest_configure(config: pytest.Config) -> None:
    """Raises UsageError for a key that is not a test key."""
    config.addinivalue_line("markers", "live: behaves alike at the real service; runs there with --live")
    config.stash[LIVE] = chosen(os.environ) if config.getoption("--live", False) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--live``, only what is marked so and has its service."""
    services = config.stash.get(LIVE, None)
    if services is None:
        return
    ready = {service.fixture for service in services if not service.missing}
    kept = [
        item
        for item in items
        if item.get_closest_marker("live") and ready & _fixtures(item) and "sandbox_thread" not in _fixtures(item)
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """No key, no test, no failure."""
    services = session.config.stash.get(LIVE, None)
    if services and all(s.missing for s in services) and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say aloud which services were not asked, and why."""
    for service in config.stash.get(LIVE, None) or ():
        if service.missing:
            terminalreporter.write_line(f"NOT RUN AGAINST {service.name}: set {', '.join(service.missing)}", red=True)


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Poll until the condition holds; its value. Fails when it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    pytest.fail(f"waited {seconds} s in vain")


def violations(url: str) -> list[str]:
    """What the sandbox at ``url`` said against the vendors' contracts. Requests are not its words: here they are wrong
    on purpose."""
    found = HTTP.get(f"{url}/_sandbox/violations").json()
    assert found["on"]
    return [str(Violation(**each)) for each in found["violations"] if each["side"] != Side.REQUEST]


@dataclass
class Receiver:
    """What was posted to us: ``(path, headers, body)``. ``status`` is what it answers, 0 hangs up."""

    url: str = ""
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """The Stripe events among the posts whose signature is right."""
        found = []
        for path, headers, body in list(self.posts):
            if path != "/stripe":
                continue
            try:
                event = stripe.Webhook.construct_event(body, headers["stripe-signature"], SECRET)  # type: ignore[no-untyped-call]
            except stripe.SignatureVerificationError:
                continue
            if kind in (None, event.type):
                found.append(event.to_dict())
        return found


@pytest.fixture(scope="session", autouse=True)
def _http_closed() -> Iterator[None]:
    yield
    HTTP.close()


@pytest.fixture(scope="session")
def receiver_server() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.posts.append((self.path, headers, body))
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join(5)


@dataclass
class Running:
    """A sandbox that answers at ``url``."""

    url: str
    settings: SandboxSettings

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call ``/_sandbox``."""
        response = HTTP.request(method, f"{self.url}/_sandbox{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()


class Thread:
    """A sandbox in a thread with an event loop of its own."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.loop = asyncio.new_event_loop()
        self.task: asyncio.Task[None] | None = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.task = self.loop.create_task(serve(self.settings))
        try:
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            pass
        finally:
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()

    def __enter__(self) -> Running:
        self.thread.start()
        url = self.settings.base_url

        def answers() -> bool:
            try:
                return HTTP.get(f"{url}/_sandbox").status_code == 200
            except httpx.HTTPError:
                return False

        until(answers, 30)
        return Running(url, self.settings)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self.task is not None
        wrong = violations(self.settings.base_url) if kind is None else []
        self.loop.call_soon_threadsafe(self.task.cancel)
        self.thread.join(10)
        assert not self.thread.is_alive()
        assert not wrong, wrong


def settings_for(directory: Path, **changes: Any) -> SandboxSettings:
    """Settings on free ports with nothing outside ``directory``."""
    own = {"port": free_port(), "smtp_port": free_port(), "pac_authority": directory / "authority"}
    document = official_contracts() / "twilio" / "twilio_api_v2010.json"
    held = {"verify": True, "twilio_contract": document if document.is_file() else None}
    return SandboxSettings(**{**own, **held, **changes})


@pytest.fixture(scope="session")
def sandbox_thread(receiver_server: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = settings_for(
        tmp_path_factory.mktemp("sandbox"),
        stripe_webhook_url=f"{receiver_server.url}/stripe",
        twilio_inbound_url=f"{receiver_server.url}/twilio/inbound",
        twilio_step_seconds=0.01,
    )
    with Thread(settings) as running:
        yield running


@pytest.fixture
def sandbox(sandbox_thread: Running, receiver_server: Receiver) -> Iterator[Running]:
    """An empty sandbox; all it says in the test is held against the vendors' contracts."""
    sandbox_thread.control("POST", "/reset")
    receiver_server.posts.clear()
    receiver_server.status = 200
    yield sandbox_thread
    sandbox_thread.control("DELETE", "/faults")
    wrong = violations(sandbox_thread.url)
    sandbox_thread.control("DELETE", "/violations")
    assert not wrong, wrong


@pytest.fixture
def receiver(receiver_server: Receiver, sandbox: Running) -> Receiver:
    return receiver_server


def addresses(url: str) -> Any:
    """The base addresses with which the SDK talks to the sandbox alone."""
    return {"api": url, "files": url, "connect": url, "meter_events": url}


@contextmanager
def client_for(url: str | None, key: str = "sk_test_perdura") -> Iterator[stripe.StripeClient]:
    """The real SDK. Without ``url`` it talks to Stripe, whose answers are held against the SDK's classes here."""
    register()
    verifier = Verifier(contract.load(), Verification(on=True))

    class Checking(stripe.RequestsClient):
        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            answer = super().request(method, url, *args, **kwargs)
            body = json.loads(answer[0])
            if "error" not in body:
                verifier.answered(method.upper(), match(method.upper(), urlparse(url).path)[0].template, body)
            found = verifier.verification.violations
            assert not found, [str(each) for each in found]
            return answer

    http = stripe.RequestsClient(timeout=10) if url else Checking(timeout=60)
    where = {"base_addresses": addresses(url)} if url else {}
    yield stripe.StripeClient(key, **where, max_network_retries=0 if url else 2, http_client=http)
    http.close()


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[stripe.StripeClient]:
    if request.config.stash.get(LIVE, None):
        with client_for(None, os.environ[STRIPE.variables[0]]) as made:
            yield made
        return
    with client_for(request.getfixturevalue("sandbox").url) as made:
        yield made


@pytest.fixture
def twilio(request: pytest.FixtureRequest) -> Any:
    """The real Twilio SDK, its hosts mapped to the sandbox."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    if request.config.stash.get(LIVE, None):
        account, secret = (os.environ[name] for name in TWILIO.variables)
        return lambda sid=SID, token=TOKEN: Client(account, secret if token == TOKEN else token)
    sandbox = request.getfixturevalue("sandbox")
    prefixes = {"api.twilio.com": "", "content.twilio.com": "/content"}

    class Local(TwilioHttpClient):  # type: ignore[misc]
        def request(self, method: str, uri: str, *args: Any, **kwargs: Any) -> Any:
            parts = urlparse(uri)
            query = f"?{parts.query}" if parts.query else ""
            local = f"{sandbox.url}{prefixes[parts.netloc]}{parts.path}{query}"
            return super().request(method, local, *args, **kwargs)

    def make(sid: str = SID, token: str = TOKEN) -> Any:
        http = Local(pool_connections=False)
        return Client(sid, token, http_client=http)

    return make


@dataclass
class Shop:
    """A product with a monthly price in pesos, and customers on a test clock."""

    client: stripe.StripeClient
    clocks: list[str] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)  # those on no clock

    def price(self, amount: int = 49_900, interval: Any = "month") -> str:
        """A new recurring price; its id."""
        product = self.client.v1.products.create({"name": "Plan"})
        recurring: Any = {"interval": interval}
        price = self.client.v1.prices.create(
            {"product": product.id, "currency": "mxn", "unit_amount": amount, "recurring": recurring}
        )
        return price.id

    def clock(self, at: int = 1_800_000_000) -> str:
        """A new test clock; its id."""
        self.clocks.append(self.client.v1.test_helpers.test_clocks.create({"frozen_time": at}).id)
        return self.clocks[-1]

    def customer(self, card: str | None = "pm_card_visa", clock: str | None = None) -> str:
        """A customer with a default card; the id."""
        params: Any = {"email": "ana@example.com", "name": "Ana", **({"test_clock": clock} if clock else {})}
        customer = self.client.v1.customers.create(params)
        if not clock:
            self.customers.append(customer.id)
        if card:
            self.default(customer.id, card)
        return customer.id

    def default(self, customer: str, card: str) -> str:
        """Attach a card and make it the default; its id."""
        method = self.client.v1.payment_methods.attach(card, {"customer": customer})
        self.client.v1.customers.update(customer, {"invoice_settings": {"default_payment_method": method.id}})
        return method.id

    def charge(self, customer: str, amount: int = 1000) -> stripe.PaymentIntent:
        """Charge the customer's card now. Raises CardError."""
        method = self.client.v1.customers.payment_methods.list(customer).data[0].id
        return self.client.v1.payment_intents.create(
            {"amount": amount, "currency": "mxn", "customer": customer, "payment_method": method, "confirm": True}
        )

    def advance(self, clock: str, seconds: int) -> None:
        """Let the clock run."""
        now = self.client.v1.test_helpers.test_clocks.retrieve(clock).frozen_time
        clocks = self.client.v1.test_helpers.test_clocks
        clocks.advance(clock, {"frozen_time": now + seconds})
        until(lambda: clocks.retrieve(clock).status == "ready", 120)  # Stripe takes its time, the sandbox none

    def latest(self, subscription: str) -> stripe.Invoice:
        """The subscription's latest invoice."""
        found = self.client.v1.subscriptions.retrieve(subscription, {"expand": ["latest_invoice"]}).latest_invoice
        assert isinstance(found, stripe.Invoice)
        return found


@pytest.fixture
def shop(request: pytest.FixtureRequest, client: stripe.StripeClient) -> Iterator[Shop]:
    made = Shop(client)
    yield made
    if request.config.stash.get(LIVE, None):
        for clock in made.clocks:  # with it go its customers and their subscriptions
            client.v1.test_helpers.test_clocks.delete(clock)
        for customer in made.customers:
            client.v1.customers.delete(customer)

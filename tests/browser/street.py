"""Businesses with their pages served over HTTP, and a Chromium to visit them with: for the tests, and for the pictures in docs/.

The API is the real one over a real SQL store; the payments provider and the processes are the fakes of tests/api.
"""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from activities.cataloguing import Cataloguing
from activities.gateways.store_sql import SqlStore
from activities.ports.payments import Checkout, Payments
from api.app import build
from models import shipped
from models.records import Tenant
from models.safekeeping.rotating_secret import RotatingSecret
from models.selling.catalog_file import parse
from sandbox.server import Quiet
from tests.api.conftest import LINK_KEY, SETTINGS, FakeDoor, FakePayments
from tests.databases import migrated
from tests.keys import KEYRING
from tests.pictures import acuario

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
# Tenant, its name, its catalogue, its look.
BUSINESSES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "cuentaclara": (
        "Cuenta Clara",
        "contabilidad-pyme",
        {
            "name": "Cuenta Clara",
            "legal_line": "Cuenta Clara Software, S.A.P.I. de C.V.",
            "primary": "#0f5c4d",
            "accent": "#d98c1f",
            "email": "hola@cuentaclara.example",
            "website": "https://cuentaclara.example",
            "terms_url": "",
            "privacy_url": "",
        },
    ),
    "vetia": (
        "Vetia",
        "software-veterinario",
        {
            "name": "Vetia",
            "legal_line": "Vetia Tecnología, S.A. de C.V.",
            "primary": "#3b4cc0",
            "accent": "#12a594",
            "email": "hola@vetia.example",
            "website": "https://vetia.example",
            "terms_url": "",
            "privacy_url": "",
        },
    ),
    "patitas": (
        "Clínica Patitas",
        "clinica-veterinaria",
        {
            "name": "Clínica Patitas",
            "legal_line": "",
            "primary": "#b3404a",
            "accent": "#e8b04b",
            "terms_url": "",
            "privacy_url": "",
        },
    ),
}


@dataclass
class Till(FakePayments):
    """The provider's pages, and where each leads back to."""

    back: dict[str, str] = field(default_factory=dict)

    async def open_checkout(self, *, key: str, subscription: str, success_url: str, **more: Any) -> Checkout:
        page = await super().open_checkout(key=key, subscription=subscription, success_url=success_url, **more)
        self.back[page.id] = success_url
        return page


@dataclass
class Street:
    """Where the businesses are, and what is behind them."""

    url: str
    store: SqlStore
    door: FakeDoor
    payments: Till
    key: RotatingSecret = LINK_KEY


def chromium_path() -> str | None:
    """The system's Chromium, where it has one."""
    return shutil.which("chromium")


@asynccontextmanager
async def built(database: str) -> AsyncIterator[Street]:
    """All businesses open, at a free port."""
    await migrated(database)
    store = SqlStore(database, KEYRING)
    door, payments = FakeDoor(store), Till()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = SETTINGS.model_copy(update={"public_url": url})
    app = build(settings=settings, store=store, payments=cast(Payments, payments), processes=door)
    for tenant, (name, catalog, look) in BUSINESSES.items():
        await store.create_tenant(Tenant(tenant, name))
        await open_business(store, payments, tenant, catalog, look)
    server = Quiet(uvicorn.Config(app, log_level="critical", access_log=False))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield Street(url, store, door, payments)
    finally:
        server.stop()
        await serving
        await store.close()


async def open_business(
    store: SqlStore, payments: FakePayments, tenant: str, catalog: str, look: dict[str, Any]
) -> None:
    """Its catalogue, as it is shipped, and its look."""
    letterhead = acuario(tenant, **{"phone": "", "whatsapp": "55 8765 4321", **look})
    await store.save_brand(replace(letterhead.brand, logo=None))
    page = shipped.page("catalogs", catalog)
    assert page is not None
    cataloguing = Cataloguing(store, cast(Payments, payments))
    proposal = await cataloguing.propose(tenant, parse(page, tenant))
    await cataloguing.apply(proposal, actor="tests", reason="a street", at=datetime.now(UTC))


@asynccontextmanager
async def browsing(path: str) -> AsyncIterator[Browser]:
    """A Chromium of our own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


async def overflow(page: Page) -> int:
    """How many pixels of the page lie beside the screen."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

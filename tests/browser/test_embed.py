"""The snippet in a product's own page, under a strict policy of its own, in a real browser."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from models.money import Money
from models.records import SubscriptionRecord
from models.speaking.links import Purpose, dated_token
from models.subscribing.subscriptions import Status
from tests.api.account_holders import holder
from tests.api.conftest import LINK_KEY, NOW
from tests.browser.conftest import insist_on_access
from tests.browser.street import DESKTOP, Street

Product = Callable[..., Awaitable[Page]]
BODY = '<main><h1>Facturas</h1><button id="use">Nueva factura</button></main>'


@pytest.fixture
async def product(chromium: Browser, street: Street) -> AsyncIterator[Product]:
    """A page of another origin that allows our script, our answers, and nothing inline. It is really served: a browser lets no page
    that came from nowhere speak to this machine."""
    context = await chromium.new_context(viewport=DESKTOP, locale="es-MX")
    shown: dict[str, str] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            asked = (await reader.readuntil(b"\r\n\r\n")).split(b" ")[1].decode()
            body = shown.get(asked, "").encode()
            policy = f"default-src 'none'; script-src {street.url}; connect-src 'self' {street.url}"
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Security-Policy: {policy}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        writer.close()

    async def opened(record: SubscriptionRecord, *, over: bool = False) -> Page:
        good, old = (
            dated_token(LINK_KEY, Purpose.EMBED, record.tenant, record.id, NOW + timedelta(hours=hours))
            for hours in (2, -2)
        )
        token, shown["/token"] = (old if over else good), json.dumps({"token": good})
        script = (
            f'<script src="{street.url}/embed/perdura.js" data-token="{token}" data-token-url="/token" defer></script>'
        )
        path = f"/{record.id}"
        shown[path] = (
            f'<!doctype html><html lang="es"><head><title>Producto</title>{script}</head><body>{BODY}</body></html>'
        )
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}")
        await page.locator("html[data-perdura-access]").wait_for(state="attached")
        return page

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield opened
        await context.close()


async def become(street: Street, record: SubscriptionRecord, **changes: object) -> None:
    await street.store.save_subscription(replace(record, **changes))


async def access(page: Page) -> str:
    return str(await page.evaluate("document.documentElement.dataset.perduraAccess"))


async def test_banner_and_block_follow_the_state_and_go_when_it_is_paid(product: Product, street: Street) -> None:
    record = await holder(street.store, "patitas", "adulto-anual", reference="embed-1", status=Status.ACTIVE)
    page = await product(record)
    assert await access(page) == "full"
    assert await page.locator("#perdura-banner").count() == 0

    due = Money(200_000)
    await become(street, record, status=Status.PAST_DUE, amount_due=due)
    await page.evaluate("window.perdura.refresh()")
    banner = page.get_by_role("status")
    assert "No pudimos cobrar" in await banner.inner_text()
    assert (await banner.get_by_role("link").get_attribute("href") or "").startswith(f"{street.url}/go/")
    await page.click("#use")
    await insist_on_access(page)

    heard = page.evaluate("new Promise(told => addEventListener('perdura:access', e => told(e.detail.access), true))")
    await become(street, record, status=Status.SUSPENDED, amount_due=due)
    await page.evaluate("void setTimeout(() => window.perdura.refresh(), 50)")
    assert await heard == "blocked"
    block = page.get_by_role("alertdialog")
    assert await block.evaluate("e => getComputedStyle(e).position") == "fixed"
    assert await page.evaluate("document.activeElement.textContent") == "Ir a pagar"
    assert await page.evaluate("document.querySelector('main').inert") is True

    await become(street, record, status=Status.ACTIVE, amount_due=Money(0))
    await page.evaluate("window.perdura.refresh()")
    assert await access(page) == "full"
    assert await page.evaluate("document.querySelector('main').inert") is False


async def test_nobody_is_kept_out_because_we_cannot_be_reached(product: Product, street: Street) -> None:
    record = await holder(street.store, "patitas", "adulto-anual", reference="embed-2", status=Status.ACTIVE)
    page = await product(record)
    await page.context.route("**/embed/entitlement*", lambda route: route.abort())
    await page.evaluate("window.perdura.refresh()")
    assert await access(page) == "full"

    await page.context.unroute("**/embed/entitlement*")
    await become(street, record, status=Status.SUSPENDED, amount_due=Money(200_000))
    await page.evaluate("window.perdura.refresh()")
    assert await access(page) == "blocked"
    await page.context.route("**/embed/entitlement*", lambda route: route.fulfill(status=503))
    await page.evaluate("window.perdura.refresh()")
    assert await access(page) == "blocked"  # what was heard holds for ten minutes
    await page.evaluate("const now = Date.now; Date.now = () => now() + 601000; window.perdura.refresh()")
    assert await access(page) == "full"
    assert await page.locator("#perdura-banner").count() == 0


async def test_a_token_that_has_run_out_is_replaced_by_the_products_own_server(
    product: Product, street: Street
) -> None:
    due = Money(200_000)
    record = await holder(
        street.store, "patitas", "adulto-anual", reference="embed-3", status=Status.SUSPENDED, amount_due=due
    )
    assert await access(await product(record, over=True)) == "blocked"

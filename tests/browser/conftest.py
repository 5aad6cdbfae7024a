"""One street and one browser for all tests of the pages. Where there is no Chromium they say so and are skipped."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.browser.street import DESKTOP, PHONE, Street, browsing, built, chromium_path, overflow
from tests.databases import new_database

Opening = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("NO CHROMIUM on PATH: install it (Debian: apt install chromium) to try the pages in a browser")
    async with browsing(path) as browser:
        yield browser


@pytest.fixture(scope="session")
async def street(
    request: pytest.FixtureRequest, on_postgresql: bool, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Street]:
    file = tmp_path_factory.mktemp("street") / "books.db"
    database = new_database(request.getfixturevalue("postgres")) if on_postgresql else f"sqlite+aiosqlite:///{file}"
    async with built(database) as street:
        yield street


@pytest.fixture
async def visit(chromium: Browser, street: Street) -> AsyncIterator[Opening]:
    """Opens a page of the street; scripts of pages would run if there were any that may. Contexts end with the test."""
    contexts = []

    async def opened(path: str, *, phone: bool = False, scripts: bool = True) -> Page:
        context = await chromium.new_context(
            viewport=PHONE if phone else DESKTOP, base_url=street.url, java_script_enabled=scripts, locale="es-MX"
        )
        contexts.append(context)
        await context.route(
            "https://checkout.example/**", lambda route: route.fulfill(body="<h1>Pago</h1>", content_type="text/html")
        )
        page = await context.new_page()
        answer = await page.goto(path)
        assert answer is not None
        assert answer.ok, (path, answer.status)
        return page

    yield opened
    for context in contexts:
        await context.close()


async def insist_on_access(page: Page) -> None:
    """Axe finds nothing, and nothing lies beside the screen."""
    results = await Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert await overflow(page) <= 0, f"{page.url} is wider than its screen"

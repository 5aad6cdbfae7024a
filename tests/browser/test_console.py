"""A morning at the console: news that come by themselves, the keyboard, somebody takes something on; and every page for everybody."""

from datetime import UTC, datetime

import pytest

from api.console.places import PLACES
from models.access.permissions import Role
from models.watching.attention import Finding, Rule
from tests.browser.busy_day import STUCK, TENANT, busy_day
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.debts import at_work
from tests.browser.street import Street

MINE = (
    f"/console/attention/{STUCK.id}",
    "/console/notices/whatsapp/in_p1/payment_received",
    "/console/invoices/ch_rosa",
    "/console/invoices/ch_tomas",
    "/console/bills/b_rosa",
    "/console/audit?verify=true",
    "/console/search?q=nadie",
    "/console/nowhere",
    *(f"/console/settings/{each}" for each in ("people", "keys", "webhooks", "brand", "issuer", "me")),
)


@pytest.fixture(scope="module")
async def busy(street: Street) -> Street:
    await busy_day(street)
    return street


async def test_support_hears_of_something_finds_it_and_takes_it_on(visit: Opening, busy: Street) -> None:
    page = await visit("/planes/vetia")
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
    await page.clock.install()
    await at_work(busy, page, Role.SUPPORT)
    assert not await page.get_by_text("El monto no coincide").is_visible()
    news = Finding(TENANT, Rule.AMOUNT_DIFFERS, "ch_norma", "$499.00 here, $599.00 at Stripe")
    await busy.store.keep_finding(news, at=datetime.now(UTC))
    await page.locator("body").click()
    await page.clock.fast_forward(11_000)  # what the page waits before it looks again
    await page.get_by_text("El monto no coincide").wait_for()
    await page.keyboard.press("?")
    assert await page.get_by_role("dialog", name="Teclas").is_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await page.wait_for_url("**/console/attention")
    await page.get_by_role("link", name="El monto no coincide").click()
    await page.get_by_label("Nota").fill("pregunto en el banco")
    await page.get_by_role("button", name="Yo lo tengo").click()
    await page.get_by_text("Anotado: los demás ven que lo tienes.").wait_for()
    assert await page.get_by_text("pregunto en el banco").is_visible()
    await page.wait_for_load_state()
    await page.keyboard.press("/")
    await page.keyboard.type("s_norma\n")
    await page.wait_for_url("**/console/subscriptions/s_norma")
    assert broken == []


async def test_every_page_can_be_used_by_everybody_on_a_desk_and_on_a_phone(visit: Opening, busy: Street) -> None:
    page = await visit("/console/sign-in?lang=es", phone=True)
    await insist_on_access(page)
    await at_work(busy, page)
    for path in (*(place.path for place in PLACES), *MINE):
        await page.goto(path)
        await insist_on_access(page)
    await page.goto("/console#menu")
    await page.get_by_role("navigation", name="Páginas").wait_for()
    await insist_on_access(page)

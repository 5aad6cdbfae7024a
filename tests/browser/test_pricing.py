"""The price list, as somebody looks at it."""

import pytest

from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import overflow


@pytest.mark.parametrize(
    ("address", "phone"), [("/planes/vetia", True), ("/planes/cuentaclara?interval=year&lang=en", False)]
)
async def test_everybody_can_read_it(visit: Opening, address: str, phone: bool) -> None:
    await insist_on_access(await visit(address, phone=phone))


async def test_it_fits_on_a_phone(visit: Opening) -> None:
    for address in ("/planes/patitas", "/planes/cuentaclara?interval=year", "/planes/vetia?interval=year&lang=en"):
        assert await overflow(await visit(address, phone=True)) <= 0, address


async def test_the_switch_shows_the_saving_without_scripts_and_by_keyboard(visit: Opening) -> None:
    page = await visit("/planes/cuentaclara", scripts=False)
    assert await page.get_by_text("$149.00", exact=True).count() == 1
    assert await page.get_by_text("Ahorras").count() == 0
    for _ in range(4):  # the name, the other language, by the month, by the year
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?interval=year")
    assert await page.locator(".saves").inner_text() == "Ahorras $588.00 MXN, 33 %\n4 meses gratis"
    assert (
        await page.get_by_role("link", name="Probar 7 días gratis").get_attribute("href")
        == "/contratar/cuentaclara/pro-anual"
    )


async def test_english_is_a_link_away_and_stays(visit: Opening) -> None:
    page = await visit("/planes/vetia?interval=year")
    await page.get_by_role("link", name="English").click()
    assert await page.locator("html").get_attribute("lang") == "en"
    assert await page.get_by_role("heading", level=1).inner_text() == "Plans and prices"
    assert await page.locator(".switch [aria-current]").inner_text() == "Annual"
    await page.get_by_role("link", name="Monthly").click()
    assert await page.get_by_text("Unlimited pets").count() == 2

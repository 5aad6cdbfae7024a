"""A business opens its own account on the page, on a phone."""

from tests.browser.conftest import Opening, insist_on_access


async def test_the_form_says_what_is_wrong_and_opens_the_account(visit: Opening) -> None:
    page = await visit("/registro", phone=True)
    await insist_on_access(page)
    for field, value in (
        ("business", "Veterinaria Los Álamos"),
        ("name", "Sofía Ríos"),
        ("email", "sofia@losalamos.mx"),
        ("phone", "12"),
        ("password", "cuatro perros en el parque"),
    ):
        await page.fill(f"#{field}", value)
    await page.check("#terms_version")
    await page.click("button")
    assert "10 dígitos" in await page.inner_text("#phone-hint")
    await insist_on_access(page)
    await page.fill("#phone", "55 1234 5678")
    await page.fill("#password", "cuatro perros en el parque")
    await page.click("button")
    assert "veterinaria-los-alamos" in await page.inner_text("main")
    await page.click("a.button")
    await insist_on_access(page)
    assert await page.locator("section.card").count() == 8

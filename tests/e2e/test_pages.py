"""A customer who helps themselves, from the price list to the CFDI and back out, in a browser on the whole stack."""

import re

import pytest
from playwright.async_api import Browser, Page

from models.money import Money
from models.selling.plans import Feature, Interval, Plan
from models.words import Words
from tests.browser.conftest import chromium as chromium
from tests.browser.street import DESKTOP
from tests.e2e.town import TENANT, Town

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

REPORTS = (Feature("reportes", Words("Reportes")),)
FULL = Plan(TENANT, "pleno", "Acuario Pleno", Money(14_900), tier="pleno", position=9, features=REPORTS)
YEARLY = Plan(TENANT, "pleno-anual", "Acuario Pleno", Money(120_000), Interval.YEAR, tier="pleno", features=REPORTS)
SMALL = Plan(TENANT, "chico", "Acuario Chico", Money(50_000), Interval.YEAR, position=10)
PATIENCE = 45_000  # milliseconds


async def until_seen(page: Page, words: str) -> None:
    """Look again until it is there: CFDI are made in their own time."""
    for _ in range(60):
        if await page.get_by_text(words).count():
            return
        await page.wait_for_timeout(500)
        await page.reload()
    raise AssertionError(f"'{words}' did not come: {await page.locator('main').inner_text()}")


async def test_look_sign_up_pay_read_the_invoice_change_leave_and_stay(town: Town, chromium: Browser) -> None:
    for plan in (FULL, YEARLY, SMALL):
        await town.store.save_plan(plan)
    context = await chromium.new_context(
        viewport=DESKTOP, base_url=str(town.api.base_url), java_script_enabled=False, locale="es-MX"
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    await page.goto(f"/planes/{TENANT}")
    await page.get_by_role("link", name=re.compile("Anual")).click()
    card = page.get_by_role("region", name="Acuario Pleno")
    assert await card.get_by_text("Ahorras $588.00 MXN, 33 %").is_visible()
    await card.get_by_role("link", name="Contratar").click()

    await page.get_by_label("Nombre", exact=True).fill("Luz López Ríos")
    await page.get_by_role("button", name="Continuar").click()
    await page.get_by_text("Escribe un correo completo").wait_for()
    await page.get_by_label("Correo electrónico").fill("luz.pages@example.mx")
    await page.get_by_label("Teléfono").fill("55 7000 0042")
    await page.get_by_text("Quiero mi factura con RFC").click()
    for field, value in (
        ("tax_id", "ZUÑ920208KL4"),
        ("legal_name", "ZAPATERIA URTADO ÑERI"),
        ("postal_code", "77060"),
    ):
        await page.fill(f"#{field}", value)
    await page.select_option("#tax_regime", "601")
    await page.get_by_label("Acepto").check()
    await page.get_by_role("button", name="Continuar").click()

    await page.wait_for_url("**/checkout/cs_test_*")
    await page.select_option("#card", "pm_card_visa")
    await page.get_by_role("button", name="Continuar").click()
    await page.get_by_text("Tu suscripción está activa").wait_for()  # it looks again by itself
    await page.get_by_role("link", name="Ir a mi cuenta").click()
    await until_seen(page, "XML")
    address = await page.get_by_role("link", name="Factura en XML").get_attribute("href")
    xml = await (await page.request.get(str(address))).text()
    assert ('Rfc="ZUÑ920208KL4"' in xml, 'Total="1200.00"' in xml, 'MetodoPago="PUE"' in xml) == (True, True, True)

    await page.get_by_role("link", name="Cambiar de plan").click()
    chosen = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Acuario Chico"))
    await chosen.get_by_role("link", name="Ver el cambio").click()
    await page.get_by_text("Hasta entonces conservas tu plan actual").wait_for()
    await page.get_by_role("button", name="Confirmar el cambio").click()
    await page.get_by_text("pasas a Acuario Chico por $500.00 MXN").wait_for()
    await page.get_by_role("button", name="Quedarme en mi plan actual").click()
    await page.get_by_text("te quedas con tu plan actual").wait_for()

    await page.get_by_role("link", name="Cancelar suscripción").click()
    await page.get_by_role("button", name="Cancelar al final del periodo").click()
    await page.get_by_text("Hasta ese día tienes el servicio completo").wait_for()
    await page.get_by_role("button", name="Conservar mi suscripción").click()
    await page.get_by_text("tu suscripción sigue como estaba").wait_for()
    assert await page.get_by_text("Se renueva el").is_visible()
    await context.close()
    (found,) = [each for each in await town.shop.subscriptions() if each["plan"] == YEARLY.code]
    assert (found["status"], found["cancel_at_period_end"]) == ("active", False)

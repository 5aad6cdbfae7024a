"""Signing up in a browser: wrongly, then rightly, on to the provider's page, and what became of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.subscribing.subscriptions import Status
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import Street, overflow


async def test_from_the_price_list_to_the_payment_page_and_back(visit: Opening, street: Street) -> None:
    page = await visit("/planes/cuentaclara?interval=year", scripts=False)
    await page.get_by_role("link", name="Probar 7 días gratis").click()
    await page.fill("#email", "luz@")
    await page.keyboard.press("Enter")
    await page.get_by_text("Escribe un correo completo").wait_for()
    assert await page.locator("#name").evaluate("e => e === document.activeElement"), "on the first mistake"
    assert await page.input_value("#email") == "luz@"
    await page.fill("#name", "Luz Ríos")
    await page.fill("#email", "luz.rios@example.mx")
    await page.get_by_label("Teléfono con WhatsApp").fill("55 1234 5678")
    await page.get_by_label("Acepto").check()
    await page.get_by_role("button", name="Continuar").click()
    await page.wait_for_url("https://checkout.example/**")
    await page.go_back()
    found = await street.store.subscriber_by_email("cuentaclara", "luz.rios@example.mx")
    assert found is not None
    assert found.record.plan == "pro-anual"

    session = street.payments.checkouts[found.record.checkout_session]
    street.payments.checkouts[session.id] = replace(session, status="complete")
    await page.goto(street.payments.back[session.id])
    await page.get_by_text("Estamos confirmando").wait_for()
    trial_end = datetime.now(UTC) + timedelta(days=7)
    await street.store.save_subscription(replace(found.record, status=Status.TRIALING, trial_end=trial_end))
    await page.get_by_text("Tu prueba comenzó").wait_for(timeout=20_000)  # it looks again by itself
    await insist_on_access(await visit(page.url.removeprefix(street.url), phone=True))  # axe is a script


async def test_the_form_and_its_mistakes_can_be_read_by_everybody(visit: Opening) -> None:
    page = await visit("/contratar/vetia/basico?lang=en", phone=True)
    await page.get_by_text("I want my invoices with my RFC").click()
    await page.fill("#tax_id", "XAXX")
    await page.get_by_role("button").click()
    await page.get_by_text("Write your name.").wait_for()
    await insist_on_access(page)
    assert await overflow(await visit("/contratar/patitas/cachorro-anual", phone=True)) <= 0

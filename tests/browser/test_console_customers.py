"""A journey of whoever answers the phone: a customer is found as their name is typed, and it is read why they are at risk."""

import re

from tests.browser.conftest import Opening, insist_on_access
from tests.browser.debts import at_work, in_debt
from tests.browser.street import PHONE, Street


async def test_a_customer_is_found_and_it_is_read_why_they_are_at_risk(visit: Opening, street: Street) -> None:
    await in_debt(street, "in_brenda", "Brenda Fresnos", days=12)
    await in_debt(street, "in_saul", "Saúl Cedros", days=1.2)
    page = await visit("/planes/vetia")
    await at_work(street, page)
    await page.goto("/console/customers")
    await insist_on_access(page)
    assert await page.locator("#found tbody tr").count() > 1
    await page.get_by_label("Nombre, correo, RFC o teléfono").press_sequentially("fresn")
    await page.locator("#found tbody tr").nth(1).wait_for(state="detached")  # the list follows what is typed
    await page.get_by_role("link", name="Brenda Fresnos").click()
    await insist_on_access(page)
    assert await page.get_by_text(re.compile(r"Debe \$499\.00 MXN; días de atraso: 12")).first.is_visible()
    assert await page.get_by_text("Llamar a quien autoriza los pagos").is_visible()
    await page.get_by_text("Anotar una llamada, correo o reunión").click()
    await page.get_by_label("Qué se dijo").fill("Paga el viernes")
    await page.get_by_role("button", name="Anotar").click()
    await page.get_by_text("Paga el viernes").wait_for()
    await page.set_viewport_size(PHONE)
    await insist_on_access(page)

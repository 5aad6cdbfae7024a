"""Two journeys of whoever answers the phone: three more days for somebody who asks, and service back after a bank transfer."""

import re

from tests.browser.conftest import Opening, insist_on_access
from tests.browser.debts import at_work, in_debt
from tests.browser.street import PHONE, Street

SIMULATOR = "simulator?policy=ruthless+v2&rival=standard-21d+v1&customers=20"


async def test_a_customer_is_found_given_more_days_and_the_ladder_moves(visit: Opening, street: Street) -> None:
    await in_debt(street, "in_luz", "Luz Robles", days=1.2)
    page = await visit("/planes/vetia")
    await at_work(street, page)
    await page.goto("/console/cases")
    await insist_on_access(page)
    await page.get_by_role("link", name="Luz Robles").click()
    await insist_on_access(page)
    suspension = page.get_by_role("row", name=re.compile("Suspensión del servicio"))
    before = await suspension.locator("time").first.get_attribute("datetime")
    await page.get_by_role("link", name="Dar más días").click()
    await (
        page.wait_for_load_state()
    )  # what is typed before the scripts are there shows nothing until the button is pressed
    await page.get_by_label("Días").fill("4")
    await page.locator("form.card input[name=days][value='4']").wait_for(
        state="attached"
    )  # what is shown is of four days
    await insist_on_access(page)
    await page.get_by_label("Por qué").fill("cobra el viernes")
    await page.get_by_role("button", name="Dar más días").click()
    await page.get_by_text("Hecho: Dar más días").wait_for()
    after = await suspension.locator("time").first.get_attribute("datetime")
    assert before is not None
    assert after is not None
    assert after > before
    assert street.door.orders[-1][2].reason == "cobra el viernes"
    await page.set_viewport_size(PHONE)
    for path in ("cases/in_luz", SIMULATOR, "policies/gentle-28d/1/dry-run"):
        await page.goto(f"/console/{path}")
        await insist_on_access(page)


async def test_service_comes_back_after_a_transfer_on_a_phone_without_scripts(visit: Opening, street: Street) -> None:
    await in_debt(street, "in_leo", "Leo Sauces", days=5)
    page = await visit("/planes/vetia", phone=True, scripts=False)
    await at_work(street, page)
    await page.goto("/console/cases?stage=suspended")
    await page.get_by_role("link", name="Leo Sauces").click()
    await page.get_by_role("link", name="Ya pagó por fuera").click()
    await page.get_by_label("Clave de rastreo").fill("2026112140014BMOV0000123456")
    await page.get_by_role("button", name="Ver qué pasaría").click()
    assert await page.get_by_text("Pagado por fuera").is_visible()
    await page.get_by_label("Por qué").fill("lo vi en el banco")
    await page.get_by_role("button", name="Ya pagó por fuera").click()
    await page.get_by_text("Hecho: Ya pagó por fuera").wait_for()
    assert await page.get_by_text("Pagado por fuera", exact=True).first.is_visible()
    assert street.door.cases["in_leo"].outcome == "paid_outside"

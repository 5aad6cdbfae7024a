"""A customer in their own account: what is owed is red, invoices come down, and everybody can read it."""

from models.money import Money
from models.subscribing.subscriptions import Status
from tests.api.account_holders import account, holder, used
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import Street


async def test_plan_use_and_invoices_are_there_and_a_cfdi_comes_down(visit: Opening, street: Street) -> None:
    luz = await holder(street.store, "vetia", "profesional", reference="luz-account")
    await used(street.store, luz, pets=423, vets=5)
    page = await visit(account(luz), phone=True)
    await insist_on_access(page)
    assert await page.locator("meter").count() == 2
    link = page.get_by_role("link", name="Factura en XML").first
    answer = await page.request.get(f"{street.url}{await link.get_attribute('href')}")
    assert await answer.body() == b"<cfdi:Comprobante/>"
    await page.get_by_role("link", name="English").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "Your account"


async def test_whoever_is_cut_off_sees_it_in_red_and_is_led_to_pay(visit: Opening, street: Street) -> None:
    late = await holder(
        street.store,
        "vetia",
        "basico",
        reference="luz-late",
        status=Status.SUSPENDED,
        amount_due=Money(49_900),
    )
    page = await visit(account(late))
    banner = page.get_by_role("alert")
    assert await banner.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(176, 0, 32)"
    await insist_on_access(page)
    await banner.get_by_role("link", name="Pagar $499.00 MXN").click()
    assert "/pagar/" in page.url


async def test_the_link_is_asked_for_without_scripts(visit: Opening) -> None:
    page = await visit("/cuenta?tenant=vetia", scripts=False, phone=True)
    await page.get_by_label("Correo electrónico").fill("luz")
    await page.get_by_role("button", name="Envíame mi enlace").click()
    await page.get_by_text("Escribe un correo completo").wait_for()
    await page.get_by_label("Correo electrónico").fill("nobody@example.mx")
    await page.keyboard.press("Enter")
    await page.get_by_text("va en camino").wait_for()

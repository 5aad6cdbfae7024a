"""Whoever owns the business asks how it does: figures, cash to come, and where alerts go; readable by everybody."""

from tests.browser.conftest import Opening, insist_on_access
from tests.browser.debts import at_work
from tests.browser.figures import kept_for_a_month
from tests.browser.street import Street


async def test_an_owner_reads_the_figures_and_says_where_alerts_go_on_a_phone(visit: Opening, street: Street) -> None:
    await kept_for_a_month(street)
    page = await visit("/planes/vetia", phone=True)
    await at_work(street, page)
    for path in ("/console/reports", "/console/reports/past_due_share", "/console/reports/week", "/console/evidence"):
        await page.goto(path)
        await insist_on_access(page)
    await page.goto("/console/cashflow?of=pagos-anuales")
    await insist_on_access(page)
    await page.goto("/console/alerts")
    await page.get_by_text("La cartera vencida pasa del límite").first.wait_for()
    await page.get_by_label("Correos").fill("luz@vetia.example")
    await page.get_by_role("button", name="Guardar").click()
    await page.get_by_text("Listo: así se avisará desde ahora.").wait_for()
    await insist_on_access(page)
    assert (await street.store.alert_settings("vetia")).emails == ("luz@vetia.example",)

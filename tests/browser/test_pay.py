"""Paying what is owed, as whoever is suspended meets it on a phone."""

from models.collecting.cases import Stage
from models.money import Money
from models.records import CaseRecord
from models.speaking.links import Purpose, link
from models.subscribing.subscriptions import Status
from tests.api.account_holders import holder
from tests.api.conftest import LINK_KEY, NOW, unpaid
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import Street


async def test_the_red_banner_the_sum_and_every_way_to_pay(visit: Opening, street: Street) -> None:
    late = await holder(street.store, "patitas", "adulto-anual", reference="luz-owes", status=Status.SUSPENDED)
    case = CaseRecord("patitas", "in_owed", late.id, Money(200_000), Stage.SUSPENDED, "ruthless v1", NOW)
    await street.store.save_case(case)
    street.payments.invoices["in_owed"] = unpaid("in_owed", due=Money(200_000), total=Money(200_000))
    go = link("", LINK_KEY, Purpose.PAY, "patitas", late.id)
    page = await visit(go, phone=True, scripts=False)
    banner = page.get_by_role("alert")
    assert "Tu servicio está suspendido" in await banner.inner_text()
    assert (
        await page.get_by_role("link", name="Pagar con tarjeta").get_attribute("href") == "https://pay.example/in_owed"
    )
    await page.get_by_role("button", name="OXXO").press("Enter")
    await page.get_by_text("Paga en cualquier OXXO").wait_for()
    again = await visit(go, phone=True)
    assert await again.get_by_role("alert").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(176, 0, 32)"
    await insist_on_access(again)

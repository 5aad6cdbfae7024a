"""The pages behind links in messages, and the one on which a business opens its account: for everybody, on a phone."""

from dataclasses import replace

from playwright.async_api import Page

from models.cfdi.documents import DocumentState
from models.collecting.cases import Stage
from models.money import Money
from models.records import CaseRecord
from models.speaking.links import Purpose, link
from models.subscribing.subscriptions import Status
from tests.api.account_holders import account, holder, stamped
from tests.api.conftest import LINK_KEY, NOW
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import Street


async def test_each_of_them_can_be_read_by_everybody(visit: Opening, street: Street) -> None:
    owing = await holder(street.store, "vetia", "basico", reference="luz-reads", status=Status.PAST_DUE)
    case = CaseRecord("vetia", "in_reads", owing.id, Money(49_900), Stage.GRACE, "ruthless v1", NOW)
    await street.store.save_case(case)
    refused = await stamped(
        street.store, "vetia", owing.id, "ch_reads", Money(49_900), state=DocumentState.REJECTED, field="legal_name"
    )
    pages: list[Page] = []
    for purpose, subject in (
        (Purpose.PROMISE, owing.id),
        (Purpose.TAX_DATA, refused.key),
        (Purpose.DATA, owing.id),
    ):
        pages.append(await visit(link("", LINK_KEY, purpose, "vetia", subject), phone=True))
    pages.append(await visit("/registro", phone=True))
    for page in pages:
        await insist_on_access(page)


async def test_the_account_leads_to_a_copy_of_one_s_data(visit: Opening, street: Street) -> None:
    luz = await holder(street.store, "vetia", "basico", reference="luz-copies")
    await street.store.save_subscription(replace(luz, status=Status.CANCELED))
    page = await visit(account(luz), scripts=False)
    await page.get_by_role("link", name="Mis datos").click()
    await page.get_by_text("Descargar una copia (ZIP)").wait_for()

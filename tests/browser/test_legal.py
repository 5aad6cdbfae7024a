"""Legal texts, as somebody reads them on a phone."""

from datetime import UTC, datetime

from models.agreements.legal import UNFINISHED, LegalKind
from models.agreements.starting_texts import starting_text
from models.look.brand import neutral
from models.words import Words
from tests.browser.conftest import Opening, insist_on_access
from tests.browser.street import Street


async def test_a_text_can_be_read_by_everybody_and_found_from_the_price_list(visit: Opening, street: Street) -> None:
    draft = starting_text(LegalKind.TERMS, neutral("vetia", "Vetia"))
    text = "\n".join(line for line in draft.splitlines() if UNFINISHED not in line)
    await street.store.publish_text("vetia", LegalKind.TERMS, Words(text), datetime.now(UTC))
    page = await visit("/planes/vetia", phone=True)
    await page.get_by_role("link", name="Términos y condiciones").click()
    assert await page.get_by_role("heading", level=1).inner_text() == "Términos y condiciones"
    await insist_on_access(page)
    await page.get_by_role("link", name="English").click()
    assert await page.locator(".prose").get_attribute("lang") == "es-MX"

"""The main job, seen from outside."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from models.collecting.cases import HoldKind
from models.speaking.notices import NoticeKind
from models.subscribing.invoices import Funding
from models.telling.outgoing import EventType
from sandbox.demo.cast import XENON
from sandbox.shop import YEARLY
from tests.activities.gateways.receivers import Receiver, receiving
from tests.e2e.town import BROKE, TENANT, Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture
async def told_of(town: Town) -> AsyncIterator[Receiver]:
    """The business's own system, which hears of events."""
    async with receiving() as receiver:
        made = (await town.api.post("/v1/webhooks/endpoints", json={"url": receiver.url})).json()
        yield receiver
        await town.api.delete(f"/v1/webhooks/endpoints/{made['id']}")


async def test_from_signup_to_suspended_and_restored_by_the_pay_link(town: Town, told_of: Receiver) -> None:
    carla = subscriber("carla-story", YEARLY, BROKE, XENON)
    mine = await town.signs_up(carla)
    assert await town.status(mine) == "trialing"
    assert (await town.shop.entitlement(mine))["access"] == "full"

    await town.stands(mine, "past_due", days=8)
    standing = await town.shop.entitlement(mine)
    assert standing["access"] == "grace"

    await town.stands(mine, "suspended", days=4)
    assert (await town.shop.entitlement(mine))["access"] == "blocked"
    await town.pays_by(await town.link(carla, "está suspendido"))

    await town.stands(mine, "active")
    assert (await town.shop.entitlement(mine))["access"] == "full"
    await town.message(carla, "Recibimos tu pago")

    bank = await town.outside.bank(carla.email)
    assert (bank.paid, bank.twice) == (1, ())
    assert bank.refused == 4, "the first charge and the three retries"
    (payment,) = await town.store.payments(TENANT, mine)
    assert payment.amount == YEARLY.price

    async def invoiced() -> bool:
        return [document["state"] for document in await town.shop.documents(mine)] == ["delivered"]

    await town.until(invoiced)
    told = await town.told(mine)
    assert told.count("status active") == 1
    # Restored first, told of it after.
    assert told.index("status active") < told.index(f"{NoticeKind.PAYMENT_RECEIVED} sent by whatsapp")
    sent = [line.partition(" ")[0] for line in told if line.endswith("sent by whatsapp")]
    assert sorted(sent) == sorted(
        (
            NoticeKind.TRIAL_ENDING,
            NoticeKind.PAYMENT_FAILED,
            NoticeKind.UPDATE_CARD,
            NoticeKind.SUSPENDED,
            NoticeKind.PAYMENT_RECEIVED,
            NoticeKind.TAX_INVOICE,
        )
    )
    assert len(await town.messages(carla)) == len(sent)
    case = await town.case(mine)
    assert case.paid_at is not None
    assert case.restored_at is not None
    assert case.paid_at <= case.restored_at
    stamps = [stamp for stamp in await town.outside.stamps() if stamp["receiver"] == carla.fiscal[0]]
    assert len(stamps) == 1

    def events() -> list[dict[str, Any]]:
        return [each.event for each in told_of.heard if each.event["subscription"] == mine]

    async def heard() -> bool:
        return EventType.CFDI_STAMPED in [event["type"] for event in events()]

    await town.until(heard)
    assert [event["sequence"] for event in events()] == list(range(1, len(events()) + 1))
    types = [event["type"] for event in events() if event["type"] != EventType.PAYMENT_FAILED]
    assert types[:3] == [EventType.TRIAL_STARTED, EventType.PAST_DUE, EventType.SUSPENDED]
    assert sorted(types[3:]) == sorted([EventType.INVOICE_PAID, EventType.RESTORED, EventType.CFDI_STAMPED])
    assert [event["type"] for event in events()].count(EventType.PAYMENT_FAILED) == bank.refused


async def test_cash_at_oxxo_is_waited_for_and_restores_service(town: Town) -> None:
    olivia = subscriber("olivia-oxxo", YEARLY, BROKE, XENON)
    mine = await town.signs_up(olivia)
    await town.stands(mine, "suspended", days=12)
    page = await town.browser.open(await town.link(olivia, "está suspendido"))
    assert "Tu servicio está suspendido" in page.text
    page = await town.browser.press(page, "OXXO")
    assert "Paga en cualquier OXXO" in page.text

    async def waits() -> bool:
        return (await town.case(mine)).hold == HoldKind.PENDING

    await town.until(waits)
    await town.browser.press(await town.browser.follow(page, "código de barras"), "Pagar")
    await town.stands(mine, "active")
    (payment,) = await town.store.payments(TENANT, mine)
    assert (payment.amount, payment.funding) == (YEARLY.price, Funding.CASH)

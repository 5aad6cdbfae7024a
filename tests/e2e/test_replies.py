"""A debtor writes back by WhatsApp: a promise made on the page holds the ladder, and BAJA sends what follows by e-mail."""

import pytest

from tests.e2e.town import BROKE, TENANT, Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def test_a_promise_and_a_stop_by_whatsapp(town: Town) -> None:
    rosa = subscriber("rosa", card=BROKE)
    mine = await town.signs_up(rosa)
    await town.message(rosa, "no pudimos cobrar", days=5)

    async def writes(body: str) -> None:
        order = {"from": f"whatsapp:{rosa.phone}", "body": body}
        answer = await town.sandbox.post("/_sandbox/twilio/inbound", json=order)
        assert answer.json()["status"] == 200

    await writes("mañana les pago 🙏")
    link = await town.link(rosa, "Elige aquí el día")
    page = link.partition("?")[0].replace("/go/", "/promesa/")
    answer = await town.api.post(page, data={"day": "tomorrow"})
    assert (answer.status_code, "Gracias" in answer.text) == (200, True)
    assert "promise to pay" in await town.told(mine)

    await writes("BAJA")
    await town.message(rosa, "ya no te escribirá por este medio")
    heard = len(await town.messages(rosa))

    async def mailed() -> bool:
        wishes = [e for e in await town.outside.mailbox() if e["channel"] != "whatsapp" and rosa.email in e["to"]]
        return any("suspendido" in e["text"] for e in wishes)

    await town.until(mailed, days=12)
    assert len(await town.messages(rosa)) == heard
    customer = await town.store.customer_of(TENANT, mine)
    assert await town.store.opted_out(TENANT, customer.id)

"""The books of the running product beside Stripe: a sale, money given back, and a charge that nobody here asked for."""

import json
from typing import Any

import pytest

from sandbox.shop import AT_ONCE
from tests.e2e.town import TENANT, Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def test_books_agree_with_stripe_after_a_refund_and_name_a_charge_behind_our_back(town: Town) -> None:
    berta = subscriber("berta-books", AT_ONCE)
    mine = await town.signs_up(berta)
    await town.stands(mine, "active")

    async def paid() -> bool:
        return bool(await town.store.payments(TENANT, mine))

    await town.until(paid)
    (payment,) = await town.store.payments(TENANT, mine)
    stripe = {"auth": (town.stack.env["PERDURA_STRIPE_KEY"], "")}
    made = await town.sandbox.post("/v1/refunds", data={"charge": payment.charge, "amount": "12345"}, **stripe)
    assert made.status_code == 200, made.text

    async def refunded() -> bool:
        return any(entry.subject == made.json()["id"] for entry in await town.store.ledger(TENANT, subscription=mine))

    await town.until(refunded)

    ours = {payment.charge, payment.invoice, made.json()["id"]}

    code, said = await town.perdura("ledger", "check", "--json")
    told: dict[str, Any] = json.loads(said)
    assert code == (0 if told["good"] else 1)
    (tenant,) = [each for each in told["tenants"] if each["tenant"] == TENANT]
    assert sum(account["net"] for account in tenant["accounts"]) == 0
    assert tenant["broken"] is None
    assert not ours & {line["subject"] for line in tenant["differences"]}
    code, said = await town.perdura("ledger", "show", mine)
    assert code == 0
    for words in ("invoice issued", "paid at the provider", "refunded", "into provider, out of receivable"):
        assert words in said, said
    customer = (await town.store.customer_of(TENANT, mine)).provider_id
    card = await town.sandbox.post("/v1/payment_methods/pm_card_visa/attach", data={"customer": customer}, **stripe)
    intent = {"amount": "777", "currency": "mxn", "customer": customer, "payment_method": card.json()["id"]}
    taken = await town.sandbox.post(
        "/v1/payment_intents", data={**intent, "confirm": "true", "off_session": "true"}, **stripe
    )
    assert taken.status_code == 200, taken.text
    stray = taken.json()["latest_charge"]
    code, said = await town.perdura("ledger", "check")
    assert code == 1
    assert f"DIFFERS: {stray}: charge: the books say nothing, the provider $7.77 MXN" in said
    back = await town.sandbox.post("/v1/refunds", data={"charge": stray}, **stripe)
    assert back.status_code == 200, "leave the town as it was"

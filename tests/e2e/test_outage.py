"""Temporal is away: what providers say is kept, what people order is refused, and afterwards nothing is missing."""

import asyncio
import json
import time
from collections.abc import Mapping

import pytest
import stripe

from tests.e2e.town import BROKE, SWEEP_SECONDS, TENANT, Town, subscriber

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def signed(town: Town, event: Mapping[str, object], secret: str = "") -> int:
    """Post an event as Stripe would; the answer's status."""
    payload = json.dumps(event)
    secret = secret or town.stack.env["PERDURA_STRIPE_WEBHOOK_SECRET"]
    header = stripe.WebhookSignature.generate_signature_header(payload, secret, int(time.time()))
    answer = await town.api.post("/webhooks/stripe", content=payload, headers={"Stripe-Signature": header})
    return answer.status_code


async def test_webhooks_are_kept_and_orders_refused_while_temporal_is_away(town: Town) -> None:
    olga = subscriber("olga", card=BROKE)
    mine = await town.signs_up(olga)
    link = await town.link(olga, "está suspendido", days=10)

    town.stack.temporal.kill()
    event = {
        "id": "evt_while_away",
        "object": "event",
        "type": "customer.subscription.updated",
        "data": {"object": {"id": "sub_0", "object": "subscription", "metadata": _metadata(mine)}},
    }
    assert await signed(town, event) == 200
    assert await signed(town, event) == 200
    assert await signed(town, event, secret="whsec_forged") == 400
    assert [kept.event for kept in await town.waiting()].count("evt_while_away") == 1

    signed_by = {"actor": "ana@soporte", "reason": "customer called"}
    orders: dict[str, dict[str, object]] = {
        "restore_now": {"days": 3},
        "retry_now": {},
        "cancel": {"at_period_end": True},
    }
    said = await asyncio.gather(
        *(
            town.api.post(f"/v1/subscriptions/{mine}/overrides/{order}", json={**signed_by, **more})
            for order, more in orders.items()
        )
    )
    for refused in said:
        assert refused.status_code == 503, refused.text
        assert refused.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in refused.text
    assert (await town.shop.sign_up(subscriber("pablo"))).status_code == 503
    assert (await town.api.get("/ready")).json() == {"sql": "ok", "temporal": "down"}
    # What is only read needs no Temporal.
    assert (await town.api.get("/health")).status_code == 200
    assert (await town.shop.entitlement(mine))["access"] == "blocked"
    # Nor does paying: the page is Stripe's, and what Stripe tells us is kept.
    await town.pays_by(link)

    async def told_of_it() -> bool:
        return any(event.type == "invoice.paid" for event in await town.waiting())

    await town.until(told_of_it)
    assert await town.status(mine) == "suspended"

    await town.restart_temporal()
    await town.stands(mine, "active", seconds=SWEEP_SECONDS)

    async def handed_over() -> bool:
        return not await town.waiting()

    await town.until(handed_over, seconds=SWEEP_SECONDS)
    assert (await town.outside.bank(olga.email)).paid == 1
    await town.message(
        olga, "Recibimos tu pago"
    )  # asked for when the payment is written, in the step that began with the status
    assert len(await town.store.payments(TENANT, mine)) == 1
    # The customer refused during the outage was not half entered: they sign up now.
    again = await asyncio.wait_for(town.shop.sign_up(subscriber("pablo")), 30)
    assert again.status_code in (201, 202), again.text


def _metadata(subscription: str) -> dict[str, str]:
    return {"perdura_tenant": TENANT, "perdura_subscription": subscription}

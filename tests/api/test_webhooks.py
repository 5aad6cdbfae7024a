"""Events: verified, stored once before they are acknowledged, and handed over at least once; unknown ones are kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from activities.inbox import PATIENCE
from models.records import Delivery, InboxStatus, NoticeRecord, Provider
from models.speaking.notices import Channel, NoticeKind
from models.tables.journal import InboxRow
from tests.api.conftest import NOW, World, stripe_signature


def event(thing: dict[str, Any], *, name: str = "evt_1", kind: str = "invoice.payment_failed") -> dict[str, Any]:
    """An event as Stripe wraps an object."""
    return {"id": name, "object": "event", "type": kind, "created": 1, "data": {"object": thing}}


async def stored(world: World, name: str = "evt_1", provider: Provider = Provider.STRIPE) -> Any:
    await world.settled()
    return await world.store.event(provider, name)


async def test_event_is_stored_acknowledged_and_told_to_its_process(world: World) -> None:
    subscription = await world.signed_up()
    thing = {
        "id": "in_9",
        "object": "invoice",
        "customer": "cus_other",
        "parent": {
            "type": "subscription_details",
            "subscription_details": {
                "subscription": "sub_x",
                "metadata": {"perdura_tenant": "acme", "perdura_subscription": subscription},
            },
        },
    }
    assert (await world.stripe(event(thing))).status_code == 200
    kept = await stored(world)
    assert (kept.status, kept.tenant, kept.subscription) == (InboxStatus.DELIVERED, "acme", subscription)
    assert json.loads(kept.payload)["data"]["object"] == thing
    ((tenant, name, news),) = world.door.news
    assert (tenant, name, news.event, news.type, news.object) == (
        "acme",
        subscription,
        "evt_1",
        "invoice.payment_failed",
        "in_9",
    )


@pytest.mark.parametrize(
    "thing",
    [
        {"id": "sub_{s}", "object": "subscription"},
        {"id": "in_2", "object": "invoice", "parent": {"subscription_details": {"subscription": "sub_{s}"}}},
        {"id": "in_2", "object": "invoice", "subscription": {"id": "sub_{s}", "object": "subscription"}},
        {"id": "cus_1", "object": "customer"},
        {"id": "pi_1", "object": "payment_intent", "customer": "cus_1"},
        {"id": "pi_1", "object": "payment_intent", "customer": {"id": "cus_1"}},
        {"id": "cs_1", "object": "checkout.session"},
        {"id": "x", "metadata": {"perdura_tenant": "acme", "perdura_subscription": "{s}"}},
    ],
)
async def test_owner_is_found_by_any_id_that_is_known(world: World, thing: dict[str, Any]) -> None:
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_checkout("acme", subscription, "cs_1")
    await world.store.save_provider_customer("acme", record.customer, "cus_1")
    await world.stripe(event(json.loads(json.dumps(thing).replace("{s}", subscription))))
    assert (await stored(world)).subscription == subscription


async def test_metadata_of_a_subscription_that_is_not_ours_convinces_nobody(world: World) -> None:
    await world.stripe(event({"id": "in_1", "metadata": {"perdura_tenant": "acme", "perdura_subscription": "s_no"}}))
    assert (await stored(world)).status is InboxStatus.UNMATCHED
    assert world.door.news == []


async def test_a_refund_is_told_by_its_customer_and_waits_while_temporal_is_down(world: World) -> None:
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    await world.store.save_provider_customer("acme", record.customer, "cus_1")
    refund = {"id": "re_1", "object": "refund", "charge": "ch_1", "customer": "cus_1", "amount": 1}
    world.door.up = False
    await world.stripe(event(refund, kind="refund.created"))
    assert (await stored(world)).status is InboxStatus.PENDING
    world.door.up = True
    await world.stripe(event(refund, name="evt_2", kind="refund.updated"))
    assert (await stored(world, "evt_2")).status is InboxStatus.DELIVERED
    assert (world.door.refunds, world.door.news) == ([("acme", subscription, "re_1")], [])


async def test_every_official_example_object_is_accepted_and_stored(world: World, contracts: Path) -> None:
    resources = json.loads((contracts / "stripe" / "fixtures3.json").read_text())["resources"]
    for number, (name, thing) in enumerate(resources.items()):
        answer = await world.stripe(event(thing, name=f"evt_{number}", kind=f"{name}.updated"))
        assert answer.status_code == 200, name
    await world.settled()
    for number, thing in enumerate(resources.values()):
        kept = await world.store.event(Provider.STRIPE, f"evt_{number}")
        assert kept is not None
        assert kept.status is InboxStatus.UNMATCHED
        assert json.loads(kept.payload)["data"]["object"] == thing


async def test_event_sent_three_times_is_stored_and_told_once(world: World) -> None:
    subscription = await world.signed_up()
    for _ in range(3):
        assert (await world.stripe(event({"id": f"sub_{subscription}", "object": "subscription"}))).status_code == 200
    await world.settled()
    assert len(world.door.news) == 1


@pytest.mark.parametrize(
    "signing", [{"secret": "whsec_forged"}, {"age": 301.0}, {"age": 86_400.0}], ids=["forged", "old", "replayed"]
)
async def test_forged_or_replayed_event_is_refused_and_not_stored(world: World, signing: dict[str, Any]) -> None:
    answer = await world.stripe(event({"id": "in_1"}), **signing)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert await stored(world) is None


async def test_signature_covers_the_body_as_it_came(world: World) -> None:
    body = json.dumps(event({"id": "in_1", "amount": 100})).encode()
    headers = {"Stripe-Signature": stripe_signature(body)}
    changed = await world.http.post("/webhooks/stripe", content=body.replace(b"100", b"999"), headers=headers)
    assert changed.status_code == 400
    unsigned = await world.http.post("/webhooks/stripe", content=body)
    assert unsigned.status_code == 400
    spaced = json.dumps(event({"id": "in_1"}), indent=3).encode()
    headers = {"Stripe-Signature": stripe_signature(spaced)}
    assert (await world.http.post("/webhooks/stripe", content=spaced, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, [], {"id": "evt_1", "type": "x", "data": {}}, {"id": 1, "type": "x", "data": {"object": {}}}]
)
async def test_signed_body_that_is_no_event_is_refused(world: World, body: Any) -> None:
    assert (await world.stripe(body)).status_code == 400


async def test_events_wait_in_sql_while_temporal_is_down_and_the_sweep_delivers_them(world: World) -> None:
    subscription = await world.signed_up()
    world.door.up = False
    assert (await world.stripe(event({"id": f"sub_{subscription}", "object": "subscription"}))).status_code == 200
    assert (await stored(world)).status is InboxStatus.PENDING
    await _age(world)
    world.door.up = True
    assert await world.inbox.sweep_inbox() == 1
    assert (await stored(world)).status is InboxStatus.DELIVERED
    assert len(world.door.news) == 1
    assert await world.inbox.sweep_inbox() == 0


async def test_event_for_a_process_that_is_over_is_kept_with_its_owner(world: World) -> None:
    subscription = await world.signed_up()
    world.door.known = False
    await world.stripe(event({"id": f"sub_{subscription}", "object": "subscription"}))
    kept = await stored(world)
    assert (kept.status, kept.subscription) == (InboxStatus.UNMATCHED, subscription)


async def test_sweep_leaves_fresh_events_to_whoever_received_them(world: World) -> None:
    subscription = await world.signed_up()
    world.door.up = False
    await world.stripe(event({"id": f"sub_{subscription}", "object": "subscription"}))
    await world.settled()
    world.door.up = True
    assert await world.inbox.sweep_inbox() == 0


async def _age(world: World) -> None:
    """Make every stored event ten seconds older."""
    pending = await world.store.pending_events(datetime.now(UTC) + timedelta(days=1), 100)
    for kept in pending:
        older = kept.received_at - timedelta(seconds=10)
        await world.store._db.write(update(InboxRow).values(received_at=older))


class TestTwilio:
    FORM = {  # noqa: RUF012 - never changed
        "MessageSid": "SM1",
        "MessageStatus": "delivered",
        "To": "whatsapp:+525512345678",
        "From": "whatsapp:+5215500000000",
        "EventType": "",
    }

    async def _sent(self, world: World) -> NoticeRecord:
        subscription = await world.signed_up()
        notice = NoticeRecord(
            "acme",
            "in_1/suspended",
            Channel.WHATSAPP,
            NoticeKind.SUSPENDED,
            subscription,
            Delivery.SENT,
            "hola",
            NOW,
            reference="SM1",
        )
        await world.store.save_notice(notice)
        return notice

    @pytest.mark.parametrize(
        ("status", "delivery"),
        [("delivered", Delivery.DELIVERED), ("read", Delivery.DELIVERED), ("undelivered", Delivery.FAILED)],
    )
    async def test_report_reaches_the_notice_it_is_about(self, world: World, status: str, delivery: Delivery) -> None:
        await self._sent(world)
        form = {**self.FORM, "MessageStatus": status, "ErrorCode": "63016"}
        assert (await world.twilio(form)).status_code == 200
        kept = await stored(world, f"SM1:{status}", Provider.TWILIO)
        assert (kept.status, kept.tenant) == (InboxStatus.DELIVERED, "acme")
        error = "63016" if delivery is Delivery.FAILED else ""
        assert world.door.deliveries == [("acme", "in_1/suspended", delivery, error)]

    async def test_report_that_says_nothing_new_wakes_nobody(self, world: World) -> None:
        await self._sent(world)
        await world.twilio({**self.FORM, "MessageStatus": "queued"})
        assert (await stored(world, "SM1:queued", Provider.TWILIO)).status is InboxStatus.DELIVERED
        assert world.door.deliveries == []

    async def test_report_that_overtakes_its_message_waits_for_it(self, world: World) -> None:
        await world.twilio(self.FORM)
        kept = await stored(world, "SM1:delivered", Provider.TWILIO)
        assert kept.status is InboxStatus.PENDING
        await self._sent(world)
        await _age(world)
        assert await world.inbox.sweep_inbox() == 1
        assert len(world.door.deliveries) == 1

    async def test_report_of_a_message_that_never_was_ours_is_kept_in_the_end(self, world: World) -> None:
        await world.twilio(self.FORM)
        kept = await stored(world, "SM1:delivered", Provider.TWILIO)
        await world.inbox.deliver(replace(kept, received_at=kept.received_at - PATIENCE))
        assert (await stored(world, "SM1:delivered", Provider.TWILIO)).status is InboxStatus.UNMATCHED

    async def test_customers_own_message_is_kept(self, world: World) -> None:
        form = {"MessageSid": "SM7", "From": "whatsapp:+5215512345678", "Body": "BAJA", "SmsStatus": "received"}
        assert (await world.twilio(form)).status_code == 200
        kept = await stored(world, "SM7:received", Provider.TWILIO)
        assert kept.status is InboxStatus.UNMATCHED
        assert "BAJA" in kept.payload

    @pytest.mark.parametrize("field", ["MessageSid", "MessageStatus"])
    async def test_report_that_no_database_can_hold_is_refused(self, world: World, field: str) -> None:
        assert (await world.twilio({**self.FORM, field: "SM1\0"})).status_code == 400

    async def test_signature_is_checked_over_the_public_address(self, world: World) -> None:
        assert (await world.twilio(self.FORM, token="forged")).status_code == 400
        assert (await world.twilio(self.FORM, url="http://127.0.0.1:8400/webhooks/twilio")).status_code == 400
        assert await stored(world, "SM1:delivered", Provider.TWILIO) is None

"""The sandbox remembers: stopped and started on its file, life goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.memory import dump, read, write
from sandbox.world import World
from tests.sandbox.conftest import Receiver, Shop, Thread, client_for, settings_for, until


def test_a_restart_keeps_objects_timers_and_undelivered_events(tmp_path: Path, receiver_server: Receiver) -> None:
    receiver_server.posts.clear()
    receiver_server.status = 200
    state = tmp_path / "deep" / "state.json"
    down = {"stripe_webhook_url": "http://127.0.0.1:9/nobody"}
    with (
        Thread(settings_for(tmp_path, state_file=state, day_seconds=1.0, **down)) as first,
        client_for(first.url) as client,
    ):
        shop = Shop(client)
        customer = shop.customer()
        params: Any = {"customer": customer, "items": [{"price": shop.price()}], "trial_period_days": 2}
        subscription = client.v1.subscriptions.create(params).id
    saved = json.loads(state.read_text())
    assert subscription in saved["objects"]

    up = {"stripe_webhook_url": f"{receiver_server.url}/stripe"}
    with (
        Thread(settings_for(tmp_path, state_file=state, day_seconds=1.0, **up)) as second,
        client_for(second.url) as client,
    ):
        until(lambda: receiver_server.events("customer.subscription.created"))
        until(lambda: client.v1.subscriptions.retrieve(subscription).status == "active")
        until(lambda: client.v1.invoices.list({"subscription": subscription, "status": "paid"}).data[0].amount_paid)


def test_writing_replaces_the_file_whole(tmp_path: Path) -> None:
    world = World.new(settings_for(tmp_path))
    path = tmp_path / "state.json"
    path.write_text("{}")
    write(world, path)
    assert json.loads(path.read_text()) == json.loads(json.dumps(dump(world)))
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_a_file_of_another_format_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text('{"format": 0}')
    with pytest.raises(ValueError, match="delete it"):
        read(World.new(settings_for(tmp_path)), path)


def test_days_can_be_short(tmp_path: Path, receiver_server: Receiver) -> None:
    """A month of 30 days passes in seconds while timestamps stay real."""
    receiver_server.posts.clear()
    receiver_server.status = 200
    webhook = f"{receiver_server.url}/stripe"
    settings = settings_for(tmp_path, day_seconds=0.04, stripe_webhook_url=webhook)
    with Thread(settings) as running, client_for(running.url) as client:
        shop = Shop(client)
        params: Any = {"customer": shop.customer(), "items": [{"price": shop.price()}]}
        subscription = client.v1.subscriptions.create(params)
        item = subscription["items"].data[0]
        assert item.current_period_end - item.current_period_start == 1
        until(lambda: len(client.v1.invoices.list({"subscription": subscription.id, "status": "paid"}).data) >= 3)

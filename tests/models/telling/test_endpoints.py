"""Where events may be sent, what signs them, when they are tried again and when an endpoint is given up."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from models.people import FieldInvalid
from models.telling.addresses import public
from models.telling.deliveries import PATIENCE, DeliveryState, EventDelivery, Reply, disables, judged, pause
from models.telling.endpoints import (
    Disabled,
    Endpoint,
    checked_types,
    checked_url,
    fresh,
    fresh_secret,
    rotated,
    signed_headers,
)
from models.telling.outgoing import Event, EventType, Owner

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::6810:85e5", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # a cloud's metadata
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::10.0.0.1", False),
        ("64:ff9b::93.184.216.34", True),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, is_public: bool) -> None:
    assert public(address) is is_public


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example/hooks",
        "ftp://acme.example",
        "acme.example/hooks",
        "https://",
        "https://user:secret@acme.example/",
        "https://acme.example/#part",
        "https://acme.example/a b",
        "https://acme.example:99999/",
        "https://[::1",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.8:8443/",
        "https://localhost/",
        "https://db.internal/",
        "https://acmé.example/",
        "https://acme.example/" + "a" * 2_000,
    ],
)
def test_an_address_that_must_not_be_written_to_is_refused_by_name(url: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        checked_url(url)
    assert refused.value.field == "url"


def test_addresses_are_kept_as_they_are_written() -> None:
    assert (
        checked_url(" https://acme.example:8443/hooks?source=perdura ")
        == "https://acme.example:8443/hooks?source=perdura"
    )
    assert checked_url("http://127.0.0.1:9/hooks", local=True) == "http://127.0.0.1:9/hooks"
    assert checked_types(["invoice.paid"]) == {EventType.INVOICE_PAID}
    for wrong in ("invoice.payed", "webhook.test"):
        with pytest.raises(FieldInvalid, match=r"invoice\.paid"):
            checked_types([wrong])


def test_a_signature_is_one_that_the_standards_own_library_accepts() -> None:
    body, now = b'{"type":"invoice.paid"}', datetime.now(UTC)
    old, new = fresh_secret(), fresh_secret()
    headers = signed_headers("evt_1", now, body, (new, old))
    for secret in (old, new):  # while one takes the other's place, either is enough
        Webhook(secret).verify(body, headers)
    for tampered in (
        (b'{"type":"invoice.void"}', headers),
        (body, {**headers, "webhook-id": "evt_2"}),
        (body, {**headers, "webhook-timestamp": str(int(now.timestamp()) + 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(new).verify(*tampered)
    with pytest.raises(WebhookVerificationError):
        Webhook(fresh_secret()).verify(body, headers)
    with pytest.raises(WebhookVerificationError):  # an old one is not sent again by somebody else
        Webhook(new).verify(body, signed_headers("evt_1", now - HOUR, body, (new,)))


def test_a_secret_is_random_long_enough_and_not_shown() -> None:
    first, second = (fresh("acme", "https://acme.example/", [], NOW) for _ in range(2))
    assert first.secret != second.secret
    assert first.id != second.id
    assert 24 <= len(base64.b64decode(first.secret.removeprefix("whsec_"))) <= 64
    assert first.secret not in repr(first)


def test_a_rotated_secret_signs_beside_the_new_one_until_its_time_is_over() -> None:
    endpoint = fresh("acme", "https://acme.example/", [], NOW)
    other = rotated(endpoint, NOW, HOUR)
    assert other.signing(NOW) == (other.secret, endpoint.secret)
    assert other.signing(NOW + HOUR) == (other.secret,)
    assert endpoint.secret not in repr(other)
    with pytest.raises(FieldInvalid, match="rotated already"):
        rotated(other, NOW, HOUR)
    assert rotated(other, NOW + HOUR, HOUR).previous == other.secret


ENDPOINT = Endpoint("acme", "we_1", "https://acme.example/", NOW, "whsec_c2VjcmV0")
EVENT = Event("acme", "evt_1", EventType.INVOICE_PAID, 1, "s_1", 1, "s_1", NOW, "{}")
WAITING = EventDelivery("acme", "we_1", EVENT, Owner("c_1", "u_1"), NOW, NOW)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_a_delivery(status: int) -> None:
    done = judged(WAITING, Reply(status), NOW)
    assert (done.state, done.delivered_at, done.attempts, done.error) == (DeliveryState.DELIVERED, NOW, 1, "")
    assert disables(ENDPOINT, done) is None


@pytest.mark.parametrize("reply", [Reply(500), Reply(302), Reply(404), Reply(error="no answer within 15 s")])
def test_all_else_is_tried_again_ever_more_patiently_for_three_days(reply: Reply) -> None:
    delivery, now, waits = WAITING, NOW, []
    while delivery.state is DeliveryState.PENDING:
        delivery = judged(delivery, reply, now)
        waits.append(delivery.due_at - now)
        now = delivery.due_at
    assert [wait.total_seconds() for wait in waits[:7]] == [5, 30, 120, 600, 1_800, 3_600, 3_600]
    assert delivery.state is DeliveryState.FAILED
    assert delivery.last_tried_at == NOW + PATIENCE
    assert delivery.error
    assert delivery.attempts == len(waits)


def test_410_ends_it_at_once() -> None:
    gone = judged(WAITING, Reply(410), NOW)
    assert gone.state is DeliveryState.FAILED
    assert disables(replace(ENDPOINT, last_success_at=NOW), gone) is Disabled.GONE


def test_an_endpoint_is_given_up_when_nothing_reached_it_for_days() -> None:
    first = judged(WAITING, Reply(500), NOW)
    over = judged(first, Reply(500), NOW + PATIENCE)
    assert disables(ENDPOINT, first) is None
    assert disables(ENDPOINT, over) is Disabled.FAILING
    assert disables(replace(ENDPOINT, last_success_at=NOW - HOUR), over) is Disabled.FAILING
    assert disables(replace(ENDPOINT, last_success_at=NOW + HOUR), over) is None  # this event alone is the matter


def test_an_endpoint_that_is_down_is_left_alone_for_minutes_at_most() -> None:
    assert [pause(failures).total_seconds() for failures in (0, 1, 2, 3, 4, 100)] == [0, 5, 30, 120, 600, 600]

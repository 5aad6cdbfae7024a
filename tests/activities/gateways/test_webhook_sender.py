"""What becomes of one attempt at an endpoint, over real HTTP and TLS; and the addresses that are not written to."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from activities.gateways import webhook_sender
from activities.gateways.webhook_sender import WebhookSender
from models.telling.deliveries import Reply
from models.telling.endpoints import fresh_secret, signed_headers
from tests.activities.gateways.receivers import receiving

BODY = '{"type":"invoice.paid","nota":"año"}'.encode()
SECRET = fresh_secret()
HERE = WebhookSender(local=True)


def signed() -> dict[str, str]:
    return {"Content-Type": "application/json", **signed_headers("evt_1", datetime.now(UTC), BODY, (SECRET,))}


def self_signed(place: Path, name: str) -> Path:
    """A certificate for this name, by nobody but itself; with its key in one file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = place / f"{name}.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


def served_by(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_an_event_arrives_whole_and_its_signature_is_good() -> None:
    async with receiving() as receiver:
        assert await HERE.send(f"{receiver.url}/hooks?from=perdura", signed(), BODY) == Reply(204)
        (heard,) = receiver.heard
    assert heard.path == "/hooks?from=perdura"
    assert heard.body == BODY
    assert heard.headers["content-type"] == "application/json"
    assert heard.verified(SECRET)["nota"] == "año"


@pytest.mark.parametrize("status", [200, 400, 410, 500, 503])
async def test_the_status_is_the_answer(status: int) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: status
        assert await HERE.send(receiver.url, signed(), BODY) == Reply(status)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    async with receiving() as receiver:
        receiver.answer = lambda _: status
        assert await HERE.send(receiver.url, signed(), BODY) == Reply(status)
        assert len(receiver.heard) == 1


async def test_who_does_not_answer_hangs_up_or_is_not_there_has_not_got_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as receiver:
        url = receiver.url
        receiver.answer = lambda _: -1
        assert await HERE.send(url, signed(), BODY) == Reply(error="the connection ended without an answer")
        monkeypatch.setattr(webhook_sender, "_SECONDS", 0.3)
        receiver.answer = lambda _: None
        assert (await HERE.send(url, signed(), BODY)).error.startswith("no answer within")
    monkeypatch.undo()
    assert await HERE.send(url, signed(), BODY) == Reply(error="no connection")
    assert await HERE.send("http://nobody.invalid/", signed(), BODY) == Reply(error="its name is not known")


async def test_only_a_certificate_of_that_name_by_somebody_trusted_is_good(tmp_path: Path) -> None:
    good, other = self_signed(tmp_path, "localhost"), self_signed(tmp_path, "acme.example")
    trusting = ssl.create_default_context(cafile=good)
    trusting.load_verify_locations(other)
    known = WebhookSender(local=True, trust=trusting)
    async with receiving(served_by(good)) as receiver:
        assert await known.send(receiver.url, signed(), BODY) == Reply(204)
        assert "self-signed" in (await HERE.send(receiver.url, signed(), BODY)).error
        assert len(receiver.heard) == 1
    async with receiving(served_by(other)) as receiver:
        assert "Hostname mismatch" in (await known.send(receiver.url, signed(), BODY)).error
        assert receiver.heard == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1"])
async def test_nothing_reaches_what_only_we_can_reach(host: str) -> None:
    async with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        reply = await WebhookSender().send(f"http://{host}:{port}/", signed(), BODY)
        assert reply == Reply(error="its name leads to an address that is not public")
        assert receiver.heard == []


@pytest.mark.parametrize("answers", [["10.0.0.8"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]])
async def test_a_name_that_leads_inside_is_not_followed(answers: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def resolved(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(ip_address(each).version, 1, 6, "", (each, port)) for each in answers]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
    async with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        reply = await WebhookSender().send(f"https://acme.example:{port}/", signed(), BODY)
        assert reply == Reply(error="its name leads to an address that is not public")
        assert (asked, receiver.heard) == (
            ["acme.example"],
            [],
        )  # looked up once: there is no second answer to fall for

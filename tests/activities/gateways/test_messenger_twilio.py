"""WhatsApp through Twilio's own SDK against the sandbox."""

import asyncio
import itertools
import json
import logging
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException

from activities.failures import Refused, Throttled, Unavailable
from activities.gateways.messenger_twilio import TwilioMessenger, delivery, failure
from activities.ports.messenger import Sent
from models.records import Delivery
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.wording import Text
from tests.activities.gateways.conftest import Local

SENDER = "+5215500000000"
_numbers = itertools.count(0)


def number() -> str:
    return f"+5255{next(_numbers):08d}"


@pytest.fixture
def twilio(local: Local) -> TwilioMessenger:
    settings = local.settings
    return TwilioMessenger(settings.twilio_account_sid, settings.twilio_auth_token, SENDER, "", local.url)


async def say(twilio: TwilioMessenger, to: str, body: str, media_url: str = "") -> str:
    sent = await twilio.send(
        to=to, kind=NoticeKind.RENEWAL, language=Language.ES, body=body, variables=("Ana",), media_url=media_url
    )
    assert sent.delivery is Delivery.SENT
    return sent.reference


async def test_an_answer_within_the_day_needs_no_template(local: Local) -> None:
    settings, to = local.settings, number()
    templated = TwilioMessenger(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        SENDER,
        "",
        local.url,
        {f"{NoticeKind.TICKET_REPLY}:{Language.ES}": "HX0123456789abcdef0123456789abcdef"},
    )
    sent = await templated.send(
        to=to, kind=NoticeKind.TICKET_REPLY, language=Language.ES, body="Ya quedó", variables=("Ana",), free=True
    )
    assert (await message(local, sent.reference))["body"] == "Ya quedó"


async def find(
    twilio: TwilioMessenger, to: str, body: str, *, since: datetime, variables: tuple[str, ...] = ()
) -> Sent | None:
    text = Text("", body, variables)
    return await twilio.find(to=to, text=text, kind=NoticeKind.RENEWAL, language=Language.ES, since=since)


async def message(local: Local, sid: str) -> dict[str, str]:
    settings = local.settings
    async with httpx.AsyncClient(
        trust_env=False, auth=(settings.twilio_account_sid, settings.twilio_auth_token)
    ) as http:
        answer = await http.get(f"{local.url}/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages/{sid}.json")
        found: dict[str, str] = answer.json()
        return found


async def test_sends_the_text_as_it_is(twilio: TwilioMessenger, local: Local) -> None:
    to = number()
    sid = await say(twilio, to, "¡Hola, Ana! Tu plan se renueva mañana.")
    found = await message(local, sid)
    assert found["body"] == "¡Hola, Ana! Tu plan se renueva mañana."
    assert (found["to"], found["from"]) == (f"whatsapp:{to}", f"whatsapp:{SENDER}")


async def test_a_sender_may_be_written_as_twilio_writes_it(local: Local) -> None:
    settings = local.settings
    twilio = TwilioMessenger(
        settings.twilio_account_sid, settings.twilio_auth_token, f"whatsapp:{SENDER}", "", local.url
    )
    assert (await message(local, await say(twilio, number(), "hola")))["from"] == f"whatsapp:{SENDER}"


async def test_a_document_travels_as_media(twilio: TwilioMessenger, local: Local) -> None:
    sid = await say(twilio, number(), "Tu factura", media_url="https://perdura.example/go/pdf")
    assert (await message(local, sid))["num_media"] == "1"


async def test_a_kind_with_an_approved_template_is_sent_by_it(local: Local) -> None:
    settings = local.settings
    auth = (settings.twilio_account_sid, settings.twilio_auth_token)
    async with httpx.AsyncClient(trust_env=False, auth=auth) as http:
        made = await http.post(
            f"{local.url}/content/v1/Content",
            content=json.dumps(
                {
                    "friendly_name": "renewal",
                    "language": "es_MX",
                    "types": {"twilio/text": {"body": "Hola {{1}}: {{2}}"}},
                }
            ),
        )
    twilio = TwilioMessenger(*auth, SENDER, "", local.url, {"renewal:es-MX": made.json()["sid"]})
    sent = await twilio.send(
        to=number(), kind=NoticeKind.RENEWAL, language=Language.ES, body="no", variables=("Ana", "ñ")
    )
    assert (await message(local, sent.reference))["body"] == "Hola Ana: ñ"
    other = await twilio.send(to=number(), kind=NoticeKind.RENEWAL, language=Language.EN, body="Hi", variables=("Ana",))
    assert (await message(local, other.reference))["body"] == "Hi"


async def test_finds_a_message_whose_acceptance_got_lost(twilio: TwilioMessenger, local: Local) -> None:
    to, before = number(), datetime.now(UTC)
    await local.order("faults", operation="POST */Messages.json", kind="cut_after")
    with pytest.raises(Unavailable):
        await say(twilio, to, "Servicio suspendido")
    found = await find(twilio, to, "Servicio suspendido", since=before)
    assert found is not None
    assert (await message(local, found.reference))["body"] == "Servicio suspendido"


async def test_finds_neither_another_text_nor_another_number_nor_an_old_message(twilio: TwilioMessenger) -> None:
    to, before = number(), datetime.now(UTC)
    await say(twilio, to, "Servicio suspendido")
    assert await find(twilio, to, "Pago recibido", since=before) is None
    assert await find(twilio, number(), "Servicio suspendido", since=before) is None
    assert await find(twilio, to, "Servicio suspendido", since=before + timedelta(minutes=1)) is None


async def test_a_found_message_tells_how_far_it_got(twilio: TwilioMessenger, local: Local) -> None:
    to, before = number(), datetime.now(UTC)
    await local.order("twilio/failures", codes=[63024])
    await say(twilio, to, "hola")
    async with asyncio.timeout(10):
        while (found := await find(twilio, to, "hola", since=before)) and found.delivery is Delivery.SENT:
            await asyncio.sleep(0.02)
    assert found is not None
    assert (found.delivery, found.error) == (Delivery.FAILED, "63024")


async def test_a_number_that_cannot_be_reached_is_refused_without_being_quoted(twilio: TwilioMessenger) -> None:
    with pytest.raises(Refused) as caught:
        await say(twilio, "+5255", "hola")
    assert caught.value.code == "21211"
    assert "+52" not in str(caught.value)


async def test_a_person_who_opted_out_is_refused(twilio: TwilioMessenger, local: Local) -> None:
    await local.order("twilio/failures", codes=[21610])
    with pytest.raises(Refused) as caught:
        await say(twilio, number(), "hola")
    assert caught.value.code == "21610"


@pytest.mark.parametrize(("kind", "expected"), [("429", Throttled), ("500", Unavailable), ("cut_before", Unavailable)])
async def test_a_provider_in_trouble_is_waited_for(
    twilio: TwilioMessenger, local: Local, kind: str, expected: type[Exception]
) -> None:
    await local.order("faults", operation="POST */Messages.json", kind=kind)
    with pytest.raises(expected):
        await say(twilio, number(), "hola")


async def test_a_wrong_token_is_refused(local: Local) -> None:
    with pytest.raises(Refused) as caught:
        await say(TwilioMessenger(local.settings.twilio_account_sid, "wrong", SENDER, "", local.url), number(), "hola")
    assert caught.value.code == "20003"


async def test_no_number_is_logged(twilio: TwilioMessenger, caplog: pytest.LogCaptureFixture) -> None:
    to = number()
    with caplog.at_level(logging.INFO):
        await find(twilio, to, "hola", since=datetime.now(UTC))
    assert to.removeprefix("+") not in caplog.text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TwilioRestException(429, "/Messages", "to +525512345678", 20429), Throttled),
        (TwilioRestException(503, "/Messages", "to +525512345678"), Unavailable),
        (TwilioRestException(400, "/Messages", "to +525512345678", 21211), Refused),
        (TwilioException("unreadable"), Unavailable),
        (requests.ConnectTimeout("+525512345678"), Unavailable),
    ],
)
def test_every_error_has_a_meaning_and_quotes_nothing(
    error: TwilioException | requests.RequestException, expected: type[Exception]
) -> None:
    told = failure(error)
    assert type(told) is expected
    assert "5512345678" not in str(told)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *((s, Delivery.SENT) for s in ("accepted", "queued", "sending", "sent", "scheduled")),
        *((s, Delivery.DELIVERED) for s in ("delivered", "read")),
        *((s, Delivery.FAILED) for s in ("failed", "undelivered", "canceled")),
    ],
)
def test_every_status_has_a_meaning(status: str, expected: Delivery) -> None:
    assert delivery(status) is expected


async def template(local: Local, body: str) -> str:
    settings = local.settings
    async with httpx.AsyncClient(
        trust_env=False, auth=(settings.twilio_account_sid, settings.twilio_auth_token)
    ) as http:
        content = {"friendly_name": "renewal", "language": "es_MX", "types": {"twilio/text": {"body": body}}}
        made = await http.post(f"{local.url}/content/v1/Content", content=json.dumps(content))
    return str(made.json()["sid"])


@pytest.mark.parametrize("body", ["{{1}}, renuévalo: {{6}}", "{{1}}: tu plan {{3}} se renueva"])
async def test_finds_a_message_sent_by_a_template_though_its_text_is_not_ours(local: Local, body: str) -> None:
    settings = local.settings
    chosen = {"renewal:es-MX": await template(local, body)}
    twilio = TwilioMessenger(settings.twilio_account_sid, settings.twilio_auth_token, SENDER, "", local.url, chosen)
    to, before = number(), datetime.now(UTC)
    variables = ("Ana", "Acme", "PRO", "$1", "hoy", "https://perdura.test/go/x.y?n=0123456789")
    await local.order("faults", operation="POST */Messages.json", kind="cut_after")
    with pytest.raises(Unavailable):
        await twilio.send(to=to, kind=NoticeKind.RENEWAL, language=Language.ES, body="ours", variables=variables)
    assert await find(twilio, to, "ours", since=before, variables=variables) is not None
    other = ("Ana", "Acme", "BASIC", "$1", "hoy", "https://perdura.test/go/x.y?n=another000")
    assert await find(twilio, to, "ours", since=before, variables=other) is None


async def test_a_text_message_goes_from_its_own_number_without_template_or_media(local: Local) -> None:
    settings = local.settings
    twilio = TwilioMessenger(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        SENDER,
        "",
        local.url,
        {"renewal:es-MX": "HX" + "0" * 32},
        "+525599999999",
    )
    to = number()
    sent = await twilio.send(
        to=to, kind=NoticeKind.RENEWAL, language=Language.ES, body="hola", variables=("Ana",), channel=Channel.SMS
    )
    found = await message(local, sent.reference)
    assert (found["from"], found["to"], found["body"]) == ("+525599999999", to, "hola")

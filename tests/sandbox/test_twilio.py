"""Messages go out, come back as signed callbacks, and fail as Twilio lets them fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from jsonschema import Draft202012Validator
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from sandbox.twilio.messages import Line, Refused
from sandbox.twilio.numbers import Address
from tests.sandbox.conftest import SID, TOKEN, Receiver, Running, settings_for, until

FROM = "whatsapp:+14155238886"
TO = "whatsapp:+525512345678"
Make = Callable[..., Any]


def callbacks(receiver: Receiver, path: str = "/twilio/status") -> list[dict[str, str]]:
    """The callbacks whose signature the SDK accepts."""
    found = []
    for where, headers, body in list(receiver.posts):
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if where == path and RequestValidator(TOKEN).validate(
            f"{receiver.url}{path}", fields, headers["x-twilio-signature"]
        ):
            found.append(fields)
    return found


def statuses(receiver: Receiver) -> list[str]:
    return [fields["MessageStatus"] for fields in callbacks(receiver)]


def test_a_whatsapp_message_is_delivered_and_read(twilio: Make, receiver: Receiver) -> None:
    sent = twilio().messages.create(from_=FROM, to=TO, body="Hola", status_callback=f"{receiver.url}/twilio/status")
    assert sent.status == "queued"
    until(lambda: statuses(receiver) == ["queued", "sent", "delivered", "read"])
    assert {fields["MessageSid"] for fields in callbacks(receiver)} == {sent.sid}
    assert callbacks(receiver)[-1]["EventType"] == "READ"
    found = twilio().messages(sent.sid).fetch()
    assert (found.status, found.body, found.error_code) == ("read", "Hola", None)


def test_an_sms_is_delivered_and_not_read(twilio: Make, receiver: Receiver) -> None:
    twilio().messages.create(
        from_="+14155238886", to="+525512345678", body="Hola", status_callback=f"{receiver.url}/twilio/status"
    )
    until(lambda: statuses(receiver) == ["queued", "sent", "delivered"])


@pytest.mark.parametrize(
    ("code", "last"), [(63016, "failed"), (63018, "failed"), (63024, "undelivered"), (30008, "undelivered")]
)
def test_some_failures_come_later(twilio: Make, receiver: Receiver, code: int, last: str) -> None:
    sent = twilio().messages.create(
        from_=FROM, to=f"whatsapp:+5255000{code}", body="x", status_callback=f"{receiver.url}/twilio/status"
    )
    until(lambda: statuses(receiver)[-1:] == [last])
    assert callbacks(receiver)[-1]["ErrorCode"] == str(code)
    assert twilio().messages(sent.sid).fetch().error_code == code


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"to": "whatsapp:+52"}, 400, 21211),
        ({"to": "whatsapp:+525500021211"}, 400, 21211),
        ({"to": "whatsapp:+525500021610"}, 400, 21610),
        ({"body": None}, 400, 21619),
        ({"body": None, "content_sid": "HXnone"}, 400, 21655),
        ({"body": None, "content_sid": "HX" + "a" * 32, "content_variables": "{"}, 400, 21656),
        ({"from_": "+14155238886"}, 400, 63007),
    ],
)
def test_some_failures_come_at_once(twilio: Make, fields: dict[str, Any], status: int, code: int) -> None:
    given = {"from_": FROM, "to": TO, "body": "x", **fields}
    with pytest.raises(TwilioRestException) as refused:
        twilio().messages.create(**{name: value for name, value in given.items() if value})
    assert (refused.value.status, refused.value.code) == (status, code)


def test_a_wrong_token_is_refused(twilio: Make) -> None:
    with pytest.raises(TwilioRestException) as refused:
        twilio(SID, "wrong").messages.create(from_=FROM, to=TO, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)


def test_too_many_requests(sandbox: Running, twilio: Make) -> None:
    sandbox.control("POST", "/faults", {"operation": "POST */Messages.json", "kind": "429"})
    with pytest.raises(TwilioRestException) as refused:
        twilio().messages.create(from_=FROM, to=TO, body="x")
    assert (refused.value.status, refused.value.code) == (429, 20429)


def test_a_template_is_filled(twilio: Make, sandbox: Running) -> None:
    body = {
        "friendly_name": "aviso",
        "language": "es_MX",
        "types": {"twilio/text": {"body": "Hola {{1}}, debes {{2}}"}},
    }
    made = httpx.post(f"{sandbox.url}/content/v1/Content", json=body, auth=(SID, TOKEN), trust_env=False).json()
    sent = twilio().messages.create(
        from_=FROM, to=TO, content_sid=made["sid"], content_variables=json.dumps({"1": "Ana", "2": "$499"})
    )
    assert sent.body == "Hola Ana, debes $499"
    assert twilio().content.v1.contents(made["sid"]).fetch().friendly_name == "aviso"
    approval = httpx.post(
        f"{sandbox.url}/content/v1/Content/{made['sid']}/ApprovalRequests/whatsapp",
        json={"name": "aviso", "category": "UTILITY"},
        auth=(SID, TOKEN),
        trust_env=False,
    )
    assert approval.status_code == 201
    fetched = twilio().content.v1.contents(made["sid"]).approval_fetch().fetch()
    assert fetched.whatsapp["status"] == "approved"


def test_media_stays_with_the_message(twilio: Make, sandbox: Running) -> None:
    sent = twilio().messages.create(from_=FROM, to=TO, body="CFDI", media_url=["https://shop.example/cfdi.pdf"])
    assert sent.num_media == "1"
    entries = httpx.get(f"{sandbox.url}/mailbox.json", trust_env=False).json()["entries"]
    assert entries[0]["media"] == ["https://shop.example/cfdi.pdf"]
    assert "https://shop.example/cfdi.pdf" in httpx.get(f"{sandbox.url}/mailbox", trust_env=False).text


def test_somebody_writes_to_us_with_the_mexican_one(sandbox: Running, receiver: Receiver) -> None:
    sandbox.control("POST", "/twilio/inbound", {"from": TO, "body": "hola"})
    (fields,) = until(lambda: callbacks(receiver, "/twilio/inbound"))
    assert (fields["From"], fields["WaId"], fields["Body"]) == ("whatsapp:+5215512345678", "5215512345678", "hola")


def test_a_forged_inbound_message_does_not_verify(sandbox: Running, receiver: Receiver) -> None:
    sandbox.control("POST", "/twilio/inbound", {"from": TO, "body": "hola", "forged": True})
    until(lambda: receiver.posts)
    assert not callbacks(receiver, "/twilio/inbound")


def test_who_says_stop_gets_nothing_until_start(sandbox: Running, twilio: Make) -> None:
    sandbox.control("POST", "/twilio/inbound", {"from": "whatsapp:+5215512345678", "body": "Stop"})
    with pytest.raises(TwilioRestException) as refused:
        twilio().messages.create(from_=FROM, to=TO, body="x")
    assert refused.value.code == 21610
    sandbox.control("POST", "/twilio/inbound", {"from": TO, "body": "START"})
    assert twilio().messages.create(from_=FROM, to=TO, body="x").status == "queued"


@pytest.mark.parametrize(("kind", "count"), [("duplicate", 2), ("drop", 0)])
def test_callbacks_are_disturbed_to_order(
    sandbox: Running, twilio: Make, receiver: Receiver, kind: str, count: int
) -> None:
    sandbox.control("POST", "/chaos", {"provider": "twilio", "kind": kind, "events": "delivered"})
    twilio().messages.create(from_=FROM, to=TO, body="x", status_callback=f"{receiver.url}/twilio/status")
    until(lambda: "read" in statuses(receiver))
    assert statuses(receiver).count("delivered") == count


def test_messages_are_listed_newest_first(twilio: Make) -> None:
    client = twilio()
    made = [client.messages.create(from_=FROM, to=TO, body=str(n)).sid for n in range(3)]
    assert [message.sid for message in client.messages.list()] == made[::-1]
    assert [message.sid for message in client.messages.list(limit=2, page_size=1)] == made[:0:-1]


def test_messages_fit_twilios_own_schema(twilio: Make, sandbox: Running, contracts: Path) -> None:
    document = json.loads((contracts / "twilio" / "twilio_api_v2010.json").read_text())
    schema = {"$ref": "#/components/schemas/api.v2010.account.message", "components": document["components"]}
    twilio().messages.create(from_=FROM, to="whatsapp:+525500063016", body="x")
    twilio().messages.create(from_=FROM, to=TO, body="x", media_url=["https://shop.example/a.pdf"])
    path = f"{sandbox.url}/2010-04-01/Accounts/{SID}/Messages.json"
    messages = httpx.get(path, auth=(SID, TOKEN), trust_env=False).json()["messages"]
    assert len(messages) == 2
    validator = Draft202012Validator(nullable(schema))
    for message in messages:
        assert [error.message for error in validator.iter_errors(message)] == []
        declared = document["components"]["schemas"]["api.v2010.account.message"]["properties"]
        assert set(message) == set(declared)


def nullable(node: Any) -> Any:
    """OpenAPI 3.0's ``nullable`` as JSON Schema knows it."""
    if isinstance(node, list):
        return [nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    converted = {name: nullable(each) for name, each in node.items() if name != "nullable"}
    return {"anyOf": [converted, {"type": "null"}]} if node.get("nullable") is True else converted


def test_strictly_free_text_needs_a_message_from_them_in_the_last_day(tmp_path: Path) -> None:
    line = Line(settings_for(tmp_path, twilio_strict=True))
    outside = line.create({"From": FROM, "To": TO, "Body": "x"})
    assert line.steps(outside["sid"]) == [("failed", 63016)]
    line.receive(Address("+5215512345678", "whatsapp"), FROM, "hola", profile="Ana", button=None)
    inside = line.create({"From": FROM, "To": TO, "Body": "x"})
    assert [status for status, _ in line.steps(inside["sid"])] == ["sent", "delivered", "read"]
    with pytest.raises(Refused) as refused:
        line.create({"From": FROM, "To": TO, "ContentSid": "HX" + "a" * 32})
    assert refused.value.body["code"] == 21655

"""Messages go out, come back as signed callbacks, and fail as Twilio lets them fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.requests import Request
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from sandbox.twilio.messages import Line, Refused
from sandbox.twilio.numbers import Address
from sandbox.twilio.routes import Exchange
from sandbox.world import World
from tests.sandbox.conftest import HTTP, SID, TOKEN, Receiver, Running, settings_for, until

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


def template(sandbox: Running) -> str:
    """A template nobody has approved; its sid."""
    body = {
        "friendly_name": "aviso",
        "language": "es_MX",
        "types": {"twilio/text": {"body": "Hola {{1}}, debes {{2}}"}},
    }
    made = HTTP.post(f"{sandbox.url}/content/v1/Content", json=body, auth=(SID, TOKEN))
    return str(made.json()["sid"])


def submitted(sandbox: Running, sid: str) -> dict[str, Any]:
    """The answer to a request for approval."""
    url = f"{sandbox.url}/content/v1/Content/{sid}/ApprovalRequests/whatsapp"
    asked = HTTP.post(url, json={"name": "aviso", "category": "UTILITY"}, auth=(SID, TOKEN))
    assert asked.status_code == 201
    return dict(asked.json())


def approval(twilio: Make, sid: str) -> dict[str, Any]:
    """What WhatsApp says of the template."""
    return dict(twilio().content.v1.contents(sid).approval_fetch().fetch().whatsapp)


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
        pytest.param({"to": "whatsapp:+52"}, 400, 21211, marks=pytest.mark.live),
        ({"to": "whatsapp:+525500021211"}, 400, 21211),
        ({"to": "whatsapp:+525500021610"}, 400, 21610),
        pytest.param({"body": None}, 400, 21619, marks=pytest.mark.live),
        pytest.param({"body": None, "content_sid": "HXnone"}, 400, 21655, marks=pytest.mark.live),
        ({"body": None, "content_sid": "HX" + "a" * 32, "content_variables": "{"}, 400, 21656),
        ({"from_": "+14155238886"}, 400, 63007),
    ],
)
def test_some_failures_come_at_once(twilio: Make, fields: dict[str, Any], status: int, code: int) -> None:
    given = {"from_": FROM, "to": TO, "body": "x", **fields}
    with pytest.raises(TwilioRestException) as refused:
        twilio().messages.create(**{name: value for name, value in given.items() if value})
    assert (refused.value.status, refused.value.code) == (status, code)


@pytest.mark.live
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
    made = template(sandbox)
    sent = twilio().messages.create(
        from_=FROM, to=TO, content_sid=made, content_variables=json.dumps({"1": "Ana", "2": "$499"})
    )
    assert sent.body == "Hola Ana, debes $499"
    assert twilio().content.v1.contents(made).fetch().friendly_name == "aviso"


def test_whatsapp_approves_a_template_after_a_look(twilio: Make, sandbox: Running) -> None:
    sid = template(sandbox)
    assert approval(twilio, sid)["status"] == "unsubmitted"
    assert submitted(sandbox, sid)["status"] == "received"
    until(lambda: approval(twilio, sid)["status"] == "approved")
    assert approval(twilio, sid)["name"] == "aviso"


def test_whatsapp_rejects_a_template_with_a_reason(twilio: Make, sandbox: Running) -> None:
    sid = template(sandbox)
    sandbox.control("POST", f"/twilio/templates/{sid}", {"status": "rejected", "reason": "INVALID_FORMAT"})
    submitted(sandbox, sid)
    rejected = until(lambda: (found := approval(twilio, sid))["status"] == "rejected" and found)
    assert rejected["rejection_reason"] == "INVALID_FORMAT"
    sandbox.control("POST", f"/twilio/templates/{sid}", {"status": "approved"})
    assert (approval(twilio, sid)["status"], approval(twilio, sid)["rejection_reason"]) == ("approved", "")


@pytest.mark.parametrize("status", ["received", "pending", "rejected", "paused", "disabled"])
def test_a_template_can_be_held_at_any_stage(twilio: Make, sandbox: Running, status: str) -> None:
    sid = template(sandbox)
    submitted(sandbox, sid)
    sandbox.control("POST", f"/twilio/templates/{sid}", {"status": status})
    assert approval(twilio, sid)["status"] == status


def test_an_order_for_a_template_names_what_is_wrong_with_it(sandbox: Running) -> None:
    sid = template(sandbox)
    for path, body, status in ((sid, {"status": "liked"}, 422), (sid, {}, 422), ("HXnone", {"status": "pending"}, 404)):
        answer = HTTP.post(f"{sandbox.url}/_sandbox/twilio/templates/{path}", json=body)
        assert (answer.status_code, set(answer.json())) == (status, {"error"})


def test_media_stays_with_the_message(twilio: Make, sandbox: Running) -> None:
    sent = twilio().messages.create(from_=FROM, to=TO, body="CFDI", media_url=["https://shop.example/cfdi.pdf"])
    assert sent.num_media == "1"
    entries = HTTP.get(f"{sandbox.url}/mailbox.json").json()["entries"]
    assert entries[0]["media"] == ["https://shop.example/cfdi.pdf"]
    assert "https://shop.example/cfdi.pdf" in HTTP.get(f"{sandbox.url}/mailbox").text


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


def test_messages_and_callbacks_of_every_kind_are_judged(twilio: Make, sandbox: Running, receiver: Receiver) -> None:
    """By Twilio's own document, which the sandbox holds them against; what it finds fails this test at its end."""
    if sandbox.settings.twilio_contract is None:
        pytest.skip("NO OFFICIAL CONTRACTS: set PERDURA_CONTRACTS to check against them")
    before = sandbox.control("GET", "/violations")["judged"]
    sms, unread = TO.removeprefix("whatsapp:"), {"delivered", "failed", "undelivered"}
    for to in (TO, sms, "whatsapp:+525500063018", "whatsapp:+525500063024", "+525500030008"):
        receiver.posts.clear()
        sender = FROM if to.startswith("whatsapp:") else FROM.removeprefix("whatsapp:")
        twilio().messages.create(from_=sender, to=to, body="x", status_callback=f"{receiver.url}/twilio/status")
        until(lambda last={"read"} if to == TO else unread: set(statuses(receiver)) & last)
        assert len(callbacks(receiver)) == len(receiver.posts)  # each is signed
    twilio().messages.create(from_=FROM, to=TO, body="x", media_url=["https://shop.example/a.pdf"])
    assert len(twilio().messages.list()) == 6
    # Six answers, as many in the list, and at least two callbacks for each of the five.
    assert sandbox.control("GET", "/violations")["judged"] - before >= 22


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


def test_strictly_only_an_approved_template_reaches_somebody_silent(tmp_path: Path) -> None:
    line = Line(settings_for(tmp_path, twilio_strict=True))
    sid = "HX" + "a" * 32
    line.contents[sid] = {"sid": sid, "types": {"twilio/text": {"body": "Hola"}}}
    message = {"From": FROM, "To": TO, "ContentSid": sid}
    for status in ("received", "pending", "rejected", "paused"):
        line.hidden[sid] = {"approval": {"status": status}}
        assert line.steps(line.create(message)["sid"]) == [("failed", 63016)]
    line.hidden[sid] = {"approval": {"status": "approved"}}
    assert line.steps(line.create(message)["sid"])[-1] == ("read", None)
    line.failures.append(63018)  # approved, but the channel's limit is reached
    assert line.steps(line.create(message)["sid"]) == [("failed", 63018)]
    line.hidden[sid] = {}
    line.receive(Address("+5215512345678", "whatsapp"), FROM, "hola", profile="Ana", button=None)
    assert line.steps(line.create(message)["sid"])[-1] == ("read", None)


def test_a_message_can_be_emptied_and_forgotten(twilio: Make, sandbox: Running) -> None:
    client = twilio()
    sid = client.messages.create(from_=FROM, to=TO, body="Tu RFC es XAXX010101000").sid
    until(lambda: client.messages(sid).fetch().status == "read")
    assert client.messages(sid).update(body="").body == ""
    assert "XAXX010101000" not in HTTP.get(f"{sandbox.url}/mailbox.json").text
    assert client.messages(sid).delete()
    with pytest.raises(TwilioRestException) as gone:
        client.messages(sid).fetch()
    assert gone.value.code == 20404


def test_a_message_under_way_cannot_be_forgotten(tmp_path: Path) -> None:
    world = World.new(settings_for(tmp_path))
    message = world.line.create({"From": FROM, "To": TO, "Body": "x"})
    scope = {"type": "http", "method": "DELETE", "path": "/x", "path_params": {"sid": message["sid"]}, "headers": []}
    exchange = Exchange(world.line, world.walker, world.faults, world.journal)
    with pytest.raises(Refused) as refused:
        exchange.finished(Request(scope))
    assert (refused.value.status, refused.value.body["code"]) == (409, 20009)

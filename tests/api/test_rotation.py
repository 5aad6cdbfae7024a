"""Secrets change without downtime: while the old value stands behind the new one, whatever was made with it is good; then it is not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from api.deps import Context
from api.tokens import Tokens
from models.speaking.links import Purpose, dated_token, link, opened
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, TWILIO_TOKEN, World
from tests.api.credentials import person, session
from tests.api.test_plan_changes import ana as ana  # a fixture
from tests.api.test_plan_changes import confirm, preview

NEW = "a new secret of thirty-two characters"


def set_to(world: World, name: str, value: str) -> Context:
    """The API as it is after a restart with this setting."""
    context: Context = world.app.state.context
    settings = context.settings.model_copy(update={name: SecretStr(value)})
    world.app.state.context = replace(context, settings=settings, tokens=Tokens(settings.session_secret))
    return world.app.state.context


@pytest.mark.parametrize("purpose", [Purpose.PAY, Purpose.DATA, Purpose.ACCOUNT, Purpose.EMBED])
async def test_links_that_were_sent_open_until_their_key_is_dropped(world: World, purpose: Purpose) -> None:
    subscription = await world.signed_up()
    if purpose in (Purpose.ACCOUNT, Purpose.EMBED):
        token = dated_token(LINK_KEY, purpose, "acme", subscription, NOW + timedelta(hours=1))
    else:
        token = link(PUBLIC, LINK_KEY, purpose, "acme", subscription).rpartition("/")[2]
    pages = {
        Purpose.PAY: "pagar/{}",
        Purpose.DATA: "mis-datos/{}",
        Purpose.ACCOUNT: "cuenta/{}",
        Purpose.EMBED: "embed/entitlement?token={}",
    }
    page = "/" + pages[purpose].format(token)
    assert (await world.http.get(page)).status_code == 200
    set_to(world, "link_key", f"{NEW},{LINK_KEY.current}")
    assert (await world.http.get(page)).status_code == 200
    set_to(world, "link_key", NEW)
    assert (await world.http.get(page)).status_code in (401, 404)


async def test_links_are_signed_with_the_new_key_as_soon_as_it_stands_first(world: World) -> None:
    bill = {"customer_reference": "user-1042", "lines": [{"description": "Baño", "price": 30_000}]}
    await world.signed_up()
    context = set_to(world, "link_key", f"{NEW},{LINK_KEY.current}")
    token = (await world.post("/v1/bills", bill)).json()["pay_url"].rpartition("/")[2]
    assert opened(token, LINK_KEY) is None
    assert opened(token, context.settings.link_secret) is not None
    set_to(world, "link_key", NEW)
    assert (await world.http.get(f"/go/{token}")).status_code == 303


async def test_what_was_shown_before_is_confirmed_after(world: World, ana: str) -> None:
    shown = (await preview(world, ana, "max")).json()
    set_to(world, "link_key", NEW)
    assert (await confirm(world, ana, shown)).status_code == 422
    set_to(world, "link_key", f"{NEW},{LINK_KEY.current}")
    assert (await confirm(world, ana, shown)).status_code == 201


async def test_who_is_logged_in_stays_so_and_their_open_forms_go_through(world: World) -> None:
    old = world.app.state.context.settings.session_key.get_secret_value()
    user = await person(world)
    headers, seal = await session(world, user), world.app.state.context.tokens.blind("console form", "acme", user.id)
    context = set_to(world, "session_key", f"{NEW},{old}")
    assert (await world.http.get("/v1/me", headers=headers)).status_code == 200
    assert context.tokens.blinded(seal, "console form", "acme", user.id)
    context = set_to(world, "session_key", NEW)
    assert (await world.http.get("/v1/me", headers=headers)).status_code == 401
    assert not context.tokens.blinded(seal, "console form", "acme", user.id)


async def test_reports_of_messages_are_taken_with_the_old_token_and_the_new_one(world: World) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    set_to(world, "twilio_auth_token", f"{NEW},{TWILIO_TOKEN}")
    for token, status in ((TWILIO_TOKEN, 200), (NEW, 200), (f"{NEW},{TWILIO_TOKEN}", 400)):
        assert (await world.twilio(form, token=token)).status_code == status
    set_to(world, "twilio_auth_token", NEW)
    assert (await world.twilio(form)).status_code == 400


@pytest.mark.parametrize(
    ("name", "path", "method"), [("metrics_token", "/metrics", "GET"), ("codec_key", "/codec/operator/decode", "POST")]
)
async def test_whoever_shows_the_old_value_is_let_in_beside_the_new(
    world: World, name: str, path: str, method: str
) -> None:
    old = "what they have shown until now"
    for value, known in ((old, {old}), (f"{NEW},{old}", {old, NEW}), (NEW, {NEW}), ("", set())):
        set_to(world, name, value)
        for told in (old, NEW, f"{NEW},{old}", ""):
            headers = {"Authorization": f"Bearer {told}"}
            answer = await world.http.request(method, path, headers=headers, json={"payloads": []})
            assert answer.status_code == (200 if told in known else 401), (value, told)

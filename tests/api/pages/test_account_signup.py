"""Signing up once more: the mailed link shows whose mailbox it is, and its customer alone is signed up by it."""

import re
from datetime import timedelta
from typing import cast

import pytest

from activities.composing import Links, written
from activities.ports.store import Store
from models.speaking.links import Purpose, dated_token
from tests.api.conftest import LINK_KEY, NOW, PUBLIC, World
from tests.api.test_checkout_page import Knowing, billed, form, former, of_a_pet, send
from tests.api.test_signup import FISCAL


def link(account: str, *, hours: int = 20, tenant: str = "acme") -> str:
    """As it is in the mail."""
    return dated_token(LINK_KEY, Purpose.ACCOUNT, tenant, account, NOW + timedelta(hours=hours))


@pytest.mark.parametrize(("known", "reference"), [(former, "user-1042"), (of_a_pet, "dueno-7"), (billed, "dueno-7")])
async def test_from_the_mail_to_the_payment_page_as_who_they_are(world: World, known: Knowing, reference: str) -> None:
    mine = await known(world)
    before = await world.store.customer_of("acme", mine)
    page = await world.http.get(f"/cuenta/{link(mine)}", follow_redirects=True)
    if known is not billed:
        (choose,) = re.findall(r'href="(/cuenta/[^"]+/contratar)"', page.text)
        page = await world.http.get(choose)
    assert (page.status_code, "noindex" in page.text, page.headers["cache-control"]) == (200, True, "no-store")
    assert (">← Tu cuenta<" in page.text) == (known is not billed)
    (onward,) = re.findall(r'href="(/contratar/acme/pro[^"]+)"', page.text)
    shown = (await world.http.get(onward)).text
    for value in (before.name, before.email, before.phone):
        assert f'value="{value}"' in shown
    answer = await send(world, onward, name="Luz Ríos Vega")
    assert answer.status_code == 303, answer.text
    fresh = next(each for each in await world.store.subscribers("acme") if each.record.id != mine)
    assert (fresh.customer.id, fresh.customer.reference, fresh.customer.name) == (before.id, reference, "Luz Ríos Vega")
    assert [start.subscription for start in world.door.starts][-1] == fresh.record.id
    assert (await world.http.get(answer.headers["location"])).status_code == 200
    account = (await world.http.get(f"/cuenta/{link(fresh.record.id)}")).text
    assert ("Terminar mi registro" in account, '/contratar"' in account) == (True, False), "one at a time"


async def test_the_form_brings_along_the_tax_data_that_are_known(world: World) -> None:
    mine = await former(world, fiscal=FISCAL)
    before = await world.store.customer_of("acme", mine)
    page = f"/contratar/acme/pro?cuenta={link(mine)}"
    known = dict(re.findall(r'<input id="(\w+)"[^>]* value="([^"]*)"', (await world.http.get(page)).text))
    assert (known["tax_id"], known["postal_code"]) == ("XIA190128J61", "76343")
    typed = {field: known[field] for field in ("tax_id", "legal_name", "postal_code")} | {"tax_regime": "601"}
    assert (await send(world, page, **typed)).status_code == 303
    after = await world.store.customer_of("acme", mine)
    assert before.receiver is not None
    assert after.receiver is not None
    assert after.receiver.rfc == before.receiver.rfc


@pytest.mark.parametrize("with_link", ["another's", "another business's", "over", "forged"])
async def test_the_link_of_somebody_else_opens_nobody_s_door(world: World, with_link: str) -> None:
    mine = await former(world)
    other = await world.signed_up(customer_reference="user-2", email="eva@example.mx", name="Eva")
    token = {
        "another's": link(other),
        "another business's": link(mine, tenant="other"),
        "over": link(mine, hours=-1),
        "forged": "x",
    }[with_link]
    before = await world.store.customer_of("acme", mine)
    answer = await send(world, f"/contratar/acme/pro?cuenta={token}", name="Mallory")
    assert (answer.status_code, "Revisa tu correo" in answer.text) == (409, True)
    assert await world.store.customer_of("acme", mine) == before


async def test_by_the_link_too_the_button_pressed_twice_makes_one_subscription(world: World) -> None:
    mine = await former(world)
    page = f"/contratar/acme/pro?cuenta={link(mine)}"
    once = {**await form(world, page), "name": "Luz", "email": "luz@example.mx", "phone": "5523456789", "agreed": "yes"}
    assert [(await world.http.post(page, data=once)).status_code for _ in range(2)] == [303, 303]
    assert len(await world.store.subscribers("acme")) == 2
    anew = await send(world, page)
    assert anew.status_code == 409, "what was begun goes on from the account"
    assert len(await world.store.subscribers("acme")) == 2


async def test_the_mail_about_a_bill_leads_there_too(world: World) -> None:
    mine = await billed(world)
    assert (await send(world)).status_code == 409
    (request,) = world.door.notices
    customer = await world.store.customer_of("acme", mine)
    _, where = await written(cast(Store, world.store), Links(PUBLIC, LINK_KEY), request, customer)
    opened = await world.http.get(where.removeprefix(PUBLIC), follow_redirects=True)
    assert (opened.status_code, "Elige tu plan" in opened.text) == (200, True)


async def test_what_a_bill_s_link_has_no_page_for_is_not_there(world: World) -> None:
    token = link(await billed(world))
    moved = await world.http.get(f"/cuenta/{token}?lang=en")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/cuenta/{token}/contratar?lang=en")
    assert "Choose your plan" in (await world.http.get(moved.headers["location"])).text
    for step in ("plan", "cancelar"):
        assert (await world.http.get(f"/cuenta/{token}/{step}")).status_code == 404

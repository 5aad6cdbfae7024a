"""A change of plan at the console: what it would do to the centavo, then that very change, with a reason, once."""

from dataclasses import replace
from typing import Any

import pytest

from models.access.permissions import Role
from models.messages import ChangePlan, TakeOffer
from models.money import Money
from models.subscribing.subscriptions import Status, Subscription, stood
from tests.api.conftest import PUBLIC, World
from tests.api.console.browsing import HIDDEN, Browser, signed_in
from tests.api.test_plan_changes import PAGE, become


@pytest.fixture
async def owner(world: World) -> Browser:
    return await signed_in(world)


@pytest.fixture
async def where(world: World) -> str:
    """The page of a subscription that pays for `pro`, in the middle of a month."""
    assert (await world.put("/v1/catalog", {"catalog": PAGE})).status_code == 200
    name = await world.signed_up()
    await become(world, name)
    use = {"key": "u1", "meter": "users", "quantity": 3, "subscription": name}
    assert (await world.post("/v1/usage", use)).status_code == 200
    state = Subscription(provider_id="sub_1", provider_status="active", payment_method="pm_1")
    world.door.subscriptions[name] = stood(state)
    return f"/console/subscriptions/{name}"


def given(world: World) -> Any:
    ((_, _, order),) = world.door.orders
    return order


async def test_a_larger_plan_is_shown_to_the_centavo_and_ordered_once(world: World, owner: Browser, where: str) -> None:
    assert f'href="{where}/plan"' in await owner.page(where)
    shown = await owner.page(f"{where}/plan?plan=max")
    assert "Se cobra ahora" in shown
    assert "$100.00" in shown
    assert "A un plan mayor" in shown
    assert "Charged now" in await owner.page(f"{where}/plan?plan=max", english=True)
    assert not world.door.orders
    form = dict(HIDDEN.findall(shown)) | {"reason": "creció su negocio"}
    for _ in range(2):  # pressed twice
        done = await owner.http.post(f"{where}/plan", data=form, headers={"Origin": PUBLIC})
        assert (done.status_code, done.headers["location"]) == (303, where)
    assert len(set(world.door.updates)) == 1
    order = world.door.orders[0][2]
    assert isinstance(order, ChangePlan)
    assert (order.plan, order.due, order.actor, order.reason) == ("max", Money(10_000), owner.user.id, form["reason"])


async def test_a_smaller_plan_waits_and_the_offer_to_stay_is_taken_in_its_place(
    world: World, owner: Browser, where: str
) -> None:
    offer = {"kind": "discount", "percent": 30, "months": 3}
    assert (await world.put("/v1/stay-offers/downgrade", offer)).status_code == 200
    page = f"{where}/plan?plan=mini"
    shown = await owner.page(page)
    assert "A un plan menor" in shown
    assert "usa 3" in shown
    assert "paga 30 % menos durante 3 meses" in shown
    done = await owner.send(f"{where}/plan/stay", {"reason": "se queda"}, of=page)
    assert done.status_code == 303
    assert isinstance(given(world), TakeOffer)


async def test_the_same_limits_at_another_price_change_only_how_they_pay(
    world: World, owner: Browser, where: str
) -> None:
    other = {**PAGE["plans"][0], "code": "pro-2027", "prices": {"month": "179.00"}}
    assert (await world.put("/v1/catalog", {"catalog": {**PAGE, "plans": [*PAGE["plans"], other]}})).status_code == 200
    assert "Solo cambia cómo paga" in await owner.page(f"{where}/plan?plan=pro-2027")
    assert "Solo cambia cómo paga" not in await owner.page(f"{where}/plan?plan=max")


async def test_the_invoices_to_come_are_on_its_page_and_its_customer_s(
    world: World, owner: Browser, where: str
) -> None:
    found = await world.store.subscriber("acme", where.rsplit("/", 1)[1])
    assert found is not None
    for path in (where, f"/console/customers/{found.customer.id}"):
        page = await owner.page(path)
        assert page.split('id="coming"', 1)[1].split("</section>", 1)[0].count("$149.00") == 6
        assert "Coming invoices" in await owner.page(path, english=True)
    await become(world, found.record.id, cancel_at_period_end=True)
    assert "Ninguna esperada" in await owner.page(where)


async def test_what_stands_in_the_way_is_told_in_the_page_s_language(world: World, owner: Browser, where: str) -> None:
    early = f"{where}/plan?plan=mini&when=now"
    refused = await owner.get(early)
    assert refused.status_code == 422
    assert "Aplica cuando termina el periodo que ya está pagado" in refused.text
    no_reason = await owner.send(f"{where}/plan", {"reason": " "}, of=f"{where}/plan?plan=max")
    assert no_reason.status_code == 422
    assert 'id="reason-why">' in no_reason.text
    stale = await owner.send(f"{where}/plan", {"reason": "x", "confirmation": "nada"}, of=f"{where}/plan?plan=max")
    assert stale.status_code == 422
    pass_over = await owner.send(f"{where}/plan/stay", {"reason": "x"}, of=f"{where}/plan?plan=max")
    assert (pass_over.status_code, "No se ofreció nada en lugar de esto" in pass_over.text) == (422, True)
    assert "Esta vista previa ya no vale" in stale.text
    await become(world, where.rsplit("/", 1)[1], amount_due=Money(14_900), status=Status.PAST_DUE)
    owing = await owner.get(f"{where}/plan?plan=max")
    assert (owing.status_code, "que lo pague primero" in owing.text) == (409, True)
    assert not world.door.orders


async def test_only_who_may_order_is_shown_it_and_of_their_own_business(world: World, where: str) -> None:
    viewer = await signed_in(world, Role.VIEWER)
    assert "/plan" not in (await viewer.page(where)).split("<main", 1)[1]
    assert (await viewer.get(f"{where}/plan")).status_code == 403
    other = await signed_in(world, tenant="other")
    assert (await other.get(f"{where}/plan")).status_code == 404
    state = world.door.subscriptions[where.rsplit("/", 1)[1]]
    world.door.subscriptions[where.rsplit("/", 1)[1]] = stood(replace(state, provider_status="canceled"))
    assert "/plan" not in (await (await signed_in(world)).page(where)).split("<main", 1)[1]

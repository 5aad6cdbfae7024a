"""A subscription at the console: where it stands and what it waits for, and orders that are shown before they are given."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.access.permissions import Role
from models.collecting.cases import Stage
from models.messages import Cancel, Days
from models.money import Money
from models.records import AccountKind, CaseRecord, Payment
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status, Subscription, stood
from tests.api.conftest import NOW, World
from tests.api.console.browsing import Browser, signed_in

ENDS = NOW + timedelta(days=10)


@pytest.fixture
async def owner(world: World) -> Browser:
    return await signed_in(world)


@pytest.fixture
async def where(world: World) -> str:
    """The page of a subscription in its trial, that has paid once and owed once."""
    subscription = await world.signed_up()
    record = await world.store.subscription("acme", subscription)
    assert record is not None
    action = "trial_ending notice"
    trialing = replace(record, status=Status.TRIALING, trial_end=ENDS, next_action=action, next_action_at=ENDS)
    await world.store.save_subscription(trialing)
    charge = Payment("acme", "ch_1", "in_0", subscription, Money(14_900), Funding.CREDIT, NOW)
    await world.store.record_payment(charge)
    await world.store.save_case(CaseRecord("acme", "in_1", subscription, Money(9_900), Stage.GRACE, "ruthless v1", NOW))
    state = Subscription(
        provider_id="sub_1",
        provider_status="trialing",
        period_end=ENDS,
        trial_end=ENDS,
        payment_method="pm_1",
    )
    world.door.subscriptions[subscription] = stood(state)
    return f"/console/subscriptions/{subscription}"


async def test_it_says_where_it_stands_what_it_waits_for_and_what_was_paid(owner: Browser, where: str) -> None:
    page = await owner.page(where)
    assert "En prueba" in page
    assert "La prueba termina" in page
    assert "Próximo cobro" in page
    assert "$149.00" in page
    assert 'href="/console/cases/in_1"' in page
    assert "Alargar la prueba" in page
    assert "Revertir la cancelación" not in page  # there is none
    assert "The trial ends" in await owner.page(where, english=True)


async def test_a_longer_trial_is_shown_and_given_with_a_reason(world: World, owner: Browser, where: str) -> None:
    order = f"{where}/extend-trial"
    page = await owner.page(f"{order}?days=5")
    assert "Qué pasaría" in page
    assert "La prueba termina" in page
    assert (await owner.send(order, {"days": "5", "reason": " "}, of=order)).status_code == 422
    assert "hasta 60" in (await owner.get(f"{order}?days=99")).text
    done = await owner.send(order, {"days": "5", "reason": "la pidió"}, of=order)
    assert (done.status_code, done.headers["location"]) == (303, where)
    ((_, command, said),) = world.door.orders
    assert (command, said) == ("extend_trial", Days(owner.user.id, "la pidió", 5.0))
    assert world.door.updates[0]


async def test_a_cancellation_says_when_it_ends(world: World, owner: Browser, where: str) -> None:
    order = f"{where}/cancel"
    assert "La suscripción termina" in await owner.page(order)
    assert "Terminada" in await owner.page(f"{order}?at_period_end=false")
    form = {"at_period_end": "false", "reason": "cerró su negocio"}
    assert (await owner.send(order, form, of=order)).status_code == 303
    assert world.door.orders[-1][2] == Cancel(owner.user.id, "cerró su negocio", at_period_end=False)


async def test_who_may_not_sees_no_buttons_and_nobody_elses_is_there(world: World, owner: Browser, where: str) -> None:
    viewer = await signed_in(world, Role.VIEWER)
    assert "Qué se puede hacer" not in await viewer.page(where)
    assert (await viewer.get(f"{where}/cancel")).status_code == 403
    other = await signed_in(world, tenant="other")
    for path in (where, f"{where}/cancel"):
        assert (await other.get(path)).status_code == 404
    assert (await owner.get(f"{where}/keep-subscription")).status_code == 404
    world.door.up = False
    page = await owner.page(where)
    assert "Su proceso no contesta" in page
    assert "Qué se puede hacer" not in page


async def test_a_bill_leads_to_its_own_page_and_takes_no_order_of_a_subscription(
    world: World, owner: Browser, where: str
) -> None:
    record = await world.store.subscription("acme", where.rpartition("/")[2])
    assert record is not None
    assert record.kind is AccountKind.SUBSCRIPTION
    sold = {"customer_reference": "user-1042", "lines": [{"description": "Baño", "price": 30_000}]}
    bill = (await world.post("/v1/bills", sold)).json()["id"]
    led = await owner.get(f"/console/subscriptions/{bill}")
    assert (led.status_code, led.headers["location"]) == (303, f"/console/bills/{bill}")
    assert (await owner.get(led.headers["location"])).status_code == 200
    assert (await owner.get(f"/console/subscriptions/{bill}/cancel")).status_code == 404

"""Checkout: card now, a trial with or without a card, by the year, a package; one page and one subscription however often it is asked
for; and the link by which an abandoned one is finished."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest

from activities.gateways.store_sql import SqlStore
from activities.ports.payments import Payments
from api.app import build
from models.messages import Opening
from models.money import Money
from models.selling.plans import Benefit, Interval, Plan, PlanKind, Trial, TrialEnd
from models.speaking.links import Purpose, link
from models.subscribing.subscriptions import Status
from tests.api.conftest import ANA, LINK_KEY, PUBLIC, SETTINGS, FakeDoor, World
from tests.keys import KEYRING

URLS = {"success_url": "https://tienda.example/gracias", "cancel_url": "https://tienda.example/planes"}
APPLICANT = {key: value for key, value in ANA.items() if key != "payment_method"} | URLS
PLANS = [
    Plan("acme", "ahora", "Ahora", Money(14_900)),
    Plan("acme", "con", "Con tarjeta", Money(14_900), trial_days=7),
    Plan("acme", "sin", "Sin tarjeta", Money(14_900), trial_days=14, card_required=False),
    Plan("acme", "fin", "Fin", Money(14_900), trial_days=14, card_required=False, without_card=TrialEnd.CANCEL),
    Plan("acme", "anual", "Anual", Money(120_000), Interval.YEAR),
    Plan(
        "acme",
        "cachorro",
        "Cachorro",
        Money(350_000),
        Interval.YEAR,
        kind=PlanKind.PACKAGE,
        benefits=(Benefit("c", 4),),
    ),
]


@pytest.mark.parametrize(
    ("plan", "trial"),
    [
        ("ahora", Trial()),
        ("con", Trial(7)),
        ("sin", Trial(14, TrialEnd.PAUSE)),
        ("fin", Trial(14, TrialEnd.CANCEL)),
        ("anual", Trial()),
        ("cachorro", Trial()),
    ],
)
async def test_each_kind_of_plan_opens_its_own_kind_of_page(world: World, plan: str, trial: Trial) -> None:
    for each in PLANS:
        await world.store.save_plan(each)
    answer = await world.post("/billing/checkout", {**APPLICANT, "plan": plan})
    assert answer.status_code == 201, answer.text
    assert world.payments.trials == [trial]
    record = await world.store.subscription("acme", answer.json()["subscription"])
    assert record is not None
    assert (record.plan, record.card_required) == (plan, trial.end is None)


async def test_a_trial_that_needs_no_card_is_subscribed_to_without_one(world: World) -> None:
    for each in PLANS:
        await world.store.save_plan(each)
    body = {key: value for key, value in ANA.items() if key != "payment_method"}
    for plan in ("ahora", "con"):
        refused = await world.post("/v1/subscriptions", {**body, "plan": plan})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "payment_method")
    world.door.opening = Opening(Status.TRIALING)
    begun = await world.post("/v1/subscriptions", {**body, "plan": "sin"})
    assert (begun.status_code, begun.json()["status"]) == (201, "trialing")


@pytest.fixture
async def instances(world: World, database: str) -> Any:
    """Two API processes on one database, one payments provider and one Temporal."""
    store = SqlStore(database, KEYRING)
    second = build(settings=SETTINGS, store=store, payments=cast(Payments, world.payments), processes=world.door)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(second), base_url=PUBLIC) as http:
        yield world.http, http
    await store.close()


async def test_twenty_clicks_at_two_instances_are_one_subscription_and_one_page(world: World, instances: Any) -> None:
    headers = {"Authorization": f"Bearer {world.key}"}
    clicks = [instances[n % 2].post("/billing/checkout", json=APPLICANT, headers=headers) for n in range(20)]
    answers = await asyncio.gather(*clicks)
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]
    assert len({answer.json()["subscription"] for answer in answers}) == 1
    assert len(world.payments.checkouts) == 1
    assert len(await world.store.subscribers("acme")) == 1
    assert len({start.subscription for start in world.door.starts}) == 1


class DoorOfOne(FakeDoor):
    """One subscription has one process: the second start is answered with how the first one stands, as Temporal does."""

    async def start_subscription(self, start: Any) -> Opening | None:
        before = [known for known in self.starts if known.subscription == start.subscription]
        if before:
            self.starts.append(start)
            return Opening(Status.INCOMPLETE if before[0].checkout else Status.ACTIVE)
        return await super().start_subscription(start)


async def test_a_card_and_a_page_at_one_moment_are_not_two_subscriptions(world: World, database: str) -> None:
    door = DoorOfOne(world.store)
    app = build(settings=SETTINGS, store=world.store, payments=cast(Payments, world.payments), processes=door)
    headers = {"Authorization": f"Bearer {world.key}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as http:
        card, page = await asyncio.gather(
            http.post("/v1/subscriptions", json=ANA, headers=headers),
            http.post("/billing/checkout", json=APPLICANT, headers=headers),
        )
    won = [answer.status_code for answer in (card, page) if answer.status_code in (200, 201)]
    assert (len(won), {card.status_code, page.status_code} - {200, 201}) == (1, {409}), (card.text, page.text)
    still_open = [each for each in world.payments.checkouts.values() if each.status == "open"]
    assert len(still_open) == (1 if page.status_code in (200, 201) else 0)


async def abandoned(world: World) -> tuple[str, str]:
    """A page that expired: the address of the link that follows, and the subscription that never began."""
    first = (await world.post("/billing/checkout", APPLICANT)).json()["subscription"]
    record = await world.store.subscription("acme", first)
    assert record is not None
    session = record.checkout_session
    world.payments.checkouts[session] = replace(world.payments.checkouts[session], status="expired")
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    return link(PUBLIC, LINK_KEY, Purpose.CHECKOUT, "acme", first).removeprefix(PUBLIC), first


async def test_the_link_after_an_abandoned_page_opens_one_other(world: World) -> None:
    address, first = await abandoned(world)
    assert (await world.http.head(address)).status_code == 200  # a preview makes no page
    assert len(world.payments.checkouts) == 1
    answers = await asyncio.gather(*(world.http.get(address) for _ in range(3)))
    (target,) = {answer.headers["location"] for answer in answers}
    fresh = target.rpartition("/")[2]
    assert fresh != first
    made = await world.store.subscription("acme", fresh)
    assert made is not None
    assert (made.plan, made.status) == ("pro", Status.INCOMPLETE)
    assert world.payments.checkouts[made.checkout_session].success_url == URLS["success_url"]
    assert await world.store.begun_after_all("acme", first)


async def test_a_page_of_ours_leads_to_the_result_of_the_new_signup(world: World) -> None:
    ours = f"{PUBLIC}/contratar/acme/listo/old"
    first = (await world.post("/billing/checkout", {**APPLICANT, "success_url": ours, "cancel_url": ours})).json()
    record = await world.store.subscription("acme", first["subscription"])
    assert record is not None
    left = world.payments.checkouts[record.checkout_session]
    world.payments.checkouts[record.checkout_session] = replace(left, status="expired")
    await world.store.save_subscription(replace(record, status=Status.CANCELED))
    address = link(PUBLIC, LINK_KEY, Purpose.CHECKOUT, "acme", record.id).removeprefix(PUBLIC)
    fresh = (await world.http.get(address)).headers["location"].rpartition("/")[2]
    made = await world.store.subscription("acme", fresh)
    assert made is not None
    result = world.payments.checkouts[made.checkout_session].success_url.removeprefix(PUBLIC)
    assert (await world.http.get(result)).status_code == 200


async def test_the_link_says_so_where_they_subscribed_meanwhile_or_the_plan_is_gone(world: World) -> None:
    address, _ = await abandoned(world)
    await world.signed_up()
    assert "Ya tienes una suscripción" in (await world.http.get(address)).text
    await world.store.save_plan(replace(await world.store.plan("acme", "pro"), archived=True))
    gone = await world.http.get(address)
    assert (gone.status_code, "ya no se ofrece" in gone.text) == (410, True)

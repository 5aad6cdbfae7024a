"""Catalogues in SQL and at Stripe, through its own SDK against the sandbox: nothing is made twice, and nothing taken from anybody."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import stripe
import yaml

from activities.cataloguing import Cataloguing, Proposal
from activities.failures import Unavailable
from activities.gateways.payments_stripe import StripePayments
from activities.gateways.store_sql import SqlStore
from activities.ports.catalogs import CatalogUpdate
from models import shipped
from models.money import Money
from models.records import Assignment, Customer, Tenant
from models.selling.catalog import Catalog
from models.selling.catalog_file import CatalogInvalid, parse
from models.selling.listings import ListingState, price_of, product_of
from models.selling.plans import Plan, Trial
from models.subscribing.subscriptions import ProviderSubscription
from tests.activities.gateways.conftest import Local
from tests.databases import migrated
from tests.keys import KEYRING

_numbers = itertools.count(1)


class CutOff(SqlStore):
    """A database that is lost before the catalogue is written, or before a retired listing is."""

    cut: str = ""

    async def save_catalog(self, order: CatalogUpdate) -> None:
        await self._unless("save")
        await super().save_catalog(order)

    async def retire_listing(self, tenant: str, key: str) -> None:
        await self._unless("retire")
        await super().retire_listing(tenant, key)

    async def _unless(self, step: str) -> None:
        if self.cut == step:
            raise Unavailable("the database did not answer")


class Shop:
    """A tenant of its own in the sandbox's one account."""

    def __init__(self, store: CutOff, payments: StripePayments, tenant: str) -> None:
        self.store, self.payments, self.tenant = store, payments, tenant
        self.cataloguing = Cataloguing(store, payments)

    def page(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = yaml.safe_load(shipped.page("catalogs", name) or "")
        return made

    def read(self, page: dict[str, Any]) -> Catalog:
        return parse(yaml.safe_dump(page), self.tenant)

    async def apply(self, page: dict[str, Any]) -> Proposal:
        proposal = await self.cataloguing.propose(self.tenant, self.read(page))
        await self.cataloguing.apply(proposal, actor="ana", reason="test", at=datetime.now(UTC))
        return proposal

    async def prices(self, plan: str) -> dict[int, tuple[str, bool]]:
        """Id and whether it is used, by centavos, of every price that Stripe has of a plan."""
        found = await self.payments._v1.prices.list_async({"limit": 100})
        of = {"perdura_tenant": self.tenant, "perdura_plan": plan}
        mine = [price async for price in found.auto_paging_iter() if price.metadata.to_dict() == of]
        assert len({price.unit_amount for price in mine}) == len(mine)
        return {price.unit_amount or 0: (price.id, price.active) for price in mine}

    async def product(self, offer: Plan) -> stripe.Product:
        return await self.payments._v1.products.retrieve_async(product_of(offer).key)

    async def subscribe(self, plan: Plan) -> ProviderSubscription:
        someone = Customer(self.tenant, f"{self.tenant}-c", "c", "Ana", "ana@cliente.example", "+525512345678")
        return await self.payments.open_subscription(
            customer=await self.payments.ensure_customer(someone, "pm_card_visa"),
            price=plan.provider_price,
            trial=Trial(),
            tenant=self.tenant,
            subscription=f"s-{self.tenant}",
            key=f"s-{self.tenant}/open",
        )


@pytest.fixture
async def shop(local: Local, database: str) -> AsyncIterator[Shop]:
    await migrated(database)
    store = CutOff(database, KEYRING)
    payments = StripePayments(local.settings.stripe_key, local.url)
    tenant = f"shop-{next(_numbers)}"
    await store.create_tenant(Tenant(tenant, "Shop"))
    yield Shop(store, payments, tenant)
    await payments.close()
    await store.close()


async def test_every_shipped_catalogue_is_applied_and_the_second_time_nothing_changes(shop: Shop, local: Local) -> None:
    for number, name in enumerate(shipped.names("catalogs"), start=1):
        wanted = shop.read(shop.page(name))
        await shop.apply(shop.page(name))
        assert (await shop.store.catalog(shop.tenant)).sold == wanted
        for plan in (await shop.store.catalog(shop.tenant)).plans:
            if not plan.archived:
                price = await shop.payments._v1.prices.retrieve_async(plan.provider_price)
                assert (price.unit_amount, price.currency, price.active) == (plan.price.centavos, "mxn", True)
                assert price.recurring is not None
                assert (price.recurring.interval, price.tax_behavior) == (plan.interval.value, "inclusive")
                assert price.product == product_of(plan).key
        again = await shop.cataloguing.propose(shop.tenant, wanted)
        assert again.empty
        before = len(await local.calls())
        await shop.apply(shop.page(name))
        assert len(await local.calls()) == before
        assert (await shop.store.catalog(shop.tenant)).revision == number


async def test_a_changed_amount_is_a_new_price_and_who_subscribed_keeps_theirs(shop: Shop) -> None:
    page = shop.page("gestion-documental")
    await shop.apply(page)
    before = await shop.store.plan(shop.tenant, "pro")
    word = await shop.subscribe(before)
    page["plans"][2]["prices"]["month"] = "999.00"
    await shop.apply(page)
    after = await shop.store.plan(shop.tenant, "pro")
    assert after.provider_price != before.provider_price
    assert await shop.prices("pro") == {
        89_900: (before.provider_price, False),
        99_900: (after.provider_price, True),
    }
    subscription = await shop.payments._v1.subscriptions.retrieve_async(word.id)
    assert cast(Any, subscription)["items"].data[0].price.id == before.provider_price
    assert subscription.status == "active"
    listings = {each.amount: each.state for each in await shop.store.listings(shop.tenant) if each.offer == "pro"}
    assert listings[Money(89_900)] is ListingState.RETIRED

    page["plans"][2]["prices"]["month"] = "899.00"  # and back: it is the first price again
    await shop.apply(page)
    assert (await shop.store.plan(shop.tenant, "pro")).provider_price == before.provider_price
    assert await shop.prices("pro") == {
        89_900: (before.provider_price, True),
        99_900: (after.provider_price, False),
    }


async def test_a_plan_taken_out_is_archived_and_who_has_it_keeps_it(shop: Shop) -> None:
    page = shop.page("inventarios")
    await shop.apply(page)
    plan = await shop.store.plan(shop.tenant, "enterprise")
    word = await shop.subscribe(plan)
    gone = page["plans"].pop()
    await shop.apply(page)
    archived = await shop.store.plan(shop.tenant, "enterprise")
    assert archived == replace(plan, archived=True)
    assert not (await shop.product(plan)).active
    assert (await shop.payments.look_up_subscription(word.id)).status == "active"

    page["plans"].append(gone)
    await shop.apply(page)
    assert await shop.store.plan(shop.tenant, "enterprise") == plan
    assert (await shop.product(plan)).active


async def test_a_new_name_is_the_same_product_and_the_same_price(shop: Shop) -> None:
    page = shop.page("contabilidad-pyme")
    await shop.apply(page)
    before = await shop.store.plan(shop.tenant, "pro")
    page["plans"][0]["name"] = "PRO 2027"
    await shop.apply(page)
    assert (await shop.product(before)).name == "PRO 2027"
    assert (await shop.store.plan(shop.tenant, "pro")).provider_price == before.provider_price


async def test_a_crash_before_the_books_are_written_makes_no_second_price(shop: Shop) -> None:
    page = shop.page("contabilidad-pyme")
    shop.store.cut = "save"
    with pytest.raises(Unavailable):
        await shop.apply(page)
    made = await shop.prices("pro")
    assert (await shop.store.catalog(shop.tenant)).plans == ()
    shop.store.cut = ""
    await shop.apply(page)
    assert await shop.prices("pro") == made == {14_900: (made[14_900][0], True)}


async def test_a_crash_before_old_prices_are_taken_down_is_finished_by_applying_again(shop: Shop) -> None:
    page = shop.page("contabilidad-pyme")
    await shop.apply(page)
    page["plans"][0]["prices"]["month"] = "159.00"
    shop.store.cut = "retire"
    with pytest.raises(Unavailable):
        await shop.apply(page)
    shop.store.cut = ""
    proposal = await shop.apply(page)
    assert (proposal.changes, [each.amount for each in proposal.unfinished]) == ((), [Money(14_900)])
    assert {amount: used for amount, (_, used) in (await shop.prices("pro")).items()} == {14_900: False, 15_900: True}
    assert (await shop.cataloguing.propose(shop.tenant, shop.read(page))).empty


async def test_a_price_from_before_the_catalogue_is_used_again_or_taken_down(shop: Shop) -> None:
    page = shop.page("contabilidad-pyme")
    for code, name in (("pro", "PRO"), ("old", "Viejo")):
        plan = Plan(shop.tenant, code, name, Money(14_900))
        await shop.store.save_plan(replace(plan, provider_price=await shop.payments.ensure_price(plan)))
    (kept,) = (await shop.prices("pro")).values()
    await shop.apply(page)
    assert (await shop.store.plan(shop.tenant, "pro")).provider_price == kept[0]
    assert [used for _, used in (await shop.prices("old")).values()] == [False]


async def test_a_fixed_price_of_a_service_is_a_price_and_a_range_is_agreed_when_sold(shop: Shop) -> None:
    rates = [{"species": "gato", "price": "600.00"}, {"species": "perro", "price": {"from": "1.00", "to": "2.00"}}]
    bath = {"code": "bath", "name": "Baño", "price": "250.00"}
    await shop.apply({"services": [bath, {"code": "spay", "name": "Esterilización", "rates": rates}]})
    found = {(each.offer, each.amount) for each in await shop.store.listings(shop.tenant)}
    assert found == {("bath", None), ("bath", Money(25_000)), ("spay", None), ("spay", Money(60_000))}
    ((price, used),) = (await shop.prices("bath")).values()
    assert used
    assert (await shop.payments._v1.prices.retrieve_async(price)).type == "one_time"


async def test_a_plan_that_a_policy_leads_to_must_stay(shop: Shop) -> None:
    page = shop.page("inventarios")
    await shop.apply(page)
    policy = (shipped.page("policies", "ruthless") or "").replace(
        "do: close", "do: close, then: downgrade, plan: starter"
    )
    version = await shop.store.add_policy(shop.tenant, policy, "ana")
    await shop.store.assign_policy(Assignment(shop.tenant, "", version.name, version.version), "ana")
    page["plans"].pop(0)
    with pytest.raises(CatalogInvalid, match="'starter' must stay: the dunning policy ruthless v"):
        await shop.apply(page)


async def test_what_stripe_has_lost_is_no_obstacle_to_taking_it_down(shop: Shop) -> None:
    """Neither raises."""
    plan = Plan(shop.tenant, "gone", "Gone", Money(100))
    await shop.payments.take_down(replace(price_of(plan), provider_id="price_gone"))
    await shop.payments.take_down(product_of(plan))

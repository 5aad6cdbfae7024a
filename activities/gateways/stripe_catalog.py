"""Products and prices at Stripe, each found again by a name of ours: a product by its id, which Stripe lets us choose
(docs.stripe.com/api/products/create), a price by its lookup key. A price's amount cannot be changed; it can only go out of use.
"""

import stripe

from activities.failures import Refused
from activities.gateways.stripe_objects import vocabulary
from models.selling.listings import Listing, price_of, product_of
from models.selling.plans import Plan

_GONE = "resource_missing"
_THERE = "resource_already_exists"


class StripeCatalog:
    """The part of the Payments port that is about what is sold."""

    _v1: stripe.V1Services

    async def ensure_price(self, plan: Plan) -> str:
        """The price found by its lookup key, which names everything that makes a price; made when it is missing."""
        price = price_of(plan)
        with vocabulary():
            found = await self._price(price)
            if found is not None:
                return found
        await self.put_up(product_of(plan))
        return await self.put_up(price)

    async def put_up(self, listing: Listing) -> str:
        """Have a product or a price sold, made where it is missing; its id."""
        if listing.amount is None:
            await self._put_up_product(listing)
            return listing.key
        with vocabulary():
            return await self._price(listing) or await self._make_price(listing)

    async def take_down(self, listing: Listing) -> None:
        """Have nobody buy it any more; subscriptions that run on it go on."""
        try:
            with vocabulary():
                if listing.amount is None:
                    await self._v1.products.update_async(listing.key, {"active": False})
                else:
                    await self._v1.prices.update_async(listing.provider_id, {"active": False})
        except Refused as refusal:
            if refusal.code != _GONE:
                raise

    async def _put_up_product(self, listing: Listing) -> None:
        try:
            with vocabulary():
                found = await self._v1.products.retrieve_async(listing.key)
        except Refused as refusal:
            if refusal.code != _GONE:
                raise
            await self._make_product(listing)
            return
        if (found.active, found.name, found.description or "") != (True, listing.name, listing.description):
            await self._change_product(listing)

    async def _make_product(self, listing: Listing) -> None:
        # No key: the id is ours, so that a second one cannot be made.
        params: stripe.params.ProductCreateParams = {
            "id": listing.key,
            "name": listing.name,
            "metadata": {"perdura_tenant": listing.tenant, "perdura_offer": listing.offer},
        }
        if listing.description:
            params["description"] = listing.description
        try:
            with vocabulary():
                await self._v1.products.create_async(params)
        except Refused as refusal:
            if refusal.code != _THERE:
                raise
            await self._change_product(listing)  # somebody else was faster, perhaps with another name

    async def _change_product(self, listing: Listing) -> None:
        with vocabulary():
            await self._v1.products.update_async(
                listing.key, {"active": True, "name": listing.name, "description": listing.description}
            )

    async def _price(self, listing: Listing) -> str | None:
        # One that went out of use is used again: to the same amount belongs the same price.
        known = await self._v1.prices.list_async({"lookup_keys": [listing.key], "limit": 1})
        if not known.data:
            return None
        price = known.data[0]
        if not price.active:
            await self._v1.prices.update_async(price.id, {"active": True})
        return price.id

    async def _make_price(self, listing: Listing) -> str:
        assert listing.amount is not None
        params: stripe.params.PriceCreateParams = {
            "currency": listing.amount.currency.lower(),
            "unit_amount": listing.amount.centavos,
            "tax_behavior": "inclusive",
            "lookup_key": listing.key,
            "product": listing.product,
            "metadata": {"perdura_tenant": listing.tenant, "perdura_plan": listing.offer},
        }
        if listing.interval is not None:
            params["recurring"] = {"interval": listing.interval.value}
        # Another product under the same key would be another request, which Stripe refuses.
        return (
            await self._v1.prices.create_async(params, {"idempotency_key": f"price/{listing.product}/{listing.key}"})
        ).id

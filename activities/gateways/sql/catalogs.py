"""What a tenant sells: written whole, read whole, never taken away."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.failures import Refused
from activities.gateways.sql.audit import Audit, audit_row
from activities.gateways.sql.database import table_of
from activities.gateways.sql.offers import item_of, item_row, plan_of, plan_row
from activities.gateways.sql.tenants import Tenants
from activities.ports.catalogs import CatalogUpdate
from models.money import Money
from models.selling.catalog import Catalog
from models.selling.listings import Listing, ListingState
from models.selling.plans import Interval, Plan
from models.tables.catalog import CatalogRow, ItemRow, ListingRow
from models.tables.parties import PlanRow

_CATALOG, _ITEM, _LISTING = table_of(CatalogRow).c, table_of(ItemRow).c, table_of(ListingRow).c
_PLAN = table_of(PlanRow).c


class Catalogs(Tenants, Audit):
    """The record of what is sold."""

    async def catalog(self, tenant: str) -> Catalog:
        await self.tenant(tenant)
        head = await self._db.first(select(CatalogRow).where(_CATALOG.tenant_id == tenant))
        plans = await self._db.rows(
            select(PlanRow).where(_PLAN.tenant_id == tenant).order_by(_PLAN.position, _PLAN.code)
        )
        items = await self._db.rows(
            select(ItemRow).where(_ITEM.tenant_id == tenant).order_by(_ITEM.position, _ITEM.code)
        )
        return Catalog(
            tuple(plan_of(row) for row in plans),
            tuple(item_of(row) for row in items),
            head.revision if head else 0,
        )

    async def listings(self, tenant: str) -> Sequence[Listing]:
        rows = await self._db.rows(select(ListingRow).where(_LISTING.tenant_id == tenant).order_by(_LISTING.key))
        return [_listing(row) for row in rows]

    async def save_catalog(self, order: CatalogUpdate) -> None:
        at = order.audit.at
        prices = {each.offer: each.provider_id for each in order.listings if each.interval and _is_sold(each)}
        async with self._db.transaction() as connection:
            await self._take_turn(connection, order)
            for change in order.changes:
                gone = at if change.after is None else None
                row = plan_row(change.offer, gone) if isinstance(change.offer, Plan) else item_row(change.offer, gone)
                await connection.execute(self._db.upsert(row, ["tenant_id", "code"]))
            for code, price in prices.items():
                mine = (_PLAN.tenant_id == order.tenant) & (_PLAN.code == code)
                await connection.execute(update(PlanRow).where(mine).values(provider_price=price))
            sold = [each.key for each in order.listings if _is_sold(each)]
            over = (_LISTING.tenant_id == order.tenant) & (_LISTING.state == ListingState.SOLD.value)
            left = {"state": ListingState.LEAVING.value, "since": at}
            await connection.execute(update(ListingRow).where(over, _LISTING.key.not_in(sold)).values(left))
            for each in order.listings:
                fresh = (_LISTING.state != each.state.value) | (_LISTING.name != each.name)
                fresh |= _LISTING.description != each.description
                await connection.execute(self._db.upsert(_listing_row(each, at), ["tenant_id", "key"], where=fresh))
            await self._add_entries(connection, [audit_row(order.audit)])

    async def retire_listing(self, tenant: str, key: str) -> None:
        leaving = (_LISTING.tenant_id == tenant) & (_LISTING.key == key)
        leaving &= _LISTING.state == ListingState.LEAVING.value
        await self._db.write(update(ListingRow).where(leaving).values(state=ListingState.RETIRED.value))

    async def _take_turn(self, connection: AsyncConnection, order: CatalogUpdate) -> None:
        """Move the revision on, if it is the one that the update was compared with."""
        moved: dict[str, Any] = {"revision": order.revision + 1, "applied_at": order.audit.at}
        if order.revision == 0:
            first = self._db.insert(CatalogRow).values(tenant_id=order.tenant, **moved)
            touched = (await connection.execute(first.on_conflict_do_nothing(index_elements=["tenant_id"]))).rowcount
        else:
            mine = (_CATALOG.tenant_id == order.tenant) & (_CATALOG.revision == order.revision)
            touched = (await connection.execute(update(CatalogRow).where(mine).values(moved))).rowcount
        if not touched:
            raise Refused("the catalogue was changed meanwhile; look at it and try again", "catalog_changed")


def _is_sold(listing: Listing) -> bool:
    return listing.state is ListingState.SOLD


def _listing(row: ListingRow) -> Listing:
    return Listing(
        tenant=row.tenant_id,
        key=row.key,
        product=row.product,
        offer=row.offer,
        name=row.name,
        description=row.description,
        amount=None if row.centavos is None else Money(row.centavos, row.currency),
        interval=Interval(row.interval) if row.interval else None,
        provider_id=row.provider_id,
        state=ListingState(row.state),
    )


def _listing_row(listing: Listing, at: datetime) -> ListingRow:
    return ListingRow(
        tenant_id=listing.tenant,
        key=listing.key,
        product=listing.product,
        offer=listing.offer,
        name=listing.name,
        description=listing.description,
        centavos=listing.amount.centavos if listing.amount else None,
        currency=listing.amount.currency if listing.amount else "",
        interval=listing.interval.value if listing.interval else "",
        provider_id=listing.provider_id,
        state=listing.state,
        since=at,
    )

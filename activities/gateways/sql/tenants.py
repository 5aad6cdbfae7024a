"""Tenants and their plans."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import case, select, update

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of
from activities.gateways.sql.offers import plan_of, plan_row
from activities.ports.register import Taken
from models.billing.bills import BillTerms, InvoiceWish
from models.records import Tenant
from models.selling.plans import Plan
from models.tables.parties import PlanRow, TenantRow

_TENANT, _PLAN = table_of(TenantRow).c, table_of(PlanRow).c


def tenant_of(row: TenantRow) -> Tenant:
    """The tenant in a row."""
    return Tenant(row.tenant_id, row.name, row.zone, BillTerms(row.bill_days, InvoiceWish(row.bill_invoicing)))


class Tenants:
    """Who sells, and what is sold."""

    _db: Database

    async def create_tenant(self, tenant: Tenant) -> None:
        row = TenantRow(
            tenant_id=tenant.id,
            name=tenant.name,
            zone=tenant.zone,
            created_at=datetime.now(UTC),
            bill_days=tenant.bills.days,
            bill_invoicing=tenant.bills.invoicing,
        )
        if not await self._db.add_once(row, ["tenant_id"]):
            raise Taken("tenant", f"tenant '{tenant.id}' exists already")

    async def tenant(self, tenant: str) -> Tenant:
        row = await self._db.first(select(TenantRow).where(_TENANT.tenant_id == tenant))
        if row is None:
            raise Missing(f"there is no tenant '{tenant}'")
        return tenant_of(row)

    async def save_bill_terms(self, tenant: str, terms: BillTerms) -> None:
        told = {"bill_days": terms.days, "bill_invoicing": terms.invoicing.value}
        if not await self._db.write(update(TenantRow).where(_TENANT.tenant_id == tenant).values(told)):
            raise Missing(f"there is no tenant '{tenant}'")

    async def save_plan(self, plan: Plan) -> None:
        row = plan_row(plan, datetime.now(UTC) if plan.archived else None)
        # A provider's price cannot be changed: another amount or interval needs another one, made when the plan is next sold.
        same = (
            (_PLAN.price_centavos == plan.price.centavos)
            & (_PLAN.currency == plan.price.currency)
            & (_PLAN.interval == plan.interval)
        )
        kept = case((same & (plan.provider_price == ""), _PLAN.provider_price), else_=plan.provider_price)
        await self._db.save(row, ["tenant_id", "code"], instead={"provider_price": kept})

    async def plans(self, tenant: str) -> Sequence[Plan]:
        rows = await self._db.rows(
            select(PlanRow)
            .where(_PLAN.tenant_id == tenant, _PLAN.archived_at.is_(None))
            .order_by(_PLAN.position, _PLAN.code)
        )
        return [plan_of(row) for row in rows]

    async def plan(self, tenant: str, code: str) -> Plan:
        row = await self._db.first(select(PlanRow).where(_PLAN.tenant_id == tenant, _PLAN.code == code))
        if row is None:
            raise Missing(f"there is no plan '{code}'")
        return plan_of(row)

    async def save_price(self, tenant: str, plan: str, price: str) -> None:
        touched = await self._db.write(
            update(PlanRow).where(_PLAN.tenant_id == tenant, _PLAN.code == plan).values(provider_price=price)
        )
        if not touched:
            raise Missing(f"there is no plan '{plan}'")

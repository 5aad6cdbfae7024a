"""Dunning policies by version, and which plan's cases begin with which."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select

from activities.failures import Missing, Refused
from activities.gateways.sql.database import Database, table_of
from models.analytics.experiments import in_share
from models.collecting.cases import Outcome
from models.policies.policy import Facts, Policy
from models.policies.policy_page import PolicyInvalid, parse
from models.policies.presets import preset
from models.records import Assignment, PolicyVersion
from models.tables.dunning import AssignmentRow, PolicyRow
from models.tables.parties import TenantRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow

_POLICY, _ASSIGNED = table_of(PolicyRow).c, table_of(AssignmentRow).c
_CASE, _SUBSCRIPTION, _PAYMENT = table_of(CaseRow).c, table_of(SubscriptionRow).c, table_of(PaymentRow).c
DEFAULT = "ruthless"
UNSETTLED = (Outcome.EXHAUSTED.value, Outcome.WRITTEN_OFF.value, Outcome.CANCELED.value)


def _assignment(row: AssignmentRow) -> Assignment:
    return Assignment(
        tenant=row.tenant_id,
        plan=row.plan_code,
        policy=row.policy,
        version=row.version,
        experiment=row.experiment,
        rival=row.rival,
        rival_version=row.rival_version,
        rival_share=row.rival_share,
    )


class Policies:
    """The record of how debts are collected."""

    _db: Database

    async def add_policy(self, tenant: str, page: str, actor: str) -> PolicyVersion:
        policy = parse(page)
        if await self._db.first(select(TenantRow).where(table_of(TenantRow).c.tenant_id == tenant)) is None:
            raise Missing(f"there is no tenant '{tenant}'")
        row = PolicyRow(
            tenant_id=tenant,
            name=policy.name,
            version=policy.version,
            page=page,
            created_at=datetime.now(UTC),
            actor=actor,
        )
        if not await self._db.add_once(row, ["tenant_id", "name", "version"]):
            known = await self.policy_page(tenant, policy.name, policy.version)
            if known.strip() != page.strip():
                told = f"version: {policy.name} v{policy.version} exists and reads otherwise; give this page the next version"
                raise Refused(told, "policy_version")
        return PolicyVersion(tenant, policy.name, policy.version)

    async def policy_page(self, tenant: str, name: str, version: int) -> str:
        row = await self._db.first(
            select(PolicyRow).where(_POLICY.tenant_id == tenant, _POLICY.name == name, _POLICY.version == version)
        )
        if row is None:
            raise Missing(f"there is no policy '{name}' v{version}")
        return row.page

    async def policies(self, tenant: str) -> Sequence[PolicyVersion]:
        rows = await self._db.rows(
            select(PolicyRow).where(_POLICY.tenant_id == tenant).order_by(_POLICY.name, _POLICY.version)
        )
        return [PolicyVersion(row.tenant_id, row.name, row.version) for row in rows]

    async def assign_policy(self, assignment: Assignment, actor: str) -> None:
        row = AssignmentRow(
            tenant_id=assignment.tenant,
            plan_code=assignment.plan,
            policy=assignment.policy,
            version=assignment.version,
            experiment=assignment.experiment,
            rival=assignment.rival,
            rival_version=assignment.rival_version,
            rival_share=assignment.rival_share,
            assigned_at=datetime.now(UTC),
            actor=actor,
        )
        await self._db.save(row, ["tenant_id", "plan_code"])

    async def assignments(self, tenant: str) -> Sequence[Assignment]:
        rows = await self._db.rows(
            select(AssignmentRow).where(_ASSIGNED.tenant_id == tenant).order_by(_ASSIGNED.plan_code)
        )
        return [_assignment(row) for row in rows]

    async def policy(self, tenant: str, plan: str = "", subscription: str = "") -> Policy:
        assigned = {a.plan: a for a in await self.assignments(tenant)}
        chosen = assigned.get(plan) or assigned.get("")
        if chosen is None:
            return preset(DEFAULT)
        rival = in_share(chosen, subscription)
        name, version = (chosen.rival, chosen.rival_version) if rival else (chosen.policy, chosen.version)
        try:
            return parse(await self.policy_page(tenant, name, version))
        except PolicyInvalid as fault:
            raise Refused(
                f"policy '{name}' v{version} of tenant '{tenant}' cannot run: {fault}", "policy_invalid"
            ) from None

    async def experiment(self, tenant: str, plan: str) -> str:
        assigned = {a.plan: a for a in await self.assignments(tenant)}
        chosen = assigned.get(plan) or assigned.get("")
        return chosen.experiment if chosen else ""

    async def facts(self, tenant: str, subscription: str, now: datetime) -> Facts:
        row = await self._db.first(
            select(SubscriptionRow).where(_SUBSCRIPTION.tenant_id == tenant, _SUBSCRIPTION.id == subscription)
        )
        if row is None:
            return Facts()
        mine = select(_SUBSCRIPTION.id).where(
            _SUBSCRIPTION.tenant_id == tenant, _SUBSCRIPTION.customer_id == row.customer_id
        )
        held = (_CASE.tenant_id == tenant) & _CASE.subscription_id.in_(mine)
        told = await self._db.figures(
            select(
                select(func.count()).where(held, _CASE.outcome.is_not(None)).scalar_subquery(),
                select(func.count()).where(held, _CASE.outcome.in_(UNSETTLED)).scalar_subquery(),
                select(func.min(_SUBSCRIPTION.created_at))
                .where(_SUBSCRIPTION.tenant_id == tenant, _SUBSCRIPTION.customer_id == row.customer_id)
                .scalar_subquery(),
                select(func.max(_PAYMENT.paid_at))
                .where(_PAYMENT.tenant_id == tenant, _PAYMENT.subscription_id.in_(mine))
                .scalar_subquery(),
            )
        )
        earlier, unpaid, since, paid = told[0]
        return Facts(
            plan=row.plan_code or "",
            customer_since=now - since,
            earlier_cases=earlier,
            unpaid_cases=unpaid,
            last_success=paid,
        )

"""Which first steps a business has taken: one small question for each, of what there is."""

from sqlalchemy import literal, select, union_all

from activities.gateways.sql.database import Database, table_of
from models.access.onboarding import Step
from models.tables.brand import BrandRow
from models.tables.dunning import AssignmentRow
from models.tables.fiscal import CertificateRow, PacAccountRow
from models.tables.outgoing import EndpointRow
from models.tables.parties import ApiKeyRow, CustomerRow, PlanRow
from models.tables.subscriptions import PaymentRow

_FACTS = (
    (Step.BRAND, BrandRow),
    (Step.CATALOG, PlanRow),
    (Step.POLICY, AssignmentRow),
    (Step.ISSUER, CertificateRow),
    (Step.ISSUER, PacAccountRow),
    (Step.KEY, ApiKeyRow),
    (Step.WEBHOOK, EndpointRow),
    (Step.CUSTOMER, CustomerRow),
    (Step.PAYMENT, PaymentRow),
)


class Onboarding:
    """Facts, in one query."""

    _db: Database

    async def steps_taken(self, tenant: str) -> frozenset[Step]:
        parts = [
            select(literal(step.value)).where(
                select(literal(1)).where(table_of(row).c.tenant_id == tenant).correlate(None).exists()
            )
            for step, row in _FACTS
        ]
        taken = union_all(*parts).subquery()
        return frozenset(Step(found[0]) for found in await self._db.figures(select(*taken.c)))

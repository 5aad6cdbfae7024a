"""The list of open cases, in one query."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from activities.gateways.sql.cases import _case
from activities.gateways.sql.customer_rows import customer_in
from activities.gateways.sql.database import Database, table_of
from models.collecting.open_cases import BY_HAND, CaseWish, ListedCase
from models.records import CaseRecord
from models.safekeeping.keyring import Keyring
from models.tables.parties import CustomerRow
from models.tables.subscriptions import CaseRow, SubscriptionRow

_CASE, _SUBSCRIPTION = table_of(CaseRow).c, table_of(SubscriptionRow).c
_CUSTOMER = table_of(CustomerRow).c


class OpenCases:
    """Read by people; written by nobody."""

    _db: Database
    _keyring: Keyring

    async def case_of(self, tenant: str, invoice: str) -> CaseRecord | None:
        row = await self._db.first(select(CaseRow).where(_CASE.tenant_id == tenant, _CASE.invoice == invoice))
        return _case(row) if row else None

    async def cases_to_see(
        self, tenant: str, wish: CaseWish, *, skip: int = 0, limit: int = 50
    ) -> Sequence[ListedCase]:
        query = (
            select(CaseRow, CustomerRow)
            .join(
                SubscriptionRow,
                and_(_SUBSCRIPTION.tenant_id == _CASE.tenant_id, _SUBSCRIPTION.id == _CASE.subscription_id),
            )
            .join(
                CustomerRow,
                and_(_CUSTOMER.tenant_id == _SUBSCRIPTION.tenant_id, _CUSTOMER.id == _SUBSCRIPTION.customer_id),
            )
            .where(_CASE.tenant_id == tenant, _CASE.outcome.is_(None), *_wished(wish))
            .order_by(
                case((_waits(), 0), else_=1),
                func.coalesce(_CASE.next_step_at, _CASE.hold_until, _CASE.opened_at),
                _CASE.invoice,
            )
        )
        found = await self._db.pairs(query.offset(skip).limit(limit))
        return [ListedCase(_case(row), customer_in(customer, self._keyring)) for row, customer in found]

    async def cases_by_policy(self, tenant: str) -> Mapping[str, int]:
        running = (_CASE.tenant_id == tenant) & _CASE.outcome.is_(None)
        found = await self._db.figures(select(_CASE.policy, func.count()).where(running).group_by(_CASE.policy))
        return {str(policy): int(count) for policy, count in found}


def _wished(wish: CaseWish) -> list[ColumnElement[bool]]:
    found = []
    if wish.stage is not None:
        found.append(_CASE.stage == wish.stage.value)
    if wish.least:
        found.append(_CASE.amount_centavos >= wish.least)
    if wish.next is not None:
        # A step's name ends with what it does: `D+3 suspend`.
        found.append(_CASE.next_step.like(f"% {wish.next.replace('_', ' ')}"))
    if wish.waiting:
        found.append(_waits())
    return found


def _waits() -> ColumnElement[bool]:
    by_hand = and_(_CASE.hold.in_([kind.value for kind in BY_HAND]), _CASE.hold_until.is_(None))
    return or_(_CASE.escalated_at.is_not(None), by_hand)

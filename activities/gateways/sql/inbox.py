"""Events of providers, kept as they came, and whose objects they speak of."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Executable, String, bindparam, case, exists, literal_column, or_, select, update

from activities.gateways.sql.database import Database, table_of
from models.records import EventFilter, InboxEvent, InboxStatus, Provider
from models.safekeeping.keyring import Keyring
from models.tables.journal import InboxRow
from models.tables.parties import CustomerRow
from models.tables.sealed import PAYLOAD
from models.tables.subscriptions import SubscriptionRow

_EVENT, _SUBSCRIPTION, _CUSTOMER = table_of(InboxRow).c, table_of(SubscriptionRow).c, table_of(CustomerRow).c


def _event(row: InboxRow, keyring: Keyring) -> InboxEvent:
    return InboxEvent(
        provider=Provider(row.provider),
        event=row.event,
        type=row.type,
        payload=PAYLOAD.open(keyring, row.payload, (row.provider, row.event)) or "{}",  # empty: its owner was erased
        received_at=row.received_at,
        object=row.object,
        tenant=row.tenant_id,
        subscription=row.subscription_id,
        status=InboxStatus(row.status),
        attempts=row.attempts,
        delivered_at=row.delivered_at,
    )


def _given(name: str, column: str) -> Any:
    """A value told now, or the one already there when nothing is told."""
    value = bindparam(name, type_=String())
    return case((value == "", _EVENT[column]), else_=value)


# News of somebody who was erased, such as the provider's word that it erased them too, is not kept.
_ERASED = exists(
    select(_CUSTOMER.id)
    .join(
        table_of(SubscriptionRow),
        (_CUSTOMER.tenant_id == _SUBSCRIPTION.tenant_id) & (_CUSTOMER.id == _SUBSCRIPTION.customer_id),
    )
    .where(
        _SUBSCRIPTION.tenant_id == bindparam("tenant", type_=String()),
        _SUBSCRIPTION.id == bindparam("subscription", type_=String()),
        _CUSTOMER.erased_at.is_not(None),
    )
)

# An event that arrived twice may be settled twice: once delivered, it stays delivered.
_SETTLING = (
    update(table_of(InboxRow))
    .where(
        _EVENT.provider == bindparam("of_provider"),
        _EVENT.event == bindparam("of_event"),
        _EVENT.status != InboxStatus.DELIVERED.value,
    )
    .values(
        status=bindparam("becomes"),
        attempts=_EVENT.attempts + 1,
        tenant_id=_given("tenant", "tenant_id"),
        subscription_id=_given("subscription", "subscription_id"),
        delivered_at=bindparam("at"),
        payload=case((_ERASED, ""), else_=_EVENT.payload),
    )
)


class Inbox:
    """Nothing a provider told us is lost: unknown events are kept too."""

    _db: Database
    _keyring: Keyring

    async def receive(self, event: InboxEvent) -> bool:
        row = {
            "provider": event.provider.value,
            "event": event.event,
            "tenant_id": event.tenant,
            "subscription_id": event.subscription,
            "type": event.type,
            "object": event.object,
            "payload": PAYLOAD.seal(self._keyring, event.payload, (event.provider.value, event.event)),
            "status": event.status.value,
            "attempts": event.attempts,
            "received_at": event.received_at,
            "delivered_at": event.delivered_at,
        }
        return await self._db.write(self._receiving, row) == 1

    @cached_property
    def _receiving(self) -> Executable:
        return self._db.insert(InboxRow).on_conflict_do_nothing(index_elements=["provider", "event"])

    async def event(self, provider: Provider, event: str) -> InboxEvent | None:
        row = await self._db.first(select(InboxRow).where(_EVENT.provider == provider.value, _EVENT.event == event))
        return _event(row, self._keyring) if row else None

    async def pending_events(self, older_than: datetime, limit: int) -> Sequence[InboxEvent]:
        rows = await self._db.rows(
            select(InboxRow)
            # written out, not bound: only then do both databases use the partial index
            .where(_EVENT.status == literal_column("'pending'"), _EVENT.received_at < older_than)
            .order_by(_EVENT.attempts, _EVENT.received_at)  # what failed waits behind what was not tried
            .limit(limit)
        )
        return [_event(row, self._keyring) for row in rows]

    async def stored_events(
        self, wanted: EventFilter, *, after: tuple[datetime, str] | None = None, limit: int = 500
    ) -> Sequence[InboxEvent]:
        """Events as they came, oldest first, after the last one of the page before (its instant and id)."""
        query = select(InboxRow).where(_EVENT.received_at >= wanted.since)
        if wanted.until is not None:
            query = query.where(_EVENT.received_at < wanted.until)
        if wanted.type:
            query = query.where(_EVENT.type.like(wanted.type.replace("%", "").replace("*", "%")))
        if wanted.subscription:
            query = query.where(_EVENT.subscription_id == wanted.subscription)
        if wanted.status is not None:
            query = query.where(_EVENT.status == wanted.status.value)
        if after is not None:
            same = (_EVENT.received_at == after[0]) & (_EVENT.event > after[1])
            query = query.where(or_(_EVENT.received_at > after[0], same))
        rows = await self._db.rows(query.order_by(_EVENT.received_at, _EVENT.event).limit(limit))
        return [_event(row, self._keyring) for row in rows]

    async def settle_event(
        self, event: InboxEvent, status: InboxStatus, *, at: datetime, tenant: str = "", subscription: str = ""
    ) -> None:
        told = {
            "of_provider": event.provider.value,
            "of_event": event.event,
            "becomes": status.value,
            "tenant": tenant,
            "subscription": subscription,
            "at": at if status is InboxStatus.DELIVERED else None,
        }
        await self._db.write(_SETTLING, told)

    async def living_accounts(self, provider_customer: str) -> Sequence[tuple[str, str]]:
        mine = select(SubscriptionRow).join(CustomerRow, _whose()).where(_CUSTOMER.provider_id == provider_customer)
        rows = await self._db.rows(mine.where(_SUBSCRIPTION.status != "canceled").order_by(_SUBSCRIPTION.created_at))
        return [(row.tenant_id, row.id) for row in rows]

    async def owner_of(
        self, *, provider_customer: str = "", provider_subscription: str = "", checkout: str = ""
    ) -> tuple[str, str] | None:
        for known in (
            _SUBSCRIPTION.provider_id == provider_subscription if provider_subscription else None,
            _SUBSCRIPTION.checkout_session == checkout if checkout else None,
        ):
            if known is not None and (row := await self._db.first(select(SubscriptionRow).where(known))):
                return row.tenant_id, row.id
        if not provider_customer:
            return None
        row = await self._db.first(
            select(SubscriptionRow)
            .join(CustomerRow, _whose())
            .where(_CUSTOMER.provider_id == provider_customer)
            .order_by(case((_SUBSCRIPTION.status == "canceled", 1), else_=0), _SUBSCRIPTION.created_at.desc())
        )
        return (row.tenant_id, row.id) if row else None


def _whose() -> ColumnElement[bool]:
    return (_CUSTOMER.tenant_id == _SUBSCRIPTION.tenant_id) & (_CUSTOMER.id == _SUBSCRIPTION.customer_id)

"""Customers and their subscriptions."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, case, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from activities.failures import Missing
from activities.gateways.sql.crm.following import account_changed, enter
from activities.gateways.sql.crm.terms import index
from activities.gateways.sql.customer_rows import customer_in, customer_row
from activities.gateways.sql.customers import Customers
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell
from activities.ports.clinic import Cursor
from activities.ports.register import Subscriber, Taken
from models.money import Money
from models.records import AccountKind, Customer, SubscriptionRecord
from models.safekeeping.keyring import Keyring
from models.subscribing.subscriptions import Status
from models.tables.columns import UtcDateTime
from models.tables.parties import CustomerRow
from models.tables.sealed import email_prints
from models.tables.subscriptions import SubscriptionRow
from models.telling.happenings import of_subscription
from models.telling.outgoing import Happening

_CUSTOMER = table_of(CustomerRow).c
_SUBSCRIPTION = table_of(SubscriptionRow).c
SUBSCRIBED = _SUBSCRIPTION.kind == AccountKind.SUBSCRIPTION.value  # and not billed once
_LIVING_FIRST = (case((_SUBSCRIPTION.status == Status.CANCELED.value, 1), else_=0), _SUBSCRIPTION.created_at.desc())
_BILLS_LAST = case((SUBSCRIBED, 0), else_=1)


def _record(row: SubscriptionRow) -> SubscriptionRecord:
    return SubscriptionRecord(
        tenant=row.tenant_id,
        id=row.id,
        customer=row.customer_id,
        plan=row.plan_code or "",
        status=Status(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
        provider_id=row.provider_id,
        checkout_session=row.checkout_session,
        period_start=row.period_start,
        period_end=row.period_end,
        trial_end=row.trial_end,
        cancel_at_period_end=row.cancel_at_period_end,
        amount_due=Money(row.due_centavos, row.currency),
        grace_until=row.grace_until,
        next_action=row.next_action,
        next_action_at=row.next_action_at,
        degraded=row.degraded,
        refusal=row.refusal,
        price=None if row.price_centavos is None else Money(row.price_centavos, row.currency),
        kind=AccountKind(row.kind),
        pet=row.pet_id,
        instalments=row.instalments,
        card_required=row.card_required,
        card=row.card_at is not None,
    )


def _record_row(record: SubscriptionRecord) -> SubscriptionRow:
    return SubscriptionRow(
        tenant_id=record.tenant,
        id=record.id,
        customer_id=record.customer,
        plan_code=record.plan or None,
        status=record.status,
        created_at=record.created_at,
        updated_at=record.updated_at,
        provider_id=record.provider_id,
        checkout_session=record.checkout_session,
        period_start=record.period_start,
        period_end=record.period_end,
        trial_end=record.trial_end,
        cancel_at_period_end=record.cancel_at_period_end,
        due_centavos=record.amount_due.centavos,
        currency=record.amount_due.currency,
        grace_until=record.grace_until,
        next_action=record.next_action,
        next_action_at=record.next_action_at,
        degraded=record.degraded,
        refusal=record.refusal,
        price_centavos=record.price.centavos if record.price else None,
        kind=record.kind,
        pet_id=record.pet,
        instalments=record.instalments,
        card_required=record.card_required,
        card_at=record.updated_at if record.card else None,
    )


def _subscribers(tenant: str) -> Select[SubscriptionRow, CustomerRow]:
    return (
        select(SubscriptionRow, CustomerRow)
        .join(
            CustomerRow, (_CUSTOMER.tenant_id == _SUBSCRIPTION.tenant_id) & (_CUSTOMER.id == _SUBSCRIPTION.customer_id)
        )
        .where(_SUBSCRIPTION.tenant_id == tenant)
    )


class Subscriptions(Customers):
    """The record of who subscribes to what, and where that stands."""

    _db: Database
    _keyring: Keyring
    _recorded: Recorded

    async def subscriptions_of(self, tenant: str, customer: str) -> Sequence[SubscriptionRecord]:
        """All of a customer's, those that are over too, newest first. No bills."""
        mine = select(SubscriptionRow).where(
            _SUBSCRIPTION.tenant_id == tenant, _SUBSCRIPTION.customer_id == customer, SUBSCRIBED
        )
        return [_record(row) for row in await self._db.rows(mine.order_by(_SUBSCRIPTION.created_at.desc()))]

    async def customer_of(self, tenant: str, subscription: str) -> Customer:
        found = await self.subscriber(tenant, subscription)
        if found is None:
            raise Missing(f"there is no subscription '{subscription}'")
        return found.customer

    async def begun_after_all(self, tenant: str, subscription: str) -> bool:
        record = await self.subscription(tenant, subscription)
        if record is None:
            return False
        mine = (_SUBSCRIPTION.tenant_id == tenant) & (_SUBSCRIPTION.customer_id == record.customer) & SUBSCRIBED
        alive = (_SUBSCRIPTION.pet_id == record.pet) & (_SUBSCRIPTION.status != Status.CANCELED.value)
        return await self._db.first(select(SubscriptionRow).where(mine, alive)) is not None

    async def subscription(self, tenant: str, subscription: str) -> SubscriptionRecord | None:
        row = await self._db.first(
            select(SubscriptionRow).where(_SUBSCRIPTION.tenant_id == tenant, _SUBSCRIPTION.id == subscription)
        )
        return _record(row) if row else None

    async def save_subscription(self, record: SubscriptionRecord) -> None:
        """The row, and the events that follow from what changed, in one transaction."""
        await self._db.apart(record, self._save_subscriptions, f"{record.tenant}/subscriptions")
        self._recorded.note(record.tenant)

    async def _save_subscriptions(
        self, connection: AsyncConnection, records: Sequence[SubscriptionRecord]
    ) -> list[int]:
        """Write rows of one tenant; how many events follow from each."""
        over, tenant = Status.CANCELED.value, records[0].tenant
        mine = (_SUBSCRIPTION.tenant_id == tenant) & _SUBSCRIPTION.id.in_({record.id for record in records})
        async with AsyncSession(connection) as session:
            rows = (await session.scalars(select(SubscriptionRow).where(mine).with_for_update())).all()
        known = {row.id: _record(row) for row in rows}
        happened: list[list[Happening]] = []
        shown: list[str] = []
        for record in records:
            before = known.get(record.id)
            happened.append(of_subscription(before, record))
            if _shown(before) != _shown(record):
                shown.append(record.id)
            # As its row will say: whoever writes after a cancellation in the same transaction does not bring it back to life.
            stays = before is not None and before.status is Status.CANCELED
            known[record.id] = replace(record, status=Status.CANCELED) if stays else record
            saved = self._db.upsert(
                _record_row(record),
                ["tenant_id", "id"],
                keep=[
                    *(
                        "created_at",
                        "customer_id",
                        "checkout_session",
                        "card_required",
                        "kind",
                        "pet_id",
                        "instalments",
                    ),
                    *(["price_centavos"] if record.price is None else []),
                ],
                # A canceled subscription stays canceled, whatever a late writer says.
                instead={
                    "status": case((_SUBSCRIPTION.status == over, over), else_=record.status.value),
                    # The day of the first card counts, whatever becomes of it.
                    "card_at": func.coalesce(
                        _SUBSCRIPTION.card_at, literal(record.updated_at if record.card else None, UtcDateTime())
                    ),
                },
            )
            await connection.execute(saved)
        await tell(connection, self._db, [each for told in happened for each in told])
        if shown:
            await account_changed(connection, tenant, shown)
        return [len(told) for told in happened]

    async def save_checkout(self, tenant: str, subscription: str, session: str) -> None:
        mine = (_SUBSCRIPTION.tenant_id == tenant) & (_SUBSCRIPTION.id == subscription)
        if not await self._db.write(update(SubscriptionRow).where(mine).values(checkout_session=session)):
            raise Missing(f"there is no subscription '{subscription}'")

    async def subscriber(self, tenant: str, subscription: str) -> Subscriber | None:
        return await self._one(_subscribers(tenant).where(_SUBSCRIPTION.id == subscription))

    async def subscriber_by_reference(self, tenant: str, reference: str) -> Subscriber | None:
        theirs = _subscribers(tenant).where(_CUSTOMER.reference == reference, SUBSCRIBED)
        return await self._one(theirs.order_by(*_LIVING_FIRST))

    async def subscriber_by_email(self, tenant: str, email: str) -> Subscriber | None:
        theirs = _CUSTOMER.email_print.in_(email_prints(self._keyring, tenant, email))
        return await self._one(_subscribers(tenant).where(theirs).order_by(_BILLS_LAST, *_LIVING_FIRST))

    async def subscribers(
        self, tenant: str, *, status: Status | None = None, after: Cursor | None = None, limit: int = 50
    ) -> Sequence[Subscriber]:
        query = _subscribers(tenant).where(SUBSCRIBED).limit(limit)
        query = query.order_by(_SUBSCRIPTION.created_at.desc(), _SUBSCRIPTION.id.desc())
        if status is not None:
            query = query.where(_SUBSCRIPTION.status == status.value)
        if after is not None:
            query = query.where(
                or_(
                    _SUBSCRIPTION.created_at < after.created_at,
                    (_SUBSCRIPTION.created_at == after.created_at) & (_SUBSCRIPTION.id < after.id),
                )
            )
        found = await self._db.pairs(query)
        return [Subscriber(_record(row), customer_in(customer, self._keyring)) for row, customer in found]

    async def _one(self, query: Select[SubscriptionRow, CustomerRow]) -> Subscriber | None:
        found = await self._db.pairs(query.limit(1))
        return Subscriber(_record(found[0][0]), customer_in(found[0][1], self._keyring)) if found else None

    async def sign_up(self, customer: Customer, record: SubscriptionRecord) -> Subscriber:
        try:
            return await self._enter(customer, record)
        except Duplicate:
            # On PostgreSQL two signups may look at the same instant; the second look finds the other's rows.
            return await self._enter(customer, record)

    async def admit(self, customer: Customer, record: SubscriptionRecord) -> bool:
        """Enter a signup that the books have lost; a customer they still have keeps their own data."""
        with contextlib.suppress(Missing):
            customer = await self.customer(customer.tenant, customer.id)
        try:
            await self.sign_up(customer, record)
        except Taken:
            return False
        return True

    async def _enter(self, customer: Customer, record: SubscriptionRecord) -> Subscriber:
        async with self._db.transaction() as connection:
            known = await _known(connection, customer, self._keyring, record.pet)
            if known is None:
                row = values(customer_row(customer, self._keyring))
                await connection.execute(table_of(CustomerRow).insert().values(**row))
            else:
                alive = await _alive(connection, known, record.pet)
                if alive is not None:
                    return Subscriber(_continued(alive, known, customer, record), known)
                if known.reference != customer.reference:
                    # An e-mail alone shows nobody to be this customer: it neither changes nor joins them.
                    raise Taken("email", "belongs to another customer of yours: sign them up by their own reference")
                customer = replace(customer, id=known.id, provider_id=known.provider_id)
                record = replace(record, customer=known.id)
                row = values(customer_row(customer, self._keyring))
                changes = {k: v for k, v in row.items() if k not in ("tenant_id", "id")}
                mine = (_CUSTOMER.tenant_id == customer.tenant) & (_CUSTOMER.id == customer.id)
                await connection.execute(update(CustomerRow).where(mine).values(changes))
            await connection.execute(table_of(SubscriptionRow).insert().values(**values(_record_row(record))))
            await enter(connection, self._db, customer.tenant, customer.id, record.created_at)
            await index(connection, self._keyring, customer.tenant, customer.id)
            await account_changed(connection, customer.tenant, [record.id])
            return Subscriber(record, customer)


def _shown(record: SubscriptionRecord | None) -> tuple[object, ...]:
    """What the customer's profile shows of an account."""
    if record is None:
        return ()
    return (
        *(record.status, record.plan, record.price, record.card, record.trial_end),
        *(record.period_end, record.cancel_at_period_end),
    )


async def _known(connection: AsyncConnection, customer: Customer, keyring: Keyring, pet: str) -> Customer | None:
    """The customer with this e-mail or reference, who may subscribe for this pet."""
    prints = email_prints(keyring, customer.tenant, customer.email)
    same = or_(_CUSTOMER.email_print.in_(prints), _CUSTOMER.reference == customer.reference)
    async with AsyncSession(connection) as session:
        rows = (await session.scalars(select(CustomerRow).where(_CUSTOMER.tenant_id == customer.tenant, same))).all()
    known = [customer_in(row, keyring) for row in rows]
    if len(known) < 2:
        return known[0] if known else None
    for other in known:
        if (alive := await _alive(connection, other, pet)) is not None:
            raise Taken(_field(other, customer), "has a subscription already", alive.id)
    raise Taken("customer_reference", "belongs to another customer than this e-mail does")


async def _alive(connection: AsyncConnection, customer: Customer, pet: str) -> SubscriptionRecord | None:
    """The subscription of a customer for this pet, or for none, that is not canceled."""
    mine = (_SUBSCRIPTION.tenant_id == customer.tenant) & (_SUBSCRIPTION.customer_id == customer.id)
    mine &= SUBSCRIBED & (_SUBSCRIPTION.pet_id == pet)
    async with AsyncSession(connection) as session:
        query = select(SubscriptionRow).where(mine, _SUBSCRIPTION.status != Status.CANCELED.value)
        row = (await session.scalars(query)).first()
    return _record(row) if row else None


def _continued(
    alive: SubscriptionRecord, known: Customer, customer: Customer, record: SubscriptionRecord
) -> SubscriptionRecord:
    """A signup entered before that never got to the provider goes on when it is asked for again, word for word; others are taken."""
    same = (known.email, known.reference, alive.plan) == (customer.email, customer.reference, record.plan)
    if same and alive.status is Status.INCOMPLETE and not alive.provider_id:
        return alive
    raise Taken(_field(known, customer), "has a subscription already", alive.id)


def _field(known: Customer, customer: Customer) -> str:
    return "email" if known.email == customer.email else "customer_reference"

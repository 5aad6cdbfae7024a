"""Who pays, and whom the invoice names: personal data is sealed, and found again by its fingerprint."""

from datetime import UTC, datetime

from sqlalchemy import select, update

from activities.failures import Missing
from activities.gateways.sql.crm.following import enter
from activities.gateways.sql.crm.terms import index, insist_on_rfc, rfc_of
from activities.gateways.sql.customer_rows import customer_in, customer_row, fiscal_columns
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from activities.ports.register import Taken
from models.cfdi.fiscal import Receiver
from models.records import Customer
from models.safekeeping.keyring import Keyring
from models.tables.parties import CustomerRow

_CUSTOMER = table_of(CustomerRow).c


class Customers:
    """The record of customers, whether or not they have a subscription."""

    _db: Database
    _keyring: Keyring

    async def customer(self, tenant: str, customer: str) -> Customer:
        row = await self._db.first(select(CustomerRow).where(_CUSTOMER.tenant_id == tenant, _CUSTOMER.id == customer))
        if row is None:
            raise Missing(f"there is no customer '{customer}'")
        return customer_in(row, self._keyring)

    async def customer_by_reference(self, tenant: str, reference: str) -> Customer | None:
        mine = select(CustomerRow).where(_CUSTOMER.tenant_id == tenant, _CUSTOMER.reference == reference)
        row = await self._db.first(mine)
        return customer_in(row, self._keyring) if row else None

    async def enter_customer(self, customer: Customer) -> Customer:
        """Enter a customer who has no subscription yet; one known by this reference is that one, as they are known.

        Raises Taken: the e-mail is another's.
        """
        row = customer_row(customer, self._keyring)
        known = await self.customer_by_reference(customer.tenant, customer.reference)
        if known is not None:
            return known
        try:
            async with self._db.transaction() as connection:
                await insist_on_rfc(connection, self._keyring, customer.tenant, rfc_of(customer), but=customer.id)
                await connection.execute(table_of(CustomerRow).insert().values(**values(row)))
                await enter(connection, self._db, customer.tenant, customer.id, datetime.now(UTC))
                await index(connection, self._keyring, customer.tenant, customer.id)
        except Duplicate:
            known = await self.customer_by_reference(customer.tenant, customer.reference)
            if known is None:
                raise Taken("email", "belongs to another customer of yours: bill them by their own reference") from None
            return known
        return customer

    async def save_provider_customer(self, tenant: str, customer: str, provider_id: str) -> None:
        mine = (_CUSTOMER.tenant_id == tenant) & (_CUSTOMER.id == customer)
        if not await self._db.write(update(CustomerRow).where(mine).values(provider_id=provider_id)):
            raise Missing(f"there is no customer '{customer}'")

    async def save_receiver(self, tenant: str, customer: str, receiver: Receiver) -> None:
        """Raises Missing. Nobody is refused an invoice by name because another customer of the tenant has their RFC."""
        mine = (_CUSTOMER.tenant_id == tenant) & (_CUSTOMER.id == customer) & _CUSTOMER.erased_at.is_(None)
        fiscal = fiscal_columns(receiver, self._keyring, (tenant, customer))
        async with self._db.transaction() as connection:
            if not (await connection.execute(update(CustomerRow).where(mine).values(**fiscal))).rowcount:
                raise Missing(f"there is no customer '{customer}'")
            await index(connection, self._keyring, tenant, customer)

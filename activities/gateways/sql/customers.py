"""Who pays, and whom the invoice names: personal data is sealed, and found again by its fingerprint."""

import json
from typing import Any

from sqlalchemy import select, update

from activities.failures import Missing
from activities.gateways.sql.database import Database, Duplicate, table_of, values
from activities.ports.register import Taken
from models.fiscal import Receiver
from models.keyring import Keyring
from models.notices import Language
from models.records import Customer
from models.tables.parties import CustomerRow
from models.tables.sealed import CONTACT, FISCAL, email_prints, phone_prints

_CUSTOMER = table_of(CustomerRow).c


def customer_in(row: CustomerRow, keyring: Keyring) -> Customer:
    key, receiver = (row.tenant_id, row.id), None
    if row.fiscal:
        fiscal = json.loads(FISCAL.open(keyring, row.fiscal, key))
        receiver = Receiver(**fiscal, regime=row.regime or "", use=row.cfdi_use or "")
    contact = json.loads(CONTACT.open(keyring, row.contact, key)) if row.contact else _ERASED
    return Customer(
        tenant=row.tenant_id,
        id=row.id,
        reference=row.reference,
        language=Language(row.language),
        receiver=receiver,
        provider_id=row.provider_id,
        **contact,
    )


_ERASED = {"name": "", "email": "", "phone": ""}


def customer_row(customer: Customer, keyring: Keyring) -> CustomerRow:
    contact = {"name": customer.name, "email": customer.email, "phone": customer.phone}
    return CustomerRow(
        tenant_id=customer.tenant,
        id=customer.id,
        reference=customer.reference,
        language=customer.language,
        contact=CONTACT.seal(keyring, json.dumps(contact), (customer.tenant, customer.id)),
        email_print=email_prints(keyring, customer.tenant, customer.email)[0],
        phone_print=phone_prints(keyring, customer.phone)[0] if customer.phone else "",
        provider_id=customer.provider_id,
        **_fiscal(customer.receiver, keyring, (customer.tenant, customer.id)),
    )


def _fiscal(receiver: Receiver | None, keyring: Keyring, key: tuple[str, str]) -> dict[str, Any]:
    if receiver is None:
        return {"fiscal": "", "regime": None, "cfdi_use": None}
    told = {"rfc": receiver.rfc, "name": receiver.name, "postal_code": receiver.postal_code}
    sealed = str(FISCAL.seal(keyring, json.dumps(told), key))
    return {"fiscal": sealed, "regime": receiver.regime, "cfdi_use": receiver.use}


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
            await self._db.write(table_of(CustomerRow).insert().values(**values(row)))
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
        mine = (_CUSTOMER.tenant_id == tenant) & (_CUSTOMER.id == customer) & _CUSTOMER.erased_at.is_(None)
        fiscal = _fiscal(receiver, self._keyring, (tenant, customer))
        if not await self._db.write(update(CustomerRow).where(mine).values(**fiscal)):
            raise Missing(f"there is no customer '{customer}'")

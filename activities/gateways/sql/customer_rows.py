"""Customers as rows: name, addresses and tax data are sealed, and found again by their fingerprints."""

import json
from typing import Any

from models.cfdi.fiscal import Receiver
from models.records import Customer
from models.safekeeping.keyring import Keyring
from models.speaking.notices import Language
from models.tables.parties import CustomerRow
from models.tables.sealed import CONTACT, FISCAL, email_prints, phone_prints


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
        **fiscal_columns(customer.receiver, keyring, (customer.tenant, customer.id)),
    )


def fiscal_columns(receiver: Receiver | None, keyring: Keyring, key: tuple[str, str]) -> dict[str, Any]:
    if receiver is None:
        return {"fiscal": "", "regime": None, "cfdi_use": None}
    told = {"rfc": receiver.rfc, "name": receiver.name, "postal_code": receiver.postal_code}
    sealed = str(FISCAL.seal(keyring, json.dumps(told), key))
    return {"fiscal": sealed, "regime": receiver.regime, "cfdi_use": receiver.use}

"""What customers are found by: search terms and RFC as keyed digests, written whenever a name, an address or a person changes."""

import json
from collections.abc import Sequence

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.customer_rows import customer_in
from activities.gateways.sql.database import table_of
from activities.ports.register import Taken
from models.cfdi.fiscal import GENERIC_RFCS
from models.crm.words import terms_of, words_of
from models.records import Customer
from models.safekeeping.keyring import Keyring
from models.tables.crm import PersonRow, ProfileRow, SearchTermRow
from models.tables.parties import CustomerRow
from models.tables.sealed import PERSON, rfc_prints, term_numbers

_CUSTOMER, _PROFILE, _TERM, _PERSON = (table_of(row).c for row in (CustomerRow, ProfileRow, SearchTermRow, PersonRow))


class RfcTaken(Taken):
    """Another customer of the tenant has this RFC."""

    def __init__(self) -> None:
        super().__init__("fiscal.tax_id", "is the RFC of another customer of yours: use their record, or correct it")


async def index(connection: AsyncConnection, keyring: Keyring, tenant: str, customer: str) -> None:
    """Make a customer findable by what is known of them now. An RFC that another customer has is left to that one."""
    await forget(connection, keyring, tenant, customer)
    row = await _row(connection, tenant, customer)
    if row is None:
        return
    known = customer_in(row, keyring)
    rfc = rfc_of(known)
    if rfc not in ("", *GENERIC_RFCS) and await holder_of(connection, keyring, tenant, rfc, but=customer) is None:
        its = (_PROFILE.tenant_id == tenant) & (_PROFILE.customer_id == customer)
        print = rfc_prints(keyring, tenant, rfc)[0]
        await connection.execute(update(ProfileRow).where(its).values(rfc_print=print))
    words = await _words(connection, keyring, known)
    rows = [
        {"tenant_id": tenant, "term": number, "customer_id": customer} for number in _numbers(keyring, tenant, words)
    ]
    if rows:
        await connection.execute(insert(SearchTermRow), rows)


def rfc_of(customer: Customer) -> str:
    """Empty where they gave none."""
    return customer.receiver.rfc if customer.receiver else ""


async def insist_on_rfc(connection: AsyncConnection, keyring: Keyring, tenant: str, rfc: str, *, but: str) -> None:
    """Raises RfcTaken: a customer of the tenant other than `but` has this RFC. The generic ones are everybody's."""
    if rfc and await holder_of(connection, keyring, tenant, rfc, but=but) is not None:
        raise RfcTaken()


async def holder_of(
    connection: AsyncConnection, keyring: Keyring, tenant: str, rfc: str, *, but: str = ""
) -> str | None:
    """The id of the customer, other than one, who has this RFC."""
    if rfc in GENERIC_RFCS:
        return None
    mine = (_PROFILE.tenant_id == tenant) & (_PROFILE.customer_id != but)
    query = select(_PROFILE.customer_id).where(mine, _PROFILE.rfc_print.in_(rfc_prints(keyring, tenant, rfc)))
    return (await connection.execute(query.limit(1))).scalar_one_or_none()


async def forget(connection: AsyncConnection, keyring: Keyring, tenant: str, customer: str) -> None:
    """Nobody finds them any more, by words of any key."""
    old = (_TERM.tenant_id == tenant) & (_TERM.customer_id == customer)
    await connection.execute(delete(SearchTermRow).where(old))
    its = (_PROFILE.tenant_id == tenant) & (_PROFILE.customer_id == customer)
    await connection.execute(update(ProfileRow).where(its).values(rfc_print="", key_id=keyring.current))


async def _row(connection: AsyncConnection, tenant: str, customer: str) -> CustomerRow | None:
    mine = (_CUSTOMER.tenant_id == tenant) & (_CUSTOMER.id == customer) & _CUSTOMER.erased_at.is_(None)
    found = (await connection.execute(select(table_of(CustomerRow)).where(mine))).mappings().first()
    return CustomerRow(**found) if found else None


async def _words(connection: AsyncConnection, keyring: Keyring, customer: Customer) -> Sequence[str]:
    receiver = customer.receiver
    names = [customer.name, customer.reference, receiver.name if receiver else ""]
    words = words_of(names, customer.email, customer.phone, rfc_of(customer))
    mine = (_PERSON.tenant_id == customer.tenant) & (_PERSON.customer_id == customer.id) & (_PERSON.details != "")
    for row in (await connection.execute(select(_PERSON.id, _PERSON.details).where(mine))).all():
        person = json.loads(PERSON.open(keyring, row.details, (customer.tenant, row.id)))
        words += words_of([person["name"]], person["email"], person["phone"])
    return words


def _numbers(keyring: Keyring, tenant: str, words: Sequence[str]) -> set[int]:
    return {term_numbers(keyring, tenant, term)[0] for term in terms_of(words)}

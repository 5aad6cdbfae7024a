"""What people wrote of a customer who is erased goes; that something happened, and for how much, stays with the books."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.gateways.sql.crm.terms import forget
from activities.gateways.sql.database import table_of
from models.safekeeping.keyring import Keyring
from models.tables.crm import ActivityRow, OpportunityRow, PersonRow, TaskRow

_PERSONAL = ((PersonRow, "details"), (ActivityRow, "text"), (OpportunityRow, "name"), (TaskRow, "text"))


async def blank(connection: AsyncConnection, keyring: Keyring, tenant: str, customer: str) -> None:
    """In the caller's transaction; doing it twice changes nothing more."""
    for row, column in _PERSONAL:
        its = table_of(row).c
        theirs = (its.tenant_id == tenant) & (its.customer_id == customer)
        await connection.execute(update(row).where(theirs).values({column: ""}))
    await forget(connection, keyring, tenant, customer)

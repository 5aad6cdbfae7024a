"""Erasures that must hold: what a restored backup brings back is erased again, by the list that outlives the database."""

import logging
from datetime import UTC, datetime

from sqlalchemy import select

from activities.failures import Refused
from activities.gateways.erasure_list import Listed
from activities.gateways.sql.database import table_of
from activities.gateways.sql.erasures import Erasures
from models.safekeeping.erasure import Erasure, ErasureRound, kept
from models.tables.journal import AuditRow
from models.tables.parties import CustomerRow

_CUSTOMER, _AUDIT = table_of(CustomerRow).c, table_of(AuditRow).c
_WITHDRAWN = (
    "the order of %s to erase customer %s of %s was not carried out, as far as is known, and is withdrawn: %s; whoever still wants it"
    " orders it anew"
)
_PRESUMED = "customer %s of %s is erased by a line of an older release, which does not say whether it was carried out: the books were older"
log = logging.getLogger(__name__)


class ErasureRounds(Erasures):
    """The look through the list, every day and after a restore."""

    async def keep_erasures(self, now: datetime) -> ErasureRound:
        """Erase again whom a restored backup brought back, and the tax invoices whose time is over.

        An order that a crash cut off is carried out if nothing hinders it now. If something does, or they have come back after it, it is
        withdrawn: nobody is erased by an order of long ago. Who was erased by a process that has no list is listed.
        """
        again, presumed, left, over = [], [], [], 0
        listed = {(each.erasure.tenant, each.erasure.customer): each for each in self._list.all()}
        for each in listed.values():
            erasure = each.erasure
            if each.withdrawn or not await self._is_there(erasure):
                continue
            if why := await self._doubt(each):
                left.append(erasure)
                if self._list.kept:
                    self._list.withdraw(erasure)
                    log.warning(_WITHDRAWN, erasure.at, erasure.customer, erasure.tenant, why)
                continue
            try:
                await self.erase_customer(erasure, again=each.done is not False)
            except Refused:  # they have subscribed this instant: the next round withdraws it
                left.append(erasure)
                continue
            again.append(erasure)
            if each.done is None:
                presumed.append(erasure)
                log.warning(_PRESUMED, erasure.customer, erasure.tenant)
        for row in await self._db.rows(select(CustomerRow).where(_CUSTOMER.erased_at.is_not(None))):
            known = listed.get((row.tenant_id, row.id))
            if known is None or not known.done:
                self._list.confirm(known.erasure if known else await self._told(row))
            documents = await self._documents_of(row.tenant_id, await self._records(row.tenant_id, row.id))
            done = [d for d in documents if d.receiver_rfc and not kept([d], now.astimezone(UTC).date())]
            if done:
                async with self._db.transaction() as connection:
                    await self._blank_files(connection, row.tenant_id, done, set())
                over += 1
        return ErasureRound(tuple(again), tuple(presumed), tuple(left), over)

    async def _is_there(self, erasure: Erasure) -> bool:
        mine = (_CUSTOMER.tenant_id == erasure.tenant) & (_CUSTOMER.id == erasure.customer)
        return await self._db.first(select(CustomerRow).where(mine, _CUSTOMER.erased_at.is_(None))) is not None

    async def _doubt(self, listed: Listed) -> str:
        """Why somebody who is there is not erased by what the list says; empty: they are.

        None of their subscriptions was alive when the order was listed. One that began after it came to somebody who was not erased; one
        from before that is alive shows books that are older than the order, and says nothing of what came of it.
        """
        if listed.done:
            return ""
        erasure = listed.erasure
        if any(each.created_at > erasure.at for each in await self._records(erasure.tenant, erasure.customer)):
            return "they have subscribed after it"
        if listed.done is None:
            return ""
        try:
            await self.check_erasure(erasure.tenant, erasure.customer)
        except Refused as refusal:
            return str(refusal)
        return ""

    async def _told(self, row: CustomerRow) -> Erasure:
        """The erasure of somebody who is erased, as the audit tells it."""
        its = _AUDIT.key.startswith(f"erasure/{row.id}/", autoescape=True)
        entry = await self._db.first(select(AuditRow).where(_AUDIT.tenant_id == row.tenant_id, its))
        by, why = (entry.actor, entry.reason) if entry else ("perdura", "")
        return Erasure(row.tenant_id, row.id, row.erased_at or datetime.now(UTC), by, why)

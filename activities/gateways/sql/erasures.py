"""Erasing a customer's personal data, and keeping the books: amounts, ids, the ledger and the audit stay as they are."""

import logging
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import and_, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.failures import Missing, Refused
from activities.gateways.erasure_list import ErasureList
from activities.gateways.sql.audit import Audit
from activities.gateways.sql.cases import Cases
from activities.gateways.sql.crm.erasing import blank
from activities.gateways.sql.database import table_of
from activities.gateways.sql.documents import Documents
from activities.gateways.sql.subscriptions import Subscriptions
from activities.gateways.sql.tickets import erase_texts
from models.cfdi.documents import DocumentFile, TaxDocument
from models.records import AuditEntry, SubscriptionRecord
from models.safekeeping.erasure import Erased, Erasure, hindrance, kept
from models.subscribing.subscriptions import Status
from models.tables.clinic import BillRow, PetRow
from models.tables.columns import UtcDateTime
from models.tables.deletions import DeletionRow
from models.tables.documents import DocumentFileRow, DocumentRow
from models.tables.dunning import ReplyRow
from models.tables.journal import InboxRow, NoticeRow
from models.tables.parties import CustomerRow
from models.tables.sealed import PAYLOAD
from models.tables.signups import AcceptanceRow
from models.tables.subscriptions import CaseRow, PaymentRow, SubscriptionRow

_CUSTOMER, _SUBSCRIPTION = table_of(CustomerRow).c, table_of(SubscriptionRow).c
_REPLY, _DELETION = table_of(ReplyRow).c, table_of(DeletionRow).c
_INBOX, _NOTICE, _CASE = table_of(InboxRow).c, table_of(NoticeRow).c, table_of(CaseRow).c
_PAYMENT, _PET, _BILL = table_of(PaymentRow).c, table_of(PetRow).c, table_of(BillRow).c
_DOCUMENT, _FILE = table_of(DocumentRow).c, table_of(DocumentFileRow).c
_ACCEPTED = table_of(AcceptanceRow).c
_LAWFUL = (DocumentFile.XML.value, DocumentFile.ACKNOWLEDGEMENT.value)
_BATCH = 200
_UNLISTED = (
    "customer %s of %s is erased, and in no list beside the database, as PERDURA_BACKUP_DIRECTORY is not set in this process:"
    " a backup restored before the next daily one brings them back; erase them again then"
)
log = logging.getLogger(__name__)


class Erasures(Subscriptions, Cases, Audit, Documents):
    """Who asked to be forgotten, and is."""

    _list: ErasureList

    async def check_erasure(self, tenant: str, customer: str) -> None:
        """Raises Missing, or Refused with the reason why the customer cannot be erased yet and what to do about it."""
        await self.customer(tenant, customer)
        records = await self._records(tenant, customer)
        cases = [case for record in records for case in await self.cases(tenant, record.id)]
        mine = (_PAYMENT.tenant_id == tenant) & _PAYMENT.subscription_id.in_([record.id for record in records])
        payments = await self._db.rows(select(PaymentRow).where(mine))
        why = hindrance(
            [record.status for record in records],
            [case.invoice for case in cases if case.outcome is None],
            await self._documents_of(tenant, records),
            [payment.charge for payment in payments],
        )
        if why:
            raise Refused(f"customer '{customer}' cannot be erased: {why}", "not_yet")

    async def erase_customer(self, erasure: Erasure, *, again: bool = False) -> Erased:
        """Erase what is personal, for good; doing it twice changes nothing more.

        `again`: it was carried out, and a restored backup is older: a subscription that is alive in it has ended since.

        Raises:
            Missing: there is no such customer. Refused: a subscription of theirs has begun meanwhile.
        """
        customer = await self.customer(erasure.tenant, erasure.customer)
        records = await self._records(erasure.tenant, erasure.customer)
        documents = await self._documents_of(erasure.tenant, records)
        staying = kept(documents, erasure.at.astimezone(UTC).date())
        words = [word for word in (customer.email, customer.phone[-10:], customer.provider_id) if len(word) > 5]
        async with self._db.transaction() as connection:
            if connection.dialect.name == "sqlite":  # what is deleted is overwritten, not left in free pages
                await connection.exec_driver_sql("PRAGMA secure_delete = ON")
            if not again:
                await self._insist_that_none_is_alive(connection, erasure)
            else:  # the certificate was sent long ago
                mine = (_DELETION.tenant_id == erasure.tenant) & (_DELETION.customer_id == erasure.customer)
                await connection.execute(update(DeletionRow).where(mine).values(address=""))
            await self._blank(connection, erasure, [record.id for record in records])
            await self._blank_files(connection, erasure.tenant, documents, {each.document for each in staying})
            # On disk before the commit: whatever is carried out is listed, and nothing that was refused.
            self._list.add(erasure)
        self._list.confirm(erasure)
        if not self._list.kept:
            log.warning(_UNLISTED, erasure.customer, erasure.tenant)
        await self._blank_strays(words)
        for record in records:
            entry = AuditEntry(
                tenant=erasure.tenant,
                subscription=record.id,
                key=f"erasure/{erasure.customer}/{record.id}",
                at=erasure.at,
                actor=erasure.actor,
                action="personal data erased",
                reason=erasure.reason,
                detail=f"kept by law: {len(staying)} tax invoices",
            )
            await self.audit(entry)
        return Erased(erasure, staying)

    async def _records(self, tenant: str, customer: str) -> list[SubscriptionRecord]:
        mine = select(SubscriptionRow).where(_SUBSCRIPTION.tenant_id == tenant, _SUBSCRIPTION.customer_id == customer)
        found = [await self.subscription(tenant, row.id) for row in await self._db.rows(mine)]
        return [record for record in found if record is not None]

    async def _documents_of(self, tenant: str, records: Sequence[SubscriptionRecord]) -> list[TaxDocument]:
        return [d for record in records for d in await self.documents_of_subscription(tenant, record.id)]

    async def _insist_that_none_is_alive(self, connection: AsyncConnection, erasure: Erasure) -> None:
        alive = select(_SUBSCRIPTION.id).where(
            _SUBSCRIPTION.tenant_id == erasure.tenant,
            _SUBSCRIPTION.customer_id == erasure.customer,
            _SUBSCRIPTION.status != Status.CANCELED.value,
        )
        if (await connection.execute(alive)).first() is not None:
            raise Refused(f"customer '{erasure.customer}' cannot be erased: they have subscribed again", "not_yet")

    async def _blank(self, connection: AsyncConnection, erasure: Erasure, subscriptions: list[str]) -> None:
        mine = and_(_CUSTOMER.tenant_id == erasure.tenant, _CUSTOMER.id == erasure.customer)
        nobody: dict[str, Any] = {
            "contact": "",
            "email_print": "",
            "phone_print": "",
            "fiscal": "",
            "regime": None,
            "cfdi_use": None,
            "reference": f"erased-{erasure.customer}",
            "erased_at": func.coalesce(_CUSTOMER.erased_at, literal(erasure.at, UtcDateTime())),
        }
        if not (await connection.execute(update(CustomerRow).where(mine).values(**nobody))).rowcount:
            raise Missing(f"there is no customer '{erasure.customer}'")
        agreed = and_(_ACCEPTED.tenant_id == erasure.tenant, _ACCEPTED.subject == erasure.customer)
        await connection.execute(update(AcceptanceRow).where(agreed).values(address=""))
        wrote = and_(_REPLY.tenant_id == erasure.tenant, _REPLY.customer_id == erasure.customer)
        await connection.execute(update(ReplyRow).where(wrote).values(body=""))
        await erase_texts(connection, erasure.tenant, erasure.customer)
        owned = and_(_PET.tenant_id == erasure.tenant, _PET.customer_id == erasure.customer)
        await connection.execute(update(PetRow).where(owned).values(profile=""))
        await blank(connection, self._keyring, erasure.tenant, erasure.customer)
        billed = and_(_BILL.tenant_id == erasure.tenant, _BILL.customer_id == erasure.customer)
        await connection.execute(update(BillRow).where(billed).values(lines="", pay_url=""))
        for row, its, changes in (
            (NoticeRow, _NOTICE, {"body": "", "error": ""}),
            (InboxRow, _INBOX, {"payload": ""}),
            (CaseRow, _CASE, {"pay_url": ""}),
        ):
            theirs = (its.tenant_id == erasure.tenant) & its.subscription_id.in_(subscriptions)
            await connection.execute(update(row).where(theirs).values(**changes))

    async def _blank_files(
        self, connection: AsyncConnection, tenant: str, documents: Sequence[TaxDocument], staying: set[str]
    ) -> None:
        for document in documents:
            its = and_(_FILE.tenant_id == tenant, _FILE.key == document.key)
            which = and_(its, _FILE.file.not_in(_LAWFUL)) if document.key in staying else its
            await connection.execute(delete(DocumentFileRow).where(which))
            changes = (
                {"message": ""} if document.key in staying else {"message": "", "receiver_rfc": "", "rfc_print": ""}
            )
            row = and_(_DOCUMENT.tenant_id == tenant, _DOCUMENT.key == document.key)
            await connection.execute(update(DocumentRow).where(row).values(**changes))

    async def _blank_strays(self, words: Sequence[str]) -> None:
        """Events that found no owner, such as a message of theirs, are known by what they say."""
        query = select(InboxRow).where(_INBOX.tenant_id == "", _INBOX.payload != "")
        after: tuple[str, str] = ("", "")
        while words:
            beyond = (_INBOX.provider > after[0]) | ((_INBOX.provider == after[0]) & (_INBOX.event > after[1]))
            rows = await self._db.rows(query.where(beyond).order_by(_INBOX.provider, _INBOX.event).limit(_BATCH))
            for row in rows:
                said = PAYLOAD.open(self._keyring, row.payload, (row.provider, row.event))
                if any(word in said for word in words):
                    its = and_(_INBOX.provider == row.provider, _INBOX.event == row.event)
                    await self._db.write(update(InboxRow).where(its).values(payload=""))
            if not rows:
                return
            after = (rows[-1].provider, rows[-1].event)

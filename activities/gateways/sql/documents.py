"""Tax documents and their files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, func, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from activities.failures import Missing
from activities.gateways.sql.database import Database, table_of, values
from activities.gateways.sql.outgoing import Recorded, tell
from models.bookkeeping.stated_taxes import StatedTaxes, stated_taxes
from models.cfdi.documents import WITH_PAC, DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.cfdi.pac_accounts import PacName
from models.cfdi.taxes import Taxes, Terms
from models.money import Money
from models.safekeeping.keyring import Keyring
from models.tables.documents import DocumentFileRow, DocumentRow
from models.tables.sealed import CONTENT, MESSAGE, RECEIVER, beside, receiver_prints
from models.telling.happenings import of_document
from models.telling.outgoing import Happening

_DOCUMENT, _FILE = table_of(DocumentRow).c, table_of(DocumentFileRow).c
_KEY = ["tenant_id", "key"]


def _document(row: DocumentRow, keyring: Keyring) -> TaxDocument:
    return TaxDocument(
        tenant=row.tenant_id,
        source=row.source,
        kind=DocumentKind(row.kind),
        version=row.version,
        subscription=row.subscription_id,
        state=DocumentState(row.state),
        total=Money(row.total_centavos, row.currency),
        issued_at=row.issued_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        receiver_rfc=RECEIVER.open(keyring, row.receiver_rfc, (row.tenant_id, row.key)),
        seal=row.seal,
        uuid=row.uuid,
        stamped_at=row.stamped_at,
        delivered_at=row.delivered_at,
        replaces=row.replaces,
        field=row.field,
        code=row.code,
        message=MESSAGE.open(keyring, row.message, (row.tenant_id, row.key)),
        pac=row.pac,
        terms=Terms.parse(row.terms) if row.terms else None,
        taxes=Taxes(row.vat_centavos, row.isr_centavos, row.withheld_vat_centavos),
    )


def _row(document: TaxDocument, keyring: Keyring) -> DocumentRow:
    return DocumentRow(
        tenant_id=document.tenant,
        key=document.key,
        source=document.source,
        kind=document.kind,
        version=document.version,
        subscription_id=document.subscription,
        state=document.state,
        total_centavos=document.total.centavos,
        currency=document.total.currency,
        issued_at=document.issued_at,
        created_at=document.created_at,
        updated_at=document.updated_at,
        receiver_rfc=RECEIVER.seal(keyring, document.receiver_rfc, (document.tenant, document.key)),
        seal=document.seal,
        uuid=document.uuid,
        stamped_at=document.stamped_at,
        delivered_at=document.delivered_at,
        replaces=document.replaces,
        field=document.field,
        code=document.code,
        message=MESSAGE.seal(keyring, document.message, (document.tenant, document.key)),
        pac=document.pac,
        terms=str(document.terms or ""),
        vat_centavos=document.taxes.vat,
        isr_centavos=document.taxes.isr,
        withheld_vat_centavos=document.taxes.withheld_vat,
        **beside(RECEIVER, keyring, {"tenant_id": document.tenant}, document.receiver_rfc),
    )


def received_by(keyring: Keyring, tenant: str, rfc: str) -> ColumnElement[bool]:
    """That a document's receiver has this RFC."""
    return _DOCUMENT.rfc_print.in_(receiver_prints(keyring, tenant, rfc.upper()))


def replaced() -> Exists:
    """That another version has taken the place of a document's row."""
    later = table_of(DocumentRow).alias("later").c
    same = (later.tenant_id == _DOCUMENT.tenant_id) & (later.source == _DOCUMENT.source)
    return select(later.key).where(same, later.kind == _DOCUMENT.kind, later.version > _DOCUMENT.version).exists()


class Documents:
    """The record of what was invoiced to whom."""

    _db: Database
    _keyring: Keyring
    _recorded: Recorded

    async def document(self, tenant: str, key: str) -> TaxDocument | None:
        row = await self._db.first(select(DocumentRow).where(_DOCUMENT.tenant_id == tenant, _DOCUMENT.key == key))
        return _document(row, self._keyring) if row else None

    async def documents_of(self, tenant: str, source: str) -> Sequence[TaxDocument]:
        return await self._documents(_DOCUMENT.tenant_id == tenant, _DOCUMENT.source == source, order=_DOCUMENT.version)

    async def documents_of_subscription(self, tenant: str, subscription: str) -> Sequence[TaxDocument]:
        mine = _DOCUMENT.subscription_id == subscription
        return await self._documents(_DOCUMENT.tenant_id == tenant, mine, order=_DOCUMENT.created_at.desc())

    async def documents_between(
        self, tenant: str, since: datetime, until: datetime, *, rfc: str = ""
    ) -> Sequence[TaxDocument]:
        return await self._documents(
            _DOCUMENT.tenant_id == tenant,
            _DOCUMENT.issued_at >= since,
            _DOCUMENT.issued_at < until,
            received_by(self._keyring, tenant, rfc) if rfc else true(),
            order=_DOCUMENT.issued_at,
        )

    async def documents_counted(self, tenant: str, since: datetime, until: datetime) -> Mapping[DocumentState, int]:
        """How many documents dated in [since, until) stand in each state, the newest version of each."""
        dated = (_DOCUMENT.issued_at >= since) & (_DOCUMENT.issued_at < until)
        query = select(_DOCUMENT.state, func.count()).where(_DOCUMENT.tenant_id == tenant, dated, ~replaced())
        found = await self._db.figures(query.group_by(_DOCUMENT.state))
        return {DocumentState(state): int(number) for state, number in found}

    async def documents_at(self, tenant: str, name: PacName) -> int:
        with_it = (_DOCUMENT.tenant_id == tenant, _DOCUMENT.pac == name.value, _DOCUMENT.state.in_(WITH_PAC))
        ((count,),) = await self._db.figures(select(func.count()).select_from(table_of(DocumentRow)).where(*with_it))
        return int(count)

    async def document_by_uuid(self, tenant: str, uuid: str) -> TaxDocument | None:
        found = await self._documents(
            _DOCUMENT.tenant_id == tenant, _DOCUMENT.uuid == uuid.upper(), order=_DOCUMENT.version
        )
        return found[0] if found else None

    async def stated_taxes(self, tenant: str, since: datetime | None = None) -> Sequence[StatedTaxes]:
        """What the newest stamped document of each charge and refund says of its taxes; only what was told since an instant."""
        stamped = (_DOCUMENT.tenant_id == tenant) & (_DOCUMENT.uuid != "")
        young = func.coalesce(_DOCUMENT.stamped_at, _DOCUMENT.issued_at) >= since if since else true()
        # With all versions of what has a young one: which of them is the newest to count, the rows do not say.
        made = await self._documents(
            stamped, _DOCUMENT.source.in_(select(_DOCUMENT.source).where(stamped, young)), order=_DOCUMENT.version
        )
        told = {each.source: each for each in map(stated_taxes, made) if each}
        return [each for each in told.values() if since is None or each.at >= since]

    async def held(self, tenant: str, kind: DocumentKind, since: datetime, until: datetime) -> Sequence[TaxDocument]:
        return await self._documents(
            _DOCUMENT.tenant_id == tenant,
            _DOCUMENT.state == DocumentState.GENERAL_PUBLIC.value,
            _DOCUMENT.kind == kind.value,
            _DOCUMENT.issued_at >= since,
            _DOCUMENT.issued_at < until,
            order=_DOCUMENT.issued_at,
        )

    async def _documents(self, *where: Any, order: Any) -> Sequence[TaxDocument]:
        rows = await self._db.rows(select(DocumentRow).where(*where).order_by(order, _DOCUMENT.key))
        return [_document(row, self._keyring) for row in rows]

    async def keep_sealed(self, document: TaxDocument, sealed: bytes) -> TaxDocument:
        row = _row(document, self._keyring)
        mine = (_DOCUMENT.tenant_id == document.tenant) & (_DOCUMENT.key == document.key)
        async with self._db.transaction() as connection:
            entry = self._db.insert(DocumentRow).values(**values(row)).on_conflict_do_nothing(index_elements=_KEY)
            await connection.execute(entry)
            # The bytes decide who was first: a second sealer waits here for the first and then finds them in place.
            content = CONTENT.seal(self._keyring, sealed, (document.tenant, document.key, DocumentFile.SEALED.value))
            first = await connection.execute(_file_insert(self._db, document, DocumentFile.SEALED, content))
            if first.rowcount == 1:
                changes = {k: v for k, v in values(row).items() if k not in (*_KEY, "created_at")}
                await connection.execute(update(DocumentRow).where(mine).values(changes))
        kept = await self.document(document.tenant, document.key)
        if kept is None:
            raise Missing(f"there is no tax document '{document.key}'")
        return kept

    async def save_document(self, document: TaxDocument) -> None:
        """The row, and the events that follow from what changed, in one transaction."""
        await self._db.apart(document, self._save_documents, f"{document.tenant}/documents")
        self._recorded.note(document.tenant)

    async def _save_documents(self, connection: AsyncConnection, documents: Sequence[TaxDocument]) -> list[int]:
        """Write rows of one tenant; how many events follow from each."""
        tenant, keys = documents[0].tenant, {document.key for document in documents}
        mine = (_DOCUMENT.tenant_id == tenant) & _DOCUMENT.key.in_(keys)
        async with AsyncSession(connection) as session:
            rows = (await session.scalars(select(DocumentRow).where(mine).with_for_update())).all()
        known = {row.key: _document(row, self._keyring) for row in rows}
        happened: list[list[Happening]] = []
        for document in documents:
            before = known.get(document.key)
            if before is not None and before.state is DocumentState.CANCELLED:
                document = replace(document, state=DocumentState.CANCELLED)  # the SAT's last word is the last
            happened.append(of_document(before, document))
            known[document.key] = replace(document, uuid=document.uuid or (before.uuid if before else ""))
            never_emptied = [name for name, value in (("seal", document.seal), ("uuid", document.uuid)) if not value]
            saved = self._db.upsert(_row(document, self._keyring), _KEY, keep=["created_at", *never_emptied])
            await connection.execute(saved)
        await tell(connection, self._db, [each for told in happened for each in told])
        return [len(told) for told in happened]

    async def file(self, tenant: str, key: str, file: DocumentFile) -> bytes | None:
        row = await self._db.first(
            select(DocumentFileRow).where(_FILE.tenant_id == tenant, _FILE.key == key, _FILE.file == file.value)
        )
        return CONTENT.open(self._keyring, row.content, (tenant, key, file.value)) if row else None

    async def save_file(self, tenant: str, key: str, file: DocumentFile, content: bytes) -> None:
        kept = CONTENT.seal(self._keyring, content, (tenant, key, file.value))
        row = DocumentFileRow(tenant_id=tenant, key=key, file=file, content=kept)
        if file is DocumentFile.PDF:
            await self._db.save(row, [*_KEY, "file"])
        else:
            await self._db.add_once(row, [*_KEY, "file"])


def _file_insert(db: Database, document: TaxDocument, file: DocumentFile, content: bytes) -> Any:
    return (
        db.insert(DocumentFileRow)
        .values(tenant_id=document.tenant, key=document.key, file=file.value, content=content)
        .on_conflict_do_nothing(index_elements=[*_KEY, "file"])
    )

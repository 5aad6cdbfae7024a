"""Tax documents: what was sealed first is what is sent, and what was once known is not forgotten."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from activities.failures import Refused
from activities.gateways.store_sql import SqlStore
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DOCUMENT = TaxDocument(
    "acme", "ch_1", DocumentKind.INCOME, 1, "s_1", DocumentState.SEALED, Money(14_900), NOW, NOW, NOW, seal="sello"
)


async def test_first_sealed_bytes_win_over_any_number_of_rivals(store: SqlStore) -> None:
    rivals = [
        store.keep_sealed(replace(DOCUMENT, seal=f"sello{n}", created_at=NOW + timedelta(n)), b"%d" % n)
        for n in range(6)
    ]
    kept = await asyncio.gather(*rivals)
    assert len(set(kept)) == 1
    winner = kept[0].seal.removeprefix("sello").encode()
    assert await store.file("acme", DOCUMENT.key, DocumentFile.SEALED) == winner


async def test_held_document_is_taken_over_by_its_seal(store: SqlStore) -> None:
    await store.save_document(replace(DOCUMENT, state=DocumentState.WAITING_DATA, seal=""))
    kept = await store.keep_sealed(replace(DOCUMENT, created_at=NOW + timedelta(days=2)), b"<xml/>")
    assert kept == DOCUMENT
    assert await store.document("acme", "ch_1/income/v1") == DOCUMENT


async def test_seal_uuid_and_creation_are_never_emptied(store: SqlStore) -> None:
    await store.save_document(replace(DOCUMENT, uuid="U1"))
    await store.save_document(replace(DOCUMENT, seal="", created_at=NOW + timedelta(1), state=DocumentState.DELIVERED))
    assert await store.document("acme", DOCUMENT.key) == replace(DOCUMENT, uuid="U1", state=DocumentState.DELIVERED)


async def test_what_the_sat_has_cancelled_stays_so_whoever_writes_late(store: SqlStore) -> None:
    cancelled = replace(DOCUMENT, uuid="U1", state=DocumentState.CANCELLED)
    await store.save_document(cancelled)
    for late in (DocumentState.DELIVERED, DocumentState.IN_PROCESS, DocumentState.NEEDS_RECONCILIATION):
        await store.save_document(replace(cancelled, state=late, delivered_at=NOW))
        assert await store.document("acme", DOCUMENT.key) == replace(cancelled, delivered_at=NOW)


async def test_one_folio_fiscal_belongs_to_one_document_of_a_tenant(store: SqlStore) -> None:
    await store.save_document(replace(DOCUMENT, uuid="U1"))
    with pytest.raises(Refused):
        await store.save_document(replace(DOCUMENT, version=2, seal="other", uuid="U1"))
    await store.save_document(replace(DOCUMENT, tenant="other", uuid="U1"))


async def test_a_month_is_counted_by_the_newest_version_of_each_document(store: SqlStore) -> None:
    refused = replace(DOCUMENT, seal="", state=DocumentState.REJECTED)
    sent = replace(DOCUMENT, version=2, state=DocumentState.SENDING)
    other = replace(DOCUMENT, source="ch_2", seal="another", uuid="U2", state=DocumentState.DELIVERED)
    december = replace(DOCUMENT, source="ch_3", seal="", issued_at=NOW + timedelta(days=10))
    for document in (refused, sent, other, december, replace(refused, tenant="other")):
        await store.save_document(document)
    counted = await store.documents_counted("acme", NOW, NOW + timedelta(days=10))
    assert counted == {DocumentState.SENDING: 1, DocumentState.DELIVERED: 1}


async def test_lists_are_ordered_and_stay_with_their_tenant(store: SqlStore) -> None:
    second = replace(DOCUMENT, version=2, seal="", created_at=NOW + timedelta(1), state=DocumentState.GENERAL_PUBLIC)
    for document in (second, DOCUMENT):
        await store.save_document(document)
    assert await store.documents_of("acme", "ch_1") == [DOCUMENT, second]
    assert await store.documents_of_subscription("acme", "s_1") == [second, DOCUMENT]
    assert await store.held("acme", DocumentKind.INCOME, NOW, NOW + timedelta(1)) == [second]
    assert await store.held("acme", DocumentKind.INCOME, NOW - timedelta(1), NOW) == []
    assert await store.documents_of("other", "ch_1") == []
    assert await store.document("other", DOCUMENT.key) is None


async def test_files_are_kept_as_first_written_except_the_pdf(store: SqlStore) -> None:
    await store.save_document(DOCUMENT)
    for content in (b"one", b"two"):
        for file in (DocumentFile.XML, DocumentFile.PDF):
            await store.save_file("acme", DOCUMENT.key, file, content)
    assert await store.file("acme", DOCUMENT.key, DocumentFile.XML) == b"one"
    assert await store.file("acme", DOCUMENT.key, DocumentFile.PDF) == b"two"
    assert await store.file("other", DOCUMENT.key, DocumentFile.PDF) is None

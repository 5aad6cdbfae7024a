"""Who asks to be forgotten is; the books stay, and the law keeps what it must."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.failures import Missing, Refused
from activities.gateways.backups import Backups
from activities.gateways.erasure_list import ErasureList
from activities.gateways.store_sql import SqlStore
from models.cfdi.documents import DocumentFile, DocumentState
from models.records import InboxEvent, InboxStatus, Provider
from models.safekeeping.erasure import Erasure
from models.subscribing.subscriptions import Status
from models.watching.overview import DocumentFilter
from tests.activities.gateways.sql.lived import DOCUMENT, EVENT, FILES, GRACIELA, NOW, OTTO, PERSONAL, SUB, fill
from tests.keys import KEYRING

ORDER = Erasure("acme", "c_1", NOW, "owner@acme", "asked by letter")
OVER = replace(SUB, status=Status.CANCELED)


@pytest.fixture
async def gone(store: SqlStore) -> SqlStore:
    """Graciela has canceled, and everything is settled."""
    await fill(store)
    await store.save_subscription(OVER)
    return store


async def everything(store: SqlStore) -> str:
    """All that can be read of her with the keys, in one text."""
    return repr(
        [
            await store.customer("acme", "c_1"),
            await store.notices("acme", "s_1"),
            [await store.event(Provider.STRIPE, "evt_1"), await store.event(Provider.TWILIO, "SM1")],
            await store.cases("acme", "s_1"),
            [replace(d, receiver_rfc="") for d in await store.documents_of_subscription("acme", "s_1")],
            await store.audit_trail("acme", "s_1"),
        ]
    )


async def test_personal_data_are_gone_and_the_books_stay(gone: SqlStore) -> None:
    payments = await gone.payments("acme", "s_1")
    await gone.check_erasure("acme", "c_1")
    erased = await gone.erase_customer(ORDER)
    left = await everything(gone)
    assert [value for value in (*PERSONAL, "u_1", "pay.test") if value in left] == []
    assert await gone.payments("acme", "s_1") == payments
    assert await gone.subscription("acme", "s_1") == OVER
    entry = (await gone.audit_trail("acme", "s_1"))[-1]
    assert (entry.actor, entry.action, entry.reason) == ("owner@acme", "personal data erased", "asked by letter")
    assert await gone.verify_chain("acme") is None
    assert await gone.customer("acme", "c_2") == OTTO
    (kept,) = erased.kept
    assert (kept.document, kept.uuid, kept.until.isoformat()) == (DOCUMENT.key, DOCUMENT.uuid, "2032-04-30")
    assert "CFF art. 28 and 30" in kept.why
    files = [file for file in FILES if await gone.file("acme", DOCUMENT.key, file) is not None]
    assert files == [DocumentFile.XML]


async def test_doing_it_twice_changes_nothing_more(gone: SqlStore) -> None:
    first = await gone.erase_customer(ORDER)
    trail = await gone.audit_trail("acme", "s_1")
    again = await gone.erase_customer(replace(ORDER, at=NOW + timedelta(hours=1)))
    assert again.kept == first.kept
    assert await gone.audit_trail("acme", "s_1") == trail


async def test_same_person_may_sign_up_again(gone: SqlStore) -> None:
    await gone.erase_customer(ORDER)
    anew = replace(GRACIELA, id="c_9")
    told = await gone.sign_up(anew, replace(SUB, id="s_9", customer="c_9"))
    assert told.customer == anew
    assert await gone.customer("acme", "c_9") == anew
    assert (await gone.customer("acme", "c_1")).email == ""


async def test_news_that_comes_afterwards_is_not_kept(gone: SqlStore) -> None:
    await gone.erase_customer(ORDER)
    late = replace(EVENT, event="evt_2", type="customer.deleted")
    await gone.receive(late)
    await gone.settle_event(late, InboxStatus.KEPT, at=NOW, tenant="acme", subscription="s_1")
    kept = await gone.event(Provider.STRIPE, "evt_2")
    assert isinstance(kept, InboxEvent)
    assert (kept.payload, kept.status) == ("{}", InboxStatus.KEPT)


class TestRefusals:
    async def test_while_a_subscription_is_alive(self, gone: SqlStore) -> None:
        with pytest.raises(Refused, match="cancel it first"):
            await gone.check_erasure("acme", "c_2")
        with pytest.raises(Refused, match="subscribed again"):
            await gone.erase_customer(replace(ORDER, customer="c_2"))
        assert await gone.customer("acme", "c_2") == OTTO

    @pytest.mark.parametrize("state", [DocumentState.REJECTED, DocumentState.STAMPED, DocumentState.CANCEL_REQUESTED])
    async def test_while_a_tax_invoice_is_under_way(self, gone: SqlStore, state: DocumentState) -> None:
        await gone.save_document(replace(DOCUMENT, state=state))
        with pytest.raises(Refused, match=f"is {state}"):
            await gone.check_erasure("acme", "c_1")

    async def test_of_somebody_who_is_not_there_or_anothers(self, gone: SqlStore) -> None:
        for order in (replace(ORDER, customer="c_404"), replace(ORDER, tenant="other")):
            with pytest.raises(Missing):
                await gone.check_erasure(order.tenant, order.customer)
            with pytest.raises(Missing):
                await gone.erase_customer(order)


async def test_tax_invoice_goes_when_the_law_lets_it(gone: SqlStore, empty_database: str, tmp_path: Path) -> None:
    await gone.erase_customer(ORDER)
    assert await gone.keep_erasures(NOW.replace(year=2032, month=4, day=30)) == 0
    assert await gone.file("acme", DOCUMENT.key, DocumentFile.XML) is not None
    assert await gone.keep_erasures(NOW.replace(year=2032, month=5, day=1)) == 1
    assert await gone.file("acme", DOCUMENT.key, DocumentFile.XML) is None
    (document,) = await gone.documents_of_subscription("acme", "s_1")
    assert (document.receiver_rfc, document.uuid) == ("", DOCUMENT.uuid)
    assert await gone.document_page("acme", DocumentFilter(rfc="FUNK671228PH6")) == []
    assert await gone.keep_erasures(NOW.replace(year=2032, month=5, day=2)) == 0


async def test_restored_backup_brings_nobody_back(gone: SqlStore, empty_database: str, tmp_path: Path) -> None:
    vault = Backups(empty_database, KEYRING, tmp_path / "vault")
    file = tmp_path / "vault" / (await vault.take(NOW)).file
    listing = SqlStore(empty_database, KEYRING, ErasureList(tmp_path / "vault"))
    await listing.erase_customer(ORDER)
    await listing.close()
    noted = (tmp_path / "vault" / "erasures.jsonl").read_text()
    assert [value for value in PERSONAL if value in noted] == []
    target = f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"
    assert await Backups(target, KEYRING, tmp_path / "vault").restore(file, replace=False) == 1
    restored = SqlStore(target, KEYRING)
    left = await everything(restored)
    await restored.close()
    assert [value for value in PERSONAL if value in left] == []


async def test_list_survives_a_line_that_was_cut_off(tmp_path: Path) -> None:
    listed = ErasureList(tmp_path)
    assert listed.all() == []
    listed.add(ORDER)
    listed.add(ORDER)
    with (tmp_path / "erasures.jsonl").open("a") as file:
        file.write('{"tenant": "acme", "cust')
    assert listed.all() == [ORDER]

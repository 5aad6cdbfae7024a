"""Who asks to be forgotten is; the books stay, and the law keeps what it must."""

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from activities.failures import Missing, Refused
from activities.gateways.backups import Backups
from activities.gateways.erasure_list import ErasureList, Listed
from activities.gateways.store_sql import SqlStore
from models.cfdi.documents import DocumentFile, DocumentState
from models.records import InboxEvent, InboxStatus, Provider
from models.safekeeping.erasure import Erasure, ErasureRound
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


def write(directory: Path, erasure: Erasure, **told: bool) -> None:
    """A line of the list: with nothing told, as the release before wrote it."""
    line = {**asdict(erasure), "at": erasure.at.isoformat(), **told}
    with (directory / "erasures.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


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
    assert (await gone.keep_erasures(NOW.replace(year=2032, month=4, day=30))).over == 0
    assert await gone.file("acme", DOCUMENT.key, DocumentFile.XML) is not None
    assert (await gone.keep_erasures(NOW.replace(year=2032, month=5, day=1))).over == 1
    assert await gone.file("acme", DOCUMENT.key, DocumentFile.XML) is None
    (document,) = await gone.documents_of_subscription("acme", "s_1")
    assert (document.receiver_rfc, document.uuid) == ("", DOCUMENT.uuid)
    assert await gone.document_page("acme", DocumentFilter(rfc="FUNK671228PH6")) == []
    assert (await gone.keep_erasures(NOW.replace(year=2032, month=5, day=2))).over == 0


async def test_restored_backup_brings_nobody_back(gone: SqlStore, empty_database: str, tmp_path: Path) -> None:
    vault = Backups(empty_database, KEYRING, tmp_path / "vault")
    file = tmp_path / "vault" / (await vault.take(NOW)).file
    listing = SqlStore(empty_database, KEYRING, ErasureList(tmp_path / "vault"))
    await listing.erase_customer(ORDER)
    await listing.close()
    noted = (tmp_path / "vault" / "erasures.jsonl").read_text()
    assert [value for value in PERSONAL if value in noted] == []
    target = f"sqlite+aiosqlite:///{tmp_path}/elsewhere.db"
    told = await Backups(target, KEYRING, tmp_path / "vault").restore(file, replace=False)
    assert told == ErasureRound(again=(ORDER,)), "its line says that it was carried out"
    restored = SqlStore(target, KEYRING)
    left = await everything(restored)
    await restored.close()
    assert [value for value in PERSONAL if value in left] == []


@pytest.mark.parametrize("beside", [True, False])
async def test_backup_made_elsewhere_brings_nobody_back_by_either_list(
    gone: SqlStore, empty_database: str, tmp_path: Path, beside: bool
) -> None:
    """Made by `backup --to`: the list is where the installation keeps its own. Moved to another house: it is beside the file."""
    listed, elsewhere = tmp_path / "listed", tmp_path / "elsewhere"
    made_there = Backups(empty_database, KEYRING, elsewhere, listed)
    file = elsewhere / (await made_there.take(NOW)).file
    listing = SqlStore(empty_database, KEYRING, ErasureList(listed))
    await listing.erase_customer(ORDER)
    await listing.close()
    await made_there.take(NOW + timedelta(days=1))  # hands the list on
    target = f"sqlite+aiosqlite:///{tmp_path}/new.db"
    if not beside:
        (elsewhere / "erasures.jsonl").unlink()
    vault = Backups(target, KEYRING, elsewhere, None if beside else listed)
    assert (await vault.restore(file, replace=False)).again == (ORDER,)
    restored = SqlStore(target, KEYRING)
    left = await everything(restored)
    await restored.close()
    assert [value for value in PERSONAL if value in left] == []


class TestList:
    async def test_order_that_is_refused_is_not_listed_and_nobody_alive_is_erased_overnight(
        self, gone: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        listing = SqlStore(empty_database, KEYRING, ErasureList(tmp_path))
        with pytest.raises(Refused, match="subscribed again"):
            await listing.erase_customer(replace(ORDER, customer="c_2"))
        assert ErasureList(tmp_path).all() == []
        assert await listing.keep_erasures(NOW) == ErasureRound()
        assert await listing.customer("acme", "c_2") == OTTO
        await listing.close()

    async def test_order_cut_off_before_its_commit_does_not_erase_whoever_lives_now(
        self, gone: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        cut_off = ErasureList(tmp_path)
        cut_off.add(ORDER)
        his = replace(ORDER, customer="c_2")
        cut_off.add(his)
        listing = SqlStore(empty_database, KEYRING, cut_off)
        changed = [await listing.keep_erasures(NOW), await listing.keep_erasures(NOW)]
        graciela, otto = [await listing.customer("acme", each) for each in ("c_1", "c_2")]
        await listing.close()
        assert [(round_.again, round_.left) for round_ in changed] == [((ORDER,), (his,)), ((), ())]
        assert graciela.email == "", "nothing hindered it"
        assert otto == OTTO
        assert cut_off.all() == [Listed(ORDER, done=True), Listed(his, done=False, withdrawn=True)]

    @pytest.mark.parametrize("told", [{"done": False}, {}], ids=["cut off", "listed by the release before"])
    async def test_order_refused_long_ago_is_not_carried_out_when_they_leave(
        self,
        store: SqlStore,
        empty_database: str,
        tmp_path: Path,
        told: dict[str, bool],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """The commit failed and the repeat was refused; or, in the release before, it was listed and refused at once."""
        await fill(store)
        write(tmp_path, replace(ORDER, at=NOW - timedelta(days=700)), **told)
        listing = SqlStore(empty_database, KEYRING, ErasureList(tmp_path))
        rounds = [await listing.keep_erasures(NOW)]  # she lives
        assert "erase customer c_1 of acme was not carried out, as far as is known, and is withdrawn" in caplog.text
        await listing.save_subscription(OVER)
        rounds.append(await listing.keep_erasures(NOW))
        assert [round_.again for round_ in rounds] == [(), ()]
        assert (await listing.customer("acme", "c_1")).email == "graciela@cliente.test"
        await listing.erase_customer(ORDER)
        await listing.close()
        assert ErasureList(tmp_path).all() == [Listed(ORDER, done=True)], "ordered anew"

    async def test_order_refused_since_they_came_back_is_not_carried_out_if_they_leave_before_the_night(
        self, gone: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        write(tmp_path, replace(ORDER, at=NOW - timedelta(hours=1)), done=False)
        listing = SqlStore(empty_database, KEYRING, ErasureList(tmp_path))
        told, graciela = await listing.keep_erasures(NOW), await listing.customer("acme", "c_1")
        await listing.close()
        assert (told.again, graciela.email) == ((), "graciela@cliente.test")

    async def test_list_of_the_release_before_brings_nobody_back(
        self, store: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        """It had one line for each order. The backup is of a day on which she was alive, and older than the order."""
        await fill(store)
        file = tmp_path / (await Backups(empty_database, KEYRING, tmp_path).take(NOW)).file
        write(tmp_path, ORDER)
        target = f"sqlite+aiosqlite:///{tmp_path}/new.db"
        told = await Backups(target, KEYRING, tmp_path).restore(file, replace=False)
        restored = SqlStore(target, KEYRING)
        left = await everything(restored)
        await restored.close()
        assert [value for value in PERSONAL if value in left] == []
        assert told == ErasureRound(again=(ORDER,), presumed=(ORDER,))

    async def test_restore_tells_whom_it_left_alone_and_the_list_is_as_it_was(
        self, store: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        await fill(store)
        file = tmp_path / (await Backups(empty_database, KEYRING, tmp_path).take(NOW)).file
        earlier = replace(ORDER, customer="c_2", at=NOW - timedelta(days=1))
        write(tmp_path, ORDER, done=False)
        write(tmp_path, earlier)
        before = (tmp_path / "erasures.jsonl").read_bytes()
        vault = Backups(f"sqlite+aiosqlite:///{tmp_path}/new.db", KEYRING, tmp_path)
        told = await vault.restore(file, replace=False)
        assert told == ErasureRound(left=(ORDER, earlier)), "nobody knows of the one, the other subscribed after it"
        assert (tmp_path / "erasures.jsonl").read_bytes() == before

    async def test_whoever_was_erased_is_erased_again_though_an_older_backup_has_them_alive(
        self, gone: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        carried_out = ErasureList(tmp_path)
        carried_out.confirm(replace(ORDER, customer="c_2"))
        restored = SqlStore(empty_database, KEYRING, carried_out)
        changed, otto = await restored.keep_erasures(NOW), await restored.customer("acme", "c_2")
        await restored.close()
        assert (len(changed.again), otto.email) == (1, "")

    async def test_what_a_process_without_a_list_erased_is_told_and_listed_by_the_next_round(
        self, gone: SqlStore, empty_database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        await gone.erase_customer(ORDER)
        assert "customer c_1 of acme is erased, and in no list" in caplog.text
        round_ = SqlStore(empty_database, KEYRING, ErasureList(tmp_path))
        await round_.keep_erasures(NOW)
        await round_.keep_erasures(NOW)
        await round_.close()
        assert ErasureList(tmp_path).all() == [Listed(ORDER, done=True)]
        assert len((tmp_path / "erasures.jsonl").read_text().splitlines()) == 1

    def test_line_that_was_cut_off_costs_no_other(self, tmp_path: Path) -> None:
        listed = ErasureList(tmp_path)
        assert listed.all() == []
        listed.add(ORDER)
        listed.add(ORDER)
        with (tmp_path / "erasures.jsonl").open("a") as file:
            file.write('{"tenant": "acme", "cust')
        other = replace(ORDER, customer="c_2")
        listed.add(other)
        assert listed.all() == [Listed(ORDER, done=False), Listed(other, done=False)]
        listed.confirm(ORDER)
        assert listed.all() == [Listed(ORDER, done=True), Listed(other, done=False)]

    async def test_line_cut_off_inside_a_letter_stops_nothing(
        self, gone: SqlStore, empty_database: str, tmp_path: Path
    ) -> None:
        file = tmp_path / (await Backups(empty_database, KEYRING, tmp_path).take(NOW)).file
        write(tmp_path, replace(ORDER, customer="c_2", reason="petición"))
        listed = tmp_path / "erasures.jsonl"
        whole = listed.read_bytes()
        listed.write_bytes(whole[: whole.index("ó".encode()) + 1])
        listing = SqlStore(empty_database, KEYRING, ErasureList(tmp_path))
        assert await listing.keep_erasures(NOW) == ErasureRound()
        await listing.erase_customer(ORDER)
        await listing.close()
        assert ErasureList(tmp_path).all() == [Listed(ORDER, done=True)]
        vault = Backups(f"sqlite+aiosqlite:///{tmp_path}/new.db", KEYRING, tmp_path)
        assert (await vault.restore(file, replace=False)).again == (ORDER,)

    def test_withdrawn_order_stays_so_until_there_is_a_newer_one(self, tmp_path: Path) -> None:
        newer = replace(ORDER, at=NOW + timedelta(days=1))
        listed, copy = ErasureList(tmp_path / "a"), ErasureList(tmp_path / "b")
        listed.add(ORDER)
        copy.adopt(listed)
        listed.withdraw(ORDER)
        listed.add(ORDER)
        for each in (
            ErasureList(None, tmp_path / "a", tmp_path / "b"),
            ErasureList(None, tmp_path / "b", tmp_path / "a"),
        ):
            assert each.all() == [Listed(ORDER, done=False, withdrawn=True)]
        listed.add(newer)
        assert listed.all() == [Listed(newer, done=False)]
        listed.confirm(newer)
        listed.withdraw(newer)
        copy.adopt(listed)
        assert listed.all() == copy.all() == [Listed(newer, done=True)]

    def test_line_of_the_release_before_is_handed_on_as_it_is(self, tmp_path: Path) -> None:
        write(tmp_path, ORDER)
        copy = ErasureList(tmp_path / "b")
        copy.adopt(ErasureList(tmp_path))
        assert copy.all() == ErasureList(tmp_path).all() == [Listed(ORDER, done=None)]

    def test_what_several_lists_know_is_known(self, tmp_path: Path) -> None:
        other = replace(ORDER, customer="c_2")
        ErasureList(tmp_path / "a").confirm(ORDER)
        for each in (ORDER, other):
            ErasureList(tmp_path / "b").add(each)
        both = ErasureList(None, tmp_path / "a", tmp_path / "b", tmp_path / "none")
        assert both.all() == [Listed(ORDER, done=True), Listed(other, done=False)]
        assert both.files == [tmp_path / "a" / "erasures.jsonl", tmp_path / "b" / "erasures.jsonl"]
        both.confirm(other)
        assert not both.all()[1].done, "without a directory of its own it only reads"

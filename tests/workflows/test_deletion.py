"""A customer's deletion from its beginning to its end: real SQL, a clock that skips, fakes for messages, provider and mail."""

import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError

from activities.composing import Links
from activities.deleting import Deleting
from activities.failures import Refused
from activities.gateways.certificate_pdf import ReportlabCertificates
from activities.gateways.store_sql import SqlStore
from activities.notices import Notices
from activities.ports.payments import Payments
from activities.ports.processes import CommandRefused
from models.commands import DeletionCommand
from models.messages import Command, ConfirmDeletion, DeletionStart
from models.periods import Calendar
from models.policies.policy import Retention
from models.records import Delivery
from models.safekeeping.deletions import Cause, Deletion, State, first_day
from models.speaking.notices import Channel
from models.subscribing.subscriptions import Status
from models.telling.outgoing import EventType
from models.watching.invariants import deletion_stuck
from tests.activities.gateways.sql.lived import GRACIELA, SUB, fill
from tests.conftest import KEYRING, Stage, eventually
from tests.databases import migrated
from tests.fakes.mail import FakeFiscalMail
from tests.keys import LINK_SECRET
from workflows.connection import verbs
from workflows.deletion import DeletionWorkflow
from workflows.ids import deletion_id
from workflows.interface import Interface
from workflows.notice import NoticeWorkflow

TERMS = Retention()
SOFIA = Command("sofia@acme", "the customer called")
SHOP = ConfirmDeletion("shop", "job 7", ("invoices", "files"))
E = EventType


class House(Stage):
    """A stage whose books are SQL."""

    books: SqlStore
    name: str  # each test has a deletion of its own
    forgotten: list[str]

    def activities(self) -> list[Callable[..., Any]]:
        self.forgotten = []
        notices = Notices(
            store=self.books,
            payments=self.payments,
            messenger=self.messenger,
            mail=self.mail,
            links=Links("https://perdura.test", LINK_SECRET),
        )
        deleting = Deleting(
            store=self.books, payments=cast(Payments, self), mail=self.mail, paper=ReportlabCertificates()
        )
        return [*verbs(notices), *verbs(deleting)]

    async def forget_customer(self, provider_id: str) -> None:
        self.forgotten.append(provider_id)

    @property
    def door(self) -> Interface:
        return Interface(self.client, queue=self.queue, patience=timedelta(seconds=40))

    async def begin(self, cause: Cause = Cause.CANCELED) -> WorkflowHandle[Any, State]:
        now, calendar = datetime.now(UTC), Calendar()
        deletion = Deletion(
            "acme", self.name, "c_1", "s_1", cause, now, "perdura", "policy", first_day(cause, TERMS, calendar, now)
        )
        await self.door.begin_deletion(DeletionStart(deletion, TERMS, calendar))
        return self.client.get_workflow_handle(deletion_id("acme", "c_1"), result_type=State)

    async def reached(self, *states: State) -> Deletion:
        """Until its row says so."""
        found: list[Deletion] = []

        async def stands() -> bool:
            row = await self.books.deletion("acme", self.name)
            found[:] = [row] if row else []
            return row is not None and row.state in states

        await eventually(stands, seconds=40)
        return found[0]

    async def events(self) -> list[EventType]:
        told = await self.books.events("acme", subscription="s_1")
        return [event.type for event, _ in told if event.type.startswith("customer.")]

    async def story(self) -> list[str]:
        return [entry.action for entry in await self.books.audit_trail("acme", "s_1")]


@pytest.fixture
async def house(stage: Stage, database: str) -> AsyncIterator[House]:
    await migrated(database)
    house = House(stage.env, stage.still, stage.queue)
    house.books, house.name = SqlStore(database, KEYRING), f"del_{uuid.uuid4().hex[:8]}"
    await fill(house.books)
    await house.books.save_provider_customer("acme", "c_1", "cus_1")
    await house.books.save_subscription(replace(SUB, status=Status.CANCELED))
    yield house
    with contextlib.suppress(RPCError):  # whatever it waited for when the test was over
        await house.client.get_workflow_handle(deletion_id("acme", "c_1")).terminate()
    await house.books.close()


@asynccontextmanager
async def living(house: House) -> AsyncIterator[None]:
    async with house.working(DeletionWorkflow, NoticeWorkflow):
        yield


async def test_warned_asked_confirmed_erased_and_certified(house: House) -> None:
    async with living(house):
        handle = await house.begin()
        asked = await house.reached(State.ASKED, State.UNCONFIRMED)
        assert asked.warned_at is not None
        assert asked.asked_at is not None
        assert asked.asked_at >= max(asked.day, asked.warned_at + TERMS.least)
        with pytest.raises(CommandRefused, match="asked to delete"):
            await house.door.command_deletion("acme", "c_1", DeletionCommand.CANCEL, SOFIA)
        await house.door.command_deletion("acme", "c_1", DeletionCommand.CONFIRM, SHOP)
        assert await handle.result() is State.DONE

    held = await house.books.certificate("acme", house.name)
    row = await house.books.deletion("acme", house.name)
    assert held is not None
    assert row is not None
    told = json.loads(held.json)
    assert row.certificate == held.digest
    assert held.paper.startswith(b"%PDF")
    assert told["product"]["deleted"] == ["invoices", "files"]
    assert [each["delivery"] for each in told["warnings"]] == [
        "sent",
        "sent",
    ]  # by e-mail: nobody reports WhatsApp here
    assert [kept["until"] for kept in told["billing"]["kept"]] == ["2032-04-30"]
    assert GRACIELA.email not in held.json
    assert GRACIELA.name not in held.json

    gone = await house.books.customer("acme", "c_1")
    assert (gone.name, gone.email, house.forgotten) == ("", "", ["cus_1"])
    assert await house.books.address("acme", house.name) == ""
    assert "certificado" in house.mail.sent[f"acme/{house.name}/certificate"].lower()
    notice = await house.books.notice("acme", f"{house.name}/certificate", Channel.EMAIL)
    assert notice is not None
    assert (notice.body, notice.delivery) == ("", Delivery.SENT)
    first, *between, last = await house.events()
    assert (first, last) == (E.DATA_DELETION_SCHEDULED, E.DATA_DELETED)
    assert set(between) == {E.DATA_DELETION_REQUESTED}
    story = await house.story()
    assert story.index("deletion warning arrived") < story.index("product asked to delete")
    assert story.index("product confirmed the deletion") < story.index("personal data erased")
    assert await house.books.verify_chain("acme") is None


async def test_without_a_warning_that_arrives_nothing_is_deleted_and_a_person_is_told(house: House) -> None:
    house.messenger.failures += [Refused("no WhatsApp there", "63003")] * 2
    house.mail = FakeFiscalMail(failures=[Refused("no such mailbox", "550")] * 2)
    async with living(house):
        await house.begin()
        stuck = await house.reached(State.UNDELIVERABLE)
        finding = deletion_stuck(stuck)
        assert finding is not None
        assert "no warning arrived" in finding.text
        assert await house.books.stuck_deletions() == [stuck]
        assert (await house.books.customer("acme", "c_1")).name == GRACIELA.name
        await house.door.command_deletion("acme", "c_1", DeletionCommand.WARN_AGAIN, SOFIA)
        asked = await house.reached(State.ASKED, State.UNCONFIRMED)
        assert asked.warned_at is not None
        assert asked.warned_at > stuck.warnings[-1].at
        assert await house.events() == [E.DATA_DELETION_SCHEDULED, *[E.DATA_DELETION_REQUESTED] * (1 + asked.reminders)]


async def test_product_that_does_not_confirm_is_reminded_and_then_a_person_is_told(house: House) -> None:
    async with living(house):
        handle = await house.begin()
        late = await house.reached(State.UNCONFIRMED)
        assert late.reminders == 3
        assert deletion_stuck(late) is not None
        assert await house.books.certificate("acme", house.name) is None
        assert (await house.books.customer("acme", "c_1")).name == GRACIELA.name
        await house.door.command_deletion("acme", "c_1", DeletionCommand.CONFIRM, SHOP)
        assert await handle.result() is State.DONE


@pytest.mark.parametrize("how", ["by support", "by coming back", "by paying"])
async def test_data_stay_where_somebody_keeps_them_in_time(house: House, how: str) -> None:
    async with living(house):
        handle = await house.begin(Cause.UNPAID)
        if how == "by support":
            answer = await house.door.command_deletion("acme", "c_1", DeletionCommand.CANCEL, SOFIA)
            assert answer.status == State.CANCELED
        elif how == "by coming back":
            again = replace(SUB, id="s_9", customer="c_1")
            await house.books.sign_up(GRACIELA, again)
            await house.door.report_customer("acme", "c_1")
        else:
            (payment, *_) = await house.books.payments("acme", "s_1")
            late = replace(payment, charge="ch_late", invoice="in_late", paid_at=datetime.now(UTC) + timedelta(hours=1))
            await house.books.record_payment(late)
            await house.door.report_customer("acme", "c_1")
        assert await handle.result() is State.CANCELED
    assert (await house.books.customer("acme", "c_1")).name == GRACIELA.name
    assert (await house.events())[-1] is E.DATA_DELETION_CANCELED
    assert E.DATA_DELETION_REQUESTED not in await house.events()

"""The tax invoice of a charge, from sealed to delivered, and everything that may come between."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities.composing import Links
from activities.failures import Contested, Expired, Refused, Rejected, Throttled, Unavailable
from activities.fiscal import Fiscal
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState
from models.cfdi.fiscal import DATED_BY_CHARGE, Receiver
from models.cfdi.invoicing import Invoicing
from models.look.brand import Letterhead
from models.messages import Command
from models.money import Money
from models.periods import Calendar
from models.records import Delivery
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Charge, Funding
from tests.conftest import Stage, eventually
from tests.fakes.documents import FakeDocuments
from tests.fakes.mail import FakeFiscalMail
from tests.fakes.pac import FakePac
from tests.fakes.renderer import FakeRenderer
from tests.fakes.sealer import FakeSealer
from tests.fakes.store import FakeFiscalStore
from tests.keys import LINK_SECRET
from tests.samples import ANA
from workflows.connection import verbs
from workflows.ids import invoicing_id
from workflows.invoicing import InvoicingStart, InvoicingWorkflow

# Asked at 0 h and 20 h, at 24 h (the first deadline), 44 h and 64 h, and once more at 70 h (the second).
DARK: list[Exception | str] = [Throttled("down", 20 * 3600.0)] * 5
SUPPORT = Command("ana", "the customer sent the constancia")


@dataclass
class FiscalStage(Stage):
    """A worker with fakes at the tax invoice's ports."""

    source: str = field(default_factory=lambda: f"ch_{uuid.uuid4().hex[:10]}")
    store: FakeFiscalStore = field(default_factory=FakeFiscalStore)
    mail: FakeFiscalMail = field(default_factory=FakeFiscalMail)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    sealer: FakeSealer = field(default_factory=FakeSealer)
    pac: FakePac = field(default_factory=FakePac)
    renderer: FakeRenderer = field(default_factory=FakeRenderer)

    def activities(self) -> list[Callable[..., Any]]:
        return verbs(self.fiscal())

    def fiscal(self) -> Fiscal:
        return Fiscal(
            store=self.store,
            documents=self.documents,
            sealer=self.sealer,
            pac=self.pac,
            renderer=self.renderer,
            mail=self.mail,
            processes=self.processes,
            links=Links("https://perdura.test", LINK_SECRET),
        )

    async def invoice(
        self, centavos: int = 14_900, *, awake: bool = False
    ) -> WorkflowHandle[InvoicingWorkflow, DocumentState | None]:
        """The process of a charge. `awake`: by the clock on the wall, so that what waits for a month's end is not hurried to it."""
        # Whole seconds, as Stripe tells them: a clock that skips stops at whole seconds, and may not stop before a deadline.
        charge = Charge(self.source, Money(centavos), datetime.now(UTC).replace(microsecond=0), Funding.DEBIT)
        start = InvoicingStart(
            tenant="acme",
            subscription="sub_1",
            source=self.source,
            charge=charge,
            invoice="in_1",
            calendar=Calendar(),
        )
        return await (self.still if awake else self.client).start_workflow(
            InvoicingWorkflow.run, start, id=invoicing_id("acme", self.source), task_queue=self.queue
        )

    async def until(self, handle: WorkflowHandle[Any, Any], state: DocumentState) -> None:
        async def there() -> bool:
            known: Invoicing = await handle.query(InvoicingWorkflow.state)
            return known.state is state and known.held

        await eventually(there)

    async def until_held(self, handle: WorkflowHandle[Any, Any]) -> None:
        async def held() -> bool:
            try:
                known: Invoicing = await handle.query(InvoicingWorkflow.state)
            except RPCError:  # not started yet
                return False
            return known.held

        await eventually(held)

    async def retry(self, handle: WorkflowHandle[Any, Any]) -> None:
        await handle.execute_update(InvoicingWorkflow.retry, Command("ops", "put right"))

    def key(self, version: int = 1) -> str:
        return f"{self.source}/{DocumentKind.INCOME}/v{version}"


@pytest.fixture
def stage(stage: Stage) -> FiscalStage:
    return FiscalStage(stage.env, stage.still, stage.queue)


async def test_a_settled_charge_is_sealed_stamped_printed_and_delivered_once(stage: FiscalStage) -> None:
    async with stage.working(InvoicingWorkflow):
        assert await (await stage.invoice()).result() is DocumentState.DELIVERED
    assert stage.documents.states == [
        DocumentState.SEALED,
        DocumentState.SENDING,
        DocumentState.STAMPED,
        DocumentState.RENDERED,
        DocumentState.DELIVERED,
    ]
    draft = stage.sealer.drafts[0]
    assert (draft.use, draft.form_of_payment, draft.receiver) == ("G03", "28", ANA)
    assert [(line.product, line.unit, line.amount.base, line.amount.vat) for line in draft.lines] == [
        ("81112500", "E48", 12_845, 2_055)
    ]
    assert stage.mail.attachments == {f"acme/{stage.source}/cfdi": ["UUID-1.xml", "UUID-1.pdf"]}
    announced = stage.processes.notices
    assert [(n.kind, n.key, n.document) for n in announced] == [
        (NoticeKind.TAX_INVOICE, f"{stage.source}/cfdi", stage.key())
    ]
    assert stage.store.notices[f"{stage.source}/cfdi", Channel.EMAIL].delivery is Delivery.SENT
    assert stage.store.actions == ["tax invoice stamped", "tax invoice delivered"]


async def test_lost_answers_bring_the_same_bytes_again_and_one_stamp(stage: FiscalStage) -> None:
    stage.pac.script = ["lost", Unavailable("503"), "lost", Throttled("slow down", 2.0)]
    async with stage.working(InvoicingWorkflow):
        assert await (await stage.invoice()).result() is DocumentState.DELIVERED
    assert len(stage.pac.asked) == 5
    assert len(set(stage.pac.asked)) == 1
    assert len(stage.pac.stamped) == 1
    assert stage.mail.sends == 1


async def test_a_pac_dark_for_three_days_is_told_and_outlived(stage: FiscalStage) -> None:
    stage.pac.script = list(DARK)
    async with stage.working(InvoicingWorkflow):
        assert await (await stage.invoice()).result() is DocumentState.DELIVERED
    assert len(set(stage.pac.asked)) == 1
    late = [e.reason for e in stage.store.entries.values() if e.action == "tax invoice late"]
    assert late == ["not stamped within 24 h of the charge", "the PAC has been silent for 70 h"]
    assert DocumentState.NEEDS_RECONCILIATION in stage.documents.states


async def test_what_was_never_stamped_and_is_too_old_gets_a_new_date(stage: FiscalStage) -> None:
    stage.pac.script = [*DARK, Expired("more than 72 h", "401")]
    async with stage.working(InvoicingWorkflow):
        assert await (await stage.invoice()).result() is DocumentState.DELIVERED
    first, second = stage.sealer.drafts
    assert second.issued - first.issued >= DATED_BY_CHARGE
    assert [d.version for d in stage.documents.rows.values()] == [1, 2]
    assert stage.documents.rows[stage.key(1)].uuid == ""
    assert stage.documents.rows[stage.key(2)].uuid == "UUID-1"


async def test_wrong_data_hold_the_invoice_until_they_are_corrected(stage: FiscalStage) -> None:
    stage.pac.script = [Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice(awake=True)
        await stage.until(handle, DocumentState.REJECTED)
        held = stage.documents.rows[stage.key()]
        assert (held.field, held.code, held.message) == ("legal_name", "CFDI40145", "El campo Nombre…")
        stage.store.receiver = Receiver(ANA.rfc, "ANA CRUZ DE SOLORZANO", ANA.regime, ANA.postal_code)
        answer = await handle.execute_update(InvoicingWorkflow.correct_receiver, SUPPORT)
        assert answer.status == "rejected (legal_name, CFDI40145)"
        assert await handle.result() is DocumentState.DELIVERED
    assert [d.receiver.name for d in stage.sealer.drafts] == ["ANA CRUZ SOLORZANO", "ANA CRUZ DE SOLORZANO"]
    assert [key for key, _ in stage.pac.asked] == [f"acme:{stage.key(1)}", f"acme:{stage.key(2)}"]
    assert len(stage.pac.stamped) == 1
    assert [(e.actor, e.reason) for e in stage.store.entries.values() if e.action.endswith("correct receiver")] == [
        ("ana", SUPPORT.reason)
    ]


async def test_trouble_of_our_own_is_retried_with_the_same_bytes(stage: FiscalStage) -> None:
    stage.pac.script = [Refused("no stamps left", "718")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.REJECTED)
        await handle.execute_update(InvoicingWorkflow.retry, Command("ops", "stamps bought"))
        assert await handle.result() is DocumentState.DELIVERED
    assert len(set(stage.pac.asked)) == 1
    assert len(stage.pac.asked) == 2


async def test_a_document_that_is_not_ours_is_never_taken_for_it(stage: FiscalStage) -> None:
    stage.pac.script = [Contested("another seal", "307")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.NEEDS_RECONCILIATION)
        assert stage.mail.sends == 0
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update(InvoicingWorkflow.correct_receiver, SUPPORT)
        await handle.execute_update(InvoicingWorkflow.retry, Command("ops", "the PAC removed the stray document"))
        assert await handle.result() is DocumentState.DELIVERED


async def test_without_an_rfc_the_sale_is_held_for_the_global_invoice(stage: FiscalStage) -> None:
    stage.store.receiver = None
    async with stage.working(InvoicingWorkflow):
        assert await (await stage.invoice()).result() is DocumentState.GENERAL_PUBLIC
    assert (stage.pac.asked, stage.mail.sends, stage.processes.notices) == ([], 0, [])
    assert stage.processes.public == {"acme": "America/Mexico_City"}  # the month's invoice will come by itself
    held = await stage.documents.held(
        "acme", DocumentKind.INCOME, datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    )
    assert [d.total for d in held] == [Money(14_900)]


async def test_a_charge_invoiced_long_ago_and_told_again_is_left_as_it_stands(stage: FiscalStage) -> None:
    """Temporal has forgotten the process of then, so that nothing but the record stands against a second one."""
    stage.pac.script = [Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice(awake=True)
        await stage.until(handle, DocumentState.REJECTED)
        await handle.execute_update(InvoicingWorkflow.correct_receiver, SUPPORT)
        assert await handle.result() is DocumentState.DELIVERED
        stamped = stage.documents.rows[stage.key(2)]
        for state in (DocumentState.DELIVERED, DocumentState.CANCEL_REQUESTED, DocumentState.CANCELLED):
            stage.documents.rows[stage.key(2)] = replace(stamped, state=state)
            assert await (await stage.invoice()).result() is state
            assert stage.documents.rows[stage.key(2)] == replace(stamped, state=state)
    assert [key for key, _ in stage.pac.asked] == [f"acme:{stage.key(1)}", f"acme:{stage.key(2)}"]
    assert stage.mail.sends == 1


async def test_a_sale_that_the_global_invoice_tells_needs_nothing_more(stage: FiscalStage) -> None:
    stage.store.receiver = None
    async with stage.working(InvoicingWorkflow):
        await (await stage.invoice()).result()
        held = stage.documents.rows[stage.key()]
        stage.documents.rows[stage.key()] = replace(held, state=DocumentState.IN_GLOBAL, replaces="2026-11/global/v1")
        async with asyncio.timeout(20):
            assert await (await stage.invoice()).result() is DocumentState.IN_GLOBAL


async def test_what_is_cancelled_before_it_could_be_delivered_waits_for_nobody(stage: FiscalStage) -> None:
    stage.mail.failures = [Refused("no such mailbox", "550")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice(awake=True)
        await stage.until_held(handle)
        known = stage.documents.rows[stage.key()]
        stage.documents.rows[stage.key()] = replace(known, state=DocumentState.CANCELLED)
        await stage.retry(handle)
        assert await handle.result() is DocumentState.CANCELLED
    assert stage.mail.sends == 0


async def test_a_charge_told_again_goes_on_with_the_version_that_waits(stage: FiscalStage) -> None:
    stage.pac.script = [Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice(awake=True)
        await stage.until(handle, DocumentState.REJECTED)
        stage.store.receiver = Receiver("XEXX010101000", "ANN", "616", "06600")
        await handle.execute_update(InvoicingWorkflow.correct_receiver, SUPPORT)
        await stage.until(handle, DocumentState.WAITING_DATA)
        await handle.terminate("by hand")
        handle = await stage.invoice(awake=True)
        await stage.until(handle, DocumentState.WAITING_DATA)
        stage.store.receiver = ANA
        await handle.execute_update(InvoicingWorkflow.correct_receiver, SUPPORT)
        assert await handle.result() is DocumentState.DELIVERED
    assert stage.documents.rows[stage.key(2)].uuid == "UUID-1"


async def test_a_certificate_in_disorder_holds_the_invoice_until_it_is_put_right(stage: FiscalStage) -> None:
    stage.sealer.failures = [Refused("key, password and certificate must belong together", "csd")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.WAITING_DATA)
        await handle.execute_update(InvoicingWorkflow.retry, Command("ops", "password corrected"))
        assert await handle.result() is DocumentState.DELIVERED
    assert [d.version for d in stage.documents.rows.values()] == [1]


async def test_a_refund_becomes_a_credit_note_of_its_own(stage: FiscalStage) -> None:
    async with stage.working(InvoicingWorkflow):
        await (await stage.invoice()).result()
        refund = f"re_{uuid.uuid4().hex[:10]}"
        start = InvoicingStart(
            tenant="acme",
            subscription="sub_1",
            source=refund,
            charge=Charge(refund, Money(5_000), datetime.now(UTC), Funding.DEBIT),
            invoice="in_1",
            calendar=Calendar(),
            kind=DocumentKind.CREDIT,
            original=stage.source,
        )
        handle = await stage.client.start_workflow(
            InvoicingWorkflow.run, start, id=invoicing_id("acme", refund), task_queue=stage.queue
        )
        assert await handle.result() is DocumentState.DELIVERED
    assert [d.kind for d in stage.documents.rows.values()] == [DocumentKind.INCOME, DocumentKind.CREDIT]
    assert len(stage.mail.attachments) == 2


async def test_a_charge_of_nothing_has_no_invoice(stage: FiscalStage) -> None:
    async with stage.working(InvoicingWorkflow):
        assert await (await stage.invoice(0)).result() is None
    assert stage.documents.rows == {}


async def test_a_mailbox_that_refuses_holds_the_delivery_not_the_invoice(stage: FiscalStage) -> None:
    stage.mail.failures = [Refused("no such mailbox", "550")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.RENDERED)
        assert len(stage.processes.notices) == 1
        await handle.execute_update(InvoicingWorkflow.retry, Command("ana", "address corrected"))
        assert await handle.result() is DocumentState.DELIVERED
    assert (stage.mail.sends, len(stage.processes.notices), len(stage.pac.asked)) == (1, 1, 1)
    assert stage.documents.files[stage.key(), DocumentFile.XML].startswith(b"<stamped/>")


@pytest.mark.parametrize("order", [Command("", "why"), Command("ana", " ")])
async def test_an_order_needs_an_actor_and_a_reason(stage: FiscalStage, order: Command) -> None:
    stage.pac.script = [Refused("no stamps left", "718")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.REJECTED)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(InvoicingWorkflow.retry, order)
        assert "say who and why" in str(refused.value.cause)
        await handle.terminate()


async def test_the_customer_is_asked_for_the_refused_field_once_for_each_version(stage: FiscalStage) -> None:
    name = Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")
    stage.pac.script = [name, replace_field(name, "postal_code")]

    def asked() -> list[tuple[str, str]]:
        return [(n.key, n.document) for n in stage.processes.notices if n.kind is NoticeKind.TAX_DATA]

    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice(awake=True)
        for version in (1, 2):
            await stage.until(handle, DocumentState.REJECTED)
            await eventually(lambda version=version: len(asked()) == version)
            assert asked() == [(f"{stage.key(v)}/tax_data", stage.key(v)) for v in range(1, version + 1)]
            order = Command("customer", "on the page")
            await handle.execute_update(InvoicingWorkflow.correct_receiver, order)
        assert await handle.result() is DocumentState.DELIVERED


async def test_what_is_ours_to_mend_bothers_no_customer(stage: FiscalStage) -> None:
    stage.pac.script = [Refused("no stamps left", "718")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        await stage.until(handle, DocumentState.REJECTED)
        assert stage.processes.notices == []
        await stage.retry(handle)
        assert await handle.result() is DocumentState.DELIVERED


def replace_field(refusal: Rejected, field: str) -> Rejected:
    return Rejected(str(refusal), "CFDI40147", field=field, text="El campo DomicilioFiscalReceptor…")


async def test_data_that_are_never_corrected_make_the_sale_everybodys_when_its_month_is_over(
    stage: FiscalStage,
) -> None:
    stage.pac.script = [Rejected("name", "CFDI40145", field="legal_name", text="El campo Nombre…")]
    async with stage.working(InvoicingWorkflow):
        handle = await stage.invoice()
        assert await handle.result() is DocumentState.GENERAL_PUBLIC  # the clock is wound on to it
    refused, sale = stage.documents.rows.values()
    assert (refused.state, sale.state) == (DocumentState.REJECTED, DocumentState.GENERAL_PUBLIC)
    assert (sale.key, sale.receiver_rfc, sale.seal) == (stage.key(2), "", "")
    assert stage.pac.stamped == {}
    (entry,) = [e for e in stage.store.entries.values() if e.action == "tax invoice not by name"]
    assert "`legal_name` was never corrected" in entry.reason


@dataclass
class SlowPress(FakeRenderer):
    """A press that stands still until it is let go."""

    running: asyncio.Event = field(default_factory=asyncio.Event)

    async def pdf(self, xml: bytes, letterhead: Letterhead) -> bytes:
        await self.running.wait()
        return await super().pdf(xml, letterhead)


async def test_while_pdfs_are_drawn_everything_else_goes_on(stage: FiscalStage) -> None:
    press = stage.renderer = SlowPress()
    stage.hands = 1  # whatever waited for the press here would hold up all the rest
    async with stage.working(InvoicingWorkflow):
        handles = []
        for _ in range(4):
            stage.source = f"ch_{uuid.uuid4().hex[:10]}"
            handles.append(await stage.invoice(awake=True))
        states = stage.documents.rows
        await eventually(lambda: [d.state for d in states.values()] == [DocumentState.STAMPED] * 4)
        press.running.set()
        assert {await handle.result() for handle in handles} == {DocumentState.DELIVERED}

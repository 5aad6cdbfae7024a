"""The whole road on real parts: Temporal, SQL, sealing, the PAC over HTTP, mail over SMTP. From charge to cancelled."""

import base64
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from activities.composing import Links
from activities.fiscal import Fiscal
from activities.gateways.fiscal_pdf import ReportlabRenderer
from activities.gateways.mail_smtp import SmtpMail
from activities.gateways.store_sql import SqlStore
from models.cfdi.cancellation import Motive
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState
from models.messages import CancellationStart, Command, SubstitutionStart
from models.money import Money
from models.periods import Calendar
from models.records import Customer, Delivery, Payment, SubscriptionRecord, Tenant
from models.selling.plans import Plan
from models.speaking.notices import Channel
from models.subscribing.invoices import Charge, Funding
from models.subscribing.subscriptions import Status
from sandbox import mailbox
from sandbox.certification import schema
from sandbox.complements import PAGO
from sandbox.mailbox import Mailbox
from tests.conftest import Stage
from tests.databases import migrated
from tests.fiscal_world import TENANT, FiscalWorld, open_world
from tests.keys import KEYRING, LINK_SECRET
from tests.samples import ANA
from workflows.cancellation import CancellationWorkflow
from workflows.connection import verbs
from workflows.ids import invoicing_id
from workflows.invoicing import InvoicingStart, InvoicingWorkflow
from workflows.substitution import SubstitutionWorkflow

CFDI = "{http://www.sat.gob.mx/cfd/4}"


@dataclass
class Road(Stage):
    """A worker whose tax invoices touch nothing made for tests but the requests for WhatsApp messages."""

    world: FiscalWorld = field(kw_only=True)
    sql: SqlStore = field(kw_only=True)
    smtp_port: int = field(kw_only=True)

    def activities(self) -> list[Callable[..., Any]]:
        fiscal = Fiscal(
            store=self.sql,
            documents=self.sql,
            sealer=self.world.sealer,
            pac=self.world.pac,
            renderer=ReportlabRenderer(),
            mail=SmtpMail(f"smtp://127.0.0.1:{self.smtp_port}", "Acme <cobros@acme.test>"),
            processes=self.processes,
            links=Links("https://perdura.test", LINK_SECRET),
        )
        return verbs(fiscal)

    async def invoice(self, source: str, centavos: int, **changes: Any) -> DocumentState | None:
        charge = Charge(source, Money(centavos), datetime.now(UTC), Funding.CREDIT)
        start = InvoicingStart(
            tenant=TENANT, subscription="s_1", source=source, charge=charge, invoice="in_1", calendar=Calendar()
        )
        return await self.client.execute_workflow(
            InvoicingWorkflow.run,
            replace(start, **changes),
            id=invoicing_id(TENANT, source),
            task_queue=self.queue,
        )

    async def cancel(self, document: str) -> DocumentState:
        start = CancellationStart(
            tenant=TENANT,
            subscription="s_1",
            document=document,
            motive=Motive.NOT_CARRIED_OUT,
            order=Command("ana", "the sale did not take place"),
            calendar=Calendar(),
        )
        standing = await self.client.execute_workflow(
            CancellationWorkflow.run, start, id=f"cancel-{uuid.uuid4()}", task_queue=self.queue
        )
        return standing.state


@pytest.fixture
async def letters(unused_tcp_port: int) -> AsyncIterator[Mailbox]:
    box = Mailbox()
    server = await mailbox.listen(box, "127.0.0.1", unused_tcp_port)
    yield box
    server.close()
    await server.wait_closed()


@pytest.fixture
async def road(
    stage: Stage, database: str, tmp_path: Path, letters: Mailbox, unused_tcp_port: int
) -> AsyncIterator[Road]:
    await migrated(database)
    sql, now = SqlStore(database, KEYRING), datetime.now(UTC)
    await sql.create_tenant(Tenant(TENANT, "Clínica Acme"))
    await sql.save_plan(Plan(TENANT, "pro", "PRO", Money(14_900)))
    customer = Customer(TENANT, "c_1", "clinic-7", "Ana", "ana@clinic.test", "+525512345678", receiver=ANA)
    await sql.sign_up(customer, SubscriptionRecord(TENANT, "s_1", "c_1", "pro", Status.ACTIVE, now, now))
    async with open_world(tmp_path) as world:
        yield Road(stage.env, stage.still, stage.queue, world=world, sql=sql, smtp_port=unused_tcp_port)
    await sql.close()


async def test_from_charge_to_cancelled(road: Road, letters: Mailbox) -> None:
    charge, refund = (f"{kind}_{uuid.uuid4().hex[:12]}" for kind in ("ch", "re"))
    await road.world.fault("drop_after")
    await road.world.fault("silent_prior")
    async with road.working(InvoicingWorkflow, CancellationWorkflow):
        assert await road.invoice(charge, 14_900) is DocumentState.DELIVERED
        assert await road.invoice(refund, 5_000, kind=DocumentKind.CREDIT, original=charge) is DocumentState.DELIVERED
        # While its credit note lives, the SAT does not let the invoice go.
        assert await road.cancel(f"{charge}/income/v1") is DocumentState.DELIVERED
        assert await road.cancel(f"{refund}/credit/v1") is DocumentState.CANCELLED
        assert await road.cancel(f"{charge}/income/v1") is DocumentState.CANCELLED

    (document,) = await road.sql.documents_of(TENANT, charge)
    assert (document.state, document.receiver_rfc) == (DocumentState.CANCELLED, ANA.rfc)
    assert len(await road.world.stamps()) == 2
    xml = await road.sql.file(TENANT, document.key, DocumentFile.XML)
    assert xml is not None
    root = etree.fromstring(xml)
    assert schema().validate(root)
    assert (root.get("Total"), root.get("FormaPago"), root.get("MetodoPago")) == ("149.00", "04", "PUE")
    assert next(root.iter(f"{CFDI}Concepto")).get("Descripcion") == "Suscripción PRO"
    assert await road.sql.file(TENANT, document.key, DocumentFile.ACKNOWLEDGEMENT)

    first, second = letters.mails
    assert first.recipients == second.recipients == ["ana@clinic.test"]
    files = {a.filename: base64.b64decode(a.content) for a in first.attachments}
    assert files[f"{document.uuid}.xml"] == xml
    assert files[f"{document.uuid}.pdf"].startswith(b"%PDF")
    notice = await road.sql.notice(TENANT, f"{charge}/cfdi", Channel.EMAIL)
    assert notice is not None
    assert notice.delivery is Delivery.SENT
    story = [entry.action for entry in await road.sql.audit_trail(TENANT, "s_1")]
    assert story.count("tax invoice stamped") == story.count("tax invoice delivered") == 2
    assert "tax invoice cancellation cancelled" in story


async def test_a_stamped_invoice_with_wrong_data_is_replaced_and_only_then_cancelled(
    road: Road, letters: Mailbox
) -> None:
    charge = f"ch_{uuid.uuid4().hex[:12]}"
    start = SubstitutionStart(
        TENANT, "s_1", f"{charge}/income/v1", Command("ana", "the customer moved to another régimen"), Calendar()
    )
    corrected = replace(ANA, regime="605")
    async with road.working(InvoicingWorkflow, CancellationWorkflow, SubstitutionWorkflow):
        assert await road.invoice(charge, 14_900) is DocumentState.DELIVERED
        await road.sql.save_receiver(TENANT, "c_1", corrected)
        standing = await road.client.execute_workflow(
            SubstitutionWorkflow.run, start, id=f"substitute-{uuid.uuid4()}", task_queue=road.queue
        )
    assert standing is not None
    assert standing.state is DocumentState.CANCELLED
    old, new = await road.sql.documents_of(TENANT, charge)
    assert (old.state, new.state, new.replaces) == (DocumentState.CANCELLED, DocumentState.DELIVERED, old.uuid)
    root = etree.fromstring(await road.sql.file(TENANT, new.key, DocumentFile.XML) or b"")
    assert schema().validate(root)
    relation = root.find(f"{CFDI}CfdiRelacionados")
    assert (relation.get("TipoRelacion"), relation[0].get("UUID"), root.get("Total")) == ("04", old.uuid, "149.00")
    receiver = root.find(f"{CFDI}Receptor")
    assert (receiver.get("RegimenFiscalReceptor"), receiver.get("UsoCFDI")) == ("605", "S01")
    assert [len(letter.attachments) for letter in letters.mails] == [2, 2]
    story = [entry.action for entry in await road.sql.audit_trail(TENANT, "s_1")]
    assert "tax invoice: substitute" in story
    assert "tax invoice: cancel, motive 01" in story


async def test_an_invoice_issued_before_payment_is_replaced_with_its_complements(road: Road, letters: Mailbox) -> None:
    invoice, first, second = (f"{kind}_{uuid.uuid4().hex[:12]}" for kind in ("in", "ch", "ch"))
    start = SubstitutionStart(TENANT, "s_1", f"{invoice}/deferred/v1", Command("ana", "another régimen"), Calendar())
    async with road.working(InvoicingWorkflow, CancellationWorkflow, SubstitutionWorkflow):
        await road.invoice(invoice, 24_900, kind=DocumentKind.DEFERRED, invoice=invoice)
        for charge, centavos in ((first, 10_000), (second, 14_900)):
            now = datetime.now(UTC)
            await road.sql.record_payment(Payment(TENANT, charge, invoice, "s_1", Money(centavos), Funding.SPEI, now))
            await road.invoice(charge, centavos, invoice=invoice)
        await road.sql.save_receiver(TENANT, "c_1", replace(ANA, regime="605"))
        standing = await road.client.execute_workflow(
            SubstitutionWorkflow.run, start, id=f"substitute-{uuid.uuid4()}", task_queue=road.queue
        )
    assert standing is not None
    assert standing.state is DocumentState.CANCELLED
    told = []
    for source in (invoice, first, second):
        old, new = await road.sql.documents_of(TENANT, source)
        assert (old.state, new.state) == (DocumentState.CANCELLED, DocumentState.DELIVERED)
        root = etree.fromstring(await road.sql.file(TENANT, new.key, DocumentFile.XML) or b"")
        assert schema().validate(root)
        relation = root.find(f"{CFDI}CfdiRelacionados")
        assert (relation.get("TipoRelacion"), relation[0].get("UUID")) == ("04", old.uuid)
        assert root.find(f"{CFDI}Receptor").get("RegimenFiscalReceptor") == "605"
        told.append(root)
    renewed, *complements = told
    assert (renewed.get("MetodoPago"), renewed.get("FormaPago"), renewed.get("Total")) == ("PPD", "99", "249.00")
    folio = (await road.sql.documents_of(TENANT, invoice))[1].uuid
    paid = [next(root.iter(f"{PAGO}DoctoRelacionado")) for root in complements]
    names = ("IdDocumento", "NumParcialidad", "ImpSaldoAnt", "ImpSaldoInsoluto")
    assert [tuple(each.get(name) for name in names) for each in paid] == [
        (folio, "1", "249.00", "149.00"),
        (folio, "2", "149.00", "0.00"),
    ]
    assert len(letters.mails) == 6

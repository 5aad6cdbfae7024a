"""A record with a bit of everything in it, for whoever copies, seals or erases it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from activities.gateways.store_sql import SqlStore
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import Receiver
from models.collecting.cases import Outcome, Stage
from models.money import Money
from models.records import (
    AuditEntry,
    CaseRecord,
    Customer,
    Delivery,
    InboxEvent,
    InboxStatus,
    NoticeRecord,
    Payment,
    Provider,
    SubscriptionRecord,
    Tenant,
)
from models.selling.plans import Plan
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from tests.pictures import acuario

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
GRACIELA = Customer(
    "acme",
    "c_1",
    "u_1",
    "Graciela Fuentes",
    "graciela@cliente.test",
    "+525599887766",
    receiver=Receiver("FUNK671228PH6", "GRACIELA FUENTES NOLASCO", "605", "01160"),
)
OTTO = replace(
    GRACIELA,
    id="c_2",
    reference="u_2",
    name="Otto",
    email="otto@cliente.test",
    phone="+525500001111",
    receiver=Receiver("CUSC850516316", "OTTO CRUZ SOLORZANO", "612", "45638"),
)
SUB = SubscriptionRecord("acme", "s_1", "c_1", "pro", Status.ACTIVE, NOW, NOW)
CASE = CaseRecord(
    "acme",
    "in_1",
    "s_1",
    Money(14_900),
    Stage.CLOSED,
    "ruthless v1",
    NOW,
    pay_url="https://pay.test/1",
    outcome=Outcome.PAID,
    paid_at=NOW,
    closed_at=NOW,
)
NOTICE = NoticeRecord(
    "acme", "n_1", Channel.EMAIL, NoticeKind.SUSPENDED, "s_1", Delivery.SENT, f"Hola {GRACIELA.name}", NOW
)
EVENT = InboxEvent(Provider.STRIPE, "evt_1", "customer.updated", '{"email": "graciela@cliente.test"}', NOW, "cus_1")
STRAY = InboxEvent(Provider.TWILIO, "SM1", "message", "From=whatsapp%3A%2B5215599887766&Body=hola", NOW)
DOCUMENT = TaxDocument(
    "acme",
    "ch_1",
    DocumentKind.INCOME,
    1,
    "s_1",
    DocumentState.DELIVERED,
    Money(14_900),
    NOW,
    NOW,
    NOW,
    receiver_rfc="FUNK671228PH6",
    seal="sello",
    uuid="AD662D33-6934-459C-A128-BDF0393F0F44",
    message="GRACIELA FUENTES NOLASCO",
)
LOOK = acuario("acme")
FILES = {
    DocumentFile.SEALED: b"<sealed FUNK671228PH6/>",
    DocumentFile.XML: b"<cfdi FUNK671228PH6/>",
    DocumentFile.PDF: bytes(range(256)) * 40,
}
PERSONAL = (
    GRACIELA.name,
    GRACIELA.email,
    "5599887766",
    "FUNK671228PH6",
    "GRACIELA FUENTES NOLASCO",
)


async def fill(store: SqlStore) -> None:
    """Two customers of a tenant; Graciela has paid late and was invoiced."""
    await store.create_tenant(Tenant("acme", "Acme"))
    await store.save_plan(Plan("acme", "pro", "Pro", Money(14_900)))
    await store.save_brand(LOOK.brand, LOOK.logo)
    await store.sign_up(GRACIELA, SUB)
    await store.sign_up(OTTO, replace(SUB, id="s_2", customer="c_2"))
    await store.save_provider_customer("acme", "c_1", "cus_1")
    await store.save_case(CASE)
    await store.record_payment(Payment("acme", "ch_1", "in_1", "s_1", Money(14_900), Funding.CREDIT, NOW))
    await store.save_notice(NOTICE)
    for event in (EVENT, STRAY):
        await store.receive(event)
    await store.settle_event(EVENT, InboxStatus.DELIVERED, at=NOW, tenant="acme", subscription="s_1")
    await store.settle_event(STRAY, InboxStatus.UNMATCHED, at=NOW)
    await store.keep_sealed(DOCUMENT, FILES[DocumentFile.SEALED])
    for file, content in FILES.items():
        await store.save_file("acme", DOCUMENT.key, file, content)
    for number in range(3):
        at = NOW + timedelta(seconds=number)
        await store.audit(
            AuditEntry("acme", "s_1", f"k{number}", at, "perdura", "status active", detail="was trialing")
        )


async def told(store: SqlStore) -> list[object]:
    """All of it, as values."""
    return [
        [await store.customer("acme", customer) for customer in ("c_1", "c_2")],
        [await store.subscription("acme", subscription) for subscription in ("s_1", "s_2")],
        await store.cases("acme", "s_1"),
        await store.payments("acme", "s_1"),
        await store.notices("acme", "s_1"),
        [await store.event(Provider.STRIPE, "evt_1"), await store.event(Provider.TWILIO, "SM1")],
        await store.documents_of_subscription("acme", "s_1"),
        [await store.file("acme", DOCUMENT.key, file) for file in FILES],
        await store.audit_trail("acme", "s_1"),
        await store.tenant("acme"),
        await store.plans("acme"),
        await store.letterhead("acme"),
    ]

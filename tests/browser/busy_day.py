"""A business on a busy day: money that came in, something that needs a person, invoices, messages, orders with their reasons."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from models.access.keys import issue
from models.access.permissions import Role, Scope
from models.access.users import User
from models.billing.bills import Applied, Bill, BillLine, BillStanding, BillStatus
from models.cfdi.documents import DocumentKind, DocumentState, TaxDocument
from models.money import Money
from models.records import AuditEntry, Delivery, NoticeRecord, Payment
from models.speaking.notices import Channel, NoticeKind
from models.subscribing.invoices import Funding
from models.watching.attention import Finding, Rule
from tests.api.account_holders import holder
from tests.browser.debts import _HASHED, in_debt
from tests.browser.street import Street

TENANT = "vetia"
STUCK = Finding(TENANT, Rule.CFDI_HELD, "ch_rosa/income/v1", "rejected for 26 hours: receiver's postal code", "s_rosa")
_NAMES = ("Rosa Villar", "Tomás Rentería", "Clínica Sauces", "Irma Quiroz", "Paola Ávila", "Gael Cervantes")
_STATES = (
    DocumentState.REJECTED,
    DocumentState.DELIVERED,
    DocumentState.DELIVERED,
    DocumentState.GENERAL_PUBLIC,
    DocumentState.CANCELLED,
    DocumentState.STAMPED,
)
_BILLED = (BillStatus.OVERDUE, BillStatus.OPEN, BillStatus.PAID)
_TOLD = (
    (NoticeKind.TAX_DATA, Channel.EMAIL, Delivery.DELIVERED),
    (NoticeKind.PAYMENT_RECEIVED, Channel.WHATSAPP, Delivery.DELIVERED),
    (NoticeKind.TAX_INVOICE, Channel.EMAIL, Delivery.DELIVERED),
    (NoticeKind.RENEWAL, Channel.WHATSAPP, Delivery.SENT),
    (NoticeKind.PAYMENT_FAILED, Channel.WHATSAPP, Delivery.FAILED),
    (NoticeKind.RENEWAL, Channel.SMS, Delivery.DELIVERED),
)


async def busy_day(street: Street) -> None:
    """All of it, at the business `vetia`."""
    store, now = street.store, datetime.now(UTC)
    for invoice, name, days in (
        ("in_norma", "Norma Peralta", 1.2),
        ("in_raul", "Raúl Ibarra", 5),
        ("in_mara", "Mara Solís", 0.3),
    ):
        await in_debt(street, invoice, name, days=days)
    for number, name in enumerate(_NAMES):
        reference = name.split()[0].lower().replace("á", "a").replace("í", "i")
        record = await holder(
            store, TENANT, "clinica" if number % 3 == 2 else "profesional", reference=reference, name=name, months=2
        )
        acts = ("ask the provider about the next invoice", "renewal notice")
        soon = now + timedelta(minutes=7 + 6 * number)
        await store.save_subscription(replace(record, next_action=acts[number % 2], next_action_at=soon))
        at = now - timedelta(minutes=5 + 11 * number)
        price = record.price or Money(0)
        await store.record_payment(
            Payment(TENANT, f"ch_{reference}", f"in_p{number}", record.id, price, Funding.CREDIT, at)
        )
        await store.save_document(_document(reference, record.id, price, _STATES[number], at))
        kind, channel, delivery = _TOLD[number]
        body = f"Hola, {name}: tu plan se renueva pronto por {price}. Si algo cambió, contéstanos por aquí."
        error = "63016: outside the window" if delivery is Delivery.FAILED else ""
        told = NoticeRecord(
            TENANT, f"in_p{number}/{kind}", channel, kind, record.id, delivery, body, at, "SM1", error, at, at
        )
        await store.save_notice(told)
        if number < len(_BILLED):
            await _billed(street, reference, record.customer, _BILLED[number], at)
    for number, (rule, subject) in enumerate(
        (
            (Rule.REPLY_WAITING, "SMin_raul"),
            (Rule.CHARGE_DISPUTED, "ch_gael"),
            (Rule.STAMPS_LOW, TENANT),
            (Rule.SENT_TWICE, "in_p2"),
        )
    ):
        found = Finding(TENANT, rule, subject, "see the subscription", "")
        await store.keep_finding(found, at=now - timedelta(minutes=20 + 130 * number))
    await store.keep_finding(STUCK, at=now - timedelta(hours=2))
    await _people(street, now)


async def _people(street: Street, now: datetime) -> None:
    store = street.store
    for user, email, role in (
        ("u_sofia", "sofia@vetia.example", Role.OWNER),
        ("u_beto", "beto@vetia.example", Role.SUPPORT),
    ):
        await store.add_user(User(TENANT, user, email, role, now - timedelta(days=40), _HASHED))
    key, secret = issue(TENANT, "tienda", frozenset({Scope.READ, Scope.WRITE}), now - timedelta(days=30))
    await store.add_key(key, secret)
    changes = {"before": '{"grace_until": null}', "after": '{"grace_until": "2026-11-27"}'}
    orders = (
        ("u_beto", "grace extended by 3 days", "paga el viernes, habló por teléfono", "s_norma", changes),
        ("u_sofia", "dunning paused", "dice que ya pagó; reviso con el banco", "s_raul", {}),
        ("u_sofia", "set_brand", "color nuevo", "", {}),
    )
    for number, (actor, action, reason, about, more) in enumerate(orders):
        at = now - timedelta(minutes=9 + 50 * number)
        await store.audit(AuditEntry(TENANT, about, f"day/{number}", at, actor, action, reason, **more))


def _document(reference: str, subscription: str, total: Money, state: DocumentState, at: datetime) -> TaxDocument:
    stamped = state not in (DocumentState.REJECTED, DocumentState.GENERAL_PUBLIC)
    folio = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{TENANT}/{reference}")).upper()
    return TaxDocument(
        tenant=TENANT,
        source=f"ch_{reference}",
        kind=DocumentKind.INCOME,
        version=1,
        subscription=subscription,
        state=state,
        total=total,
        issued_at=at,
        created_at=at,
        updated_at=at,
        receiver_rfc="" if state is DocumentState.GENERAL_PUBLIC else "XIA190128J61",
        seal=f"seal-{reference}" if stamped else "",
        uuid=folio if stamped else "",
        stamped_at=at if stamped else None,
        field="postal_code" if state is DocumentState.REJECTED else "",
        code="CFDI40148" if state is DocumentState.REJECTED else "",
        message="no es el que el SAT tiene para este RFC" if state is DocumentState.REJECTED else "",
    )


async def _billed(street: Street, reference: str, customer: str, status: BillStatus, at: datetime) -> None:
    """A visit, part of it by their package, as its process has last written it."""
    given = Applied(f"s_{reference}", "consulta", "2026", 1, 100, 45_000)
    lines = (
        BillLine("Consulta general", 2, 45_000, "consulta", applied=(given,)),
        BillLine("Vacuna antirrábica", 1, 28_000, "vacuna", discount=3_000),
    )
    bill = Bill(TENANT, f"b_{reference}", customer, lines, at)
    await street.store.enter_bill(bill)
    due, over = at + timedelta(days=7), at + timedelta(minutes=3)
    await street.store.save_bill(
        BillStanding(
            TENANT,
            bill.id,
            status,
            at,
            bill.total,
            f"in_b{reference}",
            issued_at=at,
            due_at=due,
            settled_at=over if status.over else None,
            next_action="" if status.over else "overdue, if it is not paid",
            next_action_at=None if status.over else due,
        )
    )
    await street.store.audit(AuditEntry(TENANT, bill.id, f"{bill.id}/issued", at, "perdura", "bill issued"))

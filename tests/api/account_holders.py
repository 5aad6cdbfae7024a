"""A customer of some months as the books have them: payments, tax invoices with their files, some use; and the way into their account."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zlib import crc32

from activities.gateways.store_sql import SqlStore
from models.cfdi.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument
from models.cfdi.fiscal import Receiver
from models.money import Money
from models.periods import Calendar
from models.records import Customer, Payment, SubscriptionRecord
from models.speaking.links import Purpose, dated_token
from models.subscribing.invoices import Funding
from models.subscribing.subscriptions import Status
from models.subscribing.usage import Use, meters
from tests.api.conftest import LINK_KEY, NOW

RFC = Receiver("LORL850101AB1", "LUZ LOPEZ RIOS", "612", "06700", "G03")


async def holder(
    store: SqlStore,
    tenant: str,
    plan: str,
    *,
    reference: str = "user-7",
    months: int = 3,
    name: str = "Luz López Ríos",
    **changes: Any,
) -> SubscriptionRecord:
    """Somebody (Luz) who has paid `months` times on this plan; `changes` are of her subscription's record."""
    sold = await store.plan(tenant, plan)
    # A taxpayer of their own: no two customers of a business have one RFC.
    own = RFC if reference == "user-7" else replace(RFC, rfc=f"LORL850101{crc32(reference.encode()) % 1000:03d}")
    customer = Customer(
        tenant, f"c_{reference}", reference, name, f"{reference}@example.mx", "+525523456789", receiver=own
    )
    began = NOW - timedelta(days=30 * months)
    record = SubscriptionRecord(tenant, f"s_{reference}", customer.id, plan, Status.INCOMPLETE, began, NOW)
    entered = await store.sign_up(customer, record)
    await store.save_provider_customer(tenant, entered.customer.id, f"cus_{reference}")
    record = replace(
        record,
        status=Status.ACTIVE,
        provider_id=f"sub_{reference}",
        period_start=NOW - timedelta(days=12),
        period_end=NOW + timedelta(days=18),
        price=sold.price,
    )
    await store.save_subscription(replace(record, **changes))
    for number in range(months):
        at, charge = NOW - timedelta(days=12 + 30 * number), f"ch_{reference}_{number}"
        await store.record_payment(Payment(tenant, charge, f"in_{charge}", record.id, sold.price, Funding.CREDIT, at))
        if number:
            await stamped(store, tenant, record.id, charge, sold.price)
    return replace(record, **changes)


async def stamped(
    store: SqlStore, tenant: str, subscription: str, charge: str, amount: Money, **changes: Any
) -> TaxDocument:
    """A delivered CFDI of a charge, with its files."""
    document = replace(
        TaxDocument(
            tenant, charge, DocumentKind.INCOME, 1, subscription, DocumentState.DELIVERED, amount, NOW, NOW, NOW
        ),
        **{"uuid": f"uuid-{tenant}-{charge}", "seal": f"seal-{tenant}-{charge}", **changes},
    )
    await store.save_document(document)
    await store.save_file(tenant, document.key, DocumentFile.XML, b"<cfdi:Comprobante/>")
    await store.save_file(tenant, document.key, DocumentFile.PDF, b"%PDF-1.7")
    return document


async def used(store: SqlStore, record: SubscriptionRecord, **counts: int) -> None:
    """So much of each meter."""
    plan = await store.plan(record.tenant, record.plan)
    known = meters(plan, record.period_start, NOW, Calendar())
    for code, quantity in counts.items():
        use = Use(record.tenant, record.id, f"{record.id}/{code}", code, known[code].window, quantity, NOW)
        await store.count_use(use, None)


def account(record: SubscriptionRecord, *, hours: float = 1, purpose: Purpose = Purpose.ACCOUNT) -> str:
    """The address of the account."""
    return f"/cuenta/{dated_token(LINK_KEY, purpose, record.tenant, record.id, NOW + timedelta(hours=hours))}"

"""Bringing back what the books lost and others still know: a signup, a case's row, a stamped document. Nobody is written to or charged.

A lost document is never sealed again: its date or the certificate may have changed since, and other bytes are another invoice to the
SAT. Its process still knows the folio fiscal, and the PAC the document.
"""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime

from activities.failures import Failure, Missing
from activities.ports.books import Books
from activities.ports.pac import Pac, Pacs
from activities.ports.provider_books import ProviderBooks
from activities.ports.supervision import Supervision
from models.bookkeeping.ledger import Fact, Kind
from models.bookkeeping.money_facts import payment_fact
from models.bookkeeping.stated_taxes import stated_taxes
from models.cfdi.documents import DocumentFile, DocumentState, Kept, TaxDocument, kind_of
from models.cfdi.fiscal import FOREIGN_RFC, GENERAL_PUBLIC_RFC, Receiver
from models.cfdi.invoicing import Standing
from models.collecting.cases import Outcome
from models.records import AuditEntry, Customer, Payment, SubscriptionRecord
from models.subscribing.subscriptions import Status
from models.watching.reconciliation import InvoiceOrder

ACTOR = "reconciliation"


class Restoring:
    """Each method answers whether it brought something back, and may run twice."""

    def __init__(
        self, *, books: Books, provider: ProviderBooks, processes: Supervision, pacs: Pacs | None = None
    ) -> None:
        self._books = books
        self._provider = provider
        self._processes = processes
        self._pacs = pacs

    async def signup(self, tenant: str, subscription: str, provider_id: str) -> bool:
        """A subscription that lives in its process and at the provider. Its tax data come back with its first tax invoice, or never."""
        owner = (tenant, subscription)
        standing = (await self._processes.subscriptions_standing([owner])).get(owner)
        seen = await self._provider.look_up_subscription(provider_id)
        known = await self._provider.look_up_customer(seen.customer)
        if standing is None or known.tenant not in ("", tenant) or not standing.plan:
            return False
        customer = Customer(
            tenant=tenant,
            # Without our own id in its metadata the same customer must still be the same row when this runs twice.
            id=known.customer or f"c_{known.id}",
            reference=standing.customer,
            name=known.name,
            email=known.email,
            phone=known.phone,
            language=known.language,
            provider_id=known.id,
        )
        now = datetime.now(UTC)
        record = SubscriptionRecord(
            tenant=tenant,
            id=subscription,
            customer=customer.id,
            plan=standing.plan,
            status=Status.INCOMPLETE,
            created_at=min(seen.period_start, now),
            updated_at=now,
            provider_id=provider_id,
        )
        if not await self._books.admit(customer, record):
            return False
        await self._books.save_provider_customer(tenant, customer.id, known.id)
        said = "from the provider's customer and the process, after the books had lost it"
        await self._books.audit(
            AuditEntry(
                tenant, subscription, f"{subscription}/{ACTOR}/rebuilt", now, ACTOR, "signup rebuilt", detail=said
            )
        )
        return True

    async def case(self, tenant: str, subscription: str, invoice: str) -> bool:
        """The row of a case that ended, with what its end did to money. A case that runs writes its own."""
        word = await self._processes.last_word_of_case(tenant, invoice)
        if word is None or word.record.outcome is None:
            return False
        record = replace(word.record, subscription=subscription)
        await self._books.save_case(record)
        owner, at = (tenant, subscription), record.closed_at or record.opened_at
        money = word.settled.charge if word.settled else None
        if record.outcome is Outcome.WRITTEN_OFF:
            await self._books.post(Fact(*owner, Kind.WRITTEN_OFF, invoice, record.amount, at, invoice))
        elif record.outcome is Outcome.PAID_OUTSIDE and money is not None:
            await self._books.post(payment_fact(*owner, invoice, money, at=at))
            await self._books.record_payment(
                Payment(tenant, money.id, invoice, subscription, money.amount, money.funding, at)
            )
        return True

    async def _learn(self, document: TaxDocument, receiver: Receiver) -> None:
        """The customer's tax data as the newest invoice in their name has them: what was corrected since a backup came with it."""
        if receiver.rfc in (GENERAL_PUBLIC_RFC, FOREIGN_RFC):
            return
        customer = await self._books.customer_of(document.tenant, document.subscription)
        if customer.receiver is not None and replace(customer.receiver, use=receiver.use) == receiver:
            return
        others = await self._books.documents_of_subscription(document.tenant, document.subscription)
        if any(other.receiver_rfc and other.issued_at > document.issued_at and other.uuid for other in others):
            return
        with contextlib.suppress(Missing):  # erased meanwhile: it stays erased
            await self._books.save_receiver(document.tenant, customer.id, receiver)

    async def document(self, order: InvoiceOrder) -> bool | None:
        """The stamped document of a charge or a refund, with its files. None: none was ever made, so it must be made now.

        False: it was stamped, or is on its way, and cannot be brought back by itself.
        """
        past = await self._processes.invoicing_state(order.tenant, order.source)
        standing = past.standing if past else None
        if standing is None or (not standing.uuid and standing.state is DocumentState.GENERAL_PUBLIC):
            return None
        if not standing.uuid or self._pacs is None:
            return False
        pac, kept = await self._fetched(self._pacs, order.tenant, standing)
        if kept.stamp.uuid != standing.uuid:
            return False
        version = past.version if past else 1
        delivered = standing.state is DocumentState.DELIVERED
        document = TaxDocument(
            tenant=order.tenant,
            source=order.source,
            kind=kind_of(standing.key),  # a payment complement is told as the charge it documents
            version=version,
            subscription=order.subscription,
            state=DocumentState.DELIVERED if delivered else DocumentState.STAMPED,
            total=order.charge.amount,
            issued_at=kept.issued_at,
            created_at=kept.stamp.stamped_at,
            updated_at=datetime.now(UTC),
            receiver_rfc=kept.receiver.rfc,
            seal=kept.stamp.seal,
            uuid=kept.stamp.uuid,
            stamped_at=kept.stamp.stamped_at,
            replaces=kept.related,
            pac=str(pac.name),
            terms=kept.terms,
            taxes=kept.taxes,
        )
        if told := stated_taxes(document):
            await self._books.restate(told)
        await self._books.save_document(document)
        await self._books.save_file(order.tenant, document.key, DocumentFile.XML, kept.stamp.xml)
        await self._learn(document, kept.receiver)
        # Its process is begun again where it stood: it prints the PDF, and whoever was sent it is not sent it again.
        back = Standing(document.key, document.state, document.issued_at, document.uuid)
        if past is not None:
            order = replace(order, state=replace(past, standing=back), quiet=delivered)
        try:
            await self._processes.invoice_charge(order)
        except Failure:
            return True  # the XML is the invoice; the PDF is printed when somebody asks for it
        return True

    async def _fetched(self, pacs: Pacs, tenant: str, standing: Standing) -> tuple[Pac, Kept]:
        """The document and who kept it: the tenant's first PAC, else the second. Which one stamped it was lost with its row."""
        key = f"{tenant}:{standing.key}"
        first = await pacs.account(tenant)
        try:
            return first, await first.fetch(standing.uuid, key)
        except Failure:
            other = await pacs.second(tenant)
            if other is None:
                raise
            return other, await other.fetch(standing.uuid, key)

"""Effects of a tax invoice: seal, stamp, render, deliver. Each writes where the document stands, and may run twice.

What a PAC refuses is a result for the business, not a failure of the machine; only silence is retried by itself.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.failures import Contested, Expired, Missing, Refused, Rejected
from activities.notices import Links
from activities.ports import Attachment, Documents, Mail, Pac, Processes, Renderer, Sealer, Store
from models.documents import DocumentFile, DocumentKind, DocumentState, TaxDocument, document_key
from models.drafts import income
from models.fiscal import FOREIGN_RFC, issue_date
from models.invoices import Charge
from models.invoicing import Standing
from models.links import Purpose
from models.notices import Facts, NoticeKind, NoticeRequest, Text, render
from models.postal_zones import zone_of
from models.records import AuditEntry, Channel, Customer, Delivery, NoticeRecord


@dataclass(frozen=True, slots=True)
class SealOrder:
    """A settled charge to be documented; `version` above 1 takes the place of one that was never stamped."""

    tenant: str
    subscription: str
    source: str
    charge: Charge
    version: int
    now: datetime


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Which document."""

    tenant: str
    key: str


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """A state that no other step writes, and lines for the subscription's story."""

    tenant: str
    key: str
    state: DocumentState | None = None
    audit: tuple[AuditEntry, ...] = ()


class Fiscal:
    """The tax invoice's verbs."""

    def __init__(
        self,
        *,
        store: Store,
        documents: Documents,
        sealer: Sealer,
        pac: Pac,
        renderer: Renderer,
        mail: Mail,
        processes: Processes,
        links: Links,
    ) -> None:
        self._store = store
        self._documents = documents
        self._sealer = sealer
        self._pac = pac
        self._renderer = renderer
        self._mail = mail
        self._processes = processes
        self._links = links

    @activity.defn
    async def seal_invoice(self, order: SealOrder) -> Standing:
        """Build and sign the CFDI and keep its bytes before anything is sent; hold it where it cannot be made."""
        known = await self._documents.document(
            order.tenant, document_key(order.source, DocumentKind.INCOME, order.version)
        )
        if known is not None and known.seal:
            return _standing(known)
        issuer = await self._sealer.issuer(order.tenant)
        customer = await self._store.customer_of(order.tenant, order.subscription)
        subscription = await self._store.subscription(order.tenant, order.subscription)
        plan = await self._store.plan(order.tenant, subscription.plan if subscription else "")
        charge, receiver = order.charge, customer.receiver
        issued = issue_date(charge.created, order.now, issuer.postal_code)
        document = TaxDocument(
            tenant=order.tenant,
            source=order.source,
            kind=DocumentKind.INCOME,
            version=order.version,
            subscription=order.subscription,
            state=DocumentState.GENERAL_PUBLIC,
            total=charge.amount,
            issued_at=issued.replace(tzinfo=zone_of(issuer.postal_code)).astimezone(UTC),
            created_at=order.now,
            updated_at=order.now,
            receiver_rfc=receiver.rfc if receiver else "",
        )
        if receiver is None:
            return await self._keep(document)
        if receiver.rfc == FOREIGN_RFC:
            return await self._keep(replace(document, state=DocumentState.WAITING_DATA, field="tax_id"))
        draft = income(issuer=issuer, receiver=receiver, plan=plan, charge=charge, issued=issued, version=order.version)
        sealed = await self._sealer.build_and_seal(order.tenant, draft)
        kept = await self._documents.keep_sealed(
            replace(document, state=DocumentState.SEALED, seal=sealed.seal), sealed.xml
        )
        return _standing(kept)

    @activity.defn
    async def stamp_invoice(self, ref: DocumentRef) -> Standing:
        """Send the kept bytes to the PAC. Sent again they bring the same invoice, never a second one."""
        document = await self._document(ref)
        if document.uuid:
            return _standing(document)
        sealed = await self._documents.file(ref.tenant, ref.key, DocumentFile.SEALED)
        if sealed is None:
            raise Missing(f"sealed bytes of {ref.key}")
        if document.state is not DocumentState.NEEDS_RECONCILIATION:  # stays in sight until the PAC has spoken
            document = replace(document, state=DocumentState.SENDING, field="", code="", message="")
            await self._keep(document)
        try:
            stamp = await self._pac.stamp(sealed, f"{ref.tenant}:{ref.key}")
        except Expired as refusal:
            held = replace(document, state=DocumentState.REJECTED, code=refusal.code, message=str(refusal))
            return replace(await self._keep(held), expired=True)
        except Contested as refusal:
            return await self._keep(
                replace(
                    document,
                    state=DocumentState.NEEDS_RECONCILIATION,
                    code=refusal.code or "contested",
                    message=str(refusal),
                )
            )
        except Rejected as refusal:
            return await self._keep(
                replace(
                    document,
                    state=DocumentState.REJECTED,
                    field=refusal.field,
                    code=refusal.code,
                    message=refusal.text or str(refusal),
                )
            )
        except Refused as refusal:
            return await self._keep(
                replace(document, state=DocumentState.REJECTED, code=refusal.code or "refused", message=str(refusal))
            )
        await self._documents.save_file(ref.tenant, ref.key, DocumentFile.XML, stamp.xml)
        stamped = replace(
            document,
            state=DocumentState.STAMPED,
            uuid=stamp.uuid,
            stamped_at=stamp.stamped_at,
            field="",
            code="",
            message="",
        )
        standing = await self._keep(stamped)
        await self._tell(stamped, "tax invoice stamped", stamp.uuid)
        return standing

    @activity.defn
    async def render_invoice(self, ref: DocumentRef) -> Standing:
        """Make the PDF of a stamped document. It may be made anew: the XML is the invoice (RMF 2.7.1.1)."""
        document = await self._document(ref)
        tenant = await self._store.tenant(ref.tenant)
        pdf = await self._renderer.pdf(await self._xml(ref), tenant.name)
        await self._documents.save_file(ref.tenant, ref.key, DocumentFile.PDF, pdf)
        if document.state is not DocumentState.STAMPED:
            return _standing(document)
        return await self._keep(replace(document, state=DocumentState.RENDERED))

    @activity.defn
    async def deliver_invoice(self, request: NoticeRequest) -> Standing:
        """E-mail XML and PDF to the receiver. The files themselves: a link is not a delivery (SAT criterion 1/CFF/NV).

        A mailbox that refuses leaves the document rendered, with field `email`.
        """
        ref = DocumentRef(request.tenant, request.document)
        document = await self._document(ref)
        known = await self._store.notice(request.tenant, request.key, Channel.EMAIL)
        if known is not None and known.delivery in (Delivery.SENT, Delivery.DELIVERED):
            return await self._delivered(document)
        customer = await self._store.customer_of(request.tenant, request.subscription)
        text = await self._text(request, customer)
        now = datetime.now(UTC)
        record = known or NoticeRecord(
            tenant=request.tenant,
            key=request.key,
            channel=Channel.EMAIL,
            kind=request.kind,
            subscription=request.subscription,
            delivery=Delivery.SENDING,
            body=text.body,
            requested_at=now,
        )
        await self._store.save_notice(replace(record, delivery=Delivery.SENDING, error=""))
        pdf = await self._documents.file(ref.tenant, ref.key, DocumentFile.PDF)
        if pdf is None:
            raise Missing(f"PDF of {ref.key}")
        files = [
            Attachment(f"{document.uuid}.xml", "application/xml", await self._xml(ref)),
            Attachment(f"{document.uuid}.pdf", "application/pdf", pdf),
        ]
        try:
            reference = await self._mail.send(
                to=customer.email,
                subject=text.subject,
                body=text.body,
                key=f"{request.tenant}/{request.key}",
                attachments=files,
            )
        except Refused as refusal:
            error = refusal.code or "refused"
            await self._store.save_notice(replace(record, delivery=Delivery.FAILED, error=error, settled_at=now))
            return await self._keep(replace(document, field="email", code=error))
        await self._store.save_notice(
            replace(record, delivery=Delivery.SENT, reference=reference, error="", sent_at=now, settled_at=now)
        )
        return await self._delivered(document)

    @activity.defn
    async def announce_invoice(self, request: NoticeRequest) -> None:
        """Have the PDF sent by WhatsApp, once."""
        await self._processes.request_notice(request)

    @activity.defn
    async def record_invoice(self, report: InvoiceReport) -> None:
        """Keep a state and the story behind it."""
        document = await self._documents.document(report.tenant, report.key)
        if document is not None and report.state is not None:
            await self._keep(replace(document, state=report.state))
        for entry in report.audit:
            await self._store.audit(entry)

    async def _delivered(self, document: TaxDocument) -> Standing:
        if document.state is DocumentState.DELIVERED:
            return _standing(document)
        now = datetime.now(UTC)
        delivered = replace(document, state=DocumentState.DELIVERED, delivered_at=now, field="", code="", message="")
        standing = await self._keep(delivered)
        await self._tell(delivered, "tax invoice delivered", delivered.uuid)
        return standing

    async def _document(self, ref: DocumentRef) -> TaxDocument:
        document = await self._documents.document(ref.tenant, ref.key)
        if document is None:
            raise Missing(f"tax document {ref.key}")
        return document

    async def _xml(self, ref: DocumentRef) -> bytes:
        xml = await self._documents.file(ref.tenant, ref.key, DocumentFile.XML)
        if xml is None:
            raise Missing(f"XML of {ref.key}")
        return xml

    async def _keep(self, document: TaxDocument) -> Standing:
        document = replace(document, updated_at=datetime.now(UTC))
        await self._documents.save_document(document)
        return _standing(document)

    async def _tell(self, document: TaxDocument, action: str, detail: str) -> None:
        await self._store.audit(
            AuditEntry(
                tenant=document.tenant,
                subscription=document.subscription,
                key=f"{document.key}/{document.state}",
                at=datetime.now(UTC),
                actor="perdura",
                action=action,
                detail=detail,
            )
        )

    async def _text(self, request: NoticeRequest, customer: Customer) -> Text:
        tenant = await self._store.tenant(request.tenant)
        subscription = await self._store.subscription(request.tenant, request.subscription)
        plan = await self._store.plan(request.tenant, subscription.plan if subscription else "")
        facts = Facts(
            name=customer.name,
            brand=tenant.name,
            plan=plan.name,
            amount=str(request.amount) if request.amount else "",
            link=self._links.to(Purpose.PDF, request.tenant, request.document),
        )
        return render(NoticeKind.TAX_INVOICE, customer.language, facts)


def _standing(document: TaxDocument) -> Standing:
    return Standing(
        key=document.key,
        state=document.state,
        issued_at=document.issued_at,
        uuid=document.uuid,
        field=document.field,
        code=document.code,
    )

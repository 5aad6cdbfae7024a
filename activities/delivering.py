"""Bringing the invoice to its receiver: printed, by e-mail with both files, and announced by WhatsApp."""

from dataclasses import replace
from datetime import UTC, datetime

from temporalio import activity

from activities.composing import Links, what_for
from activities.dossier import DocumentRef, Dossier, standing_of
from activities.failures import Missing, Refused
from activities.ports.mail import Attachment, Mail
from activities.ports.processes import Processes
from activities.ports.renderer import Renderer
from models.cfdi.documents import TO_DELIVER, DocumentFile, DocumentState, TaxDocument
from models.cfdi.invoicing import Standing
from models.records import Customer, Delivery, NoticeRecord
from models.speaking.letter import action
from models.speaking.links import Purpose
from models.speaking.notices import Channel, NoticeRequest
from models.speaking.rendering import render
from models.speaking.wording import Facts, Text


class Delivering(Dossier):
    """Prints and sends, each once."""

    _renderer: Renderer
    _mail: Mail
    _processes: Processes
    _links: Links

    @activity.defn
    async def render_invoice(self, ref: DocumentRef) -> Standing:
        """Make the PDF of a stamped document. It may be made anew: the XML is the invoice (RMF 2.7.1.1)."""
        document = await self._document(ref)
        pdf = await self._renderer.pdf(await self._xml(ref), await self._store.letterhead(ref.tenant))
        await self._documents.save_file(ref.tenant, ref.key, DocumentFile.PDF, pdf)
        if document.state is not DocumentState.STAMPED:
            return standing_of(document)
        return await self._keep(replace(document, state=DocumentState.RENDERED))

    @activity.defn
    async def deliver_invoice(self, request: NoticeRequest) -> Standing:
        """E-mail XML and PDF to the receiver. The files themselves: a link is not a delivery (SAT criterion 1/CFF/NV).

        A mailbox that refuses leaves the document rendered, with field `email`. What is cancelled is brought to nobody.
        """
        ref = DocumentRef(request.tenant, request.document)
        document = await self._document(ref)
        if document.state is DocumentState.CANCELLED:
            return replace(standing_of(document), field="", code="")
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
                letterhead=await self._store.letterhead(request.tenant),
                language=customer.language,
                action=action(request.kind, customer.language),
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
        """Have the PDF, or the form for refused tax data, sent by WhatsApp or e-mail, once."""
        await self._processes.request_notice(request)

    async def _delivered(self, document: TaxDocument) -> Standing:
        if document.delivered_at or document.state is DocumentState.DELIVERED:
            return standing_of(document)
        now = datetime.now(UTC)
        delivered = replace(document, state=DocumentState.DELIVERED, delivered_at=now, field="", code="", message="")
        # One that is being taken back, or whose receiver would not have that, stays what it is.
        standing = await self._keep(
            delivered if document.state in TO_DELIVER else replace(delivered, state=document.state)
        )
        await self._tell(delivered, "tax invoice delivered", delivered.uuid)
        return standing

    async def _text(self, request: NoticeRequest, customer: Customer) -> Text:
        brand = await self._store.brand(request.tenant)
        facts = Facts(
            name=customer.name,
            brand=brand.name,
            plan=await what_for(self._store, request.tenant, request.subscription),
            amount=str(request.amount) if request.amount else "",
            link=self._links.to(Purpose.PDF, request.tenant, request.document),
        )
        return render(request.kind, customer.language, facts)

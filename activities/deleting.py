"""Effects of a customer's deletion: its record, a look at the customer, the erasure, and the certificate. Each may run twice."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.erasing import Erasing
from activities.failures import Missing, Refused
from activities.ports.certificates import CertificatePaper
from activities.ports.mail import Attachment, Mail
from activities.ports.payments import Payments
from activities.ports.register import Register
from models.records import AuditEntry, Delivery, NoticeRecord
from models.safekeeping.deletion_certificate import certified
from models.safekeeping.deletions import Deletion, Standing
from models.safekeeping.erasure import Erasure, Kept
from models.speaking.notices import Channel, Language, NoticeKind
from models.speaking.rendering import render
from models.speaking.wording import Facts


@dataclass(frozen=True, slots=True)
class DeletionReport:
    """A step of a deletion, and its line in the subscription's story."""

    deletion: Deletion
    entry: AuditEntry


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What became of the erasure: what the law keeps, or why it cannot be yet."""

    hindrance: str = ""
    kept: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateOrder:
    """Certify this deletion, with what had to stay."""

    deletion: Deletion
    kept: tuple[Kept, ...]


class Deleting:
    """Carries a deletion out."""

    def __init__(self, *, store: Register, payments: Payments, mail: Mail, paper: CertificatePaper) -> None:
        self._store = store
        self._mail = mail
        self._paper = paper
        self._erasing = Erasing(store, payments)

    @activity.defn
    async def record_deletion(self, report: DeletionReport) -> None:
        """The story first, then the row with its events: after a crash in between, the row still tells what it was before."""
        await self._store.audit(report.entry)
        await self._store.save_deletion(report.deletion)

    @activity.defn
    async def look_at_customer(self, deletion: Deletion) -> Standing:
        """Whether they are back, have paid, or something hinders their erasure."""
        return await self._store.customer_standing(deletion.tenant, deletion.customer)

    @activity.defn
    async def erase_data(self, deletion: Deletion) -> ErasureReport:
        """Erase what we hold. The address stays, sealed, for as long as the certificate needs it."""
        customer = await self._store.customer(deletion.tenant, deletion.customer)
        if customer.email:  # a second run finds nobody there any more
            address = json.dumps({"email": customer.email, "language": customer.language.value})
            await self._store.keep_address(deletion.tenant, deletion.id, address)
        at = deletion.erased_at or datetime.now(UTC)
        erasure = Erasure(deletion.tenant, deletion.customer, at, deletion.requested_by, f"data deletion {deletion.id}")
        try:
            erased = await self._erasing.erase(erasure)
        except Refused as refusal:
            await self._store.keep_address(deletion.tenant, deletion.id, "")
            return ErasureReport(str(refusal))
        return ErasureReport(kept=erased.kept)

    @activity.defn
    async def certify(self, order: CertificateOrder) -> str:
        """Compose the certificate, print it and keep both; its digest. Made once: a second run finds the first."""
        deletion = order.deletion
        tenant = await self._store.tenant(deletion.tenant)
        theirs = await self._store.subscriptions_of(deletion.tenant, deletion.customer)
        made = certified(
            deletion,
            tenant=tenant,
            subscriptions=sorted(each.id for each in theirs),
            warnings=await self._evidence(deletion),
            kept=order.kept,
        )
        _, language = await self._forwarding(deletion)
        paper = await self._paper.certificate(made, await self._store.letterhead(deletion.tenant), language)
        return (await self._store.keep_certificate(deletion.tenant, deletion.id, replace(made, paper=paper))).digest

    @activity.defn
    async def send_certificate(self, deletion: Deletion) -> Delivery:
        """The last message to the customer; then their address is forgotten, whatever became of it."""
        email, language = await self._forwarding(deletion)
        held = await self._store.certificate(deletion.tenant, deletion.id)
        if held is None:
            raise Missing(f"the certificate of {deletion.id}")
        if not email:  # sent by an earlier run, or never known
            return Delivery.SUPERSEDED
        letterhead = await self._store.letterhead(deletion.tenant)
        text = render(NoticeKind.DATA_DELETED, language, Facts(name="", brand=letterhead.brand.name, plan=""))
        key = f"{deletion.id}/certificate"
        files = [
            Attachment(f"{deletion.id}.pdf", "application/pdf", held.paper),
            Attachment(f"{deletion.id}.json", "application/json", held.json.encode()),
        ]
        sent = NoticeRecord(
            tenant=deletion.tenant,
            key=key,
            channel=Channel.EMAIL,
            kind=NoticeKind.DATA_DELETED,
            subscription=deletion.subscription,
            delivery=Delivery.SENT,
            body="",  # nothing of theirs is written down any more
            requested_at=datetime.now(UTC),
        )
        try:
            reference = await self._mail.send(
                to=email,
                subject=text.subject,
                body=text.body,
                key=f"{deletion.tenant}/{key}",
                attachments=files,
                letterhead=letterhead,
                language=language,
            )
            sent = replace(sent, reference=reference, sent_at=datetime.now(UTC))
        except Refused as refusal:
            sent = replace(sent, delivery=Delivery.FAILED, error=refusal.code or "refused")
        await self._store.save_notice(replace(sent, settled_at=datetime.now(UTC)))
        await self.forget_address(deletion)
        return sent.delivery

    @activity.defn
    async def forget_address(self, deletion: Deletion) -> None:
        """Nothing is left of the customer with us."""
        await self._store.keep_address(deletion.tenant, deletion.id, "")

    async def _forwarding(self, deletion: Deletion) -> tuple[str, Language]:
        held = await self._store.address(deletion.tenant, deletion.id)
        if not held:
            return "", Language.ES
        told = json.loads(held)
        return told["email"], Language(told["language"])

    async def _evidence(self, deletion: Deletion) -> list[NoticeRecord]:
        """The messages of warnings that arrived."""
        keys = [each.key for each in deletion.warnings if each.arrived]
        found = [await self._store.notice(deletion.tenant, key, channel) for key in keys for channel in Channel]
        return [each for each in found if each is not None and each.delivery in (Delivery.DELIVERED, Delivery.SENT)]

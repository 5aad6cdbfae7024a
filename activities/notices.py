"""Effects on customers' phones and mailboxes: one message, sent once, however often the activity runs."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from temporalio import activity

from activities.failures import Missing, Refused
from activities.ports import Mail, Messenger, Payments, Store
from models.links import Purpose, link
from models.notices import CHASING, WITH_DOCUMENT, Facts, Language, NoticeKind, NoticeRequest, Text, render
from models.records import Channel, Customer, Delivery, NoticeRecord
from models.subscriptions import Status


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message on one channel. It travels through Temporal, so it holds no text."""

    tenant: str
    key: str
    channel: Channel
    delivery: Delivery
    error: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Where links in messages lead: our public address and the key they are signed with."""

    public_url: str
    key: str

    def to(self, purpose: Purpose, tenant: str, subject: str) -> str:
        return link(self.public_url, self.key, purpose, tenant, subject)


PURPOSES = {
    NoticeKind.AUTHENTICATE: Purpose.PAY,
    NoticeKind.DEGRADED: Purpose.PAY,
    NoticeKind.SUSPENDED: Purpose.PAY,
    NoticeKind.DELETION_WARNING: Purpose.PAY,
    NoticeKind.TAX_DATA: Purpose.TAX_DATA,
}


class Notices:
    """Sends one notice on one channel and keeps what became of it."""

    def __init__(self, *, store: Store, payments: Payments, messenger: Messenger, mail: Mail, links: Links) -> None:
        self._store = store
        self._payments = payments
        self._messenger = messenger
        self._mail = mail
        self._links = links

    @activity.defn
    async def send_whatsapp(self, request: NoticeRequest) -> DeliveryReport:
        record = await self._begin(request, Channel.WHATSAPP)
        if record.delivery is not Delivery.SENDING:
            return _report(record)
        customer = await self._store.customer_of(request.tenant, request.subscription)
        text, link_ = await self._text(request, customer)
        try:
            # An earlier run may have been cut off between sending and noting it: Twilio has no idempotency key, so look.
            sent = await self._messenger.find(to=customer.phone, body=text.body, since=record.requested_at)
            if sent is None:
                media = link_ if request.kind in WITH_DOCUMENT else ""
                sent = await self._messenger.send(
                    to=customer.phone,
                    kind=request.kind,
                    language=customer.language,
                    body=text.body,
                    variables=text.variables,
                    media_url=media,
                )
        except Refused as refusal:
            return _report(
                await self._settle(replace(record, delivery=Delivery.FAILED, error=refusal.code or str(refusal)))
            )
        return _report(
            await self._settle(
                replace(record, delivery=sent.delivery, reference=sent.reference, error=sent.error, body=text.body)
            )
        )

    @activity.defn
    async def send_email(self, request: NoticeRequest) -> DeliveryReport:
        record = await self._begin(request, Channel.EMAIL)
        if record.delivery is not Delivery.SENDING:
            return _report(record)
        customer = await self._store.customer_of(request.tenant, request.subscription)
        text, _ = await self._text(request, customer)
        key = f"{request.tenant}/{request.key}"
        try:
            reference = await self._mail.send(to=customer.email, subject=text.subject, body=text.body, key=key)
        except Refused as refusal:
            return _report(
                await self._settle(replace(record, delivery=Delivery.FAILED, error=refusal.code or str(refusal)))
            )
        return _report(await self._settle(replace(record, delivery=Delivery.SENT, reference=reference, body=text.body)))

    @activity.defn
    async def record_delivery(self, report: DeliveryReport) -> DeliveryReport:
        record = await self._store.notice(report.tenant, report.key, report.channel)
        if record is None:
            raise Missing(f"notice {report.key} by {report.channel}")
        return _report(await self._settle(replace(record, delivery=report.delivery, error=report.error)))

    async def _begin(self, request: NoticeRequest, channel: Channel) -> NoticeRecord:
        """The record of this message: as it ended, or newly begun. Nobody is chased who owes nothing, or is no customer any more."""
        known = await self._store.notice(request.tenant, request.key, channel)
        if known is not None and known.delivery is not Delivery.SENDING:
            return known
        record = known or NoticeRecord(
            tenant=request.tenant,
            key=request.key,
            channel=channel,
            kind=request.kind,
            subscription=request.subscription,
            delivery=Delivery.SENDING,
            body="",
            requested_at=datetime.now(UTC),
        )
        if request.kind in CHASING and request.invoice and await self._late(request):
            return await self._settle(replace(record, delivery=Delivery.SUPERSEDED))
        await self._store.save_notice(record)
        return record

    async def _late(self, request: NoticeRequest) -> bool:
        """Whether the invoice was paid, or the subscription canceled, since this message was asked for."""
        if not (await self._payments.look_up_invoice(request.invoice)).overdue:
            return True
        subscription = await self._store.subscription(request.tenant, request.subscription)
        return subscription is not None and subscription.status is Status.CANCELED

    async def _settle(self, record: NoticeRecord) -> NoticeRecord:
        now = datetime.now(UTC)
        record = replace(record, settled_at=now, sent_at=record.sent_at or (now if record.reference else None))
        await self._store.save_notice(record)
        return record

    async def _text(self, request: NoticeRequest, customer: Customer) -> tuple[Text, str]:
        tenant = await self._store.tenant(request.tenant)
        subscription = await self._store.subscription(request.tenant, request.subscription)
        plan = await self._store.plan(request.tenant, subscription.plan if subscription else "")
        purpose = Purpose.PDF if request.kind in WITH_DOCUMENT else PURPOSES.get(request.kind, Purpose.CARD)
        address = self._links.to(purpose, request.tenant, request.document or request.subscription)
        english = customer.language is Language.EN
        facts = Facts(
            name=customer.name,
            brand=tenant.name,
            plan=plan.name,
            amount=str(request.amount) if request.amount else "",
            date=request.calendar.show_day(request.on, english=english) if request.on else "",
            link=address,
            decline=request.decline,
        )
        return render(request.kind, customer.language, facts), address


def _report(record: NoticeRecord) -> DeliveryReport:
    return DeliveryReport(record.tenant, record.key, record.channel, record.delivery, record.error)

"""Effects on customers' phones and mailboxes: one message, sent once, however often the activity runs."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from temporalio import activity

from activities.composing import Links, written
from activities.failures import AnswerLost, Missing, Passing, Refused
from activities.ports.mail import Mail
from activities.ports.messenger import Messenger, Sent
from activities.ports.payments import Payments
from activities.ports.store import Store
from models.records import Customer, Delivery, NoticeRecord
from models.speaking.fallback import NO_SENDER, OPTED_OUT, OPTED_OUT_HERE, UNANSWERED, after
from models.speaking.letter import action, headed
from models.speaking.notices import (
    ANSWERS,
    CHASING,
    WITH_DOCUMENT,
    Channel,
    NoticeKind,
    NoticeRequest,
)
from models.speaking.wording import Text
from models.subscribing.subscriptions import Status

# So long after a customer's own message WhatsApp takes any text (Twilio: error 63016 afterwards); a minute less, for what is on its way.
WINDOW = timedelta(hours=24) - timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message on one channel. It travels through Temporal, so it holds no text.

    `sending`: it has not left, for its hour had passed. `then`: the channel to try where it failed.
    """

    tenant: str
    key: str
    channel: Channel
    delivery: Delivery
    error: str = ""
    then: Channel = Channel.EMAIL


@dataclass(frozen=True, slots=True)
class Asking:
    """A notice that is about to leave by a channel, and the process's clock (UTC)."""

    request: NoticeRequest
    now: datetime
    channel: Channel


class Notices:
    """Sends one notice on one channel and keeps what became of it."""

    def __init__(
        self, *, store: Store, payments: Payments, messenger: Messenger, mail: Mail, links: Links, sms: bool = False
    ) -> None:
        """`sms`: whether the messenger has a number to send text messages from."""
        self._store = store
        self._payments = payments
        self._messenger = messenger
        self._mail = mail
        self._links = links
        self._sms = sms

    @activity.defn
    async def send_whatsapp(self, request: NoticeRequest) -> DeliveryReport:
        return await self._by_phone(request, Channel.WHATSAPP)

    @activity.defn
    async def send_sms(self, request: NoticeRequest) -> DeliveryReport:
        return await self._by_phone(request, Channel.SMS)

    @activity.defn
    async def send_email(self, request: NoticeRequest) -> DeliveryReport:
        record, customer = await self._begin(request, Channel.EMAIL)
        if record.delivery is not Delivery.SENDING or customer is None:
            return self._report(record)
        if record.reference:
            # An earlier run handed it over and was cut off: a mailbox cannot be asked, and nobody is written to twice on a guess.
            return await self._settled(replace(record, delivery=Delivery.UNKNOWN, error=UNANSWERED))
        text, _ = await self._text(request, customer)
        key = f"{request.tenant}/{request.key}"
        begun = replace(record, reference=self._mail.reference(key))
        await self._store.save_notice(begun)
        try:
            reference = await self._mail.send(
                to=customer.email,
                subject=text.subject,
                body=text.body,
                key=key,
                letterhead=await self._store.letterhead(request.tenant),
                language=customer.language,
                action=action(request.kind, customer.language),
            )
        except Refused as refusal:
            return await self._failed(record, refusal.code or str(refusal))
        except AnswerLost:
            unsure = replace(begun, delivery=Delivery.UNKNOWN, error=UNANSWERED, body=text.body)
            return await self._settled(unsure)
        except Passing:
            await self._store.save_notice(record)  # it has not left: it is sent again
            raise
        return await self._settled(replace(record, delivery=Delivery.SENT, reference=reference, body=text.body))

    @activity.defn
    async def record_delivery(self, report: DeliveryReport) -> DeliveryReport:
        record = await self._store.notice(report.tenant, report.key, report.channel)
        if record is None:
            raise Missing(f"notice {report.key} by {report.channel}")
        if report.error == OPTED_OUT:
            await self._note_opt_out(record)
        return await self._settled(replace(record, delivery=report.delivery, error=report.error))

    @activity.defn
    async def count_reminder(self, asking: Asking) -> datetime:
        """When a reminder may leave, by the caps over all cases of its customer. Where that is now, it is counted from now on."""
        request = asking.request
        if request.contact is None:
            return asking.now
        record = replace(_new(request, asking.channel), requested_at=asking.now)
        return await self._store.count_reminder(record, request.contact, request.calendar)

    @activity.defn
    async def drop_notice(self, asking: Asking) -> DeliveryReport:
        """A message that would have left too late to be of help."""
        known = await self._store.notice(asking.request.tenant, asking.request.key, asking.channel)
        record = known or _new(asking.request, asking.channel)
        return await self._settled(replace(record, delivery=Delivery.SUPERSEDED, error="too late"))

    async def _by_phone(self, request: NoticeRequest, channel: Channel) -> DeliveryReport:
        record, customer = await self._begin(request, channel)
        if record.delivery is not Delivery.SENDING or customer is None:
            return self._report(record)
        if channel is Channel.SMS and not self._sms:
            return await self._failed(record, NO_SENDER)
        text, address = await self._worded(request, customer, channel)
        try:
            # An earlier run may have been cut off between sending and noting it: Twilio has no idempotency key, so look.
            sent = await self._look_for(record, customer, text)
            if sent is None:
                sent = await self._messenger.send(
                    to=customer.phone,
                    kind=request.kind,
                    language=customer.language,
                    body=text.body,
                    variables=text.variables,
                    media_url=address if request.kind in WITH_DOCUMENT and channel is Channel.WHATSAPP else "",
                    channel=channel,
                    free=await self._wrote_lately(request, customer, channel),
                )
        except Refused as refusal:
            if refusal.code == OPTED_OUT:
                await self._note_opt_out(record)
            return await self._failed(record, refusal.code or str(refusal))
        return await self._settled(
            replace(record, delivery=sent.delivery, reference=sent.reference, error=sent.error, body=text.body)
        )

    async def _begin(self, request: NoticeRequest, channel: Channel) -> tuple[NoticeRecord, Customer | None]:
        """The record of this message, as it ended or newly begun, and to whom it goes.

        Nobody is chased who owes nothing or is no customer any more, nor written to on a channel they do not want. A message whose hour
        has passed is left as it is. What an earlier run may have sent is looked for before it is said not to have left.
        """
        known = await self._store.notice(request.tenant, request.key, channel)
        if known is not None and known.delivery is not Delivery.SENDING:
            return known, None
        record = known or _new(request, channel)
        hour = _may_leave(request)
        late = hour and await self._late(request)
        if late or not hour:
            if known is not None and (left := await self._left(request, known)) is not None:
                return await self._settle(left), None
            return (await self._settle(replace(record, delivery=Delivery.SUPERSEDED)) if late else record), None
        customer = await self._store.customer_of(request.tenant, request.subscription)
        answers = request.kind in ANSWERS or request.answers is channel
        if not answers and channel in await self._store.opted_out(request.tenant, customer.id):
            return await self._settle(replace(record, delivery=Delivery.FAILED, error=OPTED_OUT_HERE)), None
        await self._store.save_notice(record)
        return record, customer

    async def _left(self, request: NoticeRequest, begun: NoticeRecord) -> NoticeRecord | None:
        """The record of a message that an earlier run sent and could not note; None where none is known to have left."""
        if begun.channel is Channel.EMAIL:  # a mailbox cannot be asked
            return replace(begun, delivery=Delivery.UNKNOWN, error=UNANSWERED) if begun.reference else None
        customer = await self._store.customer_of(request.tenant, request.subscription)
        text, _ = await self._worded(request, customer, begun.channel)
        try:
            sent = await self._look_for(begun, customer, text)
        except Refused:
            return None
        if sent is None:
            return None
        return replace(begun, delivery=sent.delivery, reference=sent.reference, error=sent.error, body=text.body)

    async def _look_for(self, record: NoticeRecord, customer: Customer, text: Text) -> Sent | None:
        return await self._messenger.find(
            to=customer.phone,
            kind=record.kind,
            language=customer.language,
            text=text,
            since=record.requested_at,
            channel=record.channel,
        )

    async def _worded(self, request: NoticeRequest, customer: Customer, channel: Channel) -> tuple[Text, str]:
        """The text as the phone shows it, and where its link leads."""
        text, address = await self._text(request, customer)
        if channel is Channel.WHATSAPP:
            text = headed(text, (await self._store.brand(request.tenant)).name)
        return text, address

    async def _wrote_lately(self, request: NoticeRequest, customer: Customer, channel: Channel) -> bool:
        """Whether an answer falls into the 24 hours after a message of theirs."""
        if not request.ticket or channel is not Channel.WHATSAPP:
            return False
        return await self._store.wrote_since(request.tenant, customer.id, channel, _clock() - WINDOW)

    async def _late(self, request: NoticeRequest) -> bool:
        """Whether what it asks for was done since it was asked for: the invoice paid, the subscription canceled, or begun after all."""
        if request.kind is NoticeKind.CHECKOUT_ABANDONED:
            return await self._store.begun_after_all(request.tenant, request.subscription)
        if request.kind not in CHASING or request.invoice == "":
            return False
        if not (await self._payments.look_up_invoice(request.invoice)).owed:
            return True
        subscription = await self._store.subscription(request.tenant, request.subscription)
        return subscription is not None and subscription.status is Status.CANCELED

    async def _note_opt_out(self, record: NoticeRecord) -> None:
        """The messenger knows of a wish that was never told to us."""
        customer = await self._store.customer_of(record.tenant, record.subscription)
        await self._store.opt_out(record.tenant, customer.id, record.channel, at=datetime.now(UTC), word=OPTED_OUT)

    async def _failed(self, record: NoticeRecord, error: str) -> DeliveryReport:
        return await self._settled(replace(record, delivery=Delivery.FAILED, error=error))

    async def _settled(self, record: NoticeRecord) -> DeliveryReport:
        return self._report(await self._settle(record))

    async def _settle(self, record: NoticeRecord) -> NoticeRecord:
        now = datetime.now(UTC)
        left = record.reference and record.delivery is not Delivery.UNKNOWN
        record = replace(record, settled_at=now, sent_at=record.sent_at or (now if left else None))
        await self._store.save_notice(record)
        return record

    async def _text(self, request: NoticeRequest, customer: Customer) -> tuple[Text, str]:
        return await written(self._store, self._links, request, customer)

    def _report(self, record: NoticeRecord) -> DeliveryReport:
        then = after(record.channel, record.error, sms=self._sms) or Channel.EMAIL
        return DeliveryReport(record.tenant, record.key, record.channel, record.delivery, record.error, then)


def _new(request: NoticeRequest, channel: Channel) -> NoticeRecord:
    return NoticeRecord(
        tenant=request.tenant,
        key=request.key,
        channel=channel,
        kind=request.kind,
        subscription=request.subscription,
        delivery=Delivery.SENDING,
        body="",
        requested_at=_clock(),
    )


def _may_leave(request: NoticeRequest) -> bool:
    """Whether this is an hour for it. Asked again here: hours may lie between the order to send and a worker that takes it."""
    now = _clock()
    return request.hours.allowed(now, request.calendar.zone) <= now


def _clock() -> datetime:
    """When this attempt was given to a worker, by the server's clock, as the process's own is."""
    return activity.info().started_time if activity.in_activity() else datetime.now(UTC)

"""One message to one customer: at an hour fit for it, sent once, followed to its delivery, by another channel where one fails."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.notices import Asking, DeliveryReport, Notices
    from models.records import Delivery
    from models.speaking.fallback import NOT_DELIVERED
    from models.speaking.notices import CHASING, CONFIRMING, Channel, NoticeRequest
    from models.tickets.messages import Settled
    from workflows import ids, options, visibility
    from workflows.refusals import reason_of
    from workflows.telling import told

# How long a messenger may take to accept a message, and then to say that it arrived, before the next channel is tried: the
# networks' time, not the calendar's.
PATIENCE = timedelta(hours=1)
LATEST = 3  # calendar days: a reminder that could only leave later than that is no help any more
_VERBS = {
    Channel.WHATSAPP: (Notices.send_whatsapp, "WhatsApp"),
    Channel.SMS: (Notices.send_sms, "SMS"),
    Channel.EMAIL: (Notices.send_email, "e-mail"),
}


@workflow.defn
class NoticeWorkflow:
    """Lives from minutes to some days. Its result is how the message ended."""

    @workflow.init
    def __init__(self, request: NoticeRequest) -> None:
        self._request = request
        self._channel = request.channel or Channel.WHATSAPP
        self._asked = workflow.now()
        self._counted = not request.counted
        self._reports: dict[Channel, tuple[Delivery, str]] = {}
        self._show(f"to be sent by {_VERBS[self._channel][1]}")

    @workflow.run
    async def run(self, request: NoticeRequest) -> Delivery:
        report = await self._by(self._channel)
        while report.delivery is Delivery.FAILED and request.channel is None and report.channel is not Channel.EMAIL:
            self._channel = report.then
            failed, next_ = _VERBS[report.channel][1], _VERBS[report.then][1]
            self._show(f"{failed} failed ({report.error or 'no delivery'}), to be sent by {next_}")
            report = await self._by(report.then)
        self._show(f"{report.delivery} by {report.channel}")
        if request.kind in CONFIRMING:
            await told(ids.subscription_id(request.tenant, request.subscription), "summary_settled", request.key)
        if request.ticket:
            end = Settled(request.entry, report.delivery, report.channel, report.error)
            await told(ids.ticket_id(request.tenant, request.ticket), "reply_settled", end)
        return report.delivery

    # A fact: the messenger's callback must be accepted even while no worker runs.
    @workflow.signal(description="The messenger reports what became of the message, and on which channel")
    def delivery_reported(self, delivery: Delivery, error: str = "", channel: str = "") -> None:
        # Reports come in any order: what is final stays.
        where = Channel(channel) if channel else self._channel
        if delivery in (Delivery.DELIVERED, Delivery.FAILED):
            self._reports.setdefault(where, (delivery, error))

    async def _by(self, channel: Channel) -> DeliveryReport:
        """Send it by one channel when its hour has come, and follow it to its end."""
        while await self._its_hour(channel):
            report = await self._sent(channel)
            if report.delivery is not Delivery.SENDING:
                followed = report.delivery is Delivery.SENT and channel is not Channel.EMAIL
                return await self._followed(channel) if followed else report
        # It could only leave when it no longer helps.
        asking = Asking(self._request, workflow.now(), channel)
        return await workflow.execute_local_activity_method(
            Notices.drop_notice, asking, **options.record("dropped: too late to be of help")
        )

    async def _its_hour(self, channel: Channel) -> bool:
        """Wait for the hour, and the distance from other reminders, at which it may leave. False: that would be too late."""
        contact, calendar = self._request.hours, self._request.calendar
        latest = self._request.latest
        if self._request.kind in CHASING:
            latest = self._asked + calendar.days(LATEST)
        while True:
            # Read anew after each wait: a worker that was away comes back at any hour of the night.
            now = workflow.now()
            due, why = contact.allowed(now, calendar.zone), "quiet hours"
            if due <= now and not self._counted:
                free = await self._place_among_reminders(now, channel)
                self._counted = free <= now
                due, why = contact.allowed(free, calendar.zone), "enough reminders for now"
            if due <= now:
                return True
            if latest is not None and due > latest:
                return False
            self._show(f"waits until {calendar.show(due)}: {why}")
            await workflow.sleep(due - now, summary=why)

    async def _place_among_reminders(self, now: datetime, channel: Channel) -> datetime:
        return await workflow.execute_local_activity_method(
            Notices.count_reminder,
            Asking(self._request, now, channel),
            **options.record("reminders sent to this customer"),
        )

    async def _sent(self, channel: Channel) -> DeliveryReport:
        """Send it; a messenger out of reach for too long is one more way to fail."""
        request = self._request
        verb, name = _VERBS[channel]
        summary = f"send {request.kind} by {name}"
        if channel is Channel.EMAIL:
            return await workflow.execute_activity_method(verb, request, **options.message(summary))
        try:
            return await workflow.execute_activity_method(verb, request, **options.message(summary, within=PATIENCE))
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            # Whoever carries WhatsApp carries SMS too: mail is next.
            return DeliveryReport(request.tenant, request.key, channel, Delivery.FAILED, reason_of(error))

    async def _followed(self, channel: Channel) -> DeliveryReport:
        """Wait for the end of the delivery and keep it."""
        name = _VERBS[channel][1]
        self._show(f"sent by {name}, waiting for its delivery")
        try:
            await workflow.wait_condition(
                lambda: self._ended(channel) is not None,
                timeout=PATIENCE,
                timeout_summary="delivery not heard of: send by another channel",
            )
        except TimeoutError:
            self._reports[channel] = (Delivery.FAILED, NOT_DELIVERED)
        arrived = self._ended(channel) or channel
        delivery, error = self._reports[arrived]
        request = self._request
        report = DeliveryReport(request.tenant, request.key, arrived, delivery, error)
        return await workflow.execute_local_activity_method(
            Notices.record_delivery, report, **options.record(f"{delivery} by {_VERBS[arrived][1]}")
        )

    def _ended(self, channel: Channel) -> Channel | None:
        """The channel whose report ends the waiting: what has arrived by any, else this one's failure."""
        arrived = next((where for where, (how, _) in self._reports.items() if how is Delivery.DELIVERED), None)
        return arrived or (channel if channel in self._reports else None)

    def _show(self, where: str) -> None:
        request = self._request
        workflow.set_current_details(
            visibility.table(
                [
                    ("notice", request.kind),
                    ("subscription", request.subscription),
                    ("invoice", request.invoice),
                    ("state", where),
                ]
            )
        )

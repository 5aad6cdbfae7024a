"""One message to one customer: sent once, followed to delivery, by e-mail when WhatsApp fails."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.notices import DeliveryReport, Notices
    from models.notices import NoticeRequest
    from models.records import Channel, Delivery
    from workflows import options, visibility
    from workflows.refusals import reason_of

# How long WhatsApp may take to accept a message, and then to say that it arrived, before the e-mail goes out: the networks'
# time, not the calendar's.
PATIENCE = timedelta(hours=1)


@workflow.defn
class NoticeWorkflow:
    """Lives from minutes to a day. Its result is how the message ended."""

    @workflow.init
    def __init__(self, request: NoticeRequest) -> None:
        self._request = request
        self._delivery: Delivery | None = None
        self._error = ""
        self._show("to be sent by WhatsApp")

    @workflow.run
    async def run(self, request: NoticeRequest) -> Delivery:
        report = await self._by_whatsapp()
        if report.delivery is Delivery.SENT:
            report = await self._followed()
        if report.delivery is Delivery.FAILED:
            self._show(f"WhatsApp failed ({report.error or 'no delivery'}), to be sent by e-mail")
            report = await workflow.execute_activity_method(
                Notices.send_email, request, **options.message(f"send {request.kind} by e-mail")
            )
        self._show(f"{report.delivery} by {report.channel}")
        return report.delivery

    # A fact: the messenger's callback must be accepted even while no worker runs.
    @workflow.signal(description="The messenger reports what became of the message")
    def delivery_reported(self, delivery: Delivery, error: str = "") -> None:
        # Reports come in any order: what is final stays.
        if self._delivery not in (Delivery.DELIVERED, Delivery.FAILED):
            self._delivery, self._error = delivery, error

    async def _by_whatsapp(self) -> DeliveryReport:
        """Send it; a messenger out of reach for too long is one more way to fail."""
        request = self._request
        try:
            return await workflow.execute_activity_method(
                Notices.send_whatsapp, request, **options.message(f"send {request.kind} by WhatsApp", within=PATIENCE)
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return DeliveryReport(request.tenant, request.key, Channel.WHATSAPP, Delivery.FAILED, reason_of(error))

    async def _followed(self) -> DeliveryReport:
        """Wait for the end of the delivery and keep it."""
        self._show("sent by WhatsApp, waiting for its delivery")
        final = (Delivery.DELIVERED, Delivery.FAILED)
        try:
            await workflow.wait_condition(
                lambda: self._delivery in final,
                timeout=PATIENCE,
                timeout_summary="delivery not heard of: send by e-mail",
            )
        except TimeoutError:
            self._delivery, self._error = Delivery.FAILED, "not delivered in time"
        request = self._request
        report = DeliveryReport(
            request.tenant, request.key, Channel.WHATSAPP, self._delivery or Delivery.FAILED, self._error
        )
        return await workflow.execute_local_activity_method(
            Notices.record_delivery, report, **options.record(f"{report.delivery} by WhatsApp")
        )

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

"""What people may order of a bill, and what each order and step leaves behind."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from temporalio import workflow

from activities.billing import AtProvider, Billing
from activities.billing_once import Bills
from models.billing import bill_news
from models.billing.bill_news import BillState
from models.billing.bills import BillStatus
from models.collecting import dunning, orders
from models.collecting.cases import Outcome
from models.messages import BY_ITSELF, Answer, BillStart, Command, ExternalPayment
from models.refusals import NONE, OrderWhy, Refusal
from models.speaking.notices import NoticeKind, NoticeRequest
from models.subscribing.invoices import Invoice, InvoiceStatus
from workflows import bill_report, options
from workflows.refusals import refused, refused_in_words

_OVER = {
    BillStatus.PAID: OrderWhy.BILL_PAID(),
    BillStatus.VOID: OrderWhy.BILL_VOID(),
    BillStatus.WRITTEN_OFF: OrderWhy.BILL_WRITTEN_OFF(),
}
_ISSUING = OrderWhy.BILL_ISSUING()


class BillOrders(ABC):
    """The half of a bill's process that obeys people."""

    _start: BillStart
    _state: BillState
    _named: bool
    _void: Command | None
    _turn: asyncio.Lock
    _moves: int

    @abstractmethod
    def _become(self, state: BillState) -> None:
        """Change the state, and what an operator sees."""

    @abstractmethod
    async def _end(self, invoice: Invoice, what: str, order: Command = BY_ITSELF, detail: str = "") -> None:
        """The bill has ended as its state says."""

    # Updates, because whoever gives an order must know whether it was carried out.
    @workflow.update(description='Take the bill back: {"actor": "ana", "reason": "billed twice"}')
    async def void_bill(self, order: Command) -> Answer:
        """One that is still being issued is taken back by whoever issues it: before its customer is told of it."""
        if self._state.status is BillStatus.DRAFT:
            self._void = self._void or order
            await workflow.wait_condition(lambda: self._state.status is not BillStatus.DRAFT)
        async with self._turn:
            if order == self._void and self._state.status is BillStatus.VOID:
                return bill_report.answer(self._state)
            self._may(order)
            with refused_in_words():
                invoice = await workflow.execute_activity_method(
                    Bills.void_bill, self._keyed("void"), **options.money("void the invoice")
                )
            return await self._ordered(order, BillStatus.VOID, invoice, "bill voided")

    @workflow.update(
        description='It was paid at the counter: {"actor": "ana", "reason": "…", "method": "cash", "reference": "…"}'
    )
    async def record_external_payment(self, order: ExternalPayment) -> Answer:
        async with self._turn:
            self._may_record(order)
            with refused_in_words():
                invoice = await workflow.execute_activity_method(
                    Billing.settle_outside, self._keyed("paid_outside"), **options.money("paid outside")
                )
            if dunning.obeyed(Outcome.PAID_OUTSIDE, invoice):
                invoice = dunning.paid_outside(invoice, cash=order.method == "cash", now=workflow.now())
            what = f"paid outside by {order.method}"
            return await self._ordered(order, BillStatus.PAID, invoice, what, order.reference)

    @workflow.update(description='Give the debt up: {"actor": "ana", "reason": "moved away"}')
    async def write_off(self, order: Command) -> Answer:
        async with self._turn:
            self._may(order)
            with refused_in_words():
                invoice = await workflow.execute_activity_method(
                    Billing.write_off, self._keyed("written_off"), **options.money("give the debt up")
                )
            return await self._ordered(order, BillStatus.WRITTEN_OFF, invoice, "written off")

    @workflow.update(description='Invoice it by name once it is paid: {"actor": "customer", "reason": "asked for it"}')
    async def invoice_by_name(self, order: Command) -> Answer:
        async with self._turn:
            self._may(order)
            self._named = True
            await self._record("tax invoice asked for", order)
            return bill_report.answer(self._state)

    @workflow.update(description='Write its row anew: {"actor": "ana", "reason": "books restored from a backup"}')
    async def refresh(self, order: Command) -> Answer:
        async with self._turn:
            if why := orders.unsigned(order):
                raise refused(why)
            await self._record("record written again", order)
            return bill_report.answer(self._state)

    @void_bill.validator
    def _may_void(self, order: Command) -> None:
        self._may(order, issuing=NONE)

    @write_off.validator
    def _may_write_off(self, order: Command) -> None:
        self._may(order)

    @invoice_by_name.validator
    def _may_invoice(self, order: Command) -> None:
        self._may(order)

    @record_external_payment.validator
    def _may_record(self, order: ExternalPayment) -> None:
        self._may(order, orders.wrong_payment(order))

    def _may(self, order: Command, refusal: Refusal = NONE, *, issuing: Refusal = _ISSUING) -> None:
        draft = issuing if self._state.status is BillStatus.DRAFT else NONE
        if why := _OVER.get(self._state.status, draft) or orders.unsigned(order) or refusal:
            raise refused(why)

    def _keyed(self, what: str) -> AtProvider:
        return AtProvider(self._state.invoice, f"{self._state.invoice}/{what}")

    async def _ordered(
        self, order: Command, wanted: BillStatus, invoice: Invoice, what: str, detail: str = ""
    ) -> Answer:
        """Carried out at the provider, which may have known better: then what happened is written down, and the order was not obeyed."""
        self._become(bill_news.seen(self._state, invoice, workflow.now()))
        if self._state.status is not wanted or (wanted is BillStatus.PAID and not bill_report.paid_outside(invoice)):
            if self._state.status.over:
                await self._end(invoice, f"bill {self._state.status.replace('_', ' ')}")
            raise refused(OrderWhy.INVOICE_SETTLED(status=invoice.status))
        await self._end(invoice, what, order, detail)
        return bill_report.answer(self._state)

    async def _record(
        self,
        action: str,
        order: Command = BY_ITSELF,
        detail: str = "",
        *,
        settled: Invoice | None = None,
        notices: Sequence[NoticeRequest] = (),
    ) -> None:
        """Write the row and the story, book what was settled, have the notices sent: one short local activity."""
        report = bill_report.report(
            self._start,
            self._state,
            action,
            order,
            now=workflow.now(),
            move=self._moves,
            detail=detail,
            settled=settled,
            notices=notices,
        )
        await workflow.execute_local_activity_method(Bills.record_bill, report, **options.record(action or "record"))

    def _notice(self, kind: NoticeKind, *, on: datetime | None = None, invoice: Invoice | None = None) -> NoticeRequest:
        start = self._start
        settled = invoice.status is InvoiceStatus.PAID if invoice else False
        return NoticeRequest(
            tenant=start.tenant,
            key=f"{self._state.invoice}/{kind}",
            kind=kind,
            subscription=start.subscription,
            calendar=start.calendar,
            invoice=self._state.invoice,
            amount=invoice.total if invoice and settled else start.amount,
            on=on,
        )
